// Reports: what `onFinish` is called with.

/** @import { CallPhase, CallReport, OciErrorCode } from "../index.js" */

/**
 * Calls `onFinish`, if there is one.
 *
 * @param {((report: CallReport) => unknown) | undefined} onFinish
 * @param {() => CallReport} getReport
 */
export function callOnFinish(onFinish, getReport) {
  if (!onFinish) return;
  try {
    /** @type {any} */
    const returned = onFinish(getReport());
    // It may be an async function, although its promise is not awaited.
    if (typeof returned?.catch === "function") returned.catch(() => {});
  } catch {
    // An error in onFinish must not affect the call.
  }
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
