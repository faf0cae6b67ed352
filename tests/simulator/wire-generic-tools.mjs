// How the backends of GENERIC write tool calls. No call has an index.

import { pythonJson } from "./samples.mjs";
import { fragments } from "./tokens.mjs";

/** @import { Backend, ToolCall } from "./types.d.ts" */

/** @typedef {{ events: object[], last: object | undefined }} StreamedCalls messages, and that of the finish event */

/**
 * The messages that stream the calls, and the message of the finish event, if it has one.
 *
 * @param {ToolCall[]} calls
 * @param {Backend} backend
 * @returns {StreamedCalls}
 */
export function toolCallEvents(calls, backend) {
  return STREAMED[backend.calls]?.(calls, backend) ?? { events: [], last: undefined };
}

/**
 * `{ toolCalls }` of an unstreamed message, if there are any.
 *
 * @param {ToolCall[]} calls
 * @param {Backend} backend
 */
export function toolCallsOf(calls, backend) {
  if (calls.length === 0 || backend.calls === "text") return undefined;
  return { toolCalls: calls.map((call) => completeCall(call, backend)) };
}

/**
 * Calls as Qwen writes them when its output is not parsed.
 *
 * @param {ToolCall[]} calls
 */
export function callsAsText(calls) {
  return calls
    .map((call) => `<tool_call>\n${pythonJson({ name: call.name, arguments: call.arguments })}\n</tool_call>`)
    .join("\n");
}

/** @type {Record<string, (calls: ToolCall[], backend: Backend) => StreamedCalls>} */
const STREAMED = {
  // vLLM: a first event without arguments, then fragments without id, then empty ones.
  fragments(calls, backend) {
    const events = calls.flatMap((call) => [
      toolMessage({ type: "FUNCTION", id: backend.callId(call.digest), name: call.name }),
      ...fragments(pythonJson(call.arguments)).map((text) => toolMessage({ type: "FUNCTION", arguments: text })),
      toolMessage({ type: "FUNCTION", arguments: "" }),
    ]);
    return { events, last: toolMessage({ type: "FUNCTION", arguments: "" }) };
  },

  // OpenAI: the first event has empty arguments.
  emptyOpener(calls, backend) {
    const events = calls.flatMap((call) => [
      toolMessage({ type: "FUNCTION", id: backend.callId(call.digest), name: call.name, arguments: "" }),
      ...fragments(JSON.stringify(call.arguments)).map((text) => toolMessage({ type: "FUNCTION", arguments: text })),
    ]);
    return { events, last: { role: "ASSISTANT" } };
  },

  complete(calls, backend) {
    const last = backend.finish === "bare" ? undefined : { role: "ASSISTANT" };
    return { events: calls.map((call) => toolMessage(completeCall(call, backend))), last };
  },

  text(calls) {
    return { events: fragments(callsAsText(calls), 12).map(textMessage), last: textMessage("") };
  },
};

/**
 * @param {ToolCall} call
 * @param {Backend} backend
 */
function completeCall(call, backend) {
  const id = backend.callId(call.digest);
  const print = backend.calls === "fragments" ? pythonJson : JSON.stringify;
  return { type: "FUNCTION", ...(id && { id }), name: call.name, arguments: print(call.arguments) };
}

/** @param {object} call */
function toolMessage(call) {
  return { role: "ASSISTANT", toolCalls: [call] };
}

/** @param {string} text */
function textMessage(text) {
  return { role: "ASSISTANT", content: [{ type: "TEXT", text }] };
}
