// The core: the one wasm instance that all clients share, and what crosses its boundary.
//
// Exports call no function of the host's, so whatever one throws, except a Failure, has jumped over
// frames of wasm: a trap. The instance is not used again, since nothing of it was unwound. Its live
// calls end with the code `internal` and what they had received, and the next call runs on a new
// instance of the same module.

import { STEP_DONE, STEP_FAILED, STEP_OUTPUT } from "./boundary.js";
import { OciError, crashed, createError, errorOf } from "./error.js";
import { attachMemory, inputCapacity, memorySize, writeInput } from "./memory.js";
import { refusalReport } from "./report.js";
import { prepareRequest } from "./request.js";
import { hasStack } from "./stack.js";
import * as wasm from "./wasm.js";
import { Client, Failure } from "./wasm.js";

/** @import { ChatCompletion, TimeoutOptions } from "../index.js" */
/** @import { CallHandle, Outcome, WasmSource } from "./wasm.js" */

let isLoaded = false;

/** How many instances were retired. What was made on one of them is dead. */
let epoch = 0;

/** Whether the instance is retired, and has not been replaced. */
let isRetired = false;

/**
 * Memory of wasm never shrinks. What a large request has grown it to, in bytes, is kept up to this
 * size once no call uses it. Beyond it, a new instance costs less.
 */
const MAX_IDLE_MEMORY = 64 * 1024 * 1024;

/**
 * The calls that have not ended.
 *
 * @type {Set<CoreCall>}
 */
const liveCalls = new Set();

/**
 * Instantiates synchronously. Only the first call has an effect.
 *
 * @param {WebAssembly.Module | BufferSource} source
 */
export function loadSync(source) {
  if (isLoaded) return;
  wasm.initSync({ module: source });
  onLoad();
}

/**
 * Instantiates from anything that a runtime can load. Only the first call that succeeds has an
 * effect.
 *
 * @param {WasmSource | Promise<WasmSource>} source
 */
export async function load(source) {
  if (isLoaded) return;
  await wasm.initAsync({ module_or_path: source });
  onLoad();
}

function onLoad() {
  const layout = {
    inputPointer: wasm.inputPointer(),
    inputCapacity: wasm.inputCapacity(),
    headerPointer: wasm.headerPointer(),
  };
  // After the calls above, the first of which may make a new instance.
  attachMemory(wasm.initSync().memory, layout);
  isLoaded = true;
}

/**
 * Throws if the core has not been loaded: only users of `oci-genai-edge/slim` load it themselves.
 */
export function requireCore() {
  if (isLoaded) return;
  const hint = "await init(…) of oci-genai-edge/slim first";
  throw createError("invalid_options", "the wasm module has not been loaded", hint);
}

/**
 * The known name that is nearest to a misspelt one; undefined if none is near.
 *
 * @param {string} name
 * @param {readonly string[]} known
 */
export function nearestName(name, known) {
  return enter(() => wasm.nearestName(name, known));
}

// ---------------------------------------------------------------- clients and calls

/** A client of the core, which is made anew where its instance was retired. */
export class CoreClient {
  #create;
  #client;
  #epoch;

  /**
   * @param {string} options JSON text
   * @param {boolean} signs whether a signer is configured
   * @param {boolean} hasApiKey whether an API key is
   */
  constructor(options, signs, hasApiKey) {
    this.#create = () => new Client(options, signs, hasApiKey);
    this.#client = enter(this.#create);
    this.#epoch = epoch;
  }

  /**
   * Asks the client of the current instance.
   *
   * @template T
   * @param {(client: Client) => T} ask
   */
  use(ask) {
    return enter(() => ask(this.#current()));
  }

  /**
   * Reads the request, and sends nothing.
   *
   * @param {string} request JSON text
   * @param {string} options JSON text
   * @param {number} mode one of boundary.js
   * @param {string} id of the answer, where the service sends none
   */
  createCall(request, options, mode, id) {
    return new CoreCall(this.use((client) => client.call(request, options, mode, id)));
  }

  /**
   * Reads a request other than a chat, and sends nothing. Its calls may be made at once.
   *
   * @param {string} request JSON text
   * @param {string} options JSON text
   * @param {number} mode one of boundary.js
   * @param {string} id of the answer, where the service sends none
   */
  createCalls(request, options, mode, id) {
    const handles = this.use((client) => client.calls(request, options, mode, id));
    return handles.map((handle) => new CoreCall(handle));
  }

  /** What was learned of endpoints is lost with the instance. */
  #current() {
    if (this.#epoch !== epoch) {
      this.#client = this.#create();
      this.#epoch = epoch;
    }
    return this.#client;
  }
}

/**
 * A call of the core. Where a step traps, or the instance has trapped in another call, it throws the
 * error that the call ends with.
 */
export class CoreCall {
  /**
   * Called when the instance has trapped in another call.
   *
   * @type {(() => void) | undefined}
   */
  onLost;
  /** That of its instance; -1 after `free`. */
  epoch = epoch;
  /** @readonly */
  handle;
  /**
   * What was saved of the call after a trap.
   *
   * @type {{ partial: ChatCompletion | undefined, outcome: string } | undefined}
   */
  #saved;

