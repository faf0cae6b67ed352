// The ways backends of GENERIC stream tool calls. No call has an index on the wire.

import { pythonJson } from "./samples.mjs";
import { fragments } from "./tokens.mjs";

/** The messages that stream the calls, and the message of the finish event (undefined for none). */
export function toolCallEvents(calls, dialect) {
  return STREAMED[dialect.calls](calls, dialect);
}

/** `{ toolCalls }` of an unstreamed message, or nothing to add. */
export function toolCallsOf(calls, dialect) {
  if (calls.length === 0 || dialect.calls === "text") return undefined;
  return { toolCalls: calls.map((call) => completeCall(call, dialect)) };
}

/** Calls as Qwen writes them when nobody parses its output. */
export function callsAsText(calls) {
  return calls
    .map((call) => `<tool_call>\n${pythonJson({ name: call.name, arguments: call.arguments })}\n</tool_call>`)
    .join("\n");
}

const STREAMED = {
  // vLLM: an opener without arguments, then fragments without id, then empty ones.
  fragments(calls, dialect) {
    const events = calls.flatMap((call) => [
      toolMessage({ type: "FUNCTION", id: dialect.callId(call.digest), name: call.name }),
      ...fragments(pythonJson(call.arguments)).map((text) => toolMessage({ type: "FUNCTION", arguments: text })),
      toolMessage({ type: "FUNCTION", arguments: "" }),
    ]);
    return { events, last: toolMessage({ type: "FUNCTION", arguments: "" }) };
  },

  // OpenAI: the opener carries empty arguments.
  emptyOpener(calls, dialect) {
    const events = calls.flatMap((call) => [
      toolMessage({ type: "FUNCTION", id: dialect.callId(call.digest), name: call.name, arguments: "" }),
      ...fragments(JSON.stringify(call.arguments)).map((text) => toolMessage({ type: "FUNCTION", arguments: text })),
    ]);
    return { events, last: { role: "ASSISTANT" } };
  },

  complete(calls, dialect) {
    const last = dialect.finish === "bare" ? undefined : { role: "ASSISTANT" };
    return { events: calls.map((call) => toolMessage(completeCall(call, dialect))), last };
  },

  text(calls) {
    return { events: fragments(callsAsText(calls), 12).map(textMessage), last: textMessage("") };
  },
};

function completeCall(call, dialect) {
  const id = dialect.callId(call.digest);
  const print = dialect.calls === "fragments" ? pythonJson : JSON.stringify;
  return { type: "FUNCTION", ...(id && { id }), name: call.name, arguments: print(call.arguments) };
}

function toolMessage(call) {
  return { role: "ASSISTANT", toolCalls: [call] };
}

function textMessage(text) {
  return { role: "ASSISTANT", content: [{ type: "TEXT", text }] };
}
