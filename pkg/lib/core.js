// The core: the one wasm instance that all clients share, and what crosses its boundary.

import { STEP_DONE, STEP_FAILED, STEP_OUTPUT } from "./boundary.js";
import { OciError, createError } from "./error.js";
import { attachMemory, inputCapacity, writeInput } from "./memory.js";
import * as wasm from "./wasm.js";
import { Client, Failure } from "./wasm.js";

export { nearestName } from "./wasm.js";

/** @import { CallHandle, Hooks, WasmExports, WasmSource } from "./wasm.js" */

let isLoaded = false;

/**
 * Instantiates synchronously. Only the first call has an effect.
 *
 * @param {WebAssembly.Module | BufferSource} source
 */
export function loadSync(source) {
  if (!isLoaded) onLoad(wasm.initSync({ module: source }));
}

/**
 * Instantiates from anything that a runtime can load. Only the first call that succeeds has an
 * effect.
 *
 * @param {WasmSource | Promise<WasmSource>} source
 */
export async function load(source) {
  if (!isLoaded) onLoad(await wasm.initAsync({ module_or_path: source }));
}

/** @param {WasmExports} exports */
function onLoad({ memory }) {
  isLoaded = true;
  attachMemory(memory, {
    inputPointer: wasm.inputPointer(),
    inputCapacity: wasm.inputCapacity(),
    headerPointer: wasm.headerPointer(),
  });
}

/**
 * Throws if the core has not been loaded: only users of `oci-genai-edge/slim` load it themselves.
 */
export function requireCore() {
  if (isLoaded) return;
  const hint = "await init(…) of oci-genai-edge/slim first";
  throw createError("invalid_options", "the wasm module has not been loaded", hint);
}

// ---------------------------------------------------------------- clients and calls

/**
 * @param {string} options JSON text
 * @param {Hooks} hooks
 */
export function createClient(options, hooks) {
  return guarded(() => new Client(options, hooks));
}

/**
 * @param {Client} client
 * @param {string} model
 * @param {string} overrides JSON text
 */
export function routeOf(client, model, overrides) {
  return guarded(() => client.route(model, overrides));
}

/**
 * The aliases of a client, in their order.
 *
 * @param {Client} client
 */
export function modelsOf(client) {
  return client.models();
}

/**
 * @param {Client} client
 * @param {{ request: string, options: string, mode: number, signal: AbortSignal, id: string }} call
 *   `request` and `options` are JSON text
 * @returns {CallHandle}
 */
export function createHandle(client, { request, options, mode, signal, id }) {
  return guarded(() => client.call(request, options, mode, signal, id));
}

/**
 * Decodes a network chunk, in pieces if it is longer than the input buffer. `onOutput` is called
 * when there is output.
 *
 * @param {CallHandle} handle
 * @param {Uint8Array} chunk
 * @param {() => void} onOutput
 * @returns {number} the flags of the last step
 */
export function feed(handle, chunk, onOutput) {
  if (!(chunk instanceof Uint8Array)) throw notBytes();
  const length = chunk.length;
  if (length > inputCapacity()) return feedPieces(handle, chunk, onOutput);
  writeInput(chunk);
  const flags = handle.feed(length);
  if (flags & STEP_OUTPUT) onOutput();
  return flags;
}

function notBytes() {
  return new TypeError("the response body contains something other than bytes");
}

/**
 * @param {CallHandle} handle
 * @param {Uint8Array} chunk
 * @param {() => void} onOutput
 */
function feedPieces(handle, chunk, onOutput) {
  const size = inputCapacity();
  let flags = 0;
  for (let start = 0; start < chunk.length && (flags & (STEP_DONE | STEP_FAILED)) === 0; start += size) {
    flags = feed(handle, chunk.subarray(start, start + size), onOutput);
  }
  return flags;
}

// ---------------------------------------------------------------- failures

/**
 * Calls into the core, and turns what it throws into an OciError.
 *
 * @template T
 * @param {() => T} call
 * @returns {T}
 */
function guarded(call) {
  try {
    return call();
  } catch (error) {
    throw toError(error);
  }
}

/**
 * What the core threw or rejected with, as callers see it. Anything of the host's, such as the
 * reason of an abort, is passed on unchanged.
 *
 * @param {unknown} thrown
 */
export function toError(thrown) {
  if (thrown instanceof Failure) {
    const { fields, cause } = thrown;
    thrown.free();
    const partial = fields.partial === undefined ? undefined : JSON.parse(fields.partial);
    return new OciError({ ...fields, partial }, cause);
  }
  if (thrown instanceof WebAssembly.RuntimeError) {
    return createError("internal", "the wasm core crashed", "please report it, with what led to it", thrown);
  }
  return thrown;
}