  /** @param {CallHandle} handle */
  constructor(handle) {
    this.handle = handle;
    liveCalls.add(this);
  }

  /** Whether the instance of the call can be used. */
  get isAlive() {
    return this.epoch === epoch;
  }

  get isEvents() {
    return this.#enter((handle) => handle.isEvents);
  }

  /** @returns {Required<TimeoutOptions>} 0: no limit */
  get timeouts() {
    return this.#enter(({ totalMs, firstChunkMs, chunkMs }) => ({ totalMs, firstChunkMs, chunkMs }));
  }

  get waitMs() {
    return this.#enter((handle) => handle.waitMs);
  }

  nextStep() {
    return this.#enter((handle) => handle.nextStep());
  }

  /** The request of the current step. undefined where it can't be sent. */
  takeRequest() {
    return this.#enter(prepareRequest);
  }

  /**
   * @param {string} code
   * @param {string} message
   * @param {string} [hint]
   */
  onAuthorizeError(code, message, hint) {
    this.#enter((handle) => handle.onAuthorizeError(code, message, hint));
  }

  onNetworkError() {
    this.#enter((handle) => handle.onNetworkError());
  }

  /**
   * @param {number} status
   * @param {(string | undefined)[]} headers the values of RESPONSE_HEADERS, and of FAILURE_HEADERS
   */
  onResponse(status, headers) {
    const [contentType, opcRequestId, retryAfter, retryAfterMs, date] = headers;
    return this.#enter((handle) => {
      return handle.onResponse(status, contentType, opcRequestId, retryAfter, retryAfterMs, date);
    });
  }

  onBodyEnd() {
    return this.#enter((handle) => handle.onBodyEnd());
  }

  onBodyStall() {
    return this.#enter((handle) => handle.onBodyStall());
  }

  onReadError() {
    return this.#enter((handle) => handle.onReadError());
  }

  /**
   * @param {string} name
   * @param {number} ms
   */
  onTimeout(name, ms) {
    this.#enter((handle) => handle.onTimeout(name, ms));
  }

  onCancel() {
    this.#enter((handle) => handle.onCancel());
  }

  completion() {
    return this.#enter((handle) => handle.completion());
  }

  partial() {
    return this.#enter((handle) => handle.partial());
  }

  failureEvents() {
    return this.#enter((handle) => handle.failureEvents());
  }

  /** {@link Outcome} as JSON text. */
  outcome() {
    return this.#enter((handle) => handle.outcome());
  }

  /**
   * The error that the call failed with.
   *
   * @param {unknown} cause what the host threw, if it did
   */
  failure(cause) {
    const fields = this.#enter((handle) => handle.failure());
    if (fields === undefined) return createError("internal", "a failed call has no error");
    return errorOf(fields, cause);
  }

  /**
   * What the call ends with when its instance has trapped.
   *
   * @param {unknown} [cause] what was thrown, if this call trapped
   */
  lostError(cause) {
    this.save();
    const isOwn = cause !== undefined;
    return new OciError(
      {
        code: "internal",
        message: isOwn ? "the wasm core crashed" : "the wasm core crashed in another call",
        hint: isOwn ? "the next call works; please report it, with what led to it" : "make the call again",
        attempts: this.lostOutcome().report.attempts,
        partial: this.#saved?.partial,
      },
      cause,
    );
  }

  /**
   * What the call ends with when `feed` threw since its instance has trapped.
   *
   * @param {unknown} thrown by `feed`, unless by the chunk
   */
  endError(thrown) {
    return thrown instanceof OciError ? thrown : this.lostError();
  }

  /**
   * What is known of the call when its instance has trapped.
   *
   * @returns {Outcome}
   */
  lostOutcome() {
    this.save();
    if (this.#saved === undefined) {
      return { report: refusalReport("opening", "internal"), target: null };
    }
    const outcome = JSON.parse(this.#saved.outcome);
    outcome.report.error ??= "internal";
    return outcome;
  }

  /** Saves what was received, while the instance that trapped has not been replaced. */
  save() {
    if (this.#saved !== undefined || this.isAlive || !isRetired) return;
    try {
      // Only reads: what a trap leaves behind is whole, except for the step that it happened in.
      const partial = this.handle.partial();
      const outcome = this.handle.outcome();
      JSON.parse(outcome);
      this.#saved = { partial: partial === undefined ? undefined : JSON.parse(partial), outcome };
    } catch {
      // Too little is left of the instance.
    }
  }

  /** Throws nothing. What is dead is gone with its instance. */
  free() {
    liveCalls.delete(this);
    if (!this.isAlive) return;
    this.epoch = -1;
    try {
      this.handle.free();
      if (liveCalls.size === 0 && memorySize() > MAX_IDLE_MEMORY) retire();
    } catch {
      retire();
    }
  }

  /**
   * @template T
   * @param {(handle: CallHandle) => T} step
   * @returns {T}
   */
  #enter(step) {
    if (!this.isAlive) throw this.lostError();
    try {
      return step(this.handle);
    } catch (error) {
      retire();
      throw this.lostError(error);
    }
  }
}

