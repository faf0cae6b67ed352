// Reports: what `onFinish` is called with.

/** @import { CallPhase, CallReport, OciErrorCode } from "../index.js" */
/** @import { Outcome } from "./wasm.js" */

/**
 * What is called at the end of a call, with what it rejected with, if it did.
 *
 * @typedef {(report: CallReport, error?: unknown) => unknown} OnFinish
 */

/**
 * Calls `onFinish`, if there is one.
 *
 * @param {OnFinish | undefined} onFinish
 * @param {() => CallReport} getReport
 * @param {unknown} [error]
 */
export function callOnFinish(onFinish, getReport, error) {
  if (!onFinish) return;
  try {
    /** @type {any} */
    const returned = onFinish(getReport(), error);
    // It may be an async function, although its promise is not awaited.
    if (typeof returned?.catch === "function") returned.catch(() => {});
  } catch {
    // An error in onFinish must not affect the call.
  }
}

/**
 * Adds to a report what the core does not have there.
 *
 * @param {Outcome} outcome
 * @param {string | undefined} requestId
 */
export function completeOutcome(outcome, requestId) {
  const { report, target } = outcome;
  if (requestId !== undefined) report.requestId = requestId;
  if (target) report.route = target.route;
  return outcome;
}

/**
 * The report of a call that was refused before anything was sent.
 *
 * @param {CallPhase} phase
 * @param {OciErrorCode} code
 * @param {string} [model]
 * @returns {CallReport}
 */
export function refusalReport(phase, code, model = "") {
  return { model, attempts: [], streamed: false, totalMs: 0, phase, error: code };
}
