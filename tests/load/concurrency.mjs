// 1,000 streams at once in one isolate, ten times over: every caller gets its own answer, byte for byte.
import { openaiEvents, wrongWith } from "./answers.mjs";
import { Client, MODEL } from "./client.mjs";
import { CAN_MEASURE, cpuSeconds } from "./cpu.mjs";
import { mostAtOnce } from "./socket-limit.mjs";
import { startUpstreamProcess } from "./upstream-process.mjs";
import { startWorker } from "./worker.mjs";

const ROUNDS = 10;
/** The floor needs no proof, only a figure. */
const FLOOR_ROUNDS = 3;
const TOKENS = 60;
const CROWD = mostAtOnce(1000);

/** The gateway, the plain one and the one that passes bytes on take turns. Only what the first two answer is OpenAI's. */
const WORKERS = ["ours", "plain", "floor"];

export async function concurrency() {
  const upstream = await startUpstreamProcess();
  const contenders = [];
  try {
    for (const name of WORKERS) {
      const worker = await startWorker(name, upstream.port);
      const counted = { exact: 0, wrong: [], ids: new Set(), rounds: 0, wall: 0, cpu: 0 };
      contenders.push({ worker, client: new Client(worker.port), ...counted });
    }
    const at = { stream: 0 };
    for (const contender of contenders) await round(contender, upstream, at, { counts: false });
    for (let rounds = 0; rounds < ROUNDS; rounds++) {
      for (const contender of contenders) {
        if (contender.worker.name !== "floor" || rounds < FLOOR_ROUNDS) await round(contender, upstream, at, { counts: true });
      }
    }
    const { peak } = await upstream.tell();
    return told(contenders, peak);
  } finally {
    for (const { worker, client } of contenders) {
      client.close();
      await worker.stop();
    }
    await upstream.stop();
  }
}

async function round(contender, upstream, at, { counts }) {
  const { worker, client } = contender;
  await upstream.tell({ gate: CROWD });
  const first = at.stream;
  at.stream += CROWD;
  const cpu = CAN_MEASURE ? cpuSeconds(worker.pid) : 0;
  const started = performance.now();
  const one = (_, index) => {
    const stream = first + index;
    const asked = { stream, tokens: TOKENS, way: "together" };
    return client.read(asked, { includeUsage: stream % 2 === 0 }).catch((error) => Buffer.from(`${error}`));
  };
  const answers = await Promise.all(Array.from({ length: CROWD }, one));
  if (!counts) return;
  contender.rounds++;
  contender.wall += performance.now() - started;
  contender.cpu += CAN_MEASURE ? cpuSeconds(worker.pid) - cpu : 0;
  if (worker.name === "floor") return;
  answers.forEach((bytes, index) => {
    const stream = first + index;
    const { why, id } = wrongWith(bytes, stream, TOKENS, MODEL, stream % 2 === 0);
    // Nobody else may have the same id: one answer that reached two callers would else be exact twice.
    if (why ?? contender.ids.has(id)) contender.wrong.push(why ?? `stream ${stream}: an id that another stream has, ${id}`);
    else contender.exact++;
    contender.ids.add(id);
  });
}

function told([ours, plain, floor], peak) {
  const total = CROWD * ROUNDS;
  const seconds = ({ wall, rounds }) => `${(wall / rounds / 1000).toFixed(2)} s`;
  const micros = ({ cpu, rounds }) => (((cpu / rounds) * 1e6) / CROWD / TOKENS).toFixed(1);
  const bytes = Buffer.byteLength(openaiEvents(0, TOKENS, { id: "chatcmpl-".padEnd(33, "0"), created: 1e9 }, MODEL, false));
  const rows = [
    [`streams at once, in ${ROUNDS} rounds`, `${CROWD} (open at the same time: ${peak})`],
    ["byte-exact, each with an id of its own", `${ours.exact} of ${total}`, ours.exact === total],
    ["the same of the plain gateway", `${plain.exact} of ${total}`, plain.exact === total],
    ["wall of a round: ours / plain / floor", `${seconds(ours)} / ${seconds(plain)} / ${seconds(floor)}`],
    ["wall, plain / ours", ratio(plain, ours, floor, "wall")],
  ];
  if (CAN_MEASURE) {
    rows.push(["CPU a token: ours / plain / floor", `${micros(ours)} / ${micros(plain)} / ${micros(floor)} µs`]);
    rows.push(["CPU, plain / ours", ratio(plain, ours, floor, "cpu")]);
  }
  const note =
    `A stream has ${TOKENS} tokens and becomes ${(bytes / 1024).toFixed(0)} KiB; its bytes arrive in pieces of 1 to 1,600. ` +
    "The floor is a Worker that reads every network chunk in JavaScript and passes it on. CPU is all of workerd's; the wall is " +
    "shared with upstream and callers.";
  const faults = [...ours.wrong, ...plain.wrong].slice(0, 5);
  return { title: "1,000 streams at once, through the gateway in one isolate of workerd", rows, note, faults };
}

/** The ratio, and the same after the floor, which both pay, is taken off. */
function ratio(plain, ours, floor, what) {
  const each = (contender) => contender[what] / contender.rounds;
  const own = each(ours) - each(floor);
  const above = own > 0 ? `${((each(plain) - each(floor)) / own).toFixed(2)}x` : "too little to tell";
  return `${(each(plain) / each(ours)).toFixed(2)}x (of what is above the floor: ${above})`;
}
