// What a call of the package does, by hand: the model id becomes a route, the request is checked and translated, a
// hook may sign it, time limits run, and the chunks become a completion and a report as well. It does what this stream
// needs: no retries, no fallback, no other targets, one API format.
import { createParser } from "eventsource-parser";

import { COMPARTMENT } from "../corpora.mjs";
import { headOf, mapperOf } from "./plain-mapper.mjs";
import { bodyOf } from "./plain-request.mjs";
import { Queue } from "./plain.mjs";

/** @import { BenchRequest, ContenderFactory } from "../types.d.ts" */
/** @import { Head } from "./plain-mapper.mjs" */
/** @import { Feed } from "./plain.mjs" */

/** @typedef {{ role?: string, content: string | null, finish: string | null, usage: object | null }} Answer */

const ENDPOINT = /^ocid1\.generativeaiendpoint\.(oc\d+)\.([a-z]+-[a-z]+-\d+)\.([a-z0-9]+)$/i;
const ROLES = new Set(["system", "user", "assistant", "tool", "developer"]);
/** OpenAI's name, what it must be, and OCI's name. */
const PARAMETERS = /** @type {const} */ ([
  ["max_tokens", "number", "maxTokens"],
  ["temperature", "number", "temperature"],
  ["top_p", "number", "topP"],
  ["frequency_penalty", "number", "frequencyPenalty"],
  ["presence_penalty", "number", "presencePenalty"],
  ["seed", "number", "seed"],
]);
const KNOWN = new Set(["model", "messages", "stream", "stream_options", ...PARAMETERS.map(([name]) => name)]);
const TOTAL_MS = 600_000;
const FIRST_CHUNK_MS = 120_000;

const encoder = new TextEncoder();

/** @type {ContenderFactory} */
export function chunks(service, corpus) {
  const sign = async (/** @type {{ headers: Record<string, string> }} */ { headers }) => ({
    ...headers,
    date: new Date().toUTCString(),
  });
  return async () => {
    const started = performance.now();
    const { model } = corpus.request;
    const route = routeOf(model);
    // As it crosses a boundary: the caller may change its request afterwards.
    const body = encoder.encode(JSON.stringify(bodyFor(JSON.parse(JSON.stringify(corpus.request)), model)));
    const headers = { "content-type": "application/json", accept: "text/event-stream" };
    const controller = new AbortController();
    const expire = () => controller.abort(new DOMException("the call took too long", "TimeoutError"));
    const timers = [setTimeout(expire, TOTAL_MS), setTimeout(expire, FIRST_CHUNK_MS)];
    const signed = await sign({ headers });
    /** @type {RequestInit} */
    const init = { method: "POST", headers: signed, body, redirect: "manual", signal: controller.signal };
    const response = await /** @type {typeof fetch} */ (service.fetch)(`${route.origin}/20231130/actions/chat`, init);
    if (!response.ok) throw new Error(`the service answered ${response.status}`);
    const opcRequestId = response.headers.get("opc-request-id");

    const head = headOf(model);
    const map = mapperOf(corpus, head);
    /** @type {Answer} */
    const answer = { content: null, finish: null, usage: null };
    let firstChunkMs = 0;
    /** @type {any[]} */
    let items;
    const parser = createParser({
      onEvent({ data }) {
        if (data !== "[DONE]") map(JSON.parse(data), items);
      },
    });
    /** @type {Feed} */
    const feed = (text, list) => {
      items = list;
      parser.feed(text);
      for (const chunk of list) add(answer, chunk);
      if (firstChunkMs === 0 && list.length > 0) {
        firstChunkMs = performance.now() - started;
        clearTimeout(timers[1]);
      }
    };
    const onEnd = () => {
      clearTimeout(timers[0]);
      const totalMs = performance.now() - started;
      const attempts = [{ status: response.status, opcRequestId, route }];
      return { completion: completionOf(head, answer), report: { attempts, firstChunkMs, totalMs } };
    };
    return new Queue(bodyOf(response).getReader(), feed, onEnd);
  };
}

function routeOf(/** @type {string} */ model) {
  const match = ENDPOINT.exec(model);
  if (!match || match[1] !== "oc1") throw new TypeError(`${model} is not an endpoint of this realm`);
  const region = match[2].toLowerCase();
  return { realm: match[1], region, origin: `https://inference.generativeai.${region}.oci.oraclecloud.com` };
}

/**
 * @param {BenchRequest} request
 * @param {string} endpointId
 */
function bodyFor(request, endpointId) {
  for (const name of Object.keys(request)) if (!KNOWN.has(name)) throw new TypeError(`${name} is not supported`);
  /** @type {Record<string, unknown>} */
  const chatRequest = { apiFormat: "GENERIC", isStream: true, streamOptions: { isIncludeUsage: true } };
  for (const [name, type, field] of PARAMETERS) {
    const value = /** @type {Record<string, unknown>} */ (request)[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== type) throw new TypeError(`${name} must be a ${type}`);
    chatRequest[field] = value;
  }
  chatRequest.messages = request.messages.map(({ role, content }, index) => {
    if (!ROLES.has(role)) throw new TypeError(`messages[${index}].role is not a role`);
    if (typeof content !== "string") throw new TypeError(`messages[${index}].content must be a string`);
    return { role: role.toUpperCase(), content: [{ type: "TEXT", text: content }] };
  });
  return { compartmentId: COMPARTMENT, servingMode: { servingType: "DEDICATED", endpointId }, chatRequest };
}

/**
 * @param {Answer} answer
 * @param {any} chunk
 */
function add(answer, { choices, usage }) {
  if (usage) answer.usage = usage;
  const choice = choices[0];
  if (!choice) return;
  answer.role ??= choice.delta.role;
  if (choice.delta.content) answer.content = (answer.content ?? "") + choice.delta.content;
  answer.finish = choice.finish_reason ?? answer.finish;
}

/**
 * @param {Head} head
 * @param {Answer} answer
 */
function completionOf({ id, created, model }, { role, content, finish, usage }) {
  const message = { role, content, refusal: null };
  const choices = [{ index: 0, message, finish_reason: finish, logprobs: null }];
  return { id, object: "chat.completion", created, model, choices, ...(usage && { usage }) };
}
