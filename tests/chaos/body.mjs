// The body of an answer as network chunks, and how it ends. A server and a `fetch` in this process
// send the same.

import { randomFrom } from "../node/support/random.mjs";
import { bytesOf, deltasOf, ERROR_EVENT, finishOf, wholeOf } from "./events.mjs";
import { inputsOf } from "./operations.mjs";

/** @import { Behaviour, BodyRecord, Plan } from "./types.d.ts" */

/**
 * What follows the chunks: the body ends, its connection breaks, or nothing comes any more. The
 * others are readers that break the rules, which no server can be.
 *
 * @typedef {"ends" | "breaks" | "stalls" | "is not bytes" | "has a read that throws" | "has a result that throws"} End
 *
 * @typedef {object} Script
 * @property {Uint8Array[]} chunks
 * @property {End} end
 * @property {BodyRecord["deltas"]} deltas
 * @property {string} contentType
 */

const EVENTS = "text/event-stream";
const HTML = "<!doctype html><title>502</title><h1>Bad Gateway</h1>";

/**
 * @param {Plan} plan
 * @param {Behaviour} behaviour
 * @param {string} request its body
 * @returns {Script}
 */
export function scriptOf(plan, behaviour, request) {
  const isStream = /"(isStream|stream)":true/.test(request);
  const random = randomFrom(behaviour.seed);
  const { body } = behaviour;
  if (body === "is HTML") return script(bytesOf(HTML), "ends", "text/html");
  if (body === "is empty") return script(new Uint8Array(), "ends", EVENTS);
  // A service may answer with events or JSON, whichever was requested.
  if (body === "is JSON" || plan.operation !== "chat" || (!isStream && random.chance(0.8))) {
    const bytes = bytesOf(wholeOf(plan, inputsOf(request)));
    // Nothing says where JSON ends but the end of the body.
    const end = body === "stays open" ? "ends" : endOf(body);
    const isCut = end !== "ends" || body === "is cut";
    return script(isCut ? bytes.subarray(0, random.below(bytes.length)) : bytes, end, "application/json");
  }
  const { bytes, deltas } = eventsOf(plan, behaviour, random);
  return { ...script(bytes, endOf(body), EVENTS), deltas };

  /**
   * @param {Uint8Array} all
   * @param {End} end
   * @param {string} contentType
   * @returns {Script}
   */
  function script(all, end, contentType) {
    return { chunks: cut(all, behaviour.chunkBytes, random), end, deltas: [], contentType };
  }
}

/**
 * @param {Plan} plan
 * @param {Behaviour} behaviour
 * @param {import("../node/support/random.mjs").Random} random
 */
function eventsOf(plan, { body, at }, random) {
  const newline = random.pick(["\n", "\n", "\r\n"]);
  /** @type {Uint8Array[]} */
  const parts = [];
  /** @type {BodyRecord["deltas"]} */
  const deltas = [];
  let length = 0;
  /** @param {Uint8Array} bytes */
  const add = (bytes) => {
    parts.push(bytes);
    length += bytes.length;
  };
  /** @param {string} data */
  const addEvent = (data) => {
    add(bytesOf(`data: ${data}`));
    const json = length;
    add(bytesOf(newline));
    const line = length;
    add(bytesOf(newline));
    return /** @type {[number, number]} */ ([json, line]);
  };
  const breaks = BREAKING.has(body);
  if (body !== "is [DONE] alone") {
    const all = deltasOf(plan);
    for (const data of breaks ? all.slice(0, at) : all) {
      if (random.chance(0.05)) add(bytesOf(`: ping${newline}${newline}`));
      deltas.push(addEvent(data));
    }
  }
  if (body === "has an error event") addEvent(ERROR_EVENT);
  else if (body === "has a broken event") addEvent('{"message":}');
  else if (breaks) add(bytesOf(`data: ${finishOf(plan)}`).subarray(0, random.below(12)));
  else if (body !== "is [DONE] alone") {
    addEvent(finishOf(plan));
    if (body === "finishes twice") addEvent(finishOf(plan));
  }
  if (!breaks && body !== "ends without [DONE]") addEvent("[DONE]");
  return { bytes: concat(parts, length), deltas };
}

/** Bodies that break after some deltas, before the finish. */
const BREAKING = new Set([
  "is cut",
  "is reset",
  "stalls",
  "has an error event",
  "has a broken event",
  "is not bytes",
  "has a read that throws",
  "has a result that throws",
]);

/**
 * @param {Behaviour["body"]} body
 * @returns {End}
 */
function endOf(body) {
  switch (body) {
    case "is reset":
    case "fails after its end":
      return "breaks";
    case "stalls":
    case "stays open":
      return "stalls";
    case "is not bytes":
    case "has a read that throws":
    case "has a result that throws":
      return body;
    default:
      return "ends";
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} max bytes in a chunk
 * @param {import("../node/support/random.mjs").Random} random
 */
function cut(bytes, max, random) {
  const chunks = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + random.between(random.chance(0.1) ? 0 : 1, max));
    chunks.push(bytes.slice(from, to));
    from = to;
  }
  return chunks;
}

/**
 * @param {Uint8Array[]} parts
 * @param {number} length
 */
function concat(parts, length) {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
