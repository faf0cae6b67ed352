// Streams that are not read to their end, in workerd: callers that disconnect, and Workers that
// abandon their stream.

import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "./client.mjs";
import { startUpstreamProcess } from "./upstream-process.mjs";
import { startWorker } from "./worker.mjs";

/** @import { IncomingMessage } from "node:http" */
/** @import { Row, RunningWorker, Section, StreamPlan, UpstreamProcess } from "./types.d.ts" */

const STREAMS = 1000;
const AT_ONCE = 100;
const ROUNDS = 4;
/** How far workerd's finalizers may lag behind, in pages. A leak would be 60 pages in a round. */
const TOLERANCE = 4;

/** @returns {Promise<Section>} */
export async function disconnects() {
  const upstream = await startUpstreamProcess();
  const worker = await startWorker("ours", upstream.port);
  const client = new Client(worker.port);
  try {
    /** @param {StreamPlan} plan */
    const disconnect = async (plan) => destroyAfter("data", await client.open(plan));
    /** @param {StreamPlan} plan */
    const abandon = async (plan) => destroyAfter("end", await client.open(plan, { path: "/abandoned" }));
    const rows = [
      ...(await measure("callers that disconnect", disconnect, worker, upstream)),
      ...(await measure("Workers that abandon their stream", abandon, worker, upstream)),
    ];
    const note =
      `In one isolate of workerd; a round is ${STREAMS} streams, ${AT_ONCE} at a time. ` +
      "Two rounds are the warm-up.";
    return { title: "1,000 streams that are not read to their end, in workerd", rows, note };
  } finally {
    client.close();
    await worker.stop();
    await upstream.stop();
  }
}

/**
 * @param {string} name
 * @param {(plan: StreamPlan) => Promise<void>} leave
 * @param {RunningWorker} worker
 * @param {UpstreamProcess} upstream
 * @returns {Promise<Row[]>}
 */
async function measure(name, leave, worker, upstream) {
  const before = (await upstream.update()).closedEarly;
  let stream = 0;
  const round = async () => {
    for (let from = 0; from < STREAMS; from += AT_ONCE) {
      const start = () => leave({ stream: stream++, tokens: 6, mode: "drip" });
      await Promise.all(Array.from({ length: AT_ONCE }, start));
      await pagesOf(worker);
    }
    await sleep(200);
  };
  await round();
  await round();
  const warm = await pagesOf(worker);
  for (let count = 0; count < ROUNDS; count++) await round();
  const now = await pagesOf(worker);
  const closed = (await upstream.update()).closedEarly - before;
  return [
    [`${name}: pages after two rounds, and after ${ROUNDS} more`, `${warm}, ${now}`, now - warm <= TOLERANCE],
    [`${name}: connections closed`, `${closed} of ${stream}`, closed === stream],
  ];
}

/**
 * The pages of the wasm memory, after garbage collections.
 *
 * @param {RunningWorker} worker
 */
async function pagesOf(worker) {
  let pages = NaN;
  for (let count = 0; count < 3; count++) {
    pages = Number(await (await fetch(`http://127.0.0.1:${worker.port}/pages`)).text());
    await sleep(5);
  }
  return pages;
}

/**
 * Destroys a response at its first such event, and resolves when it is closed.
 *
 * @param {"data" | "end"} event
 * @param {IncomingMessage} response
 * @returns {Promise<void>}
 */
function destroyAfter(event, response) {
  return new Promise((resolve) => {
    response.on("error", () => {});
    response.on("close", resolve);
    response.once(event, () => response.destroy());
    response.resume();
  });
}
