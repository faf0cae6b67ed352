// `fetch` with OpenAI's API: POST …/chat/completions and GET …/models.

import { createBody } from "./body.js";
import { OciError } from "./error.js";
import { describeFully, errorResponse, rejection } from "./openai-error.js";

/** @import { CallReport, FetchInput } from "../index.js" */
/** @import { Call } from "./call.js" */
/** @import { ClientInternals } from "./client.js" */
/** @import { Describe } from "./openai-error.js" */
/** @import { Target } from "./wasm.js" */

/**
 * The part of a Request that is read.
 *
 * @typedef {{ method: string, url: string, signal?: AbortSignal, text(): string | Promise<string> }} RequestLike
 */

/**
 * The response, and where the request was sent to, if it was.
 *
 * @typedef {{ response: Response, target?: Target | null }} Answer
 */

/**
 * `fetch`: responds to one request. Rejects only with the reason of the request's own signal, as
 * `fetch` does.
 *
 * @param {ClientInternals} client
 * @param {FetchInput} input
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function respond(client, input, init) {
  const request = readRequest(input, init);
  const path = new URL(request.url).pathname.replace(/\/+$/, "");
  if (path.endsWith("/chat/completions")) {
    if (request.method !== "POST") return methodNotAllowed("POST");
    const chat = { text: await request.text(), signal: request.signal, describe: describeFully };
    return (await answerChat(client, chat)).response;
  }
  if (path.endsWith("/models")) {
    const isRead = request.method === "GET" || request.method === "HEAD";
    return isRead ? listModels(client) : methodNotAllowed("GET");
  }
  const message = `${path || "/"} is not served here; POST …/chat/completions and GET …/models are`;
  return rejection(404, "not_found", message);
}

/**
 * OpenAI's clients pass a URL and a string as the body: constructing a Request of them would only
 * cost time.
 *
 * @param {FetchInput} input
 * @param {RequestInit} [init]
 * @returns {RequestLike}
 */
function readRequest(input, init) {
  if (input instanceof Request && init === undefined) return input;
  if (typeof input === "string" && init?.method === "POST" && typeof init.body === "string") {
    const { body } = init;
    return { method: "POST", url: input, signal: init.signal ?? undefined, text: () => body };
  }
  return new Request(input, withDuplex(init));
}

/**
 * `fetch` requires `duplex` if the body is a stream.
 *
 * @param {RequestInit} [init]
 */
function withDuplex(init) {
  return init?.body instanceof ReadableStream ? { duplex: "half", ...init } : init;
}

/**
 * Responds to a chat request.
 *
 * @param {ClientInternals} client
 * @param {{ text: string, signal?: AbortSignal, describe: Describe }} request `text` is its body,
 *   `describe` what the caller may know of an error
 * @returns {Promise<Answer>}
 */
export async function answerChat(client, { text, signal, describe }) {
  /** @type {Call | undefined} */
  let call;
  try {
    call = client.createCall(text, { signal });
    // A stream is passed on by its events alone.
    call.keepsCompletion = !call.isEvents;
    await call.open();
    const { report, target } = call.outcome;
    const headers = requestIdHeader(report);
    const response = call.isEvents ? eventsResponse(call, headers, describe) : completionResponse(call, headers);
    return { response, target };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { response: errorResponse(error, describe), target: call?.outcome.target };
  }
}

/**
 * @param {Call} call
 * @param {Record<string, string>} headers
 */
function completionResponse(call, headers) {
  if (call.completion === undefined) throw call.error;
  headers["content-type"] = "application/json";
  return new Response(call.completion, { headers });
}

/**
 * @param {Call} call
 * @param {Record<string, string>} headers
 * @param {Describe} describe
 */
function eventsResponse(call, headers, describe) {
  call.keepsOutcome = false;
  const body = createBody(
    {
      open: async () => call,
      take: () => call.events.shift(),
      finish: () => undefined,
      cancel: (reason) => call.cancel(reason ?? new DOMException("the response was cancelled", "AbortError")),
      describe,
    },
    call,
  );
  headers["content-type"] = "text/event-stream; charset=utf-8";
  headers["cache-control"] = "no-cache";
  return new Response(body, { headers });
}

/**
 * @param {CallReport} report
 * @returns {Record<string, string>}
 */
function requestIdHeader(report) {
  const id = report.attempts.at(-1)?.opcRequestId;
  return id ? { "x-request-id": id } : {};
}

/** @param {ClientInternals} client */
function listModels(client) {
  const data = client.models().map(({ id }) => ({ id, object: "model", created: 0, owned_by: "oci" }));
  return Response.json({ object: "list", data });
}

/** @param {string} allowed */
export function methodNotAllowed(allowed) {
  return rejection(405, "method_not_allowed", `the method must be ${allowed}`, { headers: { allow: allowed } });
}
