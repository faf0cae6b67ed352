// Usage events: one record of each call, for Analytics Engine and for a Queue. No prompt, no answer, no OCID, no key.

import { CODES } from "./codes.js";
import { MODE_AS_REQUESTED, MODE_EMBED, MODE_MODERATE, MODE_RERANK, MODE_RESPONSES } from "./boundary.js";
import { log } from "./gateway-log.js";

/** @import { UsageDataset, UsageQueue, UsageRecord } from "../gateway.d.ts" */
/** @import { CallReport } from "../index.js" */
/** @import { Visit } from "./gateway-visit.js" */
/** @import { Outcome } from "./wasm.js" */

/**
 * Where records go.
 *
 * @typedef {{ dataset?: UsageDataset, queue?: UsageQueue }} UsageSettings
 */

/** The names of the operations, by the mode of their calls. */
export const OPERATION_NAMES = new Map([
  [MODE_AS_REQUESTED, "chat"],
  [MODE_RESPONSES, "responses"],
  [MODE_EMBED, "embeddings"],
  [MODE_RERANK, "rerank"],
  [MODE_MODERATE, "moderations"],
]);

/** What a record has of a model that is no alias: it may be an OCID, or anything that a caller has sent. */
const NO_ALIAS = "(no alias)";
/** nginx's status for a client that has gone. */
const CLIENT_CLOSED_REQUEST = 499;
/** An index of Analytics Engine has at most 96 bytes. */
const INDEX_LENGTH = 96;

/** Sends records to what there is. What fails is logged once for each isolate, and never fails a call. */
export class Usage {
  #dataset;
  #queue;
  #aliases;
  /** @type {Set<string>} */
  #failed = new Set();

  /**
   * @param {UsageSettings} settings
   * @param {Iterable<string>} aliases
   */
  constructor({ dataset, queue }, aliases) {
    this.#dataset = dataset;
    this.#queue = queue;
    this.#aliases = new Set(aliases);
  }

  /** Whether anybody wants records. */
  get isOn() {
    return this.#dataset !== undefined || this.#queue !== undefined;
  }

  /**
   * Records how a call ended.
   *
   * @param {Visit} visit
   * @param {number} mode
   * @param {number} startedAt milliseconds since 1970
   */
  watch(visit, mode, startedAt) {
    if (!this.isOn) return;
    visit.onEnd.push((getOutcome) => {
      const record = recordOf(getOutcome(), { key: visit.caller.name, mode, startedAt, aliases: this.#aliases });
      this.#write(record, visit);
    });
  }

  /**
   * Records an answer of the cache's.
   *
   * @param {Visit} visit
   * @param {number} mode
   * @param {string} alias
   */
  recordHit(visit, mode, alias) {
    if (!this.isOn) return;
    /** @type {CallReport} */
    const report = { model: alias, attempts: [], streamed: false, totalMs: 0, phase: "complete" };
    const about = { key: visit.caller.name, mode, startedAt: Date.now(), aliases: this.#aliases };
    this.#write({ ...recordOf({ report, target: null }, about), outcome: "cached" }, visit);
  }

  /**
   * @param {UsageRecord} record
   * @param {Visit} visit
   */
  #write(record, visit) {
    try {
      this.#dataset?.writeDataPoint(dataPointOf(record));
    } catch (error) {
      this.#logOnce("USAGE", error);
    }
    const queue = this.#queue;
    if (!queue) return;
    const sending = (async () => {
      try {
        await queue.send(record);
      } catch (error) {
        this.#logOnce("USAGE_QUEUE", error);
      }
    })();
    visit.waitUntil(sending);
  }

  /**
   * @param {string} binding
   * @param {unknown} error
   */
  #logOnce(binding, error) {
    if (this.#failed.has(binding)) return;
    this.#failed.add(binding);
    log(`a usage event could not be written to ${binding}`, error instanceof Error ? error.message : undefined);
  }
}

/**
 * @param {Outcome} outcome
 * @param {{ key: string, mode: number, startedAt: number, aliases: ReadonlySet<string> }} about the request
 * @returns {UsageRecord}
 */
export function recordOf({ report, target }, { key, mode, startedAt, aliases }) {
  const { usage, error, attempts } = report;
  return {
    time: new Date(startedAt).toISOString(),
    key,
    alias: aliases.has(report.model) ? report.model : NO_ALIAS,
    operation: OPERATION_NAMES.get(mode) ?? "",
    host: target?.host ?? "",
    region: target?.route.region ?? "",
    serving_type: target?.route.servingMode?.servingType ?? "",
    streamed: report.streamed,
    status: statusOf(report),
    outcome: outcomeOf(report),
    error: error ?? "",
    finish_reason: report.finishReason ?? "",
    attempts: attempts.length,
    first_chunk_ms: report.firstChunkMs ?? 0,
    total_ms: report.totalMs,
    prompt_tokens: usage?.prompt_tokens ?? 0,
    completion_tokens: usage?.completion_tokens ?? 0,
    total_tokens: usage?.total_tokens ?? 0,
    cached_tokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
    reasoning_tokens: usage?.completion_tokens_details?.reasoning_tokens ?? 0,
    request_id: attempts.at(-1)?.opcRequestId ?? "",
  };
}

/**
 * @param {CallReport} report
 * @returns {UsageRecord["outcome"]}
 */
export function outcomeOf({ phase, error }) {
  if (error !== undefined) return "failed";
  return phase === "complete" ? "complete" : "cancelled";
}

/**
 * The status that the caller was answered with.
 *
 * @param {CallReport} report
 */
function statusOf({ phase, error, attempts }) {
  if (phase === "complete" || phase === "streaming") return 200;
  if (error === undefined) return CLIENT_CLOSED_REQUEST;
  if (error === "unauthorized") return 502;
  const { status = 0 } = attempts.at(-1) ?? {};
  const isExact = (error === "bad_request" || error === "content_filtered") && status >= 400 && status < 500;
  return isExact ? status : CODES[error].status;
}

/**
 * A data point: docs/gateway.md lists which field stands where.
 *
 * @param {UsageRecord} record
 */
export function dataPointOf(record) {
  const { key, alias, operation, host, region, serving_type, outcome, error, finish_reason, request_id } = record;
  return {
    indexes: [cut(key, INDEX_LENGTH)],
    blobs: [key, alias, operation, host, region, serving_type, outcome, error, finish_reason, request_id],
    doubles: [
      record.status,
      record.prompt_tokens,
      record.completion_tokens,
      record.total_tokens,
      record.cached_tokens,
      record.reasoning_tokens,
      record.first_chunk_ms,
      record.total_ms,
      record.attempts,
      Number(record.streamed),
    ],
  };
}

/**
 * At most so many bytes of a text.
 *
 * @param {string} text
 * @param {number} length
 */
function cut(text, length) {
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= length ? text : new TextDecoder().decode(bytes.subarray(0, length)).replace(/\uFFFD$/, "");
}
