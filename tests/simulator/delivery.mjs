// Sends a streamed answer, including everything that can go wrong after a well-formed request.

import { badRequest, internalError } from "./errors.mjs";
import { framed } from "./framing.mjs";

/** `body` is the unstreamed ChatResult, for the endpoint that sends it to everyone. */
export async function deliver(reply, { payloads, body }, { stream = "whole", framing, delay = 0 } = {}) {
  await WAYS[stream]({ reply, payloads, body, framing, delay });
}

/** Whether a scenario turns streams away before there is an answer. */
export function streamRefusal({ stream } = {}) {
  if (stream === "refuse") return badRequest("Streaming is not supported by this model.");
  if (stream === "error500") return internalError("streams fail here");
  return undefined;
}

const WAYS = {
  async whole({ reply, payloads, framing, delay }) {
    reply.startStream();
    if (delay > 0) await reply.pause(delay);
    if (await events(reply, payloads, framing)) reply.end();
  },

  async json({ reply, body }) {
    reply.send(200, body);
  },

  async cut({ reply, payloads, framing }) {
    reply.startStream();
    if (await events(reply, firstHalf(payloads), framing)) await reply.cut();
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
    if (await events(reply, garbage)) reply.end();
  },

  async errorEvent({ reply, payloads }) {
    reply.startStream();
    const error = JSON.stringify({ code: "500", message: "The model stopped unexpectedly." });
    if (await events(reply, [...firstHalf(payloads), error])) reply.end();
  },

  async noFinish({ reply, payloads }) {
    reply.startStream();
    if (await events(reply, firstHalf(payloads))) reply.end();
  },

  async hang({ reply }) {
    reply.startStream();
    await reply.hang();
  },
};

async function events(reply, payloads, framing) {
  for (const [at, payload] of payloads.entries()) {
    if (!(await reply.event(framed(framing, payload, at, at === payloads.length - 1)))) return false;
  }
  return !reply.closed;
}

function firstHalf(payloads) {
  return payloads.slice(0, Math.floor(payloads.length / 2));
}
