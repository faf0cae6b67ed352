// Calls through the gateway in workerd, against a hostile server on 127.0.0.1.

import { Agent, request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { startWorker, TOKEN } from "../load/worker.mjs";
import { EventReader, Rejection } from "./event-reader.mjs";
import { textOf } from "./events.mjs";
import { startHostileServer } from "./hostile-server.mjs";
import { operationsRow, zeroRows } from "./node.mjs";
import { operationRequest, operationText, PATHS } from "./operations.mjs";
import { planOf } from "./plan.mjs";

/** @import { IncomingMessage } from "node:http" */
/** @import { ServedCall } from "./hostile-server.mjs" */
/** @import { ChaosResult, Plan } from "./types.d.ts" */

const DEADLINE_MS = 15_000;
const AT_ONCE = 100;
/** How long the ends of bodies may take after the last call. */
const SETTLE_MS = 5000;
const WARM_UP = 0.3;
/** How far workerd's finalizers may lag behind, in pages. */
const TOLERANCE = 4;

/**
 * @typedef {object} Answer
 * @property {Plan} plan
 * @property {"complete" | "failed" | "left" | "broken" | "hangs"} end
 * @property {string} text
 * @property {number} ends
 * @property {string | undefined} code
 */

/**
 * @param {{ calls: number, seed: number, first?: number }} options
 * @returns {Promise<ChaosResult>}
 */
export async function chaosInWorkerd({ calls, seed, first = 0 }) {
  const server = await startHostileServer((number) => planOf(seed, number, "server"));
  const worker = await startWorker("chaos", server.port, new URL("worker.mjs", import.meta.url));
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity });
  const origin = `http://127.0.0.1:${worker.port}`;
  /** @type {Answer[]} */
  const answers = [];
  /**
   * @param {number} from
   * @param {number} count
   */
  const run = async (from, count) => {
    let next = from;
    const one = async () => {
      while (next < from + count) answers.push(await call(planOf(seed, next++, "server"), origin, agent));
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, one));
    await sleep(SETTLE_MS);
    return state(origin);
  };
  try {
    const warmUp = Math.ceil(calls * WARM_UP);
    const warm = await run(first, warmUp);
    const now = await run(first + warmUp, calls - warmUp);
    const { counts, faults } = check(answers, server.calls);
    const gone = answers.filter(({ end }) => end === "left").length;
    // Some callers have left before the gateway has read their request.
    const isReported = now.reports <= calls && now.reports >= calls - gone;
    const left = {
      "responses left open at the service": server.open(),
      "connections left in use": await server.connections(),
    };
    const isFlat = now.pages - warm.pages <= TOLERANCE;
    /** @type {ChaosResult["rows"]} */
    const rows = [
      ["calls", `${answers.length}`],
      operationsRow(answers.map(({ plan }) => plan)),
      ["requests to the service", `${[...server.calls.values()].reduce((sum, { requests }) => sum + requests, 0)}`],
      ...["complete", "failed", "left"].map((end) => row(end, answers)),
      ...zeroRows(counts),
      ["reports", `${now.reports}`, isReported],
      ...zeroRows({ "unhandled rejections and uncaught exceptions": now.uncaught, ...left }),
      ["pages of the wasm memory, warm and at the end", `${warm.pages}, ${now.pages}`, isFlat],
    ];
    return { title: "The gateway in workerd, and a hostile service", seed, rows, faults };
  } finally {
    agent.destroy();
    await worker.stop();
    await server.close();
  }
}

/**
 * @param {string} end
 * @param {Answer[]} answers
 * @returns {ChaosResult["rows"][number]}
 */
function row(end, answers) {
  return [end === "left" ? "left by their callers" : end, `${answers.filter((answer) => answer.end === end).length}`];
}

/**
 * @param {string} origin
 * @returns {Promise<{ reports: number, uncaught: number, pages: number }>}
 */
async function state(origin) {
  const response = await fetch(`${origin}/state`);
  return /** @type {any} */ (response.json());
}

/**
 * @param {Plan} plan
 * @param {string} origin
 * @param {Agent} agent
 * @returns {Promise<Answer>}
 */
