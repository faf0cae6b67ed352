// CallGroup: the calls that answer one request other than a chat, as one call.

import { MODE_EMBED, MODE_RERANK, MODE_WHOLE } from "./boundary.js";
import { Call } from "./call.js";
import { enter } from "./core.js";
import { createId } from "./id.js";
import { readCallOptions } from "./options.js";
import { send } from "./reader.js";
import { callOnFinish } from "./report.js";
import * as wasm from "./wasm.js";

/** @import { CallOptions, CallReport, Usage } from "../index.js" */
/** @import { CallContext } from "./call.js" */
/** @import { CoreClient } from "./core.js" */
/** @import { Outcome } from "./wasm.js" */

/** How many requests of a group are sent at once: as many connections as a Worker may have open. */
const MAX_REQUESTS = 6;

/**
 * The part of a Call that its callers use. The core decides how many calls there are, and puts their
 * answers together. If one fails, the others are cancelled.
 */
export class CallGroup {
  /** There is one answer, and no stream. */
  isEvents = false;
  /**
   * What the group rejects with; undefined until the end, and after a complete answer.
   *
   * @type {unknown}
   */
  error = undefined;
  /**
   * The answer as JSON text. undefined before the end, and if the group failed.
   *
   * @type {string | undefined}
   */
  completion = undefined;

  /** @type {Call[]} */
  #calls;
  #onFinish;

  /**
   * Validates options and request, and throws an OciError. Nothing is sent before `open`.
   *
   * @param {CallContext & { client: Pick<CoreClient, "createCalls"> }} context
   * @param {string} request JSON text
   * @param {CallOptions | null | undefined} options
   * @param {number} mode one of boundary.js
   */
  constructor(context, request, options, mode) {
    const { json, signal, requestId } = readCallOptions(options);
    const handles = context.client.createCalls(request, json, mode, createId(prefixOf(mode)));
    const fetch = handles.length > 1 ? withSlots(context.fetch) : context.fetch;
    this.#onFinish = context.onFinish;
    this.#calls = handles.map((handle) => {
      // The core has read the options. The report is that of the group.
      const own = { ...context, client: { createCall: () => handle }, fetch, onFinish: undefined };
      return new Call(own, request, { signal, requestId }, MODE_WHOLE);
    });
  }

  /**
   * The report so far, or of the whole group, and the target of the first call.
   *
   * @returns {Outcome}
   */
  get outcome() {
    const outcomes = this.#calls.map((call) => call.outcome);
    return { report: mergeReports(outcomes.map(({ report }) => report)), target: outcomes[0]?.target ?? null };
  }

  /** Sends the requests. Resolves when the answer is complete, and rejects if there will be none. */
  async open() {
    try {
      const answers = await Promise.all(this.#calls.map(answerOf));
      this.completion = answers.length === 1 ? answers[0] : enter(() => wasm.mergeAnswers(answers));
    } catch (error) {
      this.error = error;
      for (const call of this.#calls) call.cancel(error);
      throw error;
    } finally {
      callOnFinish(this.#onFinish, () => this.outcome.report, this.error);
    }
  }
}

/** @param {number} mode */
function prefixOf(mode) {
  if (mode === MODE_EMBED) return "embd-";
  return mode === MODE_RERANK ? "rerank-" : "modr-";
}

/** @param {Call} call */
async function answerOf(call) {
  await call.open();
  if (call.completion === undefined) throw call.error;
  return call.completion;
}

/**
 * Calls `fetch` for so many requests at once.
 *
 * @param {typeof globalThis.fetch | undefined} fetch
 * @returns {typeof globalThis.fetch}
 */
function withSlots(fetch) {
  let free = MAX_REQUESTS;
  /** @type {(() => void)[]} */
  const waiting = [];
  return async (url, init) => {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => waiting.push(() => resolve(undefined)));
    try {
      init?.signal?.throwIfAborted();
      return await send(fetch, /** @type {string} */ (url), /** @type {RequestInit} */ (init));
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/**
 * @param {CallReport[]} reports at least one
 * @returns {CallReport}
 */
function mergeReports(reports) {
  const [first] = /** @type {[CallReport]} */ (reports);
  if (reports.length === 1) return first;
  const failed = reports.find((report) => report.error !== undefined);
  const unfinished = failed ?? reports.find((report) => report.phase !== "complete");
  const usages = reports.flatMap(({ usage }) => usage ?? []);
  return {
    ...(unfinished ?? first),
    attempts: reports.flatMap((report) => report.attempts),
    ...(usages.length > 0 && { usage: usages.reduce(sumOf) }),
    totalMs: Math.max(...reports.map((report) => report.totalMs)),
  };
}

/**
 * @param {Usage} one
 * @param {Usage} other
 * @returns {Usage}
 */
function sumOf(one, other) {
  return {
    prompt_tokens: one.prompt_tokens + other.prompt_tokens,
    completion_tokens: one.completion_tokens + other.completion_tokens,
    total_tokens: one.total_tokens + other.total_tokens,
  };
}
