// How the backends behind GENERIC differ. Each row was seen on the wire unless the README says otherwise.
//
// calls      how tool calls are streamed (see wire-generic-tools.mjs)
// callId     what an id looks like, given a digest; undefined when the backend sends none
// finish     the finish event of a text answer: "empty" text, "bare" (no message), or the "whole" answer
// details    whether usage carries token details
// reasoningApart  whether reasoning tokens count in totalTokens only
// reason     its finish reason when that is not OpenAI's
// message, choice, response   what else an unstreamed answer carries

const vllmId = (digest) => `chatcmpl-tool-${digest.slice(0, 32)}`;
const callId = (digest) => `call_${digest.slice(0, 24)}`;
const numericId = (digest) => `call_${parseInt(digest.slice(0, 7), 16)}`;

export const DIALECTS = {
  llama: { calls: "fragments", callId: vllmId, finish: "empty", message: { toolCalls: [] }, choice: { logprobs: {} } },
  dac: { calls: "fragments", callId: vllmId, finish: "empty" },
  xai: { calls: "complete", callId: numericId, finish: "bare", details: true, reasoningApart: true },
  gpt: {
    calls: "emptyOpener",
    callId,
    finish: "empty",
    details: true,
    message: { annotations: [] },
    choice: { logprobs: {} },
    response: { serviceTier: "DEFAULT" },
  },
  gemini: { calls: "complete", callId: () => undefined, finish: "empty", reason: "STOP", details: true },
  qwen: { calls: "text", callId: vllmId, finish: "empty" },
  bundled: { calls: "bundled", callId, finish: "whole" },
};