async function call(plan, origin, agent) {
  const body = JSON.stringify({ model: plan.wire, ...requestOf(plan) });
  /** @type {Answer} */
  const answer = { plan, end: "hangs", text: "", ends: 0, code: undefined };
  const headers = { "content-type": "application/json", authorization: `Bearer ${TOKEN}` };
  const sent = httpRequest(`${origin}/v1/${PATHS[plan.operation]}`, { method: "POST", agent, headers });
  const leave = () => {
    answer.end = "left";
    sent.destroy();
  };
  const leaving = plan.leave.kind === "abort" ? setTimeout(leave, plan.leave.ms) : undefined;
  const deadline = setTimeout(() => sent.destroy(), DEADLINE_MS);
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    sent.on("response", (response) => read(response, answer, leave).then(resolve, resolve));
    sent.on("error", () => {
      if (answer.end === "hangs" && !sent.destroyed) answer.end = "broken";
      resolve();
    });
    sent.on("close", () => resolve());
  });
  sent.end(body);
  await ended;
  clearTimeout(leaving);
  clearTimeout(deadline);
  return answer;
}

/**
 * @param {IncomingMessage} response
 * @param {Answer} answer
 * @param {() => void} leave
 */
async function read(response, answer, leave) {
  const { plan } = answer;
  const isEvents = response.headers["content-type"]?.startsWith("text/event-stream");
  const events = new EventReader();
  const leaveAfter = "chunks" in plan.leave ? plan.leave.chunks : Infinity;
  /** @type {Buffer[]} */
  const parts = [];
  let chunks = 0;
  try {
    for await (const part of response) {
      parts.push(part);
      if (isEvents) events.push(part);
      answer.text = events.text;
      if (chunks++ === leaveAfter) leave();
    }
  } catch {
    if (answer.end === "hangs" && !response.destroyed) answer.end = "broken";
    return;
  }
  if (answer.end === "left") return;
  if (isEvents) {
    events.push();
    answer.text = events.text;
    answer.ends = events.ends;
    answer.code = events.failure?.code;
    answer.end = events.failure ? "failed" : "complete";
    return;
  }
  answer.ends = 1;
  const json = JSON.parse(Buffer.concat(parts).toString());
  answer.code = json.error && new Rejection(json.error).code;
  answer.end = json.error ? "failed" : "complete";
  if (!json.error) answer.text = textOfWhole(plan, json);
}

/** @param {Plan} plan */
function requestOf(plan) {
  if (plan.operation !== "chat") return operationRequest(plan);
  const stream = !["chat", "fetch-whole"].includes(plan.reader);
  return { messages: [{ role: "user", content: `chaos-${plan.number}` }], stream };
}

/**
 * @param {Plan} plan
 * @param {any} answer
 * @returns {string}
 */
function textOfWhole(plan, answer) {
  return plan.operation === "chat" ? (answer.choices[0]?.message.content ?? "") : operationText(plan, answer);
}

/**
 * @param {Answer[]} answers
 * @param {Map<number, ServedCall>} served
 */
function check(answers, served) {
  const counts = {
    hangs: 0,
    "connections broken": 0,
    "calls without exactly one end": 0,
    "errors without a code": 0,
    "answers that are not what was sent": 0,
    "deltas lost": 0,
    "deltas doubled or out of order": 0,
  };
  /** @type {string[]} */
  const faults = [];
  for (const answer of answers) {
    const { plan, end, text, ends, code } = answer;
    /** @param {keyof typeof counts} fault */
    const add = (fault) => {
      counts[fault] += 1;
      if (counts[fault] > 3) return;
      faults.push(`call ${plan.number}: ${fault}: ${end} ${code ?? ""} ${ends} ${JSON.stringify(text).slice(0, 200)}`);
    };
    const sent = textOf(plan);
    const least = plan.texts.slice(0, served.get(plan.number)?.leastDeltas).join("");
    const isStreamError = code === "stream_truncated" || code === "stream_error";
    if (end === "hangs") add("hangs");
    else if (end === "broken") add("connections broken");
    else if (end !== "left" && ends !== 1) add("calls without exactly one end");
    if (end === "failed" && !code) add("errors without a code");
    if (!sent.startsWith(text)) add("deltas doubled or out of order");
    else if (end === "complete" && text !== sent) add("answers that are not what was sent");
    else if (end === "failed" && isStreamError && text !== "" && !text.startsWith(least)) add("deltas lost");
  }
  return { counts, faults };
}
