// What of an answer has another shape in the AI SDK, streamed or not.

import { toCamelCase, withoutUndefined } from "./objects.js";

/** @import { ContentPart, ProviderMetadata, TokenUsage, UnifiedFinishReason } from "../../ai-sdk.js" */
/** @import { ChatCompletionMessage, OciExtras, Usage } from "../../index.js" */
/** @import { Outcome } from "../wasm.js" */
/** @import { Grounding } from "./sources.js" */

/** @type {Record<string, UnifiedFinishReason>} */
const FINISH_REASONS = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter",
};

/**
 * @param {string | null | undefined} reason OpenAI's
 * @param {OciExtras} oci
 * @param {boolean} hasCalls
 * @returns {{ unified: UnifiedFinishReason, raw: string | undefined }}
 */
export function finishReasonOf(reason, oci, hasCalls) {
  // Services of the openai transport may say that the model stopped.
  const unified = reason === "stop" && hasCalls ? "tool-calls" : (FINISH_REASONS[reason ?? ""] ?? "other");
  // null is a reason too: that of Cohere's models after a stop sequence.
  const raw = (oci.finish_reason === undefined ? reason : oci.finish_reason) ?? undefined;
  return { unified, raw };
}

/**
 * Counts that the service has not sent stay undefined.
 *
 * @param {Usage | null | undefined} usage
 * @returns {TokenUsage}
 */
export function usageOf(usage) {
  const input = usage?.prompt_tokens;
  const cached = usage?.prompt_tokens_details?.cached_tokens;
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens;
  const output = usage ? completionTokens(usage) : undefined;
  return {
    inputTokens: { total: input, noCache: difference(input, cached), cacheRead: cached, cacheWrite: undefined },
    outputTokens: { total: output, text: difference(output, reasoning), reasoning },
    ...(usage && { raw: /** @type {any} */ (usage) }),
  };
}

/**
 * @param {number | undefined} whole
 * @param {number | undefined} part
 */
function difference(whole, part) {
  return whole === undefined || part === undefined ? undefined : whole - part;
}

/**
 * With reasoning, which xAI's models count in the total alone.
 *
 * @param {Usage} usage
 */
function completionTokens({ prompt_tokens: prompt, completion_tokens: count, total_tokens: total, ...details }) {
  const reasoning = details.completion_tokens_details?.reasoning_tokens ?? 0;
  const isApart = reasoning > count || (reasoning > 0 && total >= prompt + count + reasoning);
  return isApart ? count + reasoning : count;
}

/**
 * @param {Record<string, unknown>} found of the answer
 * @param {Outcome} outcome
 * @returns {ProviderMetadata}
 */
export function metadataOf(found, { target }) {
  const { transport, servingMode, apiFormat, region } = target?.route ?? {};
  const route = target && withoutUndefined({ transport, servingType: servingMode?.servingType, apiFormat, region });
  return { oci: /** @type {any} */ (toCamelCase({ ...found, route: route ?? undefined })) };
}

/**
 * @param {Outcome} outcome
 * @returns {Record<string, string>}
 */
export function headersOf({ report }) {
  const id = report.attempts.at(-1)?.opcRequestId;
  return id === undefined ? {} : { "opc-request-id": id };
}

/**
 * What is known of an answer from its start.
 *
 * @param {{ id: string, created: number, model: string }} answer
 */
export function responseOf({ id, created, model }) {
  return withoutUndefined({ id, timestamp: created > 0 ? new Date(created * 1000) : undefined, modelId: model });
}

/**
 * The content of a whole answer, in the order that a stream has.
 *
 * @param {ChatCompletionMessage} message
 * @param {Grounding} grounding
 * @returns {ContentPart[]}
 */
export function contentOf({ reasoning_content: reasoning, content, refusal, tool_calls: calls = [] }, grounding) {
  const { sources, citations } = grounding;
  /** @type {ContentPart[]} */
  const parts = [];
  if (reasoning) parts.push({ type: "reasoning", text: reasoning });
  const text = `${content ?? ""}${refusal ?? ""}`;
  if (text !== "") parts.push({ type: "text", text, ...(citations.length > 0 && { citations }) });
  parts.push(...sources);
  for (const { id, function: called } of calls) {
    parts.push({ type: "tool-call", toolCallId: id, toolName: called.name, input: called.arguments });
  }
  return parts;
}
