// Calls against a hostile `fetch` in this process.

import { getEventListeners, setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { OciGenAI } from "oci-genai-edge";
import { collectGarbage, pages } from "../load/memory.mjs";
import { countFaults } from "./check.mjs";
import { hostileFetch } from "./hostile-fetch.mjs";
import { operationRequest } from "./operations.mjs";
import { planOf } from "./plan.mjs";
import { readCall } from "./readers.mjs";

/** @import { CallReport } from "oci-genai-edge" */
/** @import { CallRecord, ChaosResult, Plan } from "./types.d.ts" */

/** No call takes as long as this, in milliseconds. */
const DEADLINE_MS = 10_000;
const AT_ONCE = 100;
/** How long bodies, timers and finalizers may take after the last call: the end of a body is waited for. */
const SETTLE_MS = 3000;
/** A part of the calls is the warm-up of the memory. */
const WARM_UP = 0.3;
const SHARED_SIGNALS = 5;
/** How many pages more the calls at one time may need than those of the warm-up. A leak is thousands. */
const TOLERANCE = 4;

/**
 * @param {{ calls: number, seed: number, first?: number }} options
 * @returns {Promise<ChaosResult>}
 */
export async function chaosInNode({ calls, seed, first = 0 }) {
  /** @type {unknown[]} */
  const uncaught = [];
  /** @param {unknown} error */
  const record = (error) => void uncaught.push(error);
  process.on("unhandledRejection", record);
  process.on("uncaughtException", record);
  const run = new Run(seed);
  try {
    const warmUp = Math.ceil(calls * WARM_UP);
    await run.calls(first, warmUp);
    await settle();
    const warm = pages();
    await run.calls(first + warmUp, calls - warmUp);
    await settle();
    return run.result(uncaught, warm, pages());
  } finally {
    process.off("unhandledRejection", record);
    process.off("uncaughtException", record);
  }
}

async function settle() {
  await sleep(SETTLE_MS);
  await collectGarbage();
}

class Run {
  /** @type {CallRecord[]} */
  records = [];
  /** @type {Map<number, CallRecord>} */
  #byNumber = new Map();
  /** @type {AbortSignal[]} */
  #signals = [];
  #shared = Array.from({ length: SHARED_SIGNALS }, () => new AbortController());
  #clients;
  #seed;

  /** @param {number} seed */
  constructor(seed) {
    this.#seed = seed;
    // Node warns of more than 10; a server's own signal has one for each request.
    for (const { signal } of this.#shared) setMaxListeners(AT_ONCE, signal);
    const fetch = hostileFetch((body) => this.#recordOf(/chaos-(\d+)/.exec(body)?.[1]).serviceAndPlan);
    this.#clients = [1, 2, 3].map(
      (maxAttempts) =>
        new OciGenAI({
          compartmentId: "ocid1.compartment.oc1..example",
          region: "us-chicago-1",
          retry: { maxAttempts, baseDelayMs: 1, maxDelayMs: 20 },
          sign: () => ({ authorization: "x" }),
          onFinish: (report) => this.#onFinish(report),
          fetch: /** @type {any} */ (fetch),
        }),
    );
  }

  /**
   * @param {number} first
   * @param {number} count
   */
  async calls(first, count) {
    let next = first;
    const worker = async () => {
      while (next < first + count) await this.#call(next++);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
  }

  /** @param {number} number */
  async #call(number) {
    const plan = planOf(this.#seed, number, "host");
    /** @type {CallRecord} */
    const record = {
      plan,
      end: "hangs",
      text: "",
      isWhole: true,
      ends: 1,
      reports: [],
      service: { requests: 0, bodies: [] },
    };
    this.records.push(record);
    this.#byNumber.set(number, record);
    const isShared = plan.sharesSignal && plan.leave.kind !== "abort" && plan.leave.kind !== "abort-in-loop";
    const shared = this.#shared[number % SHARED_SIGNALS];
    const controller = (isShared && shared) || new AbortController();
    if (!isShared) this.#signals.push(controller.signal);
    const oci = this.#clients[plan.attempts - 1];
    const options = { ...optionsOf(plan), signal: controller.signal };
    const caller = { oci, request: requestOf(plan), options, controller, leave: plan.leave, record };
    const { leave } = plan;
    const abort = () => controller.abort(new Error("the caller's reason"));
    const aborting = leave.kind === "abort" ? setTimeout(abort, leave.ms) : undefined;
    const ended = readCall(plan, caller);
    const deadline = new AbortController();
    const isLate = sleep(DEADLINE_MS, undefined, { signal: deadline.signal }).catch(() => {});
    record.end = (await Promise.race([ended, isLate])) ?? "hangs";
    deadline.abort();
    clearTimeout(aborting);
  }

  /** @param {CallReport} report */
  #onFinish(report) {
    const number = /chaos-(\d+)/.exec(report.model)?.[1];
    this.#recordOf(number).record.reports.push(report);
  }

  /** @param {string | undefined} number */
  #recordOf(number) {
    const record = this.#byNumber.get(Number(number));
    if (record === undefined) throw new Error(`a request or a report of no call: ${number}`);
    return { record, serviceAndPlan: { plan: record.plan, record: record.service } };
  }

  /**
   * @param {unknown[]} uncaught
   * @param {number} warm
   * @param {number} now
   * @returns {ChaosResult}
   */
  result(uncaught, warm, now) {
    const { counts, examples } = countFaults(this.records);
    const signals = [...this.#signals, ...this.#shared.map(({ signal }) => signal)];
    const listeners = signals.reduce((sum, signal) => sum + getEventListeners(signal, "abort").length, 0);
    const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const bodies = this.records.flatMap(({ service }) => service.bodies);
    /** @param {CallRecord["end"]} end */
    const ended = (end) => `${this.records.filter((record) => record.end === end).length}`;
    /** @type {ChaosResult["rows"]} */
    const rows = [
      ["calls", `${this.records.length}`],
      operationsRow(this.records.map(({ plan }) => plan)),
      ["requests, bodies", `${this.records.reduce((sum, { service }) => sum + service.requests, 0)}, ${bodies.length}`],
      ["complete, failed", `${ended("complete")}, ${ended("failed")}`],
      ["aborted, left by their callers", `${ended("aborted")}, ${ended("left")}`],
      ...zeroRows(counts),
      ...zeroRows({ "unhandled rejections and uncaught exceptions": uncaught.length }),
      ...zeroRows({ "listeners left on callers' signals": listeners, "timers left": timers }),
      ["pages of the wasm memory, warm and at the end", `${warm}, ${now}`, now - warm <= TOLERANCE],
    ];
    const faults = [...examples, ...uncaught.slice(0, 3).map((error) => `uncaught: ${describe(error)}`)];
    return { title: "A hostile host in Node", seed: this.#seed, rows, faults };
  }
}

/**
 * How many calls there were of each operation beside a chat.
 *
 * @param {Plan[]} plans
 * @returns {ChaosResult["rows"][number]}
 */
export function operationsRow(plans) {
  const names = ["embed", "rerank", "moderate"];
  const counts = names.map((name) => plans.filter(({ operation }) => operation === name).length);
  return [`of which ${names.join(", ")}`, counts.join(", ")];
}

/**
 * Rows of what must be 0.
 *
 * @param {Record<string, number>} counts
 * @returns {ChaosResult["rows"]}
 */
export function zeroRows(counts) {
  return Object.entries(counts).map(([name, count]) => [name, `${count}`, count === 0]);
}

/** @param {unknown} error */
function describe(error) {
  return error instanceof Error ? (error.stack ?? error.message).slice(0, 500) : String(error);
}

/** @param {Plan} plan */
function requestOf(plan) {
  const { operation, wire, number } = plan;
  // A report names its call by the model.
  const model =
    wire === "openai" ? `vendor.chaos-${number}` : `ocid1.generativeaiendpoint.oc1.us-chicago-1.chaos-${number}`;
  if (operation !== "chat") return { model, ...operationRequest(plan) };
  return { model, messages: [{ role: "user", content: `chaos-${number}` }] };
}

/** @param {Plan} plan */
function optionsOf({ operation, wire, timeouts, fallback }) {
  return { timeouts, fallback, ...(wire !== "openai" && operation === "chat" && { apiFormat: wire }) };
}
