// The memory that JavaScript and wasm share: network chunks are written to an input buffer, and the
// output is read from the addresses in the header words. The other side is src/js/memory.rs.

import {
  HEADER_IS_MIXED,
  HEADER_OUTPUT,
  HEADER_OUTPUT_LENGTH,
  HEADER_WORDS,
  HEADER_WORD_COUNT,
  KIND_ARGUMENTS,
  KIND_REASONING,
  KIND_SHIFT,
  KIND_TEXT,
  LENGTH_MASK,
} from "./boundary.js";
import { Fragment } from "./chunk.js";

/** @import { ChatCompletionChunk } from "../index.js" */
/** @import { Item } from "./chunk.js" */
/** @import { Queue } from "./queue.js" */
/** @import { Slab } from "./slab.js" */

/** Up to this many bytes, a loop is faster than `TypedArray.set`. */
const LOOP_COPY_LIMIT = 24;

/** Up to this many bytes, `String.fromCharCode` is faster than a TextDecoder. */
const SHORT_TEXT_LIMIT = 16;

/** @type {WebAssembly.Memory} */
let memory;
let inputAt = 0;
/** Index of the first header word. */
let headerAt = 0;
/** @type {Uint8Array} */
let bytes;
/** @type {Uint32Array} */
let words;

let capacity = 0;

/**
 * Called after each instantiation.
 *
 * @param {WebAssembly.Memory} wasmMemory
 * @param {{ inputPointer: number, inputCapacity: number, headerPointer: number }} layout
 */
export function attachMemory(wasmMemory, layout) {
  memory = wasmMemory;
  inputAt = layout.inputPointer;
  capacity = layout.inputCapacity;
  headerAt = layout.headerPointer >>> 2;
  refreshViews();
}

/** Size of the input buffer, in bytes. */
export function inputCapacity() {
  return capacity;
}

/** Size of the memory, in bytes. */
export function memorySize() {
  return memory.buffer.byteLength;
}

// Growing the memory, which any call into wasm may do, detaches the views on it. A detached view is
// empty, and checking that is cheaper than asking the memory for its buffer.
function refreshViews() {
  bytes = new Uint8Array(memory.buffer);
  words = new Uint32Array(memory.buffer);
}

/**
 * Copies a network chunk that is no longer than `inputCapacity` to the input buffer.
 *
 * @param {Uint8Array} chunk
 */
export function writeInput(chunk) {
  const length = chunk.length;
  if (bytes.length === 0) refreshViews();
  if (length > LOOP_COPY_LIMIT) bytes.set(chunk, inputAt);
  else for (let index = 0; index < length; index++) bytes[inputAt + index] = chunk[index];
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads the output as chunks. With `coalesceText`, adjacent pieces of text become one string, for
 * readers of the text alone.
 *
 * @param {Queue<Item>} queue
 * @param {boolean} coalesceText
 */
export function readChunks(queue, coalesceText) {
  if (words.length === 0) refreshViews();
  const count = words[headerAt + HEADER_WORD_COUNT];
  if (count === 0) return;
  const start = words[headerAt + HEADER_OUTPUT];
  const size = words[headerAt + HEADER_OUTPUT_LENGTH];
  const isMixed = words[headerAt + HEADER_IS_MIXED] !== 0;
  const first = words[headerAt + HEADER_WORDS] >>> 2;
  // SPEED: fast models send one short text per network chunk. As many UTF-16 code units as bytes
  // means ASCII.
  if (count === 1 && size <= SHORT_TEXT_LIMIT && words[first] === size) {
    queue.push(shortText(start, size));
    return;
  }
  const text = decoder.decode(bytes.subarray(start, start + size));
  if (isMixed) {
    readMixed(queue, text, first, count, coalesceText);
  } else if (coalesceText) {
    queue.push(text);
  } else {
    for (let index = 0, from = 0; index < count; index++) {
      const to = from + words[first + index];
      queue.push(text.slice(from, to));
      from = to;
    }
  }
}

/**
 * @param {Queue<Item>} queue
 * @param {string} text
 * @param {number} first
 * @param {number} count
 * @param {boolean} coalesceText
 */
function readMixed(queue, text, first, count, coalesceText) {
  for (let index = 0, from = 0; index < count; index++) {
    const word = words[first + index];
    const kind = word >>> KIND_SHIFT;
    let to = from + (word & LENGTH_MASK);
    if (kind === KIND_TEXT && coalesceText) {
      // A word of kind text is the length alone.
      while (index + 1 < count && words[first + index + 1] >>> KIND_SHIFT === KIND_TEXT) to += words[first + ++index];
    }
    const piece = text.slice(from, to);
    from = to;
    if (kind === KIND_TEXT) queue.push(piece);
    else if (kind === KIND_REASONING) queue.push(new Fragment(piece, -1));
    else if (kind === KIND_ARGUMENTS) queue.push(new Fragment(piece, words[first + ++index]));
    else queue.push(/** @type {ChatCompletionChunk} */ (JSON.parse(piece)));
  }
}

const { fromCharCode } = String;

/**
 * Up to 16 ASCII characters. SPEED: a call with a fixed number of codes, whose result is truncated,
 * costs a fraction of a TextDecoder's.
 *
 * @param {number} start
 * @param {number} size
 */
function shortText(start, size) {
  const b = bytes;
  let at = start;
  if (size <= 4) return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3]).slice(0, size);
  const head = fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7]);
  if (size <= 8) return head.slice(0, size);
  at += 8;
  const tail = fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7]);
  return head + tail.slice(0, size - 8);
}

/**
 * Reads the output as bytes: a copy, since the next step overwrites it.
 *
 * @param {Slab} slab
 */
export function readBytes(slab) {
  if (words.length === 0) refreshViews();
  const start = words[headerAt + HEADER_OUTPUT];
  return slab.copy(bytes, start, start + words[headerAt + HEADER_OUTPUT_LENGTH]);
}
