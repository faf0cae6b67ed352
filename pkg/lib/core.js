// The wasm instance: one for all clients of a module, and the view on its memory.

import initAsync, { Client, Failure, headerPointer, initSync, inputCapacity, inputPointer } from "../wasm/oci_genai_edge.js";
import { OciError, refuse } from "./error.js";

export { Client };

/** Flags of a step: as in src/js/call.rs. */
export const DONE = 1;
export const FAILED = 2;
export const OUTPUT = 4;

let memory;
let input = 0;
let capacity = 0;
let header = 0;
let bytes;
let words;

/** Instantiates from a WebAssembly.Module or from bytes, at once. Only the first call counts. */
export function startSync(module) {
  if (!memory) started(initSync({ module }));
}

/** Instantiates from whatever a runtime can load: a module, bytes, a URL, a Response, or a promise of one. */
export async function start(source) {
  if (!memory) started(await initAsync({ module_or_path: source }));
}

function started(exports) {
  memory = exports.memory;
  input = inputPointer();
  capacity = inputCapacity();
  header = headerPointer() >>> 2;
  look();
}

/** Throws where nothing has been loaded: only `oci-genai-edge/slim` leaves that to its user. */
export function needCore() {
  if (!memory) throw refuse("invalid_options", "the wasm module has not been loaded", "await init(…) of oci-genai-edge/slim first");
}

/** What Rust rejects with -> what a caller sees. A caller's own abort reason passes as it is. */
export function toError(thrown) {
  if (thrown instanceof Failure) {
    const { json, cause } = thrown;
    thrown.free();
    return new OciError(JSON.parse(json), cause);
  }
  if (thrown instanceof WebAssembly.RuntimeError) {
    return refuse("internal", "the component failed; please report it with what led to it", undefined, thrown);
  }
  return thrown;
}

/** Calls into Rust, and turns what it throws into an OciError. */
export function guarded(call) {
  try {
    return call();
  } catch (thrown) {
    throw toError(thrown);
  }
}

// A view dies when the memory grows, which any call into wasm may cause. A dead one is empty, which is cheaper to see than to
// ask the memory for its buffer.
function look() {
  bytes = new Uint8Array(memory.buffer);
  words = new Uint32Array(memory.buffer);
}

/** Below this a loop is cheaper than `set`. */
const FEW = 24;

/**
 * Copies a network chunk into wasm and has it decoded, piece by piece where it is longer than the buffer. `take` is called where
 * there is output.
 */
export function feed(handle, chunk, take) {
  if (!(chunk instanceof Uint8Array)) throw new TypeError("the body holds something other than bytes");
  const length = chunk.length;
  if (length > capacity) return feedPieces(handle, chunk, take);
  if (bytes.length === 0) look();
  if (length > FEW) bytes.set(chunk, input);
  else for (let index = 0; index < length; index++) bytes[input + index] = chunk[index];
  const flags = handle.feed(length);
  if (flags & OUTPUT) take();
  return flags;
}

function feedPieces(handle, chunk, take) {
  let flags = 0;
  for (let from = 0; from < chunk.length && (flags & (DONE | FAILED)) === 0; from += capacity) {
    flags = feed(handle, chunk.subarray(from, from + capacity), take);
  }
  return flags;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The output as chunks: strings for plain text, objects for all else. `joined` is for a reader of the text alone: what came
 * together is one string.
 */
export function takeChunks(items, joined) {
  if (words.length === 0) look();
  const count = words[header + 3];
  if (count === 0) return;
  const at = words[header];
  const size = words[header + 1];
  const mixed = words[header + 4] !== 0;
  const first = words[header + 2] >>> 2;
  // As many UTF-16 units as bytes: ASCII. One short text a network chunk is what a model in a hurry sends.
  if (count === 1 && size <= SHORT && words[first] === size) {
    items.push(shortText(at, size));
    return;
  }
  const text = decoder.decode(bytes.subarray(at, at + size));
  if (mixed) split(items, text, first, count, joined);
  else if (joined) items.push(text);
  else {
    for (let index = 0, from = 0; index < count; index++) {
      const to = from + words[first + index];
      items.push(text.substring(from, to));
      from = to;
    }
  }
}

/** The kinds of src/js/output.rs. */
const TEXT = 0;
const REASONING = 1;
const ARGUMENTS = 2;

function split(items, text, first, count, joined) {
  for (let index = 0, from = 0; index < count; index++) {
    const word = words[first + index];
    const kind = word >>> 30;
    let to = from + (word & 0x3fffffff);
    if (kind === TEXT && joined) {
      while (index + 1 < count && words[first + index + 1] >>> 30 === TEXT) to += words[first + ++index];
    }
    const piece = text.substring(from, to);
    from = to;
    if (kind === TEXT) items.push(piece);
    else if (kind === REASONING) items.push(new Piece(piece, -1));
    else if (kind === ARGUMENTS) items.push(new Piece(piece, words[first + ++index]));
    else items.push(JSON.parse(piece));
  }
}

/** What goes on with a string that is no text: the reasoning, or the arguments of the call of this index. */
export class Piece {
  constructor(text, call) {
    this.text = text;
    this.call = call;
  }

  /** OpenAI's delta. */
  get delta() {
    if (this.call < 0) return { reasoning_content: this.text };
    return { tool_calls: [{ index: this.call, function: { arguments: this.text } }] };
  }
}

const SHORT = 16;
const { fromCharCode } = String;

/** A few characters of ASCII. One call with a fixed number of codes costs a fraction of a TextDecoder's; what is too much is cut off. */
function shortText(at, size) {
  const b = bytes;
  if (size <= 4) return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3]).substring(0, size);
  if (size <= 8) {
    return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7]).substring(0, size);
  }
  const start = fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7]);
  at += 8;
  return start + fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7]).substring(0, size - 8);
}

/** The output as bytes of events: a copy, since the memory is used again. */
export function takeBytes(slab) {
  if (words.length === 0) look();
  const at = words[header];
  return slab.copy(bytes, at, at + words[header + 1]);
}
