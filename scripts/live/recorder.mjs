// A `fetch` that keeps every response byte by byte, and never sends more requests than a run may cost.
import { isUtf8 } from "node:buffer";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";

import { codeOf } from "../../pkg/lib/node-error-code.js";

const RECORDED_HEADERS = [
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

/** The longest time for which a response body is read, whatever its caller does. */
const BODY_TIMEOUT_MS = 60_000;

/**
 * One request and its response.
 *
 * @typedef {object} Exchange
 * @property {string} name
 * @property {string} url
 * @property {any} request The body of the request, where it is JSON.
 * @property {number} [status] Undefined where no response arrived.
 * @property {Record<string, string>} headers
 * @property {{ at: number, bytes: Uint8Array }[]} chunks `at` is in milliseconds since the request was sent. `bytes`
 *   are as the runtime delivered them: a content encoding that it supports has been decoded.
 * @property {string} [error] The code of the error that ended the exchange.
 * @property {string} [file] The name of its files, without extension, once it has been saved.
 */

export class Recorder {
  /** @type {Exchange[]} */
  exchanges = [];
  #name = "request";
  #budget;
  #fetch;
  /** @type {Promise<void>[]} */
  #drains = [];

  /** @param {{ budget: number, fetch?: typeof globalThis.fetch }} options */
  constructor({ budget, fetch = globalThis.fetch }) {
    this.#budget = budget;
    this.#fetch = fetch;
  }

  /** Names the requests that follow. */
  label(/** @type {string} */ name) {
    this.#name = name;
  }

  /**
   * For the client's option `fetch`.
   *
   * @type {(input: RequestInfo | URL, init?: RequestInit) => Promise<Response>}
   */
  fetch = async (url, init) => {
    if (this.exchanges.length >= this.#budget) throw new Error(`a run makes no more than ${this.#budget} requests`);
    /** @type {Exchange} */
    const exchange = { name: this.#name, url: `${url}`, request: jsonOf(init?.body), headers: {}, chunks: [] };
    this.exchanges.push(exchange);
    const started = performance.now();
    // Once there is a response, the caller's signal no longer counts: a caller that stops at the end of its answer must
    // not cut off what the service sends after it.
    const controller = new AbortController();
    const abort = () => {
      if (exchange.status === undefined) controller.abort(init?.signal?.reason);
    };
    init?.signal?.addEventListener("abort", abort, { once: true });
    if (init?.signal?.aborted) abort();
    let response;
    try {
      response = await this.#fetch(url, { ...init, signal: controller.signal });
    } catch (error) {
      exchange.error = codeOf(error);
      throw error;
    }
    exchange.status = response.status;
    for (const name of RECORDED_HEADERS) {
      const value = response.headers.get(name);
      if (value !== null) exchange.headers[name] = value;
    }
    if (!response.body) return response;
    const [forCaller, forRecording] = response.body.tee();
    this.#drains.push(drain(forRecording, exchange, started, controller));
    const { status, statusText, headers } = response;
    return new Response(forCaller, { status, statusText, headers });
  };

  /** Resolves when every response has been read to its end. */
  async settled() {
    await Promise.all(this.#drains);
  }

  /**
   * Writes every exchange into the folder, in place of an earlier run's: `NN-name.sse` (or .json, .txt) and
   * `NN-name.meta.json`.
   *
   * @param {URL} folder
   * @param {(text: string) => string} redact
   */
  save(folder, redact) {
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder)) {
      if (/^\d\d-[\w.-]+\.(sse|json|txt)$/.test(file)) rmSync(new URL(file, folder));
    }
    this.exchanges.forEach((exchange, index) => {
      exchange.file = `${`${index + 1}`.padStart(2, "0")}-${exchange.name}`;
      writeExchange(folder, exchange, redact);
    });
  }
}

/** The whole body of a response as text. */
export function textOf(/** @type {Exchange} */ exchange) {
  return bodyOf(exchange).toString("utf8");
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @param {Exchange} exchange
 * @param {number} started
 * @param {AbortController} controller
 */
async function drain(stream, exchange, started, controller) {
  const timer = setTimeout(() => controller.abort(new Error("the response did not end in time")), BODY_TIMEOUT_MS);
  try {
    for await (const bytes of stream) exchange.chunks.push({ at: Math.round(performance.now() - started), bytes });
  } catch (error) {
    exchange.error = codeOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {URL} folder
 * @param {Exchange} exchange
 * @param {(text: string) => string} redact
 */
function writeExchange(folder, exchange, redact) {
  const { file, request, status, headers, chunks, error } = exchange;
  const body = bodyOf(exchange);
  // Ids can't be found in bytes that are not text.
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
  writeFileSync(new URL(`${file}.meta.json`, folder), `${redact(JSON.stringify(meta, null, 2))}\n`);
  if (isText && body.length > 0) {
    // Latin-1 maps every byte to one character and back, so that redacted text keeps its length in bytes.
    const redacted = Buffer.from(redact(body.toString("latin1")), "latin1");
    writeFileSync(new URL(`${file}${extensionOf(headers["content-type"])}`, folder), redacted);
  }
}

function bodyOf(/** @type {Exchange} */ { chunks }) {
  return Buffer.concat(chunks.map(({ bytes }) => bytes));
}

function jsonOf(/** @type {unknown} */ body) {
  try {
    return JSON.parse(Buffer.from(/** @type {Uint8Array} */ (body)).toString("utf8"));
  } catch {
    return undefined;
  }
}

function extensionOf(contentType = "") {
  if (/event-stream/i.test(contentType)) return ".sse";
  return /json/i.test(contentType) ? ".json" : ".txt";
}
