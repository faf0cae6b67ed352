// The best plain JavaScript: eventsource-parser, JSON.parse, a read loop, and an iterator with a queue written by hand.
import { createParser } from "eventsource-parser";

import { headOf, mapperOf } from "./plain-mapper.mjs";
import { bodyOf, send } from "./plain-request.mjs";

/** @import { ContenderFactory, Corpus, Service } from "../types.d.ts" */

/** @typedef {(data: string, items: unknown[]) => void} OnData Gets an event's data, and the list to add to. */
/** @typedef {(text: string, items: unknown[]) => void} Feed Gets a network chunk, and the list to add to. */

/** @type {ContenderFactory} */
export function chunks(service, corpus) {
  return () => {
    const map = mapperOf(corpus, headOf(corpus.request.model));
    return open(service, corpus, (data, items) => map(JSON.parse(data), items));
  };
}

/**
 * A string per event.
 *
 * @type {ContenderFactory}
 */
export function text(service, corpus) {
  return () => {
    const textOf = textReader(corpus);
    return open(service, corpus, (data, items) => {
      const piece = textOf(JSON.parse(data));
      if (piece) items.push(piece);
    });
  };
}

/**
 * A string per network chunk.
 *
 * @type {ContenderFactory}
 */
export function coalescedText(service, corpus) {
  return () => {
    const textOf = textReader(corpus);
    let pending = "";
    /** @type {OnData} */
    const onData = (data) => {
      pending += textOf(JSON.parse(data));
    };
    /** @param {unknown[]} items */
    const onChunkEnd = (items) => {
      if (pending) items.push(pending);
      pending = "";
    };
    return open(service, corpus, onData, onChunkEnd);
  };
}

/**
 * Opens a stream. `onChunkEnd` may add items when a network chunk has been parsed.
 *
 * @param {Service} service
 * @param {Corpus} corpus
 * @param {OnData} onData
 * @param {(items: unknown[]) => void} [onChunkEnd]
 */
async function open(service, corpus, onData, onChunkEnd) {
  const response = await send(service.fetch, corpus, corpus.request);
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  /** @type {unknown[]} */
  let items;
  const parser = createParser({
    onEvent({ data }) {
      if (data !== "[DONE]") onData(data, items);
    },
  });
  /** @type {Feed} */
  const feed = (chunk, list) => {
    items = list;
    parser.feed(chunk);
    onChunkEnd?.(list);
  };
  return new Queue(bodyOf(response).getReader(), feed);
}

/**
 * An iterator over what `feed` makes of a body, one network chunk at a time. While something is queued, `next()` is a
 * plain function: no generator and no async function is resumed for an item.
 */
export class Queue {
  /** @type {unknown[]} */
  #items = [];
  #next = 0;
  #reader;
  #feed;
  #onEnd;
  #decoder = new TextDecoder();
  #ended = false;
  /**
   * What `onEnd` made of the whole answer.
   *
   * @type {unknown}
   */
  result;

  /**
   * @param {ReadableStreamDefaultReader<Uint8Array>} reader
   * @param {Feed} feed
   * @param {() => unknown} [onEnd]
   */
  constructor(reader, feed, onEnd) {
    this.#reader = reader;
    this.#feed = feed;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    if (this.#next < this.#items.length) return Promise.resolve({ value: this.#items[this.#next++], done: false });
    return this.#fill();
  }

  async #fill() {
    const items = this.#items;
    items.length = 0;
    this.#next = 0;
    while (!this.#ended) {
      const { value, done } = await this.#reader.read();
      this.#ended = done;
      // At the end of the body, the last event may lack its blank line.
      this.#feed(done ? `${this.#decoder.decode()}\n\n` : this.#decoder.decode(value, { stream: true }), items);
      if (done) this.result = this.#onEnd?.();
      if (items.length > 0) return { value: items[this.#next++], done: false };
    }
    return { value: undefined, done: true };
  }

  async return(/** @type {unknown} */ value) {
    this.#ended = true;
    this.#items.length = 0;
    this.#next = 0;
    await this.#reader.cancel();
    return { value, done: true };
  }
}

/**
 * Reads the text alone: no chunk is made for it.
 *
 * @param {Corpus} corpus
 * @returns {(event: any) => string}
 */
function textReader({ apiFormat }) {
  if (apiFormat !== "COHERE") return (event) => event.message?.content?.[0]?.text ?? "";
  let emitted = "";
  return (event) => {
    let piece = event.text;
    // An event with one of these repeats the whole text.
    if (piece && emitted && (event.finishReason || event.chatHistory || event.toolCalls)) {
      piece = piece.startsWith(emitted) ? piece.slice(emitted.length) : "";
    }
    emitted += piece ?? "";
    return piece ?? "";
  };
}
