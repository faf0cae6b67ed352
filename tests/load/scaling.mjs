// Whether a token costs the same however many streams there are: the same number of tokens in the
// same network chunks, through 1, 10, 100 and 1,000 streams at once.

import { Client } from "./client.mjs";
import { CAN_MEASURE, cpuSeconds, sleeps } from "./cpu.mjs";
import { keepAwake } from "./keep-awake.mjs";
import { readInLockstep } from "./lockstep.mjs";
import { maxConcurrent } from "./socket-limit.mjs";
import { startUpstream } from "./upstream.mjs";
import { startWorker } from "./worker.mjs";

/** @import { Row, Section, Upstream } from "./types.d.ts" */

/** @typedef {Awaited<ReturnType<typeof startContender>>} Contender */
/** @typedef {{ micros: number, sleeps: number }} Measurement of a token, and of a network chunk */
/** @typedef {{ micros: number[], sleeps: number[] }} Levels a median at each level */

const LEVELS = [...new Set([1, 10, 100, 1000].map(maxConcurrent))];
const STREAMS = 1000;
const TOKENS = 100;
/** Events in a network chunk: about as many as fit into an Ethernet packet. */
const BATCH = 10;
const TURNS = 3;
/** Streams before each measurement, because idle code has to warm up again. */
const WARM = 200;
const SPREAD = 0.15;

/** See `workers`. */
const WORKERS = {
  ours: "the gateway",
  plain: "the plain gateway",
  floor: "the floor: read and passed on in JavaScript",
  passthrough: "passed on without JavaScript",
};
/** @typedef {keyof typeof WORKERS} WorkerName */

/** @returns {Promise<Section>} */
export async function scaling() {
  const title = "CPU per token, from 1 to 1,000 streams at once";
  if (!CAN_MEASURE) return { title, rows: [["CPU per token", "skipped: only Linux reports it"]] };
  // In this process, so that it and the callers can run in lockstep.
  const upstream = await startUpstream();
  /** @type {Contender[]} */
  const contenders = [];
  try {
    for (const name of /** @type {WorkerName[]} */ (Object.keys(WORKERS))) {
      contenders.push(await startContender(name, upstream));
    }
    const normal = await measure(contenders);
    const stop = keepAwake();
    const awake = await measure(contenders.filter(({ name }) => name === "ours" || name === "floor"));
    stop();
    return report(title, normal, awake);
  } finally {
    for (const { client, worker } of contenders) {
      client.close();
      await worker.stop();
    }
    await upstream.close();
  }
}

/**
 * @param {WorkerName} name
 * @param {Upstream} upstream
 */
async function startContender(name, upstream) {
  const worker = await startWorker(name, upstream.port);
  const client = new Client(worker.port);
  let first = 0;
  /**
   * @param {number} streams
   * @param {number} lanes
   */
  const run = async (streams, lanes) => {
    await readInLockstep({ client, upstream, first, streams, lanes, tokens: TOKENS, batch: BATCH });
    first += streams;
  };
  // As many connections as there will ever be, so that none is opened while something is measured.
  await run(Math.max(...LEVELS), Math.max(...LEVELS));
  /**
   * @param {number} lanes
   * @returns {Promise<Measurement>}
   */
  const measureAt = async (lanes) => {
    await run(Math.max(lanes, WARM), lanes);
    const before = { cpu: cpuSeconds(worker.pid), sleeps: sleeps(worker.pid) };
    await run(STREAMS, lanes);
    return {
      micros: ((cpuSeconds(worker.pid) - before.cpu) * 1e6) / (STREAMS * TOKENS),
      sleeps: ((sleeps(worker.pid) - before.sleeps) * BATCH) / (STREAMS * TOKENS),
    };
  };
  return { name, worker, client, measureAt };
}

/**
 * The medians of each contender.
 *
 * @param {Contender[]} contenders
 * @returns {Promise<Record<WorkerName, Levels>>}
 */
async function measure(contenders) {
  /** @type {Map<WorkerName, Measurement[][]>} */
  const all = new Map(contenders.map(({ name }) => [name, LEVELS.map(() => [])]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (let index = 0; index < LEVELS.length; index++) {
      // Another level is the first in each turn.
      const at = (index + turn) % LEVELS.length;
      for (const { name, measureAt } of contenders) {
        all.get(name)?.[at]?.push(await measureAt((LEVELS[at])));
      }
    }
  }
  /** @param {number[]} values */
  const median = (values) => /** @type {number} */ (values.toSorted((a, b) => a - b)[values.length >> 1]);
  const medians = Array.from(all, ([name, levels]) => {
    /** @param {keyof Measurement} what */
    const of = (what) => levels.map((turns) => median(turns.map((turn) => turn[what])));
    return [name, { micros: of("micros"), sleeps: of("sleeps") }];
  });
  return Object.fromEntries(medians);
}

/**
 * @param {string} title
 * @param {Record<WorkerName, Levels>} normal
 * @param {Record<WorkerName, Levels>} awake
 * @returns {Section}
 */
function report(title, normal, awake) {
  /**
   * @param {number[]} values
   * @param {number} [digits]
   */
  const list = (values, digits = 1) => values.map((value) => value.toFixed(digits)).join(" / ");
  /** @param {number[]} values */
  const row = (values) => `${list(values)} µs, ${spread(values)}`;
  const ratios = normal.ours.micros.map((value, at) => value / normal.floor.micros[at]);
  /** @type {Row[]} */
  const rows = [
    [WORKERS.ours, row(normal.ours.micros)],
    [WORKERS.plain, row(normal.plain.micros)],
    [WORKERS.floor, row(normal.floor.micros)],
    [WORKERS.passthrough, row(normal.passthrough.micros)],
    ["the gateway / the floor", `${list(ratios, 2)}, ${spread(ratios)}`],
    ["sleeps per network chunk: the gateway; the floor", `${list(normal.ours.sleeps)}; ${list(normal.floor.sleeps)}`],
    ["the gateway, the processors kept awake", row(awake.ours.micros)],
    ["the floor, the processors kept awake", row(awake.floor.micros)],
    [`the gateway within ±${SPREAD * 100} % of its mean: normal; kept awake`, `${verdict(normal)}; ${verdict(awake)}`],
  ];
  const note =
    `At ${LEVELS.join(" / ")} streams: ${STREAMS * TOKENS} tokens each, ${BATCH} events in a network ` +
    `chunk; medians of ${TURNS} turns, connections already open. Upstream and callers run in lockstep, ` +
    "so that no chunks are joined when the Worker is busy. With one stream workerd waits after every " +
    "chunk, and is charged for waking up and for caches that others have used meanwhile. Hence the " +
    "rows with the processors kept awake.";
  return { title, rows, note };
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** @param {number[]} values */
const isFlat = (values) => values.every((value) => Math.abs(value / mean(values) - 1) <= SPREAD);

/** @param {Record<WorkerName, Levels>} measured */
function verdict({ ours, floor }) {
  if (isFlat(ours.micros)) return "met";
  return isFlat(floor.micros) ? "NOT MET" : "NOT MET, nor by the floor";
}

/** @param {number[]} values */
function spread(values) {
  /** @param {number} value */
  const percent = (value) => {
    const difference = Math.abs((value / mean(values) - 1) * 100).toFixed(0);
    return `${value >= mean(values) ? "+" : "−"}${difference}`;
  };
  return `${percent(Math.max(...values))}/${percent(Math.min(...values))} %`;
}
