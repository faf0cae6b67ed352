// 1,000 streams at once through two gateways that wrangler runs, one with every engine of Cloudflare's bound, one with
// keys alone: every caller receives its own answer, byte for byte. What the engines add is reported.

import { makeKey } from "../node/support/engines.mjs";
import { startEngines } from "../workerd/support/engines.mjs";
import { compare } from "./answers.mjs";
import { Client, MODEL } from "./client.mjs";
import { CAN_MEASURE, cpuSecondsOfGroup } from "./cpu.mjs";
import { median } from "./report.mjs";
import { maxConcurrent } from "./socket-limit.mjs";
import { startUpstreamProcess } from "./upstream-process.mjs";

/** @import { Row, Section, StreamPlan, UpstreamProcess } from "./types.d.ts" */

const ROUNDS = 3;
const TOKENS = 60;
const CONCURRENCY = maxConcurrent(1000);
/** One after another, for the time to the first byte. */
const SINGLE = 200;
const TARGET = { apiFormat: "GENERIC" };
const LIMITS = { requests_per_minute: 1_000_000_000, tokens_per_day: 1_000_000_000_000 };

class Side {
  exact = 0;
  /** @type {string[]} */
  faults = [];
  /** Seconds of CPU, of all rounds. */
  cpu = 0;
  /** Milliseconds to the first byte, of streams one after another. @type {number[]} */
  firstByte = [];
  /** The same of 1,000 at once. @type {number[]} */
  crowded = [];

  /** @param {string} path of the gateway */
  constructor(path) {
    this.path = path;
  }
}

/** @returns {Promise<Section>} */
export async function engines() {
  const upstream = await startUpstreamProcess();
  const key = makeKey();
  const models = { [MODEL]: [{ ...TARGET, model: MODEL }, { ...TARGET, model: `${MODEL}two` }] };
  const stage = await startEngines({
    variables: { OCI_ENDPOINT: `http://127.0.0.1:${upstream.port}`, OCI_MODELS: JSON.stringify(models) },
    adapt: (text) => text.replace("limit = 100", "limit = 1000000"),
  });
  const plainKey = makeKey();
  await stage.putKeys({ [key.name]: { name: "limited", ...LIMITS }, [plainKey.name]: { name: "plain" } });
  const worker = await stage.start();
  const client = new Client(Number(new URL(worker.origin).port));
  /** @type {[Side, string][]} */
  const sides = [
    [new Side("/a/v1/chat/completions"), key.key],
    [new Side("/c/v1/chat/completions"), plainKey.key],
  ];
  const at = { stream: 0 };
  try {
    for (const [side, token] of sides) await crowd(client, side, { token, upstream, at, size: 100 });
    for (const [side] of sides) Object.assign(side, new Side(side.path));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [side, token] of sides) {
        const before = CAN_MEASURE ? cpuSecondsOfGroup(worker.pid, "workerd") : 0;
        await crowd(client, side, { token, upstream, at, size: CONCURRENCY });
        side.cpu += CAN_MEASURE ? cpuSecondsOfGroup(worker.pid, "workerd") - before : 0;
      }
    }
    await upstream.update({ gate: 0 });
    for (let index = 0; index < SINGLE; index++) {
      for (const [side, token] of sides) {
        const { firstByte } = await stream(client, side, at.stream++, token);
        side.firstByte.push(firstByte);
      }
    }
    const [[bound], [bare]] = /** @type {[[Side, string], [Side, string]]} */ (sides);
    return report(bound, bare);
  } finally {
    client.close();
    await worker.stop();
    await stage.stop();
    await upstream.stop();
  }
}

/**
 * So many streams at once.
 *
 * @param {Client} client
 * @param {Side} side
 * @param {{ token: string, upstream: UpstreamProcess, at: { stream: number }, size: number }} options
 */
async function crowd(client, side, { token, upstream, at, size }) {
  await upstream.update({ gate: size });
  const first = at.stream;
  at.stream += size;
  const streams = Array.from({ length: size }, (_, index) => stream(client, side, first + index, token));
  for (const [index, { bytes, firstByte }] of (await Promise.all(streams)).entries()) {
    const { fault } = compare(bytes, first + index, TOKENS, MODEL, false);
    if (fault === undefined) side.exact++;
    else side.faults.push(fault);
    side.crowded.push(firstByte);
  }
}

/**
 * @param {Client} client
 * @param {Side} side
 * @param {number} number
 * @param {string} token
 */
async function stream(client, side, number, token) {
  /** @type {StreamPlan} */
  const plan = { stream: number, tokens: TOKENS, mode: "together" };
  const started = performance.now();
  let firstByte = Number.NaN;
  const onFirstByte = () => (firstByte = performance.now() - started);
  const bytes = await client
    .read(plan, { path: side.path, token, onFirstByte })
    .catch((error) => Buffer.from(`${error}`));
  return { bytes, firstByte };
}

/**
 * @param {Side} bound
 * @param {Side} bare
 * @returns {Section}
 */
function report(bound, bare) {
  const total = CONCURRENCY * ROUNDS;
  const micros = (/** @type {Side} */ { cpu }) => ((cpu * 1e6) / total / TOKENS).toFixed(1);
  const ms = (/** @type {number[]} */ times) => median(times).toFixed(1);
  /** @type {Row[]} */
  const rows = [
    [`streams at once, in ${ROUNDS} rounds`, `${CONCURRENCY}`],
    ["byte-exact, every engine bound", `${bound.exact} of ${total}`, bound.exact === total],
    ["the same, keys alone", `${bare.exact} of ${total}`, bare.exact === total],
    ["first byte of 1,000 at once: every engine / keys alone", `${ms(bound.crowded)} / ${ms(bare.crowded)} ms`],
    ["first byte, one after another: every engine / keys alone", `${ms(bound.firstByte)} / ${ms(bare.firstByte)} ms`],
  ];
  if (CAN_MEASURE) rows.push(["CPU per token: every engine / keys alone", `${micros(bound)} / ${micros(bare)} µs`]);
  const note =
    "Engines: GATEWAY_KEYS, RATE_LIMITER, BUDGETS (a key with both limits), TARGET_HEALTH (an alias with two " +
    "targets), USAGE and USAGE_QUEUE, as `wrangler dev --local` runs them, in the processes of one machine: at " +
    "Cloudflare a hop to a Durable Object is a network's. Requests are signed. Medians; CPU is all of workerd's, " +
    "the engines' included.";
  const faults = [...bound.faults, ...bare.faults].slice(0, 5);
  return { title: "1,000 streams at once, with every engine bound", rows, note, faults };
}
