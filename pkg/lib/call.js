// Call: one request to OCI, from its first attempt to the end of its answer.

import { linkAbortSignal, weakRef } from "./abort.js";
import { STEP_DONE, STEP_FAILED, STEP_OUTPUT } from "./boundary.js";
import { feed } from "./core.js";
import { OciError } from "./error.js";
import { readBytes, readChunks } from "./memory.js";
import { createId } from "./id.js";
import { Opening } from "./opening.js";
import { readCallOptions } from "./options.js";
import { Queue } from "./queue.js";
import { cancelReader, drain, readFrom } from "./reader.js";
import { callOnFinish, completeOutcome } from "./report.js";
import { Slab } from "./slab.js";
import { Timer, WaitLimit } from "./wait.js";

/** @import { CallOptions, TimeoutOptions } from "../index.js" */
/** @import { AbortLink } from "./abort.js" */
/** @import { Authorizer } from "./authorize.js" */
/** @import { Item } from "./chunk.js" */
/** @import { CoreCall, CoreClient } from "./core.js" */
/** @import { OnFinish } from "./report.js" */
/** @import { Outcome } from "./wasm.js" */

/** @typedef {ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>} BodyReader */
/** @typedef {ReadableStreamReadResult<Uint8Array<ArrayBuffer>>} BodyChunk */

/**
 * What all calls of a client share.
 *
 * @typedef {object} CallContext
 * @property {Pick<CoreClient, "createCall">} client
 * @property {Authorizer} authorizer
 * @property {typeof globalThis.fetch | undefined} fetch
 * @property {OnFinish | undefined} onFinish
 */

/**
 * What must be released when a call is abandoned. Nothing in it references the call.
 *
 * @typedef {object} Resources
 * @property {CoreCall} handle
 * @property {AbortController} controller
 * @property {BodyReader | undefined} reader
 * @property {AbortLink | undefined} abortLink
 */

// A call whose reader was abandoned without a cancel is released once it has been garbage
// collected. So nothing that lives longer than the call may reference it, such as the caller's
// signal, or what the core calls after a trap.
const finalizers = typeof FinalizationRegistry === "undefined" ? undefined : new FinalizationRegistry(releaseAbandoned);

/**
 * Owns the request's abort signal, time limits and wasm handle. A step of the answer adds to
 * `chunks` or to `events`. The call releases everything when it ends, however it ends.
 */
export class Call {
  /**
   * Decoded chunks that no reader has taken.
   *
   * @type {Queue<Item>}
   */
  chunks = new Queue();
  /**
   * Bytes of events that no reader has taken.
   *
   * @type {Queue<Uint8Array<ArrayBuffer>>}
   */
  events = new Queue();
  /** Whether anybody asks for the outcome after the end. */
  keepsOutcome = true;
  /** Set by a reader of the text alone: adjacent pieces of text may be one string. */
  coalesceText = false;
  /**
   * Unset where nobody asks for the whole answer. SPEED: as JSON text it takes 30 to 90 ns per event to
   * write and to decode.
   */
  keepsCompletion = true;
  /**
   * What the call rejects with, after everything before it has been read. undefined until the end,
   * and after an answer that is complete.
   *
   * @type {unknown}
   */
  error = undefined;
  /**
   * The events that end a stream which failed, where the dialect has its own. The last `null` in them
   * stands for the error.
   *
   * @type {string | undefined}
   */
  failureEvents = undefined;

  /** @type {"new" | "opening" | "open" | "ended"} */
  #state = "new";
  /** @type {Resources} */
  #resources;
  /** @type {Map<keyof TimeoutOptions, Timer>} */
  #timers = new Map();
  #timeouts;
  /** How many network chunks are waited for, while `chunkMs` limits the wait. */
  #limitedReads = 0;
  /** @type {WaitLimit | undefined} */
  #chunkLimit;
  #signal;
  #requestId;
  #context;
  /**
   * Everything until the first chunk.
   *
   * @type {Opening | undefined}
   */
  #opening;
  /**
   * What the host threw last.
   *
   * @type {unknown}
   */
  #cause = undefined;
  /** @type {Slab | undefined} */
  #slab;
  /**
   * What the core knows of an ended call, as JSON text, read before the handle is freed.
   *
   * @type {string | undefined}
   */
  #outcome;
  /** @type {string | undefined} */
  #completion;

  /**
   * Validates options and request, and throws an OciError. Nothing is sent before `open`.
   *
   * @param {CallContext} context
   * @param {string} request JSON text
   * @param {CallOptions | null | undefined} options
   * @param {number} mode one of boundary.js
   */
  constructor(context, request, options, mode) {
    const { json, signal, requestId } = readCallOptions(options);
    const handle = context.client.createCall(request, json, mode, createId("chatcmpl-"));
    /** @type {Resources} */
    const resources = { handle, controller: new AbortController(), reader: undefined, abortLink: undefined };
    this.#resources = resources;
    handle.onLost = lostListener(weakRef(this));
    finalizers?.register(this, resources, this);
    this.isEvents = handle.isEvents;
    this.#timeouts = handle.timeouts;
    this.#signal = signal;
    this.#requestId = requestId;
    this.#context = context;
  }

