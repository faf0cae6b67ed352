// A `fetch` that misbehaves in every way that a plan names, and records what becomes of its bodies.

import { setTimeout as sleep } from "node:timers/promises";
import { scriptOf } from "./body.mjs";

/** @import { Behaviour, BodyRecord, Plan, ServiceRecord } from "./types.d.ts" */
/** @import { Script } from "./body.mjs" */

const BOOM = new Error("a trap of the host's");
const LATE_MS = 15;

/**
 * @typedef {object} Service
 * @property {Plan} plan
 * @property {ServiceRecord} record
 */

/**
 * @param {(body: string) => Service} serviceOf the call that a request's body belongs to
 */
export function hostileFetch(serviceOf) {
  /**
   * Not async, since it may throw.
   *
   * @param {unknown} _url
   * @param {{ body: Uint8Array, signal: AbortSignal }} init
   * @returns {any}
   */
  return (_url, { body, signal }) => {
    const json = new TextDecoder().decode(body);
    const service = serviceOf(json);
    const { plan, record } = service;
    const behaviour = plan.behaviours[Math.min(record.requests, plan.behaviours.length - 1)];
    record.requests += 1;
    record.last = undefined;
    return HEADS[behaviour.head](service, behaviour, json, signal);
  };
}

/** @typedef {(service: Service, behaviour: Behaviour, request: string, signal: AbortSignal) => any} Respond */

/** @type {Record<Behaviour["head"], Respond>} */
const HEADS = {
  answers: async (service, behaviour, request) => answer(service, behaviour, request),
  "answers late": async (service, behaviour, request) => {
    await sleep(LATE_MS);
    return answer(service, behaviour, request);
  },
  throws: () => {
    throw BOOM;
  },
  rejects: () => Promise.reject(BOOM),
  "gives nothing": () => undefined,
  "never settles": () => new Promise(() => {}),
  // As a fetch that ignores its signal: the response comes when nobody waits for it.
  "settles after its signal": (service, behaviour, request, signal) =>
    new Promise((resolve) => {
      const settle = () => setTimeout(() => resolve(answer(service, behaviour, request)), 5);
      if (signal.aborted) settle();
      else signal.addEventListener("abort", settle, { once: true });
    }),
  "has headers that throw": async () => hostile("headers"),
  "has a status that throws": async () => hostile("status"),
  "has a body that throws": async () => hostile("body"),
  "has a locked body": async () => {
    const response = new Response("data: {}\n\n");
    response.body?.getReader();
    return response;
  },
  "has a used body": async () => {
    const response = new Response("data: {}\n\n");
    await response.text();
    return response;
  },
  "has a body of another kind": async () => ({ status: 200, type: "default", headers: new Headers(), body: "text" }),
  "has no body": async (_, { status }) => new Response(null, { status: status % 2 === 0 ? 200 : status }),
  redirects: async () => new Response(null, { status: 302, headers: { location: "https://elsewhere.invalid" } }),
  "is an error": async (service, behaviour) => {
    const message = JSON.stringify({ code: `${behaviour.status}`, message: "no" });
    return error(service, behaviour, { ...WHOLE, chunks: [bytes(message)], contentType: "application/json" });
  },
  "is an error page": async (service, behaviour) => error(service, behaviour, { ...WHOLE, chunks: [bytes("<h1>no")] }),
  "is an error that never ends": async (service, behaviour) => error(service, behaviour, { ...WHOLE, end: "stalls" }),
};

/** @type {Script} */
const WHOLE = { chunks: [bytes("{")], end: "ends", deltas: [], contentType: "text/html" };

/** @param {string} text */
function bytes(text) {
  return new TextEncoder().encode(text);
}

/** @param {string} property */
function hostile(property) {
  const response = { status: 200, type: "default", headers: new Headers(), body: null };
  return Object.defineProperty(response, property, {
    get: () => {
      throw BOOM;
    },
  });
}

/**
 * @param {Service} service
 * @param {Behaviour} behaviour
 * @param {string} request its body
 */
function answer({ plan, record }, behaviour, request) {
  return respond(record, behaviour, scriptOf(plan, behaviour, request), 200);
}

/**
 * @param {Service} service
 * @param {Behaviour} behaviour
 * @param {Script} script
 */
function error({ record }, behaviour, script) {
  return respond(record, behaviour, script, behaviour.status);
}

/**
 * @param {ServiceRecord} record
 * @param {Behaviour} behaviour
 * @param {Script} script
 * @param {number} status
 */
function respond(record, behaviour, script, status) {
  /** @type {BodyRecord} */
  const body = { state: "open", read: 0, deltas: script.deltas };
  record.bodies.push(body);
  record.last = body;
  const { retryAfter } = behaviour;
  const headers = { "content-type": script.contentType, ...(retryAfter && { "retry-after": retryAfter }) };
  const read = readerOf(body, behaviour, script);
  // The rules of streams hold in a stream: only an object may break them.
  const isForeign = behaviour.isForeign || !["ends", "breaks", "stalls"].includes(script.end);
  if (!isForeign) return new Response(streamOf(body, read), { status, headers });
  const cancelBody = () => cancel(body, behaviour.cancel);
  const reader = { read, cancel: cancelBody, releaseLock: () => {} };
  const foreign = { getReader: () => reader, cancel: cancelBody };
  return { status, type: "default", headers: new Headers(headers), body: foreign };
}

/**
 * @param {BodyRecord} body
 * @param {Behaviour} behaviour
 * @param {Script} script
 */
function readerOf(body, { paceMs }, { chunks, end }) {
  const left = [...chunks];
  /** @returns {any} */
  const next = () => {
    const value = left.shift();
    if (value !== undefined) {
      body.read += value.length;
      return { done: false, value };
    }
    if (end === "stalls") return new Promise(() => {});
    if (body.state === "open") body.state = end === "ends" ? "ended" : "failed";
    if (end === "ends") return { done: true, value: undefined };
    if (end === "is not bytes") return { done: false, value: "text" };
    if (end === "has a result that throws") return hostile("done");
    throw BOOM;
  };
  return () => {
    if (end === "has a read that throws" && left.length === 0) {
      body.state = "failed";
      throw BOOM;
    }
    return (async () => {
      if (paceMs !== undefined) await sleep(paceMs);
      return next();
    })();
  };
}

/**
 * @param {BodyRecord} body
 * @param {() => Promise<any>} read
 */
function streamOf(body, read) {
  /** @type {import("node:stream/web").UnderlyingSource<Uint8Array>} */
  const source = {
    async pull(controller) {
      const { done, value } = await read();
      if (body.state === "cancelled") return;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void (body.state = "cancelled"),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

/**
 * @param {BodyRecord} body
 * @param {Behaviour["cancel"]} how
 */
function cancel(body, how) {
  if (body.state === "open") body.state = "cancelled";
  if (how === "throws") throw BOOM;
  if (how === "rejects") return Promise.reject(BOOM);
  return how === "never settles" ? new Promise(() => {}) : Promise.resolve();
}
