// Answers in the format COHERE. The last event repeats the whole text, and there is no [DONE].

import { padded } from "./padding.mjs";

/** @import { Answer, Json, Result, Serving } from "./types.d.ts" */

/**
 * The ChatResult.
 *
 * @param {Result} result
 */
export function cohereBody({ serving, request, answers: [answer] }) {
  return {
    modelId: serving.modelId,
    modelVersion: serving.modelVersion,
    chatResponse: { apiFormat: "COHERE", ...finalOf(request, answer), usage: usageOf(request, answer) },
  };
}

/**
 * The `data:` payloads of a stream.
 *
 * @param {Result} result
 */
export function cohereEvents({ serving, request, answers: [answer], includeUsage }) {
  const deltas = [...answer.text, ...leak(request, answer)].map((text) => ({ text }));
  const final = finalOf(request, answer);
  const usage = includeUsage && { usage: usageOf(request, answer) };
  const events =
    answer.calls.length > 0
      ? [...deltas, { text: final.text, toolCalls: final.toolCalls }, ...toolCallEnd(serving, final, usage)]
      : [...deltas, { ...final, ...usage }];
  return events.map((event, at) => JSON.stringify(padded({ apiFormat: "COHERE", ...event }, at)));
}

/**
 * Both ends of tool calls were recorded: one event with everything, or the finishReason in an event
 * of its own.
 *
 * @param {Serving} serving
 * @param {Json} final
 * @param {object | false} usage
 */
function toolCallEnd(serving, final, usage) {
  if (serving.backend !== "split") return [{ ...final, ...usage }];
  const { finishReason: reason, ...rest } = final;
  return [rest, { finishReason: reason, ...usage }];
}

/**
 * @param {Json} request
 * @param {Answer} answer
 * @returns {Json}
 */
function finalOf(request, answer) {
  const text = [...answer.text, ...leak(request, answer)].join("");
  const toolCalls = answer.calls.map((call) => ({ name: call.name, parameters: call.arguments }));
  const calls = toolCalls.length > 0 && { toolCalls };
  return {
    text,
    chatHistory: [...historyOf(request), { role: "CHATBOT", message: text, ...calls }],
    ...citationsOf(request, text),
    finishReason: finishReason(request, answer),
    ...calls,
  };
}

/** @param {Json} request */
function historyOf({ chatHistory = [], message, toolResults }) {
  const turn = [];
  if (message !== "") turn.push({ role: "USER", message });
  if (toolResults?.length > 0) turn.push({ role: "TOOL", toolResults });
  return [...chatHistory, ...turn];
}

/**
 * @param {Json} request
 * @param {string} text
 */
function citationsOf({ documents = [] }, text) {
  if (documents.length === 0) return undefined;
  const documentIds = documents.map(
    (/** @type {Json} */ document, /** @type {number} */ at) => document?.id ?? `doc_${at}`,
  );
  const end = Math.min(text.length, 9);
  return { citations: [{ start: 0, end, text: text.slice(0, end), documentIds }] };
}

/**
 * @param {Json} request
 * @param {Answer} answer
 */
function finishReason(request, answer) {
  if (answer.finish === "length") return "MAX_TOKENS";
  return hasStops(request) && answer.calls.length === 0 ? null : "COMPLETE";
}

/**
 * As recorded, stop sequences leave the start of a special token in the text, and no finish reason.
 *
 * @param {Json} request
 * @param {Answer} answer
 */
function leak(request, answer) {
  return hasStops(request) && answer.calls.length === 0 && answer.finish !== "length" ? ["<|"] : [];
}

/** @param {Json} request */
function hasStops({ stopSequences = [] }) {
  return stopSequences.length > 0;
}

/**
 * @param {Json} request
 * @param {Answer} answer
 */
function usageOf(request, answer) {
  const completionTokens = answer.completionTokens + leak(request, answer).length;
  const { promptTokens } = answer;
  return { completionTokens, promptTokens, totalTokens: promptTokens + completionTokens };
}
