// One call: its handle in wasm, its abort signal, its time limits, its report.

import { aborted } from "./authorize.js";
import { DONE, FAILED, OUTPUT, feed, guarded, takeBytes, takeChunks, toError } from "./core.js";
import { OciError, refuse } from "./error.js";
import { Slab } from "./slab.js";

/** What a call is to give: see `Client::call` in src/js/client.rs. */
export const WHOLE = 0;
export const CHUNKS = 1;
export const EVENTS = 2;
export const AS_ASKED = 3;

// A call that its reader dropped without a word is let go once the collector has found it. Nothing that lives longer than the
// call may hold it, then: neither the signals' listeners nor wasm, which holds the request's signal.
const dropped = typeof FinalizationRegistry === "undefined" ? undefined : new FinalizationRegistry(letGo);

/**
 * Reads steps of an answer until it ends. A step adds to `items` (chunks) or `bytes` (events), and the call frees itself when
 * it ends, whatever the end.
 */
export class Call {
  /** Chunks that were decoded and not taken: strings for plain text, objects for all else. */
  items = [];
  /** Set by a reader of the text alone: what came together is one string. */
  joins = false;
  /** Bytes of events that were decoded and not taken. */
  bytes = [];
  /** Set when the answer has ended well. */
  done = false;
  /** What the call rejects with, once everything before it has been taken. */
  error = undefined;

  #handle;
  #slab;
  #reader;
  #held;
  #controller = new AbortController();
  #signal;
  #grip;
  #onFinish;
  #timeouts;
  #timers = new Map();
  #completion;
  #report;
  #route;

