// A fast OCI that controls exactly when which bytes are sent. tests/simulator is faithful instead.

import { createServer } from "node:http";
import { ociEvents } from "./answers.mjs";

/** @import { ServerResponse } from "node:http" */
/** @import { AddressInfo } from "node:net" */
/** @import { StreamPlan, Upstream } from "./types.d.ts" */

const DRIP_MS = 20;

/**
 * Starts an upstream. The mode of a stream's plan decides how it is sent:
 *
 * - `together`: nothing before `gate` streams are open; then all of them advance, in pieces that
 *   cut events and characters.
 * - `step`: the first batch of events at once, each other one when `steps.get(stream)` is called.
 * - `drip`: the first event at once, then events again and again, one every few milliseconds, until
 *   the client disconnects.
 *
 * @returns {Promise<Upstream>}
 */
export async function startUpstream() {
  const counts = { open: 0, peak: 0, closedEarly: 0 };
  /** @type {Map<number, () => void>} */
  const steps = new Map();
  /** @type {(() => boolean)[]} */
  let waiting = [];

  /** @type {Record<StreamPlan["mode"], (plan: StreamPlan, response: ServerResponse) => void>} */
  const modes = {
    together({ stream, tokens }, response) {
      waiting.push(pieces(Buffer.from(ociEvents(stream, tokens).join("")), stream, response));
      if (waiting.length < upstream.gate) return;
      const all = waiting;
      waiting = [];
      advance(all);
    },
    step({ stream, tokens, batch = 1 }, response) {
      const events = ociEvents(stream, tokens);
      // [DONE] is sent with the last batch.
      const step = () => {
        response.write(events.splice(0, events.length - batch < batch ? events.length : batch).join(""));
        if (events.length > 0) return;
        steps.delete(stream);
        response.end();
      };
      steps.set(stream, step);
      step();
    },
    drip({ stream, tokens }, response) {
      const events = ociEvents(stream, tokens).slice(0, tokens);
      let at = 0;
      const send = () => response.write(events[at++ % tokens]);
      const timer = setInterval(send, DRIP_MS);
      response.on("close", () => clearInterval(timer));
      send();
    },
  };

  const server = createServer(async (request, response) => {
    const body = [];
    for await (const data of request) body.push(data);
    const { chatRequest } = JSON.parse(Buffer.concat(body).toString());
    /** @type {StreamPlan} */
    const plan = JSON.parse(chatRequest.messages.at(-1).content[0].text);
    upstream.open++;
    upstream.peak = Math.max(upstream.peak, upstream.open);
    response.on("close", () => {
      upstream.open--;
      if (!response.writableFinished) upstream.closedEarly++;
    });
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.flushHeaders();
    modes[plan.mode](plan, response);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => {
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => resolve(undefined));
  });
  const { port } = /** @type {AddressInfo} */ (server.address());
  /** @type {Upstream} */
  const upstream = {
    ...counts,
    gate: 1,
    steps,
    port,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return upstream;
}

/**
 * Sends one piece of every stream in each turn of the event loop, until none is left.
 *
 * @param {(() => boolean)[]} streams
 */
function advance(streams) {
  const unfinished = streams.filter((next) => next());
  if (unfinished.length > 0) setImmediate(advance, unfinished);
}

/**
 * A function that writes the next piece, and returns whether there is more. The cuts follow from
 * the stream's number.
 *
 * @param {Buffer} bytes
 * @param {number} stream
 * @param {ServerResponse} response
 */
function pieces(bytes, stream, response) {
  let from = 0;
  let state = stream + 1;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const to = from + 1 + ((state >>> 8) % 1600);
    response.write(bytes.subarray(from, to));
    from = to;
    if (from < bytes.length && !response.destroyed) return true;
    response.end();
    return false;
  };
}