/**
 * Decodes a network chunk, in pieces if it is longer than the input buffer. `onOutput` is called
 * when there is output. Throws the error that the call ends with where its instance has trapped, and
 * anything else that the chunk throws.
 *
 * @param {CoreCall} call
 * @param {Uint8Array} chunk
 * @param {() => void} onOutput
 * @returns {number} the flags of the last step
 */
export function feed(call, chunk, onOutput) {
  if (!(chunk instanceof Uint8Array)) return feed(call, toBytes(chunk), onOutput);
  const length = chunk.length;
  if (length > inputCapacity()) return feedPieces(call, chunk, onOutput);
  // Written to the buffer of whichever instance there is; decoded by that of the call alone.
  if (call.epoch !== epoch) throw call.lostError();
  writeInput(chunk);
  let flags;
  try {
    flags = call.handle.feed(length);
  } catch (error) {
    retire();
    throw call.lostError(error);
  }
  if (flags & STEP_OUTPUT) onOutput();
  return flags;
}

/**
 * The bytes of a view or a buffer, whichever realm made it.
 *
 * @param {unknown} chunk
 */
function toBytes(chunk) {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError("the response body contains something other than bytes");
}

/**
 * @param {CoreCall} call
 * @param {Uint8Array} chunk
 * @param {() => void} onOutput
 */
function feedPieces(call, chunk, onOutput) {
  const size = inputCapacity();
  let flags = 0;
  for (let start = 0; start < chunk.length && (flags & (STEP_DONE | STEP_FAILED)) === 0; start += size) {
    flags = feed(call, chunk.subarray(start, start + size), onOutput);
  }
  return flags;
}

// ---------------------------------------------------------------- failures and traps

/**
 * Calls an export that belongs to no call, and turns what it throws into an OciError.
 *
 * @template T
 * @param {() => T} call
 * @returns {T}
 */
export function enter(call) {
  if (isRetired) recover(false);
  try {
    return call();
  } catch (error) {
    if (error instanceof Failure) throw failureOf(error);
    retire();
    throw crashed(error);
  }
}

/** @param {Failure} failure */
function failureOf(failure) {
  try {
    const { fields } = failure;
    failure.free();
    return errorOf(fields);
  } catch (error) {
    retire();
    return crashed(error);
  }
}

/**
 * The instance is not used again: it has trapped, or its memory is large and nobody uses it. It is
 * replaced in a microtask, when the stack is empty, or for the next call, if that comes first.
 */
function retire() {
  if (isRetired) return;
  isRetired = true;
  epoch += 1;
  queueMicrotask(() => {
    try {
      recover(true);
    } catch {
      // The next call tries again.
    }
  });
}

/**
 * Saves what the live calls have received, replaces the instance, and ends them.
 *
 * @param {boolean} isStackEmpty
 */
function recover(isStackEmpty) {
  if (!isRetired) return;
  // Where the stack is nearly exhausted, nothing can be saved now.
  if (!isStackEmpty && !hasStack()) throw crashed(undefined);
  const dead = [...liveCalls].filter((call) => !call.isAlive);
  for (const call of dead) call.save();
  try {
    wasm.renewInstance();
    onLoad();
  } catch (error) {
    throw createError("internal", "the wasm core crashed, and can't be loaded again", undefined, error);
  }
  isRetired = false;
  for (const call of dead) {
    liveCalls.delete(call);
    call.onLost?.();
  }
}
