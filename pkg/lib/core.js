// The wasm instance: one for all clients of a module, and the view on its memory.

import initAsync, { Client, Failure, headerPointer, initSync, inputCapacity, inputPointer } from "../wasm/oci_genai_edge.js";
import { OciError, refuse } from "./error.js";

export { Client };

/** Flags of a step, and the mark of a length that is a whole chunk's: as in src/js. */
export const DONE = 1;
export const FAILED = 2;
export const JSON_MARK = 0x80000000;

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

// A view dies when the memory grows, which any call into wasm may cause.
function look() {
  if (bytes?.buffer !== memory.buffer) {
    bytes = new Uint8Array(memory.buffer);
    words = new Uint32Array(memory.buffer);
  }
}

/** Copies a network chunk into wasm and has it decoded, piece by piece where it is longer than the buffer. */
export function feed(handle, chunk, take) {
  if (!(chunk instanceof Uint8Array)) throw new TypeError("the body holds something other than bytes");
  for (let from = 0; ; from += capacity) {
    const piece = chunk.length <= capacity ? chunk : chunk.subarray(from, from + capacity);
    look();
    bytes.set(piece, input);
    const flags = handle.feed(piece.length);
    take();
    if (flags !== 0 || from + capacity >= chunk.length) return flags;
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The output as chunks: strings for plain text, objects for all else. */
export function takeChunks(items) {
  look();
  const count = words[header + 3];
  if (count === 0) return;
  const at = words[header];
  const text = decoder.decode(bytes.subarray(at, at + words[header + 1]));
  const lengths = words[header + 2] >>> 2;
  for (let index = 0, from = 0; index < count; index++) {
    const length = words[lengths + index];
    const to = from + (length & ~JSON_MARK);
    const piece = text.substring(from, to);
    items.push(length >>> 31 ? JSON.parse(piece) : piece);
    from = to;
  }
}

/** The output as bytes of events: a copy, since the memory is used again. */
export function takeBytes() {
  look();
  const at = words[header];
  return bytes.slice(at, at + words[header + 1]);
}
