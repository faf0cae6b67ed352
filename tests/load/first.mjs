// The first request of a fresh isolate: from the request to the first byte, and the start before it.

import { Client } from "./client.mjs";
import { median } from "./report.mjs";
import { startWorker } from "./worker.mjs";

/** @import { Row, Section } from "./types.d.ts" */

const ROUNDS = Number(process.env.ROUNDS ?? 15);
const CONTENDERS = ["plain", "gateway"];
const PLAN = /** @type {const} */ ({ stream: 7, tokens: 2, mode: "step" });

/** @returns {Promise<Section>} */
export async function first() {
  /** @type {{ start: number[], first: number[], second: number[] }[]} */
  const times = CONTENDERS.map(() => ({ start: [], first: [], second: [] }));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, name] of CONTENDERS.entries()) {
      const { start, requests } = await measure(name);
      if (round < 0) continue;
      times[index]?.start.push(start);
      times[index]?.first.push(requests[0]);
      times[index]?.second.push(requests[1]);
    }
  }
  /** @param {"start" | "first" | "second"} what */
  const medians = (what) => times.map((each) => median(each[what]));
  /** @type {(label: string, what: "start" | "first" | "second") => Row} */
  const row = (label, what) => {
    const [plain = 0, ours = 0] = medians(what);
    return [label, `${plain.toFixed(1)} / ${ours.toFixed(1)} ms (${(ours - plain).toFixed(1)} more)`];
  };
  const rows = [
    row("from the start of the process to its port: plain / ours", "start"),
    row("first request to its first byte: plain / ours", "first"),
    row("second request to its first byte: plain / ours", "second"),
  ];
  const note = `Medians of ${ROUNDS} processes of workerd each, in turns, without a network.`;
  return { title: "The first request of a fresh isolate", rows, note };
}

/** @param {string} name */
async function measure(name) {
  const worker = await startWorker(name, 9, new URL(`workers/canned/${name}.mjs`, import.meta.url));
  const client = new Client(worker.port);
  try {
    /** @type {[number, number]} */
    const requests = [await firstByteMs(client), await firstByteMs(client)];
    return { start: worker.startMs, requests };
  } finally {
    client.close();
    await worker.stop();
  }
}

/**
 * @param {Client} client
 * @returns {Promise<number>}
 */
async function firstByteMs(client) {
  const started = performance.now();
  const response = await client.open(PLAN);
  return new Promise((resolve, reject) => {
    let ms = 0;
    response.on("data", () => (ms ||= performance.now() - started));
    response.on("end", () => resolve(ms));
    response.on("error", reject);
  });
}
