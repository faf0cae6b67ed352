// The package in front of an OCI in this process's memory: without sockets, 100,000 streams take
// seconds.

import { OciGenAI } from "oci-genai-edge";
import { ociEvents, textsOf } from "./answers.mjs";
import { MODEL } from "./client.mjs";

/**
 * `complete` streams end well. `failing` ones end with an error event, `truncated` ones without a
 * finish, `open` ones send one event and never end. `rejected` is an error in place of a stream.
 *
 * @typedef {keyof typeof bodies | "rejected"} Kind
 */

const TOKENS = 6;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How many bodies were cancelled. */
export const seen = { cancelled: 0 };

const bodies = {
  /** @param {number} stream */
  complete: (stream) => ociEvents(stream, TOKENS).join(""),
  /** @param {number} stream */
  failing: (stream) => `${ociEvents(stream, TOKENS)[0]}data: {"code":"500","message":"no"}\n\n`,
  /** @param {number} stream */
  truncated: (stream) => ociEvents(stream, TOKENS).slice(0, 3).join(""),
  /** @param {number} stream */
  open: (stream) => ociEvents(stream, TOKENS)[0],
};

/**
 * @param {unknown} _url
 * @param {any} init
 */
async function fetch(_url, { body }) {
  const { messages } = JSON.parse(decoder.decode(body)).chatRequest;
  /** @type {{ stream: number, kind: Kind }} */
  const { stream, kind } = JSON.parse(messages[0].content[0].text);
  if (kind === "rejected") return Response.json({ code: "400", message: "z".repeat(2000) }, { status: 400 });
  const bytes = encoder.encode(bodies[kind](stream));
  /** @type {import("node:stream/web").UnderlyingSource<Uint8Array>} */
  const source = {
    start(controller) {
      if (kind === "open") return controller.enqueue(bytes);
      // Two network chunks, cut anywhere.
      const at = 1 + (stream % (bytes.length - 1));
      controller.enqueue(bytes.subarray(0, at));
      controller.enqueue(bytes.subarray(at));
      controller.close();
    },
    cancel: () => void seen.cancelled++,
  };
  return new Response(new ReadableStream(source), { headers: { "content-type": "text/event-stream" } });
}

export const oci = new OciGenAI({ compartmentId: "c", fallback: "never", retry: { maxAttempts: 1 }, fetch });

/**
 * A request for a stream of this kind.
 *
 * @param {number} stream
 * @param {Kind} kind
 */
export function chatRequest(stream, kind) {
  return { model: MODEL, messages: [{ role: "user", content: JSON.stringify({ stream, kind }) }] };
}

/**
 * The text of a complete stream.
 *
 * @param {number} stream
 */
export function textOf(stream) {
  return textsOf(stream, TOKENS).join("");
}

/**
 * Requests a stream through `oci.fetch`.
 *
 * @param {number} stream
 * @param {Kind} kind
 * @param {RequestInit} [init]
 */
export function fetchStream(stream, kind, init) {
  const body = JSON.stringify({ ...chatRequest(stream, kind), stream: true });
  return oci.fetch("https://oci.invalid/v1/chat/completions", { method: "POST", body, ...init });
}

export { MODEL, TOKENS };
