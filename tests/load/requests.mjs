// What a request costs a Worker, without a network: workerd's CPU for short and for long answers.

import { Client } from "./client.mjs";
import { cpuSeconds } from "./cpu.mjs";
import { startWorker } from "./worker.mjs";

/** @import { RunningWorker, Row, Section } from "./types.d.ts" */

const CONTENDERS = ["floor", "plain", "client", "gateway", "signed"];
/** Events with text of an answer, and how many requests are one measurement. */
const ANSWERS = [
  { events: 2, count: 400 },
  { events: 60, count: 100 },
  { events: 300, count: 30 },
  { events: 500, count: 20 },
];
const ROUNDS = Number(process.env.ROUNDS ?? 5);

/** @returns {Promise<Section>} */
export async function requests() {
  /** @type {RunningWorker[]} */
  const workers = [];
  try {
    for (const name of CONTENDERS) {
      workers.push(await startWorker(name, 9, new URL(`workers/canned/${name}.mjs`, import.meta.url)));
    }
    const clients = workers.map(({ port }) => new Client(port));
    /** @type {Row[]} */
    const rows = [];
    for (const { events, count } of ANSWERS) {
      const costs = await measure(workers, clients, events, count);
      const [floor, plain, client, gateway, signed] = /** @type {[number, number, number, number, number]} */ (costs);
      const micros = [floor, plain, client, gateway].map((cost) => cost.toFixed(0)).join(" / ");
      const isMeasurable = plain - floor > 0.05 * floor;
      const above = isMeasurable ? ((gateway - floor) / (plain - floor)).toFixed(2) : "too little to measure";
      rows.push([`${events} events: floor / plain / client.fetch / gateway`, `${micros} µs`]);
      const ratios = `${(gateway / plain).toFixed(2)} (of what is above the floor: ${above})`;
      rows.push([`${events} events: gateway / plain`, ratios]);
      rows.push([`${events} events: client.fetch / plain`, (client / plain).toFixed(2)]);
      if (events === ANSWERS[0]?.events) {
        rows.push(["the signature of a request, RSA of 2,048 bits by WebCrypto", `${(signed - client).toFixed(0)} µs`]);
      }
    }
    for (const client of clients) client.close();
    const note =
      "CPU of workerd for a request. The service is a stream in memory, one event a chunk; one caller sends one " +
      "request after another. Nobody signs but where it says so: whoever asks OCI pays that, by whatever client.";
    return { title: "Requests without a network, one event a chunk", rows, note };
  } finally {
    for (const worker of workers) await worker.stop();
  }
}

/**
 * The CPU of a request for each Worker, in microseconds: the median of several rounds in turns.
 *
 * @param {RunningWorker[]} workers
 * @param {Client[]} clients
 * @param {number} events
 * @param {number} count
 */
async function measure(workers, clients, events, count) {
  for (const { port } of workers) await fetch(`http://127.0.0.1:${port}/events/${events}`).then((it) => it.text());
  /** @type {number[][]} */
  const times = workers.map(() => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, worker] of workers.entries()) {
      const before = cpuSeconds(worker.pid);
      for (let sent = 0; sent < count; sent++) {
        await clients[index]?.read({ stream: 7, tokens: events, mode: "step" });
      }
      if (round >= 0) times[index]?.push(((cpuSeconds(worker.pid) - before) / count) * 1e6);
    }
  }
  return times.map((list) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0);
}
