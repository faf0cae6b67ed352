// Reports: what `onFinish` is called with.

/** @import { CallPhase, CallReport, OciErrorCode } from "../index.js" */
/** @import { Outcome } from "./wasm.js" */

/**
 * What is called at the end of a call, with what it rejected with, if it did.
 *
 * @typedef {(report: CallReport, error?: unknown) => unknown} OnFinish
 */

/**
 * Called once for each request, when it has ended in whatever way. Each outcome that it asks for is
 * an object of its own. `partial` is what was received of an answer that is not complete, as JSON
 * text; `error` is what the call rejected with.
 *
 * @typedef {(getOutcome: () => Outcome, partial?: string, error?: unknown) => void} OnEnd
 */

/**
 * Calls each listener.
 *
 * @param {(OnEnd | undefined)[]} listeners
 * @returns {OnEnd | undefined}
 */
export function joinListeners(...listeners) {
  const [first, ...others] = listeners.filter((listener) => listener !== undefined);
  if (others.length === 0) return first;
  return (getOutcome, partial, error) => {
    for (const listener of [first, ...others]) listener?.(getOutcome, partial, error);
  };
}

/**
 * `onFinish` as a listener.
 *
 * @param {OnFinish | undefined} onFinish
 * @returns {OnEnd | undefined}
 */
export function onEndOf(onFinish) {
  return onFinish && ((getOutcome, _partial, error) => callOnFinish(onFinish, () => getOutcome().report, error));
}

/**
 * Calls `onFinish`.
 *
 * @param {OnFinish} onFinish
 * @param {() => CallReport} getReport
 * @param {unknown} [error]
 */
function callOnFinish(onFinish, getReport, error) {
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
