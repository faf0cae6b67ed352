// ChatStream: the async iterator over the chunks of one call.

import { createBody } from "./body.js";
import { MODE_CHUNKS, MODE_EVENTS } from "./boundary.js";
import { Fragment, deltaChunk, textOf } from "./chunk.js";
import { Queue } from "./queue.js";

/** @import { ChatCompletion, ChatCompletionChunk, ChatStream as PublicChatStream } from "../index.js" */
/** @import { BodyChunk, Call } from "./call.js" */
/** @import { Item, Metadata } from "./chunk.js" */

const encoder = new TextEncoder();

/** @implements {PublicChatStream} */
export class ChatStream {
  /** @type {"new" | "opening" | "open" | "ended"} */
  #state = "new";
  /** @type {((mode: number) => Call) | undefined} */
  #createCall;
  /** @type {Call | undefined} */
  #call;
  /** @type {Promise<Call> | undefined} */
  #opening;
  /**
   * The read of the next network chunk, while a reader waits for it.
   *
   * @type {Promise<unknown> | undefined}
   */
  #reading;
  /**
   * The call's queue, as soon as there is a call.
   *
   * @type {Queue<Item>}
   */
  #chunks = new Queue();
  /** Whether the reader that opens the call reads text alone. */
  #coalesceText = false;
  /** @type {Metadata} */
  #metadata = { id: "", created: 0, model: "" };
  /** With `stream_options.include_usage`, chunks without usage have `usage: null`. */
  #usageIsNull;
  /**
   * The call's error, which `final` throws each time.
   *
   * @type {unknown}
   */
  #error;
  /**
   * The same error, until `next` has thrown it.
   *
   * @type {unknown}
   */
  #undeliveredError;

  /**
   * @param {(mode: number) => Call} createCall called when the first reader decides the mode
   * @param {boolean} includeUsage
   */
  constructor(createCall, includeUsage) {
    this.#createCall = createCall;
    this.#usageIsNull = includeUsage;
  }