  /** Whether there is decoded output that no reader has taken. */
  get hasOutput() {
    return !this.events.isEmpty || !this.chunks.isEmpty;
  }

  /** Whether the call has ended, although decoded output may be left to read. */
  get ended() {
    return this.#state === "ended";
  }

  /** The whole answer as JSON text. undefined before the end, and if the call failed. */
  get completion() {
    return this.#completion;
  }

  /** The report so far, or of the whole call. */
  get report() {
    return this.outcome.report;
  }

  /**
   * The report, and the route of the last attempt with its host, which is null before the first. A
   * new object each time, since callers may change it.
   *
   * @returns {Outcome}
   */
  get outcome() {
    const { handle } = this.#resources;
    const text = this.#outcome ?? (handle.isAlive ? handle.outcome() : undefined);
    return completeOutcome(text === undefined ? handle.lostOutcome() : JSON.parse(text), this.#requestId);
  }

  /**
   * Sends the request. Resolves when there is output to read, and rejects if there will be none.
   */
  async open() {
    this.#state = "opening";
    const signal = this.#signal;
    if (signal?.aborted) throw this.#fail(signal.reason);
    if (signal) this.#resources.abortLink = linkAbortSignal(this, signal);
    this.#startTimer("totalMs");
    this.#startTimer("firstChunkMs");
    const opening = new Opening(this.#resources, this.#context, this.#readOutput);
    this.#opening = opening;
    try {
      const flags = await opening.run();
      this.#cause = opening.cause;
      // The call may have ended after its last step and before this continuation.
      if (!this.ended) this.#onFlags(flags);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#opening = undefined;
    if (this.#state === "opening") this.#state = "open";
    this.#stopTimer("firstChunkMs");
    this.#setPending(false);
    // What was received before a failure is read before it.
    if (this.error !== undefined && !this.hasOutput) throw this.error;
  }

  /** Reads and decodes the next network chunk. */
  async read() {
    let chunk;
    try {
      chunk = await this.readChunk();
    } catch (error) {
      this.onReadError(error);
      return;
    }
    this.onChunk(chunk);
  }

  /**
   * Reads the next network chunk of an open call, whose result goes to `onChunk` or `onReadError`.
   * Apart from `read`, so that a reader waits for one promise per network chunk.
   *
   * @returns {Promise<BodyChunk>}
   */
  readChunk() {
    if (this.#timeouts.chunkMs) this.#limitRead();
    this.#setPending(true);
    return readFrom(/** @type {BodyReader} */ (this.#resources.reader));
  }

  /**
   * Decodes a network chunk, or the end of the body.
   *
   * @param {BodyChunk} chunk
   */
  onChunk(chunk) {
    this.#setPending(false);
    if (this.#timeouts.chunkMs) this.#onLimitedRead();
    // The call may have ended while reading.
    if (this.#state !== "open") return;
    try {
      if (chunk.done) return this.#onBodyEnd();
      const flags = feed(this.#resources.handle, chunk.value, this.#readOutput);
      if (flags & (STEP_DONE | STEP_FAILED)) this.#onFlags(flags);
    } catch (error) {
      this.#onFeedError(error);
    }
  }

  /**
   * The connection failed.
   *
   * @param {unknown} thrown
   */
  onReadError(thrown) {
    this.#setPending(false);
    if (this.#timeouts.chunkMs) this.#onLimitedRead();
    if (this.#state === "open") this.#onBroken(thrown);
  }

  /**
   * Ends the call: the caller's signal has aborted, and its reason becomes the error.
   *
   * @param {unknown} reason
   */
  abort(reason) {
    if (this.ended) return;
    try {
      this.#resources.handle.onCancel();
    } catch {
      // The caller's reason is the error, whatever becomes of the instance.
    }
    this.#fail(reason);
  }

  /**
   * Ends the call, since its reader has cancelled.
   *
   * @param {unknown} reason
   */
  cancel(reason) {
    if (this.ended) return;
    this.chunks.clear();
    this.events.clear();
    this.abort(reason);
  }

  /** Ends the wait of a call whose instance has trapped in another call: its next step finds that out. */
  onLost() {
    const { handle, reader } = this.#resources;
    if (reader) cancelReader(reader);
    this.#opening?.interrupt(handle.lostError());
  }

  // ------------------------------------------------------------ private

  // SPEED: bound once, instead of once per network chunk.
  #readOutput = () => {
    if (this.isEvents) this.events.push(readBytes((this.#slab ??= new Slab())));
    else readChunks(this.chunks, this.coalesceText);
  };

  /**
   * A chunk of the host's that is not bytes, or throws, ends the answer like a broken connection. A
   * trap in wasm is the component's own.
   *
   * @param {unknown} thrown
   */
  #onFeedError(thrown) {
    if (this.#resources.handle.isAlive) this.#onBroken(thrown);
    else this.#fail(this.#resources.handle.endError(thrown));
  }

  /**
   * The connection broke after the first chunk.
   *
   * @param {unknown} cause
   */
  #onBroken(cause) {
    this.#cause = cause;
    this.#step(() => this.#resources.handle.onReadError());
  }

  #onBodyEnd() {
    const { handle } = this.#resources;
    this.#step(() => handle.onBodyEnd());
  }

  /** @param {() => number} step returns flags */
  #step(step) {
    let flags;
    try {
      flags = step();
      if (flags & STEP_OUTPUT) this.#readOutput();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#onFlags(flags);
  }

  /** @param {number} flags */
  #onFlags(flags) {
    if (flags & STEP_FAILED) {
      this.#fail(this.#failure());
    } else if (flags & STEP_DONE) {
      const { reader } = this.#resources;
      this.#end();
      if (reader) drain(reader);
    }
  }

  /** The error that the core has, or that asking for it ended with. */
  #failure() {
    try {
      return this.#resources.handle.failure(this.#cause);
    } catch (error) {
      return error;
    }
  }

  /**
   * Ends the call with an error, unless it has ended. Returns the error that it ended with.
   *
   * @param {unknown} error
   */
  #fail(error) {
    if (!this.ended) {
      this.error = error;
      const { controller, reader } = this.#resources;
      this.#end();
      this.#opening?.interrupt(this.error);
      this.#opening = undefined;
      controller.abort(this.error);
      if (reader) cancelReader(reader, this.error);
    }
    return this.error;
  }

  /** Releases everything, and reports. */
  #end() {
    this.#state = "ended";
    finalizers?.unregister(this);
    for (const name of this.#timers.keys()) this.#stopTimer(name);
    this.#chunkLimit?.stop();
    const resources = this.#resources;
    const { handle } = resources;
    resources.abortLink?.remove();
    resources.abortLink = undefined;
    resources.reader = undefined;
    try {
      if (this.error === undefined && this.keepsCompletion) this.#completion = handle.completion();
      else if (this.error instanceof OciError && this.isEvents) this.failureEvents = handle.failureEvents();
      if (this.keepsOutcome || this.#context.onFinish) this.#outcome = handle.outcome();
    } catch (error) {
      this.error ??= error;
      this.#outcome = JSON.stringify(handle.lostOutcome());
    }
    handle.free();
    if (this.#context.onFinish) callOnFinish(this.#context.onFinish, () => this.report, this.error);
  }

  /**
   * Whether a caller waits for the call.
   *
   * @param {boolean} isPending
   */
  #setPending(isPending) {
    const { abortLink } = this.#resources;
    if (abortLink) abortLink.pending = isPending ? this : undefined;
  }

  /** Starts the time limit of a read, unless another reader has. */
  #limitRead() {
    if (this.#limitedReads++ === 0) this.#startChunkLimit();
  }

  /** A network chunk has come: the limit begins anew for other readers that wait for theirs. */
  #onLimitedRead() {
    if (--this.#limitedReads > 0 && !this.ended) this.#startChunkLimit();
    else this.#chunkLimit?.pause();
  }

  #startChunkLimit() {
    this.#chunkLimit ??= new WaitLimit(this.#timeouts.chunkMs);
    this.#chunkLimit.start(this.#onChunkLimit);
  }

  // SPEED: bound once, instead of once per network chunk.
  #onChunkLimit = () => this.#onTimeout("chunkMs");

  /** @param {keyof TimeoutOptions} name */
  #startTimer(name) {
    const ms = this.#timeouts[name];
    if (ms) this.#timers.set(name, new Timer(ms, () => this.#onTimeout(name)));
  }

  /** @param {keyof TimeoutOptions} name */
  #onTimeout(name) {
    if (this.ended) return;
    try {
      this.#resources.handle.onTimeout(name, this.#timeouts[name]);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#fail(this.#failure());
  }

  /** @param {keyof TimeoutOptions} name */
  #stopTimer(name) {
    this.#timers.get(name)?.stop();
    this.#timers.delete(name);
  }
}

/**
 * Made here, so that it references the call weakly.
 *
 * @param {{ deref(): Call | undefined }} call
 */
function lostListener(call) {
  return () => call.deref()?.onLost();
}

/**
 * Releases the resources of an abandoned call, and cancels its request.
 *
 * @param {Resources} resources
 */
function releaseAbandoned({ handle, controller, reader, abortLink }) {
  handle.free();
  abortLink?.remove();
  const reason = new DOMException("the stream was garbage collected before its end", "AbortError");
  try {
    controller.abort(reason);
  } catch {
    // Where a request's I/O ends with the request (workerd), nothing is left to cancel.
  }
  if (reader) cancelReader(reader, reason);
}
