// Whether a token costs the same however many streams there are: the same number of tokens in the same network chunks, through
// 1, 10, 100 and 1,000 streams at once.
import { keepAwake } from "./keep-awake.mjs";
import { Client } from "./client.mjs";
import { CAN_MEASURE, cpuSeconds, sleeps } from "./cpu.mjs";
import { mostAtOnce } from "./socket-limit.mjs";
import { walk } from "./lockstep.mjs";
import { startUpstream } from "./upstream.mjs";
import { startWorker } from "./worker.mjs";

const LEVELS = [...new Set([1, 10, 100, 1000].map(mostAtOnce))];
const STREAMS = 1000;
const TOKENS = 100;
/** Events in a network chunk: with what they weigh, an Ethernet packet's worth. */
const BATCH = 10;
const TURNS = 3;
/** Streams before each measurement: code that was idle for a while is not at its best. */
const WARM = 200;
const SPREAD = 0.15;

/** See `workers`. */
const WORKERS = {
  ours: "the gateway",
  plain: "the plain gateway",
  floor: "the floor: read and passed on in JavaScript",
  passthrough: "passed on unseen by JavaScript",
};

export async function scaling() {
  const title = "CPU a token, from 1 to 1,000 streams at once";
  if (!CAN_MEASURE) return { title, rows: [["CPU a token", "skipped: only Linux tells it"]] };
  // In this process, so that it and the callers can walk in step.
  const upstream = await startUpstream();
  const workers = [];
  try {
    for (const name of Object.keys(WORKERS)) workers.push(await contender(name, upstream));
    const asIs = await measured(workers);
    const sleep = keepAwake();
    const awake = await measured(workers.filter(({ name }) => name === "ours" || name === "floor"));
    sleep();
    return told(title, asIs, awake);
  } finally {
    for (const { client, worker } of workers) {
      client.close();
      await worker.stop();
    }
    await upstream.close();
  }
}

async function contender(name, upstream) {
  const worker = await startWorker(name, upstream.port);
  const client = new Client(worker.port);
  let first = 0;
  const go = async (streams, lanes) => {
    await walk({ client, upstream, first, streams, lanes, tokens: TOKENS, batch: BATCH });
    first += streams;
  };
  // As many connections as there will ever be: opening them is not what is asked about.
  await go(Math.max(...LEVELS), Math.max(...LEVELS));
  const measure = async (lanes) => {
    await go(Math.max(lanes, WARM), lanes);
    const before = { cpu: cpuSeconds(worker.pid), sleeps: sleeps(worker.pid) };
    await go(STREAMS, lanes);
    return {
      micros: ((cpuSeconds(worker.pid) - before.cpu) * 1e6) / (STREAMS * TOKENS),
      sleeps: ((sleeps(worker.pid) - before.sleeps) * BATCH) / (STREAMS * TOKENS),
    };
  };
  return { name, worker, client, measure };
}

/** By name: the medians at each level. */
async function measured(workers) {
  const all = Object.fromEntries(workers.map(({ name }) => [name, LEVELS.map(() => [])]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (let index = 0; index < LEVELS.length; index++) {
      // No level is always the first.
      const at = (index + turn) % LEVELS.length;
      for (const { name, measure } of workers) all[name][at].push(await measure(LEVELS[at]));
    }
  }
  const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
  const medians = (what) => (turns) => median(turns.map((turn) => turn[what]));
  const both = (levels) => ({ micros: levels.map(medians("micros")), sleeps: levels.map(medians("sleeps")) });
  return Object.fromEntries(Object.entries(all).map(([name, levels]) => [name, both(levels)]));
}

function told(title, asIs, awake) {
  const listed = (values, digits = 1) => values.map((value) => value.toFixed(digits)).join(" / ");
  const row = (values) => `${listed(values)} µs, ${spread(values)}`;
  const times = ({ ours, floor }) => ours.micros.map((value, at) => value / floor.micros[at]);
  const rows = Object.entries(WORKERS).map(([name, what]) => [what, row(asIs[name].micros)]);
  rows.push(
    ["the gateway / the floor", `${listed(times(asIs), 2)}, ${spread(times(asIs))}`],
    ["sleeps a network chunk: the gateway; the floor", `${listed(asIs.ours.sleeps)}; ${listed(asIs.floor.sleeps)}`],
    ["the gateway, the processors kept awake", row(awake.ours.micros)],
    ["the floor, the processors kept awake", row(awake.floor.micros)],
    [`the gateway within ±${SPREAD * 100} % of its mean: as it is; kept awake`, `${verdict(asIs)}; ${verdict(awake)}`],
  );
  const note =
    `At ${LEVELS.join(" / ")} streams: ${STREAMS * TOKENS} tokens each, ${BATCH} events in a network chunk; medians of ${TURNS} ` +
    "turns, connections already open. Upstream and callers walk in step, so that no chunks run together when the Worker is " +
    "busy. With one stream workerd has to wait after every chunk: its waking is charged to it, and so are caches that others " +
    "have used meanwhile. Hence the rows with the processors kept awake.";
  return { title, rows, note };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const isFlat = (values) => values.every((value) => Math.abs(value / mean(values) - 1) <= SPREAD);

function verdict({ ours, floor }) {
  if (isFlat(ours.micros)) return "met";
  return isFlat(floor.micros) ? "NOT MET" : "NOT MET, nor by the floor";
}

function spread(values) {
  const percent = (value) => `${value >= mean(values) ? "+" : "−"}${Math.abs((value / mean(values) - 1) * 100).toFixed(0)}`;
  return `${percent(Math.max(...values))}/${percent(Math.min(...values))} %`;
}
