// Answers in the format COHEREV2. The unstreamed body was confirmed live. No stream was recorded:
// the events follow the schema, and what several parsers expect.

import { createHash } from "node:crypto";
import { padded } from "./padding.mjs";

/** @import { Answer, Finish, Result, ToolCall } from "./types.d.ts" */

/**
 * The ChatResult.
 *
 * @param {Result} result
 */
export function cohereV2Body({ serving, prompt, answers: [answer] }) {
  const hasCalls = answer.calls.length > 0;
  /** @type {object[]} */
  const content = answer.reasoning.length > 0 ? [thinkingPart(answer.reasoning.join(""))] : [];
  if (!hasCalls && answer.text.length > 0) content.push(textPart(answer.text.join("")));
  return {
    modelId: serving.modelId,
    modelVersion: serving.modelVersion,
    chatResponse: {
      apiFormat: "COHEREV2",
      id: createHash("sha256").update(prompt.seed).digest("hex").slice(0, 32),
      message: {
        role: "ASSISTANT",
        content,
        ...(hasCalls && { toolCalls: answer.calls.map(callOf), toolPlan: answer.text.join("") }),
      },
      finishReason: FINISH[answer.finish],
      usage: usageOf(answer),
    },
  };
}

/**
 * The `data:` payloads of a stream.
 *
 * @param {Result} result
 */
export function cohereV2Events({ answers: [answer], includeUsage }) {
  /** @type {object[]} */
  const deltas = answer.reasoning.map((token) => ({ content: [thinkingPart(token)] }));
  if (answer.calls.length > 0) {
    deltas.push(...answer.text.map((token) => ({ content: [], toolPlan: token })));
    deltas.push(...answer.calls.map((call) => ({ content: [], toolCalls: [callOf(call)] })));
  } else {
    deltas.push(...answer.text.map((token) => ({ content: [textPart(token)] })));
  }
  /** @type {object[]} */
  const events = deltas.map((message) => ({ message: { role: "ASSISTANT", ...message } }));
  const usage = includeUsage && { usage: usageOf(answer) };
  events.push({ message: { role: "ASSISTANT", content: [] }, finishReason: FINISH[answer.finish], ...usage });
  return events.map((event, at) => JSON.stringify(padded({ apiFormat: "COHEREV2", ...event }, at)));
}

/** @type {Record<Finish, string>} */
const FINISH = { stop: "COMPLETE", length: "MAX_TOKENS", stop_sequence: "STOP_SEQUENCE", tool_calls: "TOOL_CALL" };

/** @param {ToolCall} call */
function callOf(call) {
  return {
    id: `${call.name}_${call.digest.slice(0, 12)}`,
    type: "FUNCTION",
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  };
}

/** @param {string} text */
function textPart(text) {
  return { type: "TEXT", text };
}

/** @param {string} thinking */
function thinkingPart(thinking) {
  return { type: "THINKING", thinking };
}

/** @param {Answer} answer */
function usageOf({ promptTokens, completionTokens: contentTokens, reasoning }) {
  const completionTokens = contentTokens + reasoning.length;
  return { completionTokens, promptTokens, totalTokens: promptTokens + completionTokens };
}
