// Errors as the AI SDK recognises them: by marks that it looks for, not by class.

import { OciError } from "../error.js";
import { describe } from "../openai-error.js";

/** The key of the mark that all its errors have; those of a kind have one with the kind's name too. */
const MARK = "vercel.ai.error";

/** `ai` waits no longer than this for a retry that was asked for: it would retry sooner. */
const LONGEST_WAIT_MS = 60_000;

class AiSdkError extends Error {
  /**
   * @param {string} name
   * @param {string} message
   * @param {unknown} [cause]
   */
  constructor(name, message, cause) {
    super(message, cause === undefined ? undefined : { cause });
    // Not enumerable, as `name` and `message` of other errors: printed errors are read by people.
    for (const key of [MARK, `${MARK}.${name}`]) Object.defineProperty(this, Symbol.for(key), { value: true });
    Object.defineProperty(this, "name", { value: name, configurable: true, writable: true });
  }
}

/** A call that failed. */
class ApiCallError extends AiSdkError {
  /**
   * @param {OciError} cause
   * @param {unknown} request
   */
  constructor(cause, request) {
    super("AI_APICallError", describe(cause).message, cause);
    const { status, attempts, retryable, retryAfterMs = Number.POSITIVE_INFINITY } = cause;
    this.url = attempts.at(-1)?.url ?? "";
    if (status !== undefined) this.statusCode = status;
    // The client has retried. Only a wait that the service asked for, and that the call did not wait,
    // is a reason to do so again.
    this.isRetryable = retryable && retryAfterMs < LONGEST_WAIT_MS;
    this.responseHeaders = headersOf(cause);
    this.data = cause.toJSON();
    // They may repeat the prompt: they can be read, and are not printed.
    Object.defineProperty(this, "requestBodyValues", { value: request });
    Object.defineProperty(this, "responseBody", { value: cause.serviceMessage });
  }
}

/** A model that does not exist. */
export class NoSuchModelError extends AiSdkError {
  /**
   * @param {string} modelId
   * @param {string} modelType the method of the provider that was called
   * @param {string} message
   * @param {unknown} [cause]
   */
  constructor(modelId, modelType, message, cause) {
    super("AI_NoSuchModelError", message, cause);
    this.modelId = modelId;
    this.modelType = modelType;
  }
}

/** A part of a prompt that has no counterpart. */
export class UnsupportedFunctionalityError extends AiSdkError {
  /**
   * @param {string} functionality
   * @param {string} hint
   */
  constructor(functionality, hint) {
    super("AI_UnsupportedFunctionalityError", `${functionality} is not supported (${hint})`);
    this.functionality = functionality;
  }
}

/**
 * What to throw for what a call threw: an abort's reason, and whatever else is no `OciError`, as it is.
 *
 * @param {unknown} error
 * @param {unknown} request
 */
export function toAiSdkError(error, request) {
  return error instanceof OciError ? new ApiCallError(error, request) : error;
}

/**
 * @param {OciError} error
 * @param {string} modelId
 * @param {string} modelType
 */
export function noSuchModel(error, modelId, modelType) {
  return new NoSuchModelError(modelId, modelType, describe(error).message, error);
}

/** @param {OciError} error */
function headersOf({ opcRequestId, retryAfterMs }) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (opcRequestId !== undefined) headers["opc-request-id"] = opcRequestId;
  if (retryAfterMs !== undefined) headers["retry-after-ms"] = String(retryAfterMs);
  return headers;
}
