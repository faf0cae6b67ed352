// COHERE as it goes over the wire. The terminal event says the whole text again, and there is no [DONE].

import { padded } from "./pad.mjs";

/** The ChatResult. */
export function cohereBody({ serving, request, answers: [answer] }) {
  return {
    modelId: serving.modelId,
    modelVersion: serving.modelVersion,
    chatResponse: { apiFormat: "COHERE", ...finalOf(request, answer), usage: usageOf(request, answer) },
  };
}

/** The `data:` payloads of a stream. */
export function cohereEvents({ serving, request, answers: [answer], includeUsage }) {
  const deltas = [...answer.text, ...leak(request, answer)].map((text) => ({ text }));
  const final = finalOf(request, answer);
  const usage = includeUsage && { usage: usageOf(request, answer) };
  const events =
    answer.calls.length > 0
      ? [...deltas, { text: final.text, toolCalls: final.toolCalls }, ...toolTurnEnd(serving, final, usage)]
      : [...deltas, { ...final, ...usage }];
  return events.map((event, at) => JSON.stringify(padded({ apiFormat: "COHERE", ...event }, at)));
}

// Both ends of a tool turn were seen: one event with everything, or the finishReason on its own.
function toolTurnEnd(serving, final, usage) {
  if (serving.dialect !== "split") return [{ ...final, ...usage }];
  const { finishReason, ...rest } = final;
  return [rest, { finishReason, ...usage }];
}

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

function historyOf({ chatHistory = [], message, toolResults }) {
  const turn = [];
  if (message !== "") turn.push({ role: "USER", message });
  if (toolResults?.length > 0) turn.push({ role: "TOOL", toolResults });
  return [...chatHistory, ...turn];
}

function citationsOf({ documents = [] }, text) {
  if (documents.length === 0) return undefined;
  const documentIds = documents.map((document, at) => document?.id ?? `doc_${at}`);
  const end = Math.min(text.length, 9);
  return { citations: [{ start: 0, end, text: text.slice(0, end), documentIds }] };
}

function finishReason(request, answer) {
  if (answer.finish === "length") return "MAX_TOKENS";
  return stops(request) && answer.calls.length === 0 ? null : "COMPLETE";
}

// As recorded: stop sequences leave the start of a special token in the text and no finish reason.
function leak(request, answer) {
  return stops(request) && answer.calls.length === 0 && answer.finish !== "length" ? ["<|"] : [];
}

function stops({ stopSequences = [] }) {
  return stopSequences.length > 0;
}

function usageOf(request, answer) {
  const completionTokens = answer.completionTokens + leak(request, answer).length;
  const { promptTokens } = answer;
  return { completionTokens, promptTokens, totalTokens: promptTokens + completionTokens };
}
