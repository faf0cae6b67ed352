// OCI as these runs need it: fast, and in full control of when which bytes leave. tests/simulator is faithful instead.
import { createServer } from "node:http";

import { ociEvents } from "./answers.mjs";

const DRIP_MS = 20;

/**
 * Answers by what the last message says, as JSON: `{ stream, tokens, way }`.
 *
 * - `together`: nothing leaves before `gate` streams are open; then they all advance piece by piece, in pieces that respect
 *   neither events nor characters.
 * - `step`: the first batch of events leaves at once, each other one when `steps.get(stream)` is called.
 * - `drip`: the first event at once, the others over and over, one every few milliseconds, until somebody hangs up.
 */
export async function startUpstream() {
  const upstream = { gate: 1, open: 0, peak: 0, closedEarly: 0, steps: new Map() };
  const waiting = new Set();

  const ways = {
    together({ stream, tokens }, response) {
      waiting.add(pieces(Buffer.from(ociEvents(stream, tokens).join("")), stream, response));
      if (waiting.size < upstream.gate) return;
      const crowd = [...waiting];
      waiting.clear();
      advance(crowd);
    },
    step({ stream, tokens, batch }, response) {
      const events = ociEvents(stream, tokens);
      // [DONE] goes with the last batch.
      const step = () => {
        response.write(events.splice(0, events.length - batch < batch ? events.length : batch).join(""));
        if (events.length > 0) return;
        upstream.steps.delete(stream);
        response.end();
      };
      upstream.steps.set(stream, step);
      step();
    },
    drip({ stream, tokens }, response) {
      const events = ociEvents(stream, tokens).slice(0, tokens);
      let at = 0;
      const drop = () => response.write(events[at++ % tokens]);
      const timer = setInterval(drop, DRIP_MS);
      response.on("close", () => clearInterval(timer));
      drop();
    },
  };

  const server = createServer(async (request, response) => {
    const body = [];
    for await (const data of request) body.push(data);
    const { chatRequest } = JSON.parse(Buffer.concat(body).toString());
    const asked = JSON.parse(chatRequest.messages.at(-1).content[0].text);
    upstream.open++;
    upstream.peak = Math.max(upstream.peak, upstream.open);
    response.on("close", () => {
      upstream.open--;
      if (!response.writableFinished) upstream.closedEarly++;
    });
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.flushHeaders();
    ways[asked.way](asked, response);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(upstream, { port: server.address().port, close });
}

/** One piece of every stream a turn, until none is left. */
function advance(crowd) {
  const left = crowd.filter((next) => next());
  if (left.length > 0) setImmediate(advance, left);
}

/** A function that writes the next piece, and says whether there is more. The cuts follow from the stream's number. */
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
