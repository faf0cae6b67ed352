// The network of a Worker, replaced: `fetch` answers with an event stream in memory, one event a
// chunk. What a request costs is then the Worker's own.
//
//   GET /events/60                  how many events with text each answer has from now on

import { ociEvents } from "../../answers.mjs";

/** @import { WorkerEnv } from "../../types.d.ts" */

/** @typedef {{ fetch(request: Request, env: WorkerEnv, context?: any): Promise<Response> }} Handler */

const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-cache" };
const encoder = new TextEncoder();

/** @type {Uint8Array[]} */
let chunks = ociEvents(7, 2).map((event) => encoder.encode(event));

globalThis.fetch = async () => new Response(bodyOf(chunks), { headers: HEADERS });

/**
 * A Worker without a network.
 *
 * @param {Handler} worker
 * @returns {Handler}
 */
export function withoutNetwork(worker) {
  return {
    async fetch(request, env, context) {
      if (request.method !== "GET") return worker.fetch(request, env, context);
      const events = Number(new URL(request.url).pathname.split("/").at(-1));
      chunks = ociEvents(7, events).map((event) => encoder.encode(event));
      return new Response(`${chunks.length}`);
    },
  };
}

/**
 * One chunk a pull: nothing is enqueued before its reader needs it.
 *
 * @param {Uint8Array[]} list
 * @returns {ReadableStream<Uint8Array>}
 */
function bodyOf(list) {
  let next = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (next < list.length) controller.enqueue(list[next++]);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
