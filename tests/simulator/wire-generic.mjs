// GENERIC as it goes over the wire: the unstreamed body and the events of a stream.

import { DIALECTS } from "./backends.mjs";
import { padded } from "./pad.mjs";
import { callsAsText, toolCallEvents, toolCallsOf } from "./wire-generic-tools.mjs";

/** The ChatResult. `created` is a Date. */
export function genericBody({ serving, answers, created }) {
  const dialect = DIALECTS[serving.dialect];
  return {
    modelId: serving.modelId,
    modelVersion: serving.modelVersion,
    chatResponse: {
      apiFormat: "GENERIC",
      timeCreated: created.toISOString(),
      choices: answers.map((answer, index) => ({
        index,
        ...messageOf(answer, dialect),
        finishReason: finishReason(answer, dialect),
        ...dialect.choice,
      })),
      usage: usageOf(answers, dialect),
      ...dialect.response,
    },
  };
}

/** The `data:` payloads of a stream, `[DONE]` included. */
export function genericEvents({ serving, answers, includeUsage }) {
  const dialect = DIALECTS[serving.dialect];
  const perChoice = answers.map((answer, index) => choiceEvents(answer, index, dialect));
  const events = interleave(perChoice);
  if (includeUsage) events.push({ usage: usageOf(answers, dialect) });
  return [...events.map((event, at) => JSON.stringify(padded(event, at))), "[DONE]"];
}

function choiceEvents(answer, index, dialect) {
  const deltas = opens(answer, dialect) ? [textDelta("", index)] : [];
  deltas.push(...answer.reasoning.map((token) => ({ index, message: { role: "ASSISTANT", reasoningContent: token } })));
  if (dialect.finish === "whole") return [...deltas, wholeAnswer(answer, index, dialect)];
  if (answer.calls.length > 0) {
    const { events, last } = toolCallEvents(answer.calls, dialect);
    deltas.push(...events.map((message) => ({ index, message })));
    return [...deltas, finishEvent(last, answer, index, dialect)];
  }
  for (const token of answer.text) deltas.push(textDelta(token, index));
  const last = dialect.finish === "empty" && answer.text.length > 0 ? textDelta("").message : undefined;
  return [...deltas, finishEvent(last, answer, index, dialect)];
}

// vLLM announces the role with an empty text before the first token.
function opens(answer, dialect) {
  return answer.calls.length > 0 ? dialect.calls === "fragments" : dialect.finish === "empty" && answer.text.length > 0;
}

function wholeAnswer(answer, index, dialect) {
  const content = answer.calls.length > 0 ? [] : [textPart(answer.text.join(""))];
  const message = { role: "ASSISTANT", content, ...toolCallsOf(answer.calls, dialect) };
  return finishEvent(message, answer, index, dialect);
}

// The recorded finish event has no index. With several choices it could not be attributed without one.
function finishEvent(message, answer, index, dialect) {
  return { ...(index > 0 && { index }), ...(message && { message }), finishReason: finishReason(answer, dialect) };
}

function textDelta(text, index) {
  return { index, message: { role: "ASSISTANT", content: [textPart(text)] } };
}

function textPart(text) {
  return { type: "TEXT", text };
}

function messageOf(answer, dialect) {
  // A budget that reasoning used up leaves a choice without any message.
  if (answer.calls.length === 0 && answer.text.length === 0 && answer.reasoning.length > 0) return {};
  return {
    message: {
      role: "ASSISTANT",
      content: contentOf(answer, dialect),
      ...(answer.reasoning.length > 0 && { reasoningContent: answer.reasoning.join("") }),
      ...dialect.message,
      ...toolCallsOf(answer.calls, dialect),
    },
  };
}

function contentOf(answer, dialect) {
  if (answer.calls.length === 0) return [textPart(answer.text.join(""))];
  return dialect.calls === "text" ? [textPart(callsAsText(answer.calls))] : [];
}

function finishReason(answer, dialect) {
  if (answer.finish === "length") return "length";
  if (answer.calls.length > 0 && dialect.calls !== "text" && !dialect.reason) return "tool_calls";
  return dialect.reason ?? "stop";
}

function usageOf(answers, { details, reasoningApart }) {
  const reasoningTokens = answers.reduce((sum, answer) => sum + answer.reasoning.length, 0);
  const spoken = answers.reduce((sum, answer) => sum + answer.completionTokens, 0);
  const completionTokens = reasoningApart ? spoken : spoken + reasoningTokens;
  const { promptTokens } = answers[0];
  return {
    ...(spoken > 0 && { completionTokens }),
    promptTokens,
    totalTokens: promptTokens + spoken + reasoningTokens,
    ...(details && {
      completionTokensDetails: { acceptedPredictionTokens: 0, reasoningTokens },
      promptTokensDetails: { cachedTokens: 0 },
    }),
  };
}

function interleave(lists) {
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from({ length }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
}
