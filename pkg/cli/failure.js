// What goes wrong in a command, and how it is told: one line, and what to do about it.

import { OciError } from "oci-genai-edge";

/** A failure that has been foreseen. `hint` says what to do. */
export class CommandError extends Error {
  /**
   * @param {string} message
   * @param {string} [hint]
   */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** Arguments that can't be used. */
export class UsageError extends CommandError {}

/** The reason of an abort by SIGINT or SIGTERM. */
export class Interrupted extends Error {}

/** The reason of an abort because nobody reads the output any more. */
export class OutputClosed extends Error {}

/**
 * Lines for people. Never a stack trace, a header or a key.
 *
 * @param {unknown} error
 * @returns {string[]}
 */
export function describeFailure(error) {
  if (error instanceof OciError) return describeOciError(error);
  if (error instanceof CommandError) return lines(error.message, error.hint);
  return lines(messageOf(error));
}

/**
 * The message of what was thrown, with what caused it: `fetch failed` says nothing by itself.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error)) return message || (systemCodeOf(error) ?? error.name);
  return `${message}: ${messageOf(cause)}`;
}

/**
 * The code of an error of Node, such as `ENOTFOUND`, also where it is the cause of another error. Undefined where there
 * is none.
 *
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function systemCodeOf(error) {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ("code" in each && typeof each.code === "string" && !(each instanceof OciError)) return each.code;
  }
  return undefined;
}

/** @param {OciError} error */
function describeOciError({ code, message, hint, serviceMessage, opcRequestId, cause }) {
  return lines(
    `${code}: ${message}`,
    cause === undefined ? undefined : `because: ${messageOf(cause)}`,
    hint,
    serviceMessage && `the service said: ${serviceMessage}`,
    opcRequestId && `request id: ${opcRequestId}`,
  );
}

/**
 * @param {string} first
 * @param {(string | undefined)[]} more
 */
function lines(first, ...more) {
  const rest = more.filter((line) => line !== undefined && line !== "");
  return [`oci-genai-edge: ${first}`, ...rest.map((line) => `  ${line}`)];
}
