// Sends a streamed answer, with everything that can go wrong after a valid request.

import { badRequest, internalError } from "./errors.mjs";
import { framed } from "./framing.mjs";

/** @import { Reply } from "./reply.mjs" */
/** @import { Scenario } from "./types.d.ts" */

/**
 * @typedef {object} Delivery
 * @property {Reply} reply
 * @property {string[]} payloads
 * @property {object} [body] the unstreamed ChatResult, for the endpoint that sends it in place of events
 * @property {string} [framing]
 * @property {number} delay
 */

/**
 * @param {Reply} reply
 * @param {Pick<Delivery, "payloads" | "body">} answer
 * @param {Partial<Scenario>} [scenario]
 */
export async function deliver(reply, { payloads, body }, { stream = "whole", framing, delay = 0 } = {}) {
  await DELIVERIES[stream]?.({ reply, payloads, body, framing, delay });
}

/**
 * The error of a scenario that rejects streams before there is an answer.
 *
 * @param {Partial<Scenario>} scenario
 */
export function streamError({ stream }) {
  if (stream === "reject") return badRequest("Streaming is not supported by this model.");
  if (stream === "error500") return internalError("streams fail here");
  return undefined;
}

/** @type {Record<string, (delivery: Delivery) => Promise<void>>} */
const DELIVERIES = {
  async whole({ reply, payloads, framing, delay }) {
    reply.startStream();
    if (delay > 0) await reply.pause(delay);
    if (await sendEvents(reply, payloads, framing)) reply.end();
  },

  async json({ reply, body }) {
    reply.send(200, body);
  },

  async cut({ reply, payloads, framing }) {
    reply.startStream();
    if (await sendEvents(reply, firstHalf(payloads), framing)) await reply.cut();
  },

  async cutEarly({ reply }) {
    reply.startStream();
    await reply.cut();
  },

  async empty({ reply }) {
    reply.startStream();
    reply.end();
  },

  async garbage({ reply }) {
    reply.startStream();
    const garbage = ["<html>upstream connect error</html>", '{"index":0,"message":{"role":', "lost in translation"];
    if (await sendEvents(reply, garbage)) reply.end();
  },

  async errorEvent({ reply, payloads }) {
    reply.startStream();
    const error = JSON.stringify({ code: "500", message: "The model stopped unexpectedly." });
    if (await sendEvents(reply, [...firstHalf(payloads), error])) reply.end();
  },

  async noFinish({ reply, payloads }) {
    reply.startStream();
    if (await sendEvents(reply, firstHalf(payloads))) reply.end();
  },

  async hang({ reply }) {
    reply.startStream();
    await reply.hang();
  },
};

/**
 * Sends events. Resolves to false when the client has disconnected.
 *
 * @param {Reply} reply
 * @param {string[]} payloads
 * @param {string} [framing]
 */
async function sendEvents(reply, payloads, framing) {
  for (const [at, payload] of payloads.entries()) {
    if (!(await reply.event(framed(framing, payload, at, at === payloads.length - 1)))) return false;
  }
  return !reply.closed;
}

/** @param {string[]} payloads */
function firstHalf(payloads) {
  return payloads.slice(0, Math.floor(payloads.length / 2));
}
