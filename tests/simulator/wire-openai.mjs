// Answers of the OpenAI-compatible API: chat.completion objects, and chunks that end with [DONE].

import { createHash } from "node:crypto";
import { fragments } from "./tokens.mjs";

/** @import { Answer, Finish, OpenaiResult, ToolCall } from "./types.d.ts" */

/**
 * The chat.completion object.
 *
 * @param {OpenaiResult} result
 */
export function openaiBody({ model, prompt, answers, created }) {
  return {
    ...frame("chat.completion", { model, prompt, created }),
    choices: answers.map((answer, index) => ({
      index,
      message: {
        role: "assistant",
        content: answer.calls.length > 0 ? null : answer.text.join(""),
        ...(answer.calls.length > 0 && { tool_calls: answer.calls.map((call) => callOf(call)) }),
      },
      finish_reason: FINISH[answer.finish],
      logprobs: null,
    })),
    usage: usageOf(answers),
  };
}

/**
 * The `data:` payloads of a stream, `[DONE]` included.
 *
 * @param {OpenaiResult} result
 */
export function openaiEvents({ model, prompt, answers, created, includeUsage }) {
  const chunk = frame("chat.completion.chunk", { model, prompt, created });
  /** @type {object[]} */
  const events = answers.flatMap((answer, index) => [
    ...deltasOf(answer).map((delta) => ({ ...chunk, choices: [{ index, delta, finish_reason: null }] })),
    { ...chunk, choices: [{ index, delta: {}, finish_reason: FINISH[answer.finish] }] },
  ]);
  if (includeUsage) events.push({ ...chunk, choices: [], usage: usageOf(answers) });
  return [...events.map((event) => JSON.stringify(event)), "[DONE]"];
}

/** @type {Record<Finish, string>} */
const FINISH = { stop: "stop", length: "length", stop_sequence: "stop", tool_calls: "tool_calls" };

/**
 * @param {string} object
 * @param {Pick<OpenaiResult, "model" | "prompt" | "created">} result
 */
function frame(object, { model, prompt, created }) {
  const id = `chatcmpl-${createHash("sha256").update(prompt.seed).digest("hex").slice(0, 24)}`;
  return { id, object, created: Math.floor(created.getTime() / 1000), model };
}

/**
 * @param {Answer} answer
 * @returns {object[]}
 */
function deltasOf(answer) {
  if (answer.calls.length === 0) {
    return [{ role: "assistant", content: "" }, ...answer.text.map((content) => ({ content }))];
  }
  const calls = answer.calls.flatMap((call, index) => {
    const whole = callOf(call);
    const opener = { ...whole, index, function: { name: call.name, arguments: "" } };
    const rest = fragments(whole.function.arguments).map((text) => ({ index, function: { arguments: text } }));
    return [opener, ...rest].map((part) => ({ tool_calls: [part] }));
  });
  return [{ role: "assistant", content: null }, ...calls];
}

/** @param {ToolCall} call */
function callOf(call) {
  return {
    id: `call_${call.digest.slice(0, 24)}`,
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  };
}

/** @param {OpenaiResult["answers"]} answers */
function usageOf(answers) {
  const completion = answers.reduce((sum, answer) => sum + answer.completionTokens, 0);
  const prompt = answers[0].promptTokens;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
