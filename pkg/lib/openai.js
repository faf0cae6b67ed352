// `fetch` with OpenAI's API: POST of the operations, and GET …/models.

import { MODE_AS_REQUESTED, MODE_EMBED, MODE_MODERATE, MODE_RERANK, MODE_RESPONSES } from "./boundary.js";
import { createBody } from "./body.js";
import { Call } from "./call.js";
import { CODES } from "./codes.js";
import { OciError } from "./error.js";
import { describeFully, errorResponse, rejection, requestIdHeaders } from "./openai-error.js";

/** @import { CallOptions, CallReport, FetchInput } from "../index.js" */
/** @import { CallHooks, ClientInternals } from "./client.js" */
/** @import { CallGroup } from "./group.js" */
/** @import { Describe } from "./openai-error.js" */
/** @import { Target } from "./wasm.js" */

/** @typedef {ReturnType<ClientInternals["models"]>[number]} Model */

/**
 * The operations, each by its path and the mode of its calls.
 *
 * @type {ReadonlyMap<string, number>}
 */
export const OPERATIONS = new Map([
  ["/chat/completions", MODE_AS_REQUESTED],
  ["/responses", MODE_RESPONSES],
  ["/embeddings", MODE_EMBED],
  ["/rerank", MODE_RERANK],
  ["/moderations", MODE_MODERATE],
]);

/** What is served, for those who ask for something else. */
export const SERVED = `POST ${[...OPERATIONS.keys()].map((path) => `…${path}`).join(", ")} and GET …/models are`;

/** The headers of a response with events. */
export const EVENTS_HEADERS = Object.freeze({
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
});

/**
 * The part of a Request that is read.
 *
 * @typedef {{ method: string, url: string, signal?: AbortSignal, text(): string | Promise<string> }} RequestLike
 */

/**
 * The response; where the request was sent to, if it was; and what is known of its call by then, if it became one.
 *
 * @typedef {{ response: Response, target?: Target | null, report?: CallReport }} Answer
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
  for (const [end, mode] of OPERATIONS) {
    if (!path.endsWith(end)) continue;
    if (request.method !== "POST") return methodNotAllowed("POST");
    const { signal } = request;
    const text = await request.text();
    return (await answerRequest(client, { text, mode, options: { signal }, describe: describeFully })).response;
  }
  const models = /\/models(?:\/(.+))?$/.exec(path);
  if (!models) return notServed(path, SERVED);
  if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed("GET");
  return models[1] === undefined ? listModels(client) : showModel(client, models[1]);
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
 * What is asked.
 *
 * @typedef {object} AskedRequest
 * @property {string} text its body
 * @property {number} mode
 * @property {CallOptions} options of the call
 * @property {Describe} describe what the caller may know of an error
 * @property {CallHooks} [hooks]
 * @property {number} [keepAliveMs] after how long without bytes a stream gets a comment
 */

/**
 * Responds to the request of an operation.
 *
 * @param {ClientInternals} client
 * @param {AskedRequest} request
 * @returns {Promise<Answer>}
 */
export async function answerRequest(client, { text, mode, options, describe, hooks, keepAliveMs }) {
  /** @type {Call | CallGroup | undefined} */
  let call;
  try {
    call = client.createHttpCall(text, options, mode, hooks);
    // A stream is passed on by its events alone.
    if (call instanceof Call) call.keepsCompletion = !call.isEvents;
    await call.open();
    const { report, target } = call.outcome;
    const headers = requestIdHeaders(report.attempts.at(-1)?.opcRequestId);
    if (call instanceof Call && call.isEvents) {
      return { response: eventsResponse(call, headers, { describe, keepAliveMs }), target, report };
    }
    return { response: completionResponse(call, headers), target, report };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { response: errorResponse(error, describe), ...call?.outcome };
  }
}

/**
 * @param {Call | CallGroup} call
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
 * @param {{ describe: Describe, keepAliveMs?: number }} options of the body
 */
function eventsResponse(call, headers, { describe, keepAliveMs }) {
  call.keepsOutcome = false;
  const body = createBody(
    {
      open: async () => call,
      take: () => call.events.shift(),
      finish: () => undefined,
      cancel: (reason) => call.cancel(reason ?? new DOMException("the response was cancelled", "AbortError")),
      describe,
      keepAliveMs,
    },
    call,
  );
  return new Response(body, { headers: { ...headers, ...EVENTS_HEADERS } });
}

/** @param {ClientInternals} client */
function listModels(client) {
  return Response.json({ object: "list", data: client.models().map(describeModel) });
}

/**
 * @param {ClientInternals} client
 * @param {string} encodedId
 */
function showModel(client, encodedId) {
  const model = findModel(client, encodedId);
  return model ? Response.json(describeModel(model)) : noSuchModel(client);
}

/** @param {Model} model */
function describeModel({ id }) {
  return { id, object: "model", created: 0, owned_by: "oci" };
}

/**
 * The alias that the end of a path names.
 *
 * @param {ClientInternals} client
 * @param {string} encodedId
 */
export function findModel(client, encodedId) {
  return client.models().find(({ id }) => encodedId === encodeURIComponent(id) || encodedId === encodeURI(id));
}

/** @param {ClientInternals} client */
export function noSuchModel(client) {
  const { status, type } = CODES.invalid_model;
  const names = client.models().map(({ id }) => id);
  const aliases = names.length === 0 ? "there are no aliases" : `the aliases are ${names.join(", ")}`;
  return rejection(status, "invalid_model", `there is no such alias; ${aliases}`, { type });
}

/**
 * @param {string} path
 * @param {string} served what is
 */
export function notServed(path, served) {
  const message = /\/responses\/./.test(path)
    ? "responses are not stored, counted or compacted: send the whole conversation as input of POST …/responses"
    : `${path || "/"} is not served here; ${served}`;
  return rejection(404, "not_found", message);
}

/** @param {string} allowed */
export function methodNotAllowed(allowed) {
  return rejection(405, "method_not_allowed", `the method must be ${allowed}`, { headers: { allow: allowed } });
}
