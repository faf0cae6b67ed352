// Answers in the format GENERIC: the unstreamed body, and the events of a stream.

import { backendOf } from "./backends.mjs";
import { padded } from "./padding.mjs";
import { callsAsText, toolCallEvents, toolCallsOf } from "./wire-generic-tools.mjs";

/** @import { Answer, Backend, Result } from "./types.d.ts" */

/**
 * The ChatResult.
 *
 * @param {Result} result
 */
export function genericBody({ serving, answers, created }) {
  const backend = backendOf(serving.backend);
  return {
    modelId: serving.modelId,
    modelVersion: serving.modelVersion,
    chatResponse: {
      apiFormat: "GENERIC",
      timeCreated: created.toISOString(),
      choices: answers.map((answer, index) => ({
        index,
        ...messageOf(answer, backend),
        finishReason: finishReason(answer, backend),
        ...backend.choice,
      })),
      usage: usageOf(answers, backend),
      ...backend.response,
    },
  };
}

/**
 * The `data:` payloads of a stream, `[DONE]` included.
 *
 * @param {Result} result
 */
export function genericEvents({ serving, answers, includeUsage }) {
  const backend = backendOf(serving.backend);
  const events = interleave(answers.map((answer, index) => choiceEvents(answer, index, backend)));
  if (includeUsage) events.push({ usage: usageOf(answers, backend) });
  return [...events.map((event, at) => JSON.stringify(padded(event, at))), "[DONE]"];
}

/**
 * @param {Answer} answer
 * @param {number} index
 * @param {Backend} backend
 * @returns {object[]}
 */
function choiceEvents(answer, index, backend) {
  /** @type {object[]} */
  const deltas = startsWithEmptyText(answer, backend) ? [textDelta("", index)] : [];
  deltas.push(...answer.reasoning.map((token) => ({ index, message: { role: "ASSISTANT", reasoningContent: token } })));
  if (backend.finish === "whole") return [...deltas, wholeAnswer(answer, index, backend)];
  if (answer.calls.length > 0) {
    const { events, last } = toolCallEvents(answer.calls, backend);
    deltas.push(...events.map((message) => ({ index, message })));
    return [...deltas, finishEvent(last, answer, index, backend)];
  }
  for (const token of answer.text) deltas.push(textDelta(token, index));
  const last = backend.finish === "empty" && answer.text.length > 0 ? textDelta("").message : undefined;
  return [...deltas, finishEvent(last, answer, index, backend)];
}

/**
 * vLLM sends the role with an empty text before the first token.
 *
 * @param {Answer} answer
 * @param {Backend} backend
 */
function startsWithEmptyText(answer, backend) {
  return answer.calls.length > 0 ? backend.calls === "fragments" : backend.finish === "empty" && answer.text.length > 0;
}

/**
 * @param {Answer} answer
 * @param {number} index
 * @param {Backend} backend
 */
function wholeAnswer(answer, index, backend) {
  const content = answer.calls.length > 0 ? [] : [textPart(answer.text.join(""))];
  const message = { role: "ASSISTANT", content, ...toolCallsOf(answer.calls, backend) };
  return finishEvent(message, answer, index, backend);
}

/**
 * The recorded finish event has no index. With several choices it needs one.
 *
 * @param {object | undefined} message
 * @param {Answer} answer
 * @param {number} index
 * @param {Backend} backend
 */
function finishEvent(message, answer, index, backend) {
  return { ...(index > 0 && { index }), ...(message && { message }), finishReason: finishReason(answer, backend) };
}

/**
 * @param {string} text
 * @param {number} [index]
 */
function textDelta(text, index) {
  return { index, message: { role: "ASSISTANT", content: [textPart(text)] } };
}

/** @param {string} text */
function textPart(text) {
  return { type: "TEXT", text };
}

/**
 * @param {Answer} answer
 * @param {Backend} backend
 */
function messageOf(answer, backend) {
  // A choice has no message when reasoning used up the limit.
  if (answer.calls.length === 0 && answer.text.length === 0 && answer.reasoning.length > 0) return {};
  return {
    message: {
      role: "ASSISTANT",
      content: contentOf(answer, backend),
      ...(answer.reasoning.length > 0 && { reasoningContent: answer.reasoning.join("") }),
      ...backend.message,
      ...toolCallsOf(answer.calls, backend),
    },
  };
}

/**
 * @param {Answer} answer
 * @param {Backend} backend
 */
function contentOf(answer, backend) {
  if (answer.calls.length === 0) return [textPart(answer.text.join(""))];
  return backend.calls === "text" ? [textPart(callsAsText(answer.calls))] : [];
}

/**
 * @param {Answer} answer
 * @param {Backend} backend
 */
function finishReason(answer, backend) {
  if (answer.finish === "length") return "length";
  if (answer.calls.length > 0 && backend.calls !== "text" && !backend.reason) return "tool_calls";
  return backend.reason ?? "stop";
}

/**
 * @param {Result["answers"]} answers
 * @param {Backend} backend
 */
function usageOf(answers, { details, reasoningApart }) {
  const reasoningTokens = answers.reduce((sum, answer) => sum + answer.reasoning.length, 0);
  const contentTokens = answers.reduce((sum, answer) => sum + answer.completionTokens, 0);
  const completionTokens = reasoningApart ? contentTokens : contentTokens + reasoningTokens;
  const { promptTokens } = answers[0];
  return {
    ...(contentTokens > 0 && { completionTokens }),
    promptTokens,
    totalTokens: promptTokens + contentTokens + reasoningTokens,
    ...(details && {
      completionTokensDetails: { acceptedPredictionTokens: 0, reasoningTokens },
      promptTokensDetails: { cachedTokens: 0 },
    }),
  };
}

/**
 * The items of several lists, alternating.
 *
 * @template T
 * @param {T[][]} lists
 */
function interleave(lists) {
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from({ length }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
}
