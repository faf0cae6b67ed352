// The best plain JavaScript: eventsource-parser, JSON.parse, a reader loop, and an iterator with a queue written by hand.
import { createParser } from "eventsource-parser";

import { headOf, mapperOf } from "./plain-mapper.mjs";
import { send } from "./plain-request.mjs";

/**
 * An iterator over what `feed` makes of a body, one network chunk at a time. While something is queued, `next()` is a plain
 * function: neither a generator nor an async function is resumed for an item.
 */
class Queue {
  #items = [];
  #next = 0;
  #reader;
  #feed;
  #decoder = new TextDecoder();
  #ended = false;

  constructor(reader, feed) {
    this.#reader = reader;
    this.#feed = feed;
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
      // At the end, a last event may lack its blank line.
      this.#feed(done ? `${this.#decoder.decode()}\n\n` : this.#decoder.decode(value, { stream: true }), items);
      if (items.length > 0) return { value: items[this.#next++], done: false };
    }
    return { value: undefined, done: true };
  }

  async return(value) {
    this.#ended = true;
    this.#items.length = 0;
    this.#next = 0;
    await this.#reader.cancel();
    return { value, done: true };
  }
}

/** Opens a stream; `onData` gets each event's data and the list to add to. `flush` may add when a network chunk has been read. */
async function open(service, corpus, onData, flush) {
  const response = await send(service.fetch, corpus, corpus.request);
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  let items;
  const parser = createParser({
    onEvent({ data }) {
      if (data !== "[DONE]") onData(data, items);
    },
  });
  const feed = (text, list) => {
    items = list;
    parser.feed(text);
    flush?.(list);
  };
  return new Queue(response.body.getReader(), feed);
}

export function chunks(service, corpus) {
  return () => {
    const map = mapperOf(corpus, headOf(corpus.request.model));
    return open(service, corpus, (data, items) => map(JSON.parse(data), items));
  };
}

/** A string per event. */
export function text(service, corpus) {
  return () => {
    const textOf = textReader(corpus);
    return open(service, corpus, (data, items) => {
      const text = textOf(JSON.parse(data));
      if (text) items.push(text);
    });
  };
}

/** A string per network chunk. */
export function joinedText(service, corpus) {
  return () => {
    const textOf = textReader(corpus);
    let joined = "";
    const add = (data) => {
      joined += textOf(JSON.parse(data));
    };
    const flush = (items) => {
      if (joined) items.push(joined);
      joined = "";
    };
    return open(service, corpus, add, flush);
  };
}

/** Text alone: no chunk is made for it. */
function textReader({ apiFormat }) {
  if (apiFormat !== "COHERE") return (event) => event.message?.content?.[0]?.text ?? "";
  let said = "";
  return (event) => {
    let { text } = event;
    if (text && said && (event.finishReason || event.chatHistory || event.toolCalls))
      text = text.startsWith(said) ? text.slice(said.length) : "";
    said += text ?? "";
    return text ?? "";
  };
}
