// 1,000 streams at once in one isolate, ten times: every caller receives its own answer, byte for
// byte.

import { compare, openaiEvents } from "./answers.mjs";
import { Client, MODEL } from "./client.mjs";
import { CAN_MEASURE, cpuSeconds } from "./cpu.mjs";
import { maxConcurrent } from "./socket-limit.mjs";
import { startUpstreamProcess } from "./upstream-process.mjs";
import { startWorker } from "./worker.mjs";

/** @import { RunningWorker, Row, Section, StreamPlan, UpstreamProcess } from "./types.d.ts" */

const ROUNDS = 10;
/** The floor is measured only, not checked. */
const FLOOR_ROUNDS = 3;
const TOKENS = 60;
const CONCURRENCY = maxConcurrent(1000);

/**
 * The gateway, a plain one, and one that copies bytes take turns. Only the first two write OpenAI's
 * events.
 */
const WORKERS = ["ours", "plain", "floor"];

class Contender {
  exact = 0;
  /** @type {string[]} */
  faults = [];
  ids = new Set();
  rounds = 0;
  /** Milliseconds. */
  wall = 0;
  /** Seconds. */
  cpu = 0;

  /** @param {RunningWorker} worker */
  constructor(worker) {
    this.worker = worker;
    this.client = new Client(worker.port);
  }
}

/** @returns {Promise<Section>} */
export async function concurrency() {
  const upstream = await startUpstreamProcess();
  /** @type {Contender[]} */
  const contenders = [];
  try {
    for (const name of WORKERS) contenders.push(new Contender(await startWorker(name, upstream.port)));
    const at = { stream: 0 };
    for (const contender of contenders) await round(contender, upstream, at, { isWarmup: true });
    for (let rounds = 0; rounds < ROUNDS; rounds++) {
      for (const contender of contenders) {
        const isMeasured = contender.worker.name !== "floor" || rounds < FLOOR_ROUNDS;
        if (isMeasured) await round(contender, upstream, at, { isWarmup: false });
      }
    }
    const { peak } = await upstream.update();
    const [ours, plain, floor] = /** @type {[Contender, Contender, Contender]} */ (contenders);
    return report(ours, plain, floor, peak);
  } finally {
    for (const { worker, client } of contenders) {
      client.close();
      await worker.stop();
    }
    await upstream.stop();
  }
}

/**
 * @param {Contender} contender
 * @param {UpstreamProcess} upstream
 * @param {{ stream: number }} at
 * @param {{ isWarmup: boolean }} options
 */
async function round(contender, upstream, at, { isWarmup }) {
  const { worker, client } = contender;
  await upstream.update({ gate: CONCURRENCY });
  const first = at.stream;
  at.stream += CONCURRENCY;
  const cpu = CAN_MEASURE ? cpuSeconds(worker.pid) : 0;
  const started = performance.now();
  /** @param {number} index */
  const read = (index) => {
    const stream = first + index;
    /** @type {StreamPlan} */
    const plan = { stream, tokens: TOKENS, mode: "together" };
    return client.read(plan, { includeUsage: stream % 2 === 0 }).catch((error) => Buffer.from(`${error}`));
  };
  const answers = await Promise.all(Array.from({ length: CONCURRENCY }, (_, index) => read(index)));
  if (isWarmup) return;
  contender.rounds++;
  contender.wall += performance.now() - started;
  contender.cpu += CAN_MEASURE ? cpuSeconds(worker.pid) - cpu : 0;
  if (worker.name === "floor") return;
  answers.forEach((bytes, index) => {
    const stream = first + index;
    const { fault, id } = compare(bytes, stream, TOKENS, MODEL, stream % 2 === 0);
    // Ids are unique: an answer that reaches two callers would be exact twice.
    const isRepeated = fault === undefined && contender.ids.has(id);
    if (fault !== undefined) contender.faults.push(fault);
    else if (isRepeated) contender.faults.push(`stream ${stream}: the id of another stream, ${id}`);
    else contender.exact++;
    contender.ids.add(id);
  });
}

/**
 * @param {Contender} ours
 * @param {Contender} plain
 * @param {Contender} floor
 * @param {number} peak
 * @returns {Section}
 */
function report(ours, plain, floor, peak) {
  const total = CONCURRENCY * ROUNDS;
  /** @param {Contender} contender */
  const seconds = ({ wall, rounds }) => `${(wall / rounds / 1000).toFixed(2)} s`;
  /** @param {Contender} contender */
  const micros = ({ cpu, rounds }) => (((cpu / rounds) * 1e6) / CONCURRENCY / TOKENS).toFixed(1);
  const head = { id: "chatcmpl-".padEnd(33, "0"), created: 1e9 };
  const bytes = Buffer.byteLength(openaiEvents(0, TOKENS, head, MODEL, false));
  /** @type {Row[]} */
  const rows = [
    [`streams at once, in ${ROUNDS} rounds`, `${CONCURRENCY} (open at the same time: ${peak})`],
    ["byte-exact, each with an id of its own", `${ours.exact} of ${total}`, ours.exact === total],
    ["the same of the plain gateway", `${plain.exact} of ${total}`, plain.exact === total],
    ["wall time of a round: ours / plain / floor", `${seconds(ours)} / ${seconds(plain)} / ${seconds(floor)}`],
    ["wall time, plain / ours", ratio(plain, ours, floor, "wall")],
  ];
  if (CAN_MEASURE) {
    rows.push(["CPU per token: ours / plain / floor", `${micros(ours)} / ${micros(plain)} / ${micros(floor)} µs`]);
    rows.push(["CPU, plain / ours", ratio(plain, ours, floor, "cpu")]);
  }
  const note =
    `A stream has ${TOKENS} tokens and becomes ${(bytes / 1024).toFixed(0)} KiB; its bytes arrive in pieces of 1 to ` +
    "1,600. The floor is a Worker that reads every network chunk in JavaScript and passes it on. CPU is all of " +
    "workerd's; the wall time is shared with upstream and callers.";
  const faults = [...ours.faults, ...plain.faults].slice(0, 5);
  return { title: "1,000 streams at once, through the gateway in one isolate of workerd", rows, note, faults };
}

/**
 * The ratio, and the same after the floor, which both pay, is subtracted.
 *
 * @param {Contender} plain
 * @param {Contender} ours
 * @param {Contender} floor
 * @param {"wall" | "cpu"} what
 */
function ratio(plain, ours, floor, what) {
  /** @param {Contender} contender */
  const perRound = (contender) => contender[what] / contender.rounds;
  const own = perRound(ours) - perRound(floor);
  const above = own > 0 ? `${((perRound(plain) - perRound(floor)) / own).toFixed(2)}x` : "too little to measure";
  return `${(perRound(plain) / perRound(ours)).toFixed(2)}x (of what is above the floor: ${above})`;
}
