// ChatStream: an async iterator over chunks, with a queue between network chunks and readers.

import { CHUNKS, Call, EVENTS } from "./call.js";
import { Piece } from "./core.js";
import { OciError } from "./error.js";

/** Makes the object of a chunk that says one thing. One function, one hidden class. */
function plainChunk(head, delta) {
  const choices = [{ index: 0, delta, finish_reason: null }];
  return { id: head.id, object: "chat.completion.chunk", created: head.created, model: head.model, choices };
}

export class ChatStream {
  #makeCall;
  #call;
  #opening;
  #items = [];
  #next = 0;
  #head = { id: "", created: 0, model: "" };
  #usageIsNull = false;
  /** The reading of the next network chunk, while somebody waits for it. */
  #reading;
  #opened = false;
  /** Whether whoever opens wants the text alone. */
  #joins = false;
  #thrown = false;
  #over = false;
  #finalError;

  /** `makeCall(mode)` makes the Call, when the first reader says what it wants. */
  constructor(makeCall, includeUsage) {
    this.#makeCall = makeCall;
    this.#usageIsNull = includeUsage;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    if (this.#next < this.#items.length) return Promise.resolve({ value: this.#chunk(this.#items[this.#next++]), done: false });
    return this.#nextOf(false);
  }

  async return(value) {
    await this.cancel();
    return { value, done: true };
  }

  async throw(error) {
    await this.cancel(error);
    throw error;
  }

  text() {
    const stream = this;
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next() {
        while (stream.#next < stream.#items.length) {
          const value = textOf(stream.#items[stream.#next++]);
          if (value) return Promise.resolve({ value, done: false });
        }
        return stream.#nextOf(true);
      },
      return: (value) => stream.return(value),
      throw: (error) => stream.throw(error),
    };
  }

