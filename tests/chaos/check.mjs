// What must hold of each call, whatever its host and its caller did.

import { OciError } from "oci-genai-edge";
import { Rejection } from "./event-reader.mjs";
import { textOf } from "./events.mjs";

/** @import { BodyRecord, CallRecord, Counts } from "./types.d.ts" */

/** The faults that are counted, in the order of the table. */
export const FAULTS = [
  "hangs",
  "calls without exactly one end",
  "calls without exactly one report",
  "errors of no type",
  "answers that are not what was sent",
  "deltas lost",
  "deltas doubled or out of order",
  "texts that end before the error's partial answer",
  "bodies not cancelled",
];

/**
 * The faults of one call, with what shows them.
 *
 * @param {CallRecord} record
 * @returns {[fault: string, what: string][]}
 */
export function faultsOf(record) {
  const { plan, end, error, ends, reports, service } = record;
  /** @type {[string, string][]} */
  const faults = [];
  /** @type {(fault: string, what?: unknown) => void} */
  const add = (fault, what = end) => void faults.push([fault, `${what}`]);
  if (end === "hangs") {
    add("hangs");
    return faults;
  }
  if (ends !== 1) add("calls without exactly one end", ends);
  // A call that was left before its first request may not have been made.
  const isReported = service.requests > 0 ? reports.length === 1 : reports.length <= 1;
  if (!isReported) add("calls without exactly one report", reports.length);
  if (end === "failed" && !(error instanceof OciError || error instanceof Rejection)) add("errors of no type", error);
  if (error instanceof Rejection && !error.code) add("errors of no type", error.message);
  for (const fault of textFaults(record)) add(...fault);
  const open = service.bodies.filter(({ state }) => state === "open").length;
  if (open > 0) add("bodies not cancelled", `${open} of ${service.bodies.length}; requests: ${service.requests}`);
  return faults.map(([fault, what]) => [fault, `${what} (${plan.reader}, ${end})`]);
}

/**
 * @param {CallRecord} record
 * @returns {[string, string][]}
 */
function textFaults({ plan, end, text, error, isWhole, service }) {
  const sent = textOf(plan);
  const partial = error instanceof OciError ? (error.partial?.choices[0]?.message.content ?? "") : undefined;
  if (!sent.startsWith(text)) return [["deltas doubled or out of order", JSON.stringify(text)]];
  if (partial !== undefined && !sent.startsWith(partial)) {
    return [["deltas doubled or out of order", JSON.stringify(partial)]];
  }
  if (end === "complete") return text === sent ? [] : [["answers that are not what was sent", JSON.stringify(text)]];
  if (end !== "failed") return [];
  /** @type {[string, string][]} */
  const faults = [];
  const known = partial ?? text;
  // What was read before the failure is all that was received: readers get it before the error.
  const reads = ["stream", "overlap", "text"].includes(plan.reader);
  if (reads && isWhole && partial !== undefined && text !== partial) {
    faults.push(["texts that end before the error's partial answer", `${JSON.stringify(text)}, ${partial.length}`]);
  }
  // Bodies of earlier attempts were given up.
  const body = service.last;
  const code = error instanceof OciError || error instanceof Rejection ? error.code : "";
  const isKept = (partial !== undefined || plan.reader !== "fetch-whole") && isWhole;
  if (body && (code === "stream_truncated" || code === "stream_error") && isKept) {
    const least = plan.texts.slice(0, receivedDeltas(body)).join("");
    if (!known.startsWith(least)) faults.push(["deltas lost", `${JSON.stringify(known)} of ${JSON.stringify(least)}`]);
  }
  return faults;
}

/** The deltas whose lines were read. @param {BodyRecord} body */
function receivedDeltas({ deltas, read }) {
  return deltas.filter(([, line]) => line <= read).length;
}

/**
 * Adds up the faults of calls, and gives examples.
 *
 * @param {CallRecord[]} records
 */
export function countFaults(records) {
  /** @type {Counts} */
  const counts = Object.fromEntries(FAULTS.map((name) => [name, 0]));
  /** @type {string[]} */
  const examples = [];
  for (const record of records) {
    for (const [fault, what] of faultsOf(record)) {
      counts[fault] = (counts[fault] ?? 0) + 1;
      if (counts[fault] <= 3) examples.push(`call ${record.plan.number}: ${fault}: ${what.slice(0, 300)}`);
    }
  }
  return { counts, examples };
}
