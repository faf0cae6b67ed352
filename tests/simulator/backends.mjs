// How the backends behind GENERIC differ. Each was recorded unless the README says otherwise.

/** @import { Backend } from "./types.d.ts" */

/** @param {string} digest */
const vllmId = (digest) => `chatcmpl-tool-${digest.slice(0, 32)}`;
/** @param {string} digest */
const callId = (digest) => `call_${digest.slice(0, 24)}`;
/** @param {string} digest */
const numericId = (digest) => `call_${Number.parseInt(digest.slice(0, 7), 16)}`;

/** @type {Record<string, Backend>} */
const BACKENDS = {
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

/**
 * @param {string} name
 * @returns {Backend}
 */
export function backendOf(name) {
  const backend = BACKENDS[name];
  if (!backend) throw new Error(`there is no backend ${name}`);
  return backend;
}