  async final() {
    while (await this.#fill()) this.#drop();
    if (this.#finalError !== undefined) throw this.#finalError;
    if (!this.#call?.completion) throw cancelled();
    return JSON.parse(this.#call.completion);
  }

  async toResponse(init) {
    const body = this.toReadableStream();
    // A failure before the first chunk has a status of its own: it must not become a response that says 200.
    await this.#open(EVENTS);
    const headers = new Headers(init?.headers);
    if (!headers.has("content-type")) headers.set("content-type", "text/event-stream; charset=utf-8");
    if (!headers.has("cache-control")) headers.set("cache-control", "no-cache");
    return new Response(body, { ...init, headers });
  }

  toReadableStream() {
    const encoder = new TextEncoder();
    const pull = async (controller) => {
      await this.#open(EVENTS);
      if (!this.#call) return controller.error(cancelled());
      for (;;) {
        const bytes = this.#call.isEvents ? this.#call.bytes.shift() : this.#encoded(encoder);
        if (bytes) return controller.enqueue(bytes);
        if (this.#call.ended) return this.#close(controller, encoder);
        await this.#call.read();
      }
    };
    const source = { pull, cancel: (reason) => this.cancel(reason) };
    // Nothing is decoded ahead of the reader.
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  async cancel(reason) {
    this.#over = true;
    this.#drop();
    this.#makeCall = undefined;
    this.#call?.stop(reason ?? cancelled());
  }

  async [Symbol.asyncDispose]() {
    await this.cancel();
  }

  get report() {
    const report = this.#call?.report;
    return report?.firstChunkMs === undefined && !this.#call?.ended ? undefined : report;
  }

  // ------------------------------------------------------------ inside

  /** Opens the call, once. Whoever asks first decides what it gives. */
  #open(mode) {
    this.#opening ??= (async () => {
      if (!this.#makeCall) return;
      this.#call = this.#makeCall(mode);
      this.#call.joins = this.#joins;
      await this.#call.open();
      this.#opened = true;
      this.#took();
    })();
    return this.#opening;
  }

  /** What the call decoded becomes what readers take. */
  #took() {
    const { items } = this.#call;
    if (items.length === 0) return;
    if (this.#next === this.#items.length) {
      // The usual case: everything was read, and the lists change places.
      this.#items.length = 0;
      this.#call.items = this.#items;
      this.#items = items;
      this.#next = 0;
    } else {
      for (const item of items) this.#items.push(item);
      items.length = 0;
    }
  }

  #drop() {
    this.#items.length = 0;
    this.#next = 0;
  }

  /** The next chunk or text, after reading on until there is one. */
  async #nextOf(text) {
    this.#joins = text;
    for (;;) {
      // Several may have waited for the same network chunk: the last of them may find nothing left.
      while (this.#next < this.#items.length) {
        const item = this.#items[this.#next++];
        const value = text ? textOf(item) : this.#chunk(item);
        if (value) return { value, done: false };
      }
      if (this.#over) break;
      const call = this.#call;
      if (this.#reading !== undefined || !this.#opened || call.ended) {
        await this.#readOn();
        continue;
      }
      // The way of nearly every network chunk, with one wait.
      call.joins = text;
      let result;
      try {
        result = await (this.#reading = call.reading());
      } catch (thrown) {
        this.#reading = undefined;
        call.lost(thrown);
        continue;
      }
      this.#reading = undefined;
      call.took(result);
      this.#took();
    }
    // An error is thrown once; after it the iterator is at its end.
    if (this.#finalError !== undefined && !this.#thrown) {
      this.#thrown = true;
      throw this.#finalError;
    }
    return { value: undefined, done: true };
  }

  /** One step towards more to take: opening, waiting for another's reading, or seeing the end. */
  async #readOn() {
    try {
      if (this.#reading !== undefined) {
        await this.#reading.catch(() => {});
        return;
      }
      if (!this.#opened) {
        await this.#open(CHUNKS);
        return;
      }
      // The call has ended, and everything of it was taken.
      if (!this.#over) this.#finalError = this.#call?.error;
      this.#over = true;
    } catch (error) {
      // After a cancel, what the cancelled request rejects with is nobody's error.
      if (!this.#over) this.#finalError = error;
      this.#over = true;
    }
  }

  /** Whether there is something to take. */
  async #fill() {
    while (this.#next >= this.#items.length) {
      if (this.#over) return false;
      if (this.#reading === undefined && this.#opened && !this.#call.ended) {
        this.#reading = this.#call.read();
        await this.#reading;
        this.#reading = undefined;
        this.#took();
      } else {
        await this.#readOn();
      }
    }
    return true;
  }

  #chunk(item) {
    const bare = typeof item === "string";
    if (!bare && !(item instanceof Piece)) {
      if (this.#head.id !== item.id) this.#head = { id: item.id, created: item.created, model: item.model };
      if (this.#usageIsNull && item.usage === undefined) item.usage = null;
      return item;
    }
    const chunk = plainChunk(this.#head, bare ? { content: item } : item.delta);
    if (this.#usageIsNull) chunk.usage = null;
    return chunk;
  }

  /** Where chunks were read before the rest was wanted as bytes: what is left, written here. */
  #encoded(encoder) {
    this.#took();
    if (this.#next >= this.#items.length) return undefined;
    let events = "";
    while (this.#next < this.#items.length) events += `data: ${JSON.stringify(this.#chunk(this.#items[this.#next++]))}\n\n`;
    return encoder.encode(events);
  }

  #close(controller, encoder) {
    const { error, done, isEvents } = this.#call;
    this.#over = true;
    this.#finalError = error;
    if (error instanceof OciError) {
      controller.enqueue(encoder.encode(`data: ${JSON.stringify(errorBody(error))}\n\n`));
    } else if (error !== undefined) {
      return controller.error(error);
    } else if (done && !isEvents) {
      controller.enqueue(encoder.encode("data: [DONE]\n\n"));
    }
    controller.close();
  }
}

function cancelled() {
  return new DOMException("the stream was cancelled before its answer ended", "AbortError");
}

function textOf(item) {
  return typeof item === "string" ? item : item instanceof Piece ? undefined : item.choices?.[0]?.index === 0 ? item.choices[0].delta?.content : undefined;
}

/** OpenAI's error body. */
export function errorBody(error) {
  const type = TYPES[error.code] ?? (error.retryable ? "server_error" : "invalid_request_error");
  const message = error.hint ? `${error.message} (${error.hint})` : error.message;
  return { error: { message, type, param: error.param ?? null, code: error.code } };
}

const TYPES = {
  unauthorized: "authentication_error",
  not_found_or_unauthorized: "not_found_error",
  rate_limited: "rate_limit_error",
  signer_failed: "server_error",
  invalid_signature: "server_error",
  invalid_options: "server_error",
  missing_compartment: "server_error",
  region_mismatch: "server_error",
  redirected: "server_error",
  invalid_response: "server_error",
  unsupported_encoding: "server_error",
  limit_exceeded: "server_error",
  internal: "server_error",
  invalid_api_key: "authentication_error",
};
