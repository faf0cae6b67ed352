// A `fetch` that keeps what every answer was, byte by byte, and never sends more than a run may cost.
import { isUtf8 } from "node:buffer";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";

const SHOWN_HEADERS = [
  "content-type",
  "content-encoding",
  "content-length",
  "transfer-encoding",
  "cache-control",
  "retry-after",
  "location",
  "opc-request-id",
  "opc-limit-limit",
  "opc-limit-remaining",
  "opc-limit-reset",
  "model-deprecation-info",
];

/** The longest that the body of an answer is read, whatever its caller does. */
const BODY_MS = 60_000;

/**
 * One request and its answer: { name, url, request, status, headers, chunks: [{ at, bytes }], error }. `at` is in milliseconds
 * since the request was sent. `bytes` is as the runtime delivered it: a content encoding that it knows has been undone.
 */
export class Recorder {
  exchanges = [];
  #name = "request";
  #budget;
  #plainFetch;
  #drains = [];

  constructor({ budget, fetch = globalThis.fetch }) {
    this.#budget = budget;
    this.#plainFetch = fetch;
  }

  /** What the requests from now on are called. */
  label(name) {
    this.#name = name;
  }

  /** For the client's option `fetch`. */
  fetch = async (url, init) => {
    if (this.exchanges.length >= this.#budget) throw new Error(`a run makes no more than ${this.#budget} requests`);
    const exchange = { name: this.#name, url: `${url}`, request: bodyOf(init?.body), headers: {}, chunks: [] };
    this.exchanges.push(exchange);
    const started = performance.now();
    // Not the caller's signal: a caller that stops at the end of its answer must not cut off what the service sends after it.
    const giveUp = new AbortController();
    const abort = () => exchange.status === undefined && giveUp.abort(init.signal.reason);
    init?.signal?.addEventListener("abort", abort, { once: true });
    if (init?.signal?.aborted) abort();
    let response;
    try {
      response = await this.#plainFetch(url, { ...init, signal: giveUp.signal });
    } catch (error) {
      exchange.error = `${error.cause?.code ?? error.name}`;
      throw error;
    }
    exchange.status = response.status;
    for (const name of SHOWN_HEADERS) if (response.headers.has(name)) exchange.headers[name] = response.headers.get(name);
    if (!response.body) return response;
    const [given, kept] = response.body.tee();
    this.#drains.push(this.#drain(kept, exchange, started, giveUp));
    return new Response(given, { status: response.status, statusText: response.statusText, headers: response.headers });
  };

  async #drain(stream, exchange, started, giveUp) {
    const timer = setTimeout(() => giveUp.abort(new Error("the answer did not end")), BODY_MS);
    try {
      for await (const bytes of stream) exchange.chunks.push({ at: Math.round(performance.now() - started), bytes });
    } catch (error) {
      exchange.error = `${error.cause?.code ?? error.name}`;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when every answer has been read to its end. */
  async settled() {
    await Promise.all(this.#drains);
  }

  /** Writes every exchange into the folder, instead of an earlier run's: `NN-name.sse` (or .json, .txt) and `NN-name.meta.json`. */
  save(folder, redact) {
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder)) if (/^\d\d-[\w.-]+\.(sse|json|txt)$/.test(file)) rmSync(new URL(file, folder));
    this.exchanges.forEach((exchange, index) => {
      const { name, request, status, headers, chunks, error } = exchange;
      exchange.file = `${`${index + 1}`.padStart(2, "0")}-${name}`;
      const body = Buffer.concat(chunks.map(({ bytes }) => bytes));
      // What is no text can't be searched for ids.
      const isText = isUtf8(body);
      const meta = {
        status,
        headers,
        path: new URL(exchange.url).pathname,
        request,
        chunks: chunks.map(({ at, bytes }) => ({ at, bytes: bytes.length })),
        error,
        unsaved: isText ? undefined : "the body is not text",
      };
      writeFileSync(new URL(`${exchange.file}.meta.json`, folder), `${redact(JSON.stringify(meta, null, 2))}\n`);
      if (isText && body.length > 0) {
        // Latin-1 makes one character of every byte and back: what is redacted keeps its length.
        writeFileSync(new URL(exchange.file + extension(headers["content-type"]), folder), Buffer.from(redact(body.toString("latin1")), "latin1"));
      }
    });
  }
}

/** The whole body as text. */
export function textOf({ chunks }) {
  return Buffer.concat(chunks.map(({ bytes }) => bytes)).toString("utf8");
}

function bodyOf(bytes) {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

function extension(contentType = "") {
  if (/event-stream/i.test(contentType)) return ".sse";
  return /json/i.test(contentType) ? ".json" : ".txt";
}
