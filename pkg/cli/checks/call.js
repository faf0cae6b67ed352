// One short streamed chat, from which several checks conclude.

import { OciError, OciGenAI } from "oci-genai-edge";

import { inspectEndpoint } from "./control-plane.js";

/** @import { CallReport, ClientOptions } from "oci-genai-edge" */
/** @import { Facts, Found } from "./facts.js" */

/**
 * How the call ended. `apiFormat` is the format that worked, `rejectedFormat` the one that was set and did not.
 *
 * @typedef {object} CallOutcome
 * @property {OciError} [error]
 * @property {CallReport} [report]
 * @property {number} chunks
 * @property {ClientOptions["apiFormat"]} [apiFormat]
 * @property {string} [rejectedFormat]
 */

const PROMPT = "Write the numbers from one to ten as English words, with commas between them. Nothing else.";
const MAX_TOKENS = 48;
const TIMEOUTS = { totalMs: 120_000, firstChunkMs: 60_000 };

/**
 * Calls the model, once for all checks.
 *
 * @param {Facts} facts
 * @returns {Promise<CallOutcome>}
 */
export function callModel(facts) {
  facts.call ??= call(facts);
  return facts.call;
}

/**
 * A failure of the call in one line, with the advice that comes with it: the client's own hint.
 *
 * @param {OciError} error
 * @returns {Pick<Found, "found" | "advice">}
 */
export function describeError({ code, message, serviceMessage, opcRequestId, hint }) {
  const words = serviceMessage ? `: ${serviceMessage}` : "";
  const id = opcRequestId ? ` (request ${opcRequestId})` : "";
  return { found: `${code}: ${message}${words}${id}`, advice: hint };
}

/**
 * @param {Facts} facts
 * @returns {Promise<CallOutcome>}
 */
async function call(facts) {
  const { resource } = await inspectEndpoint(facts);
  // The control plane knows the compartment that the call needs.
  const compartmentId = facts.client.compartmentId ?? resource?.compartmentId;
  const options = { ...facts.client, compartmentId };
  const outcome = await attempt(facts, options);
  if (options.apiFormat === undefined || outcome.error?.code !== "wrong_api_format") return outcome;
  const corrected = await attempt(facts, { ...options, apiFormat: undefined });
  return { ...corrected, rejectedFormat: options.apiFormat };
}

/**
 * @param {Facts} facts
 * @param {ClientOptions} options
 * @returns {Promise<CallOutcome>}
 */
async function attempt({ model, signal, fetch }, options) {
  const oci = new OciGenAI({ ...options, fetch, retry: { maxAttempts: 1 }, timeouts: TIMEOUTS });
  const messages = [{ role: /** @type {const} */ ("user"), content: PROMPT }];
  const stream = oci.stream({ model, messages, max_tokens: MAX_TOKENS }, { signal });
  let chunks = 0;
  try {
    for await (const chunk of stream) chunks += chunk.choices.length;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { error, chunks, report: stream.report };
  }
  return { chunks, report: stream.report, apiFormat: oci.route(model).apiFormat };
}
