// The option `logger`: how calls end, for whoever operates the client.

import { OciError, createError } from "./error.js";

/** @import { CallReport, Logger } from "../index.js" */
/** @import { OnFinish } from "./report.js" */

/** @type {readonly (keyof Logger)[]} */
const LEVELS = ["debug", "warn", "error"];

/**
 * @param {Logger} logger
 * @returns {Logger}
 */
export function requireLogger(logger) {
  for (const level of LEVELS) {
    if (typeof logger?.[level] === "function") continue;
    throw createError("invalid_options", `the option logger has no method ${level}`, "console is one");
  }
  return logger;
}

/**
 * `onFinish` of a client with a logger. A logger that throws does not keep the report from
 * `onFinish`.
 *
 * @param {Logger} logger
 * @param {OnFinish} [onFinish]
 * @returns {OnFinish}
 */
export function withLogger(logger, onFinish) {
  return (report, error) => {
    try {
      log(logger, report, error);
    } catch {
      // As an error of `onFinish`: it must not affect the call.
    }
    return onFinish?.(report);
  };
}

/**
 * @param {Logger} logger
 * @param {CallReport} report
 * @param {unknown} error
 */
function log(logger, report, error) {
  const failed = report.attempts.flatMap(({ code }) => code ?? []);
  const call = `oci-genai-edge: ${report.operation ?? "call"} of ${report.model || "no model"}`;
  if (report.error !== undefined) {
    const why = error instanceof OciError ? describe(error) : "";
    logger.error(`${call} failed: ${report.error}${why}`, report);
  } else if (report.phase !== "complete") {
    logger.debug(`${call} was ended by its caller`, report);
  } else if (report.fallback !== undefined) {
    logger.warn(`${call} was not streamed: ${report.fallback}`, report);
  } else if (failed.includes("wrong_api_format")) {
    const format = report.route?.apiFormat;
    logger.warn(`${call} took another request to find its format: set apiFormat to ${format}`, report);
  } else if (failed.length > 0) {
    logger.warn(`${call} succeeded after ${failed.join(", ")}`, report);
  } else {
    logger.debug(`${call} took ${report.totalMs} ms`, report);
  }
}

/** @param {OciError} error */
function describe({ message, hint }) {
  return hint === undefined ? `: ${message}` : `: ${message} (${hint})`;
}
