// Streams that are started, read once, and forgotten: without a cancel only the collector can find them.
import { setTimeout as sleep } from "node:timers/promises";

import { OciGenAI } from "oci-genai-edge";

import { collect, pages } from "./memory.mjs";
import { ask, fetched, MODEL, oci, seen } from "./in-memory-oci.mjs";
import { startUpstreamProcess } from "./upstream-process.mjs";

const STREAMS = 1000;
const ROUNDS = 5;

export async function abandoned() {
  const rows = [
    ...(await inMemory("for await", (stream) => oci.stream(ask(stream, "open")).next())),
    ...(await inMemory("fetch", async (stream) => (await fetched(stream, "open")).body.getReader().read())),
    ...(await overSockets()),
  ];
  const note = `In Node; a round abandons ${STREAMS} streams after their first chunk. The first round is the warm-up.`;
  return { title: "1,000 abandoned streams", rows, note };
}

async function inMemory(name, start) {
  let stream = 0;
  const round = async () => {
    for (let count = 0; count < STREAMS; count++) await start(stream++);
    await collect();
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

/** Real connections, whose bodies the network holds as well. */
async function overSockets() {
  const upstream = await startUpstreamProcess();
  try {
    const real = new OciGenAI({ compartmentId: "c", endpoint: `http://127.0.0.1:${upstream.port}` });
    const said = (stream) => JSON.stringify({ stream, tokens: 6, way: "drip" });
    const asked = (stream) => ({ model: MODEL, messages: [{ role: "user", content: said(stream) }] });
    for (let from = 0; from < STREAMS; from += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => real.stream(asked(from + index)).next()));
      await collect(2);
    }
    let told;
    for (let tries = 0; tries < 50; tries++) {
      await collect(2);
      told = await upstream.tell();
      if (told.closedEarly === STREAMS) break;
      await sleep(50);
    }
    return [["over sockets: connections closed", `${told.closedEarly} of ${STREAMS}`, told.closedEarly === STREAMS]];
  } finally {
    await upstream.stop();
  }
}
