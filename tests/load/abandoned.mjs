// Streams that are started, read once and abandoned: without a cancel, only the garbage collector
// can find them.

import { setTimeout as sleep } from "node:timers/promises";
import { OciGenAI } from "oci-genai-edge";
import { chatRequest, fetchStream, MODEL, oci, seen } from "./in-memory-oci.mjs";
import { collectGarbage, pages } from "./memory.mjs";
import { startUpstreamProcess } from "./upstream-process.mjs";

/** @import { Row, Section, StreamPlan } from "./types.d.ts" */

const STREAMS = 1000;
const ROUNDS = 5;
const AT_ONCE = 100;

/** @returns {Promise<Section>} */
export async function abandoned() {
  const rows = [
    ...(await inMemory("for await", (stream) => oci.stream(chatRequest(stream, "open")).next())),
    ...(await inMemory("fetch", async (stream) => (await fetchStream(stream, "open")).body?.getReader().read())),
    ...(await overSockets()),
  ];
  const note = `In Node; a round abandons ${STREAMS} streams after their first chunk. The first round is the warm-up.`;
  return { title: "1,000 abandoned streams", rows, note };
}

/**
 * @param {string} name
 * @param {(stream: number) => Promise<unknown>} start
 * @returns {Promise<Row[]>}
 */
async function inMemory(name, start) {
  let stream = 0;
  const round = async () => {
    for (let count = 0; count < STREAMS; count++) await start(stream++);
    await collectGarbage();
  };
  await round();
  const warm = pages();
  const cancelled = seen.cancelled;
  for (let rounds = 0; rounds < ROUNDS; rounds++) await round();
  const grown = pages() - warm;
  const freed = seen.cancelled - cancelled;
  return [
    [`${name}: pages after the first round, and after ${ROUNDS} more`, `${warm}, ${warm + grown}`, grown === 0],
    [`${name}: cancelled at the upstream`, `${freed} of ${STREAMS * ROUNDS}`, freed === STREAMS * ROUNDS],
  ];
}

/**
 * Real connections, whose bodies the network stack references as well.
 *
 * @returns {Promise<Row[]>}
 */
async function overSockets() {
  const upstream = await startUpstreamProcess();
  try {
    const client = new OciGenAI({ compartmentId: "c", endpoint: `http://127.0.0.1:${upstream.port}` });
    /** @param {number} stream */
    const start = (stream) => {
      /** @type {StreamPlan} */
      const plan = { stream, tokens: 6, mode: "drip" };
      const messages = [{ role: "user", content: JSON.stringify(plan) }];
      return client.stream({ model: MODEL, messages }).next();
    };
    for (let from = 0; from < STREAMS; from += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => start(from + index)));
      await collectGarbage(2);
    }
    let closedEarly = 0;
    for (let count = 0; count < 50 && closedEarly < STREAMS; count++) {
      await collectGarbage(2);
      ({ closedEarly } = await upstream.update());
      if (closedEarly < STREAMS) await sleep(50);
    }
    return [["over sockets: connections closed", `${closedEarly} of ${STREAMS}`, closedEarly === STREAMS]];
  } finally {
    await upstream.stop();
  }
}
