// Reports: what `onFinish` is called with.

/** @import { CallPhase, CallReport, OciErrorCode } from "../index.js" */
/** @import { Outcome } from "./wasm.js" */

/**
 * Called once for each request, when it has ended in whatever way. Must not throw. Each outcome that
 * it asks for is an object of its own.
 *
 * @typedef {(getOutcome: () => Outcome) => void} OnEnd
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
  return (getOutcome) => [first, ...others].forEach((listener) => listener?.(getOutcome));
}

/**
 * `onFinish` as a listener.
 *
 * @param {((report: CallReport) => unknown) | undefined} onFinish
 * @returns {OnEnd | undefined}
 */
export function onEndOf(onFinish) {
  return onFinish && ((getOutcome) => callOnFinish(onFinish, () => getOutcome().report));
}

/**
 * Calls `onFinish`.
 *
 * @param {(report: CallReport) => unknown} onFinish
 * @param {() => CallReport} getReport
 */
function callOnFinish(onFinish, getReport) {
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