  /** @returns {this} */
  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<IteratorResult<ChatCompletionChunk, undefined>>} */
  next() {
    const item = this.#chunks.shift();
    if (item !== undefined) return Promise.resolve({ value: this.#toChunk(item), done: false });
    return this.#read(false);
  }

  /**
   * @param {any} [value]
   * @returns {Promise<IteratorReturnResult<any>>}
   */
  async return(value) {
    await this.cancel();
    return { value, done: true };
  }

  /**
   * @param {any} [error]
   * @returns {Promise<never>}
   */
  async throw(error) {
    await this.cancel(error);
    throw error;
  }

  /** @returns {AsyncIterableIterator<string>} */
  text() {
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => {
        for (let item = this.#chunks.shift(); item !== undefined; item = this.#chunks.shift()) {
          const value = textOf(item);
          if (value) return Promise.resolve({ value, done: false });
        }
        return this.#read(true);
      },
      return: (value) => this.return(value),
      throw: (error) => this.throw(error),
    };
  }

  /** @returns {Promise<ChatCompletion>} */
  async final() {
    while (this.#state !== "ended") {
      this.#chunks.clear();
      await this.#advance();
    }
    this.#chunks.clear();
    if (this.#error !== undefined) throw this.#error;
    const completion = this.#call?.completion;
    if (completion === undefined) throw cancelled();
    return JSON.parse(completion);
  }

  /**
   * @param {ResponseInit} [init]
   * @returns {Promise<Response>}
   */
  async toResponse(init) {
    // A failure before the first chunk rejects: it must not become a response with status 200.
    await this.#open(MODE_EVENTS);
    const headers = new Headers(init?.headers);
    if (!headers.has("content-type")) headers.set("content-type", "text/event-stream; charset=utf-8");
    if (!headers.has("cache-control")) headers.set("cache-control", "no-cache");
    return new Response(this.toReadableStream(), { ...init, headers });
  }

  /** @returns {ReadableStream<Uint8Array>} */
  toReadableStream() {
    const source = {
      open: () => this.#open(MODE_EVENTS),
      take: (/** @type {Call} */ call) => (call.isEvents ? call.events.shift() : this.#encodeChunks()),
      finish: (/** @type {Call} */ call) => {
        this.#end(call.error);
        // With MODE_EVENTS the core writes it.
        return call.isEvents ? undefined : encoder.encode("data: [DONE]\n\n");
      },
      cancel: (/** @type {unknown} */ reason) => void this.cancel(reason),
    };
    return createBody(source, this.#state === "opening" ? undefined : this.#call);
  }

  /** @param {unknown} [reason] */
  async cancel(reason) {
    this.#state = "ended";
    this.#chunks.clear();
    this.#createCall = undefined;
    this.#call?.cancel(reason ?? cancelled());
  }

  async [Symbol.asyncDispose]() {
    await this.cancel();
  }

  get report() {
    const report = this.#call?.report;
    return report?.firstChunkMs === undefined && !this.#call?.ended ? undefined : report;
  }

  // ------------------------------------------------------------ private

  /**
   * Opens the call, once. The first reader decides the mode.
   *
   * @param {number} mode
   */
  #open(mode) {
    this.#opening ??= this.#openCall(mode);
    return this.#opening;
  }

  /** @param {number} mode */
  async #openCall(mode) {
    const createCall = this.#createCall;
    if (createCall === undefined) throw cancelled();
    this.#createCall = undefined;
    this.#state = "opening";
    const call = createCall(mode);
    this.#call = call;
    this.#chunks = call.chunks;
    call.coalesceText = this.#coalesceText;
    await call.open();
    // Unless it was cancelled in the meantime.
    if (this.#state === "opening") this.#state = "open";
    return call;
  }

  /**
   * Reads until there is a next chunk or text.
   *
   * @param {boolean} isText
   * @returns {Promise<IteratorResult<any, undefined>>}
   */
  async #read(isText) {
    this.#coalesceText = isText;
    for (;;) {
      // Several readers may wait for the same network chunk, and the first may take all of it.
      for (let item = this.#chunks.shift(); item !== undefined; item = this.#chunks.shift()) {
        const value = isText ? textOf(item) : this.#toChunk(item);
        if (value) return { value, done: false };
      }
      if (this.#state === "ended") break;
      const call = this.#call;
      if (this.#reading !== undefined || this.#state !== "open" || call === undefined || call.ended) {
        await this.#advance();
        continue;
      }
      // SPEED: the path of nearly every network chunk awaits one promise.
      call.coalesceText = isText;
      let chunk;
      try {
        /** @type {Promise<BodyChunk>} */
        const reading = (this.#reading = call.readChunk());
        chunk = await reading;
      } catch (error_) {
        this.#reading = undefined;
        call.onReadError(error_);
        continue;
      }
      this.#reading = undefined;
      call.onChunk(chunk);
    }
    // An error is thrown once; after that the iterator has ended.
    const error = this.#undeliveredError;
    this.#undeliveredError = undefined;
    if (error !== undefined) throw error;
    return { value: undefined, done: true };
  }

  /**
   * One step towards the next chunk or the end: opens the call, or reads, or waits for a read in
   * progress.
   */
  async #advance() {
    try {
      if (this.#reading !== undefined) {
        await this.#reading.catch(() => {});
      } else if (this.#call === undefined || this.#state !== "open") {
        await this.#open(MODE_CHUNKS);
      } else if (this.#call.ended) {
        this.#end(this.#call.error);
      } else {
        this.#reading = this.#call.read();
        await this.#reading;
        this.#reading = undefined;
      }
    } catch (error) {
      this.#end(error);
    }
  }

  /**
   * Ends the stream, unless it has ended: after a cancel, errors of the cancelled call are ignored.
   *
   * @param {unknown} error
   */
  #end(error) {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#error = error;
    this.#undeliveredError = error;
  }

  /**
   * @param {Item} item
   * @returns {ChatCompletionChunk}
   */
  #toChunk(item) {
    if (typeof item !== "string" && !(item instanceof Fragment)) {
      if (this.#metadata.id !== item.id) this.#metadata = { id: item.id, created: item.created, model: item.model };
      if (this.#usageIsNull && item.usage === undefined) item.usage = null;
      return item;
    }
    const chunk = deltaChunk(this.#metadata, typeof item === "string" ? { content: item } : item.delta);
    if (this.#usageIsNull) chunk.usage = null;
    return chunk;
  }

  /** The events of the remaining chunks, if the call was opened by a reader of chunks. */
  #encodeChunks() {
    if (this.#chunks.isEmpty) return undefined;
    let events = "";
    for (let item = this.#chunks.shift(); item !== undefined; item = this.#chunks.shift()) {
      events += `data: ${JSON.stringify(this.#toChunk(item))}\n\n`;
    }
    return encoder.encode(events);
  }
}

function cancelled() {
  return new DOMException("the stream was cancelled before the end of its answer", "AbortError");
}