  /** Throws an OciError for what can be seen to be wrong without the network. Nothing is sent before `open`. */
  constructor(client, { onFinish, timed }, request, options, mode) {
    const { signal, ...plain } = options ?? {};
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw refuse("invalid_options", "signal must be an AbortSignal");
    const told = optionsToJson(plain);
    this.#timeouts = timed || plain.timeouts !== undefined ? JSON.parse(guarded(() => client.timeouts(told))) : {};
    this.#handle = guarded(() => client.call(request, told, mode, this.#controller.signal, newId()));
    this.#held = { handle: this.#handle, controller: this.#controller, reader: undefined, grip: undefined };
    dropped?.register(this, this.#held, this);
    this.isEvents = this.#handle.isEvents;
    this.#signal = signal;
    this.#onFinish = onFinish;
  }

  /** Sends the request. Resolves when there is something to take; rejects where there is nothing. */
  async open() {
    const signal = this.#signal;
    if (signal?.aborted) throw this.#fail(signal.reason);
    const stopped = aborted(this.#controller.signal);
    if (signal) this.#grip = this.#held.grip = gripOn(this, signal);
    this.#limit("totalMs");
    this.#limit("firstChunkMs");
    const handle = this.#handle;
    // Made an OciError whether or not somebody gets it: what Rust rejects with has to be freed.
    const opening = handle.open().catch((thrown) => Promise.reject(toError(thrown)));
    // Whoever loses the race must not be an unhandled rejection.
    opening.catch(() => {});
    try {
      await Promise.race([opening, stopped]);
    } catch (thrown) {
      // A time limit is told by the core, which knows the attempts; the race may have been won by the bare reason.
      throw this.#fail(this.error ?? (thrown instanceof OciError ? thrown : toError(this.#failure() ?? thrown)));
    }
    this.#clear("firstChunkMs");
    this.#waits(false);
    // Stopped in the moment between the opening and here.
    if (this.ended) throw this.error;
    this.#reader = this.#held.reader = handle.takeReader();
    this.#step(handle.output());
  }

  /** Reads and decodes the next network chunk. */
  async read() {
    let result;
    try {
      result = await this.reading();
    } catch (thrown) {
      this.lost(thrown);
      return;
    }
    this.took(result);
  }

  /** Asks for the next network chunk: what comes of it is to be given to `took` or `lost`. */
  reading() {
    if (this.#timeouts.chunkMs) this.#limit("chunkMs");
    this.#waits(true);
    return this.#reader.read();
  }

  /** Decodes what was read. */
  took(result) {
    this.#waits(false);
    if (this.#timeouts.chunkMs) this.#clear("chunkMs");
    // Stopped while reading: the end has been seen to.
    if (this.#handle === undefined) return;
    if (result.done) {
      this.#step(this.#handle.end());
      return;
    }
    try {
      const flags = feed(this.#handle, result.value, this.#taking);
      if (flags & (DONE | FAILED)) this.#finishStep(flags);
    } catch (thrown) {
      this.#fail(toError(thrown));
    }
  }

  /** The connection broke. */
  lost(thrown) {
    this.#waits(false);
    if (this.#timeouts.chunkMs) this.#clear("chunkMs");
    if (this.#handle !== undefined) this.#finishStep(this.#handle.broke(thrown));
  }

  /** Whether nothing more will come. */
  get ended() {
    return this.#handle === undefined;
  }

  /** The request is given up: by the caller's signal (whose reason then is the error), or because nobody reads on. */
  stop(reason) {
    if (this.ended) return;
    this.items.length = 0;
    this.bytes.length = 0;
    this.#handle.stopped();
    this.#fail(reason);
  }

  /** The whole answer, as JSON text. */
  get completion() {
    return this.#completion;
  }

  /** The report so far, or at the end. */
  get report() {
    const json = this.#handle ? this.#handle.report() : this.#report;
    return json && JSON.parse(json);
  }

  /** The route that was taken. */
  get route() {
    const json = this.#handle ? this.#handle.route() : this.#route;
    return json && JSON.parse(json);
  }

  #step(flags) {
    if (flags & OUTPUT) this.#take();
    this.#finishStep(flags);
  }

  #take() {
    if (this.isEvents) this.bytes.push(takeBytes((this.#slab ??= new Slab())));
    else takeChunks(this.items, this.joins);
  }

  // Made once, not for every network chunk.
  #taking = () => this.#take();

  #finishStep(flags) {
    if (flags & FAILED) {
      this.#fail(toError(this.#failure()));
    } else if (flags & DONE) {
      this.done = true;
      const reader = this.#reader;
      this.#reader = undefined;
      this.#end();
      // The end of the body nearly always follows: reading it leaves the connection fit for the next request.
      reader?.read().then((rest) => rest.done || reader.cancel()).catch(() => {});
    }
  }

  #failure() {
    return this.#handle?.failure();
  }

  #fail(error) {
    if (!this.ended) {
      this.error = error;
      const reader = this.#reader;
      this.#reader = undefined;
      this.#end();
      this.#controller.abort(error);
      reader?.cancel(error).catch(() => {});
    }
    return this.error;
  }

  /** Frees what is in wasm and tells the report. */
  #end() {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#held = undefined;
    dropped?.unregister(this);
    for (const name of [...this.#timers.keys()]) this.#clear(name);
    this.#grip?.release();
    this.#report = handle.report();
    this.#route = handle.route();
    if (this.done) this.#completion = handle.completion();
    handle.free();
    if (this.#onFinish) {
      try {
        const returned = this.#onFinish(JSON.parse(this.#report));
        if (typeof returned?.catch === "function") returned.catch(() => {});
      } catch {
        // A report that nobody could take must not hurt the call.
      }
    }
  }

  #waits(somebody) {
    if (this.#grip) this.#grip.waiting = somebody ? this : undefined;
  }

  #limit(name) {
    const ms = this.#timeouts[name];
    if (!ms) return;
    const timer = setTimeout(() => {
      if (this.ended) return;
      this.#handle.timedOut(name, ms);
      this.#fail(toError(this.#failure()));
    }, ms);
    this.#timers.set(name, timer);
  }

  #clear(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

/**
 * What a caller's signal, which may outlive many calls, holds of one: the call itself while somebody waits for it, since then
 * only the signal may wake him; else nothing that would keep it.
 */
function gripOn(call, signal) {
  const idle = weakly(call);
  const listener = () => (grip.waiting ?? idle.deref())?.stop(signal.reason);
  const grip = { waiting: call, release: () => signal.removeEventListener("abort", listener) };
  signal.addEventListener("abort", listener, { once: true });
  return grip;
}

// Not inside `gripOn`: closures made by one call share what any of them captures.
function weakly(call) {
  return typeof WeakRef === "undefined" ? { deref: () => call } : new WeakRef(call);
}

/** Frees what a dropped call had, and cancels its request. */
function letGo({ handle, controller, reader, grip }) {
  handle.free();
  grip?.release();
  const reason = new DOMException("nobody reads the stream any more", "AbortError");
  try {
    controller.abort(reason);
    reader?.cancel(reason).catch(() => {});
  } catch {
    // Where a request's I/O ends with the request (workerd), there is nothing left to cancel.
  }
}

/** The id of an answer that the service gives none: to tell answers apart, no secret. `crypto` would cost a process its first 2 ms. */
function newId() {
  let id = "chatcmpl-";
  for (let part = 0; part < 3; part++) id += Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0");
  return id;
}

/** A request as JSON text. It is taken when the call is made: what is changed later is not sent. */
export function toJson(request) {
  return written(request, "invalid_request", "the request");
}

/** Options as JSON text. */
export function optionsToJson(options) {
  return written(options, "invalid_options", "the options");
}

function written(value, code, what) {
  let json;
  try {
    json = JSON.stringify(value);
  } catch (cause) {
    throw refuse(code, `${what} can't be written as JSON`, "they must be plain values, and hold no cycle", cause);
  }
  if (typeof json !== "string") throw refuse(code, `${what} must be an object`);
  return json;
}
