// Calls of the client whose outcome is known: where they went, and how.

import { requestToJson } from "../json.js";
import { headersOf, metadataOf } from "./answer.js";
import { toAiSdkError } from "./errors.js";

/** @import { CallOptions } from "../../index.js" */
/** @import { ClientInternals } from "../client.js" */

/**
 * The whole answer to a request. Rejects as the client does.
 *
 * @param {ClientInternals} client
 * @param {number} mode one of boundary.js
 * @param {object} request
 * @param {CallOptions} options
 */
export async function answerTo(client, mode, request, options) {
  const call = client.createCall(requestToJson(request), options, mode);
  await call.open();
  if (call.completion === undefined) throw call.error;
  return { answer: JSON.parse(call.completion), outcome: call.outcome };
}

/**
 * The answer of an operation other than a chat, and what all results have of it.
 *
 * @param {ClientInternals} client
 * @param {number} mode
 * @param {{ request: object, options: CallOptions }} prepared
 */
export async function operationAnswer(client, mode, { request, options }) {
  try {
    const { answer, outcome } = await answerTo(client, mode, request, options);
    const response = { headers: headersOf(outcome), body: answer };
    return { answer, response, providerMetadata: metadataOf(answer.oci ?? {}, outcome) };
  } catch (error) {
    throw toAiSdkError(error, request);
  }
}
