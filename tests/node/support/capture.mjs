// A client whose `fetch` records the requests, and answers with the least that each format allows.

import assert from "node:assert/strict";
import { OciError, OciGenAI } from "oci-genai-edge";
import { COMPARTMENT_ID } from "../../simulator/server.mjs";

/** @import { CallOptions, ChatRequest, ClientOptions } from "oci-genai-edge" */

/** @typedef {{ url: string, headers: Record<string, string>, text: string, body: any }} CapturedRequest */

const message = { role: "ASSISTANT", content: [{ type: "TEXT", text: "ok" }] };
/** @type {Record<string, object>} */
const CHAT_RESPONSES = {
  GENERIC: { timeCreated: "2026-01-01T00:00:00Z", choices: [{ index: 0, message, finishReason: "stop" }] },
  COHERE: { text: "ok", finishReason: "COMPLETE" },
  COHEREV2: { id: "1", message, finishReason: "COMPLETE" },
};
const COMPLETION = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
};

/**
 * A client, and the requests that it sends.
 *
 * @param {ClientOptions} [options]
 */
export function captureClient(options = {}) {
  /** @type {CapturedRequest[]} */
  const sent = [];
  /**
   * @param {any} url
   * @param {any} init
   */
  const fetch = async (url, init) => {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(init.body);
    const body = JSON.parse(text);
    sent.push({ url, headers: Object.fromEntries(new Headers(init.headers)), text, body });
    const apiFormat = body.chatRequest?.apiFormat;
    if (!apiFormat) return Response.json(COMPLETION);
    const chatResponse = { apiFormat, ...CHAT_RESPONSES[apiFormat] };
    return Response.json({ modelId: "m", modelVersion: "1", chatResponse });
  };
  const oci = new OciGenAI({
    compartmentId: COMPARTMENT_ID,
    region: "us-chicago-1",
    sign: () => ({ authorization: "Signature made by the test" }),
    fetch,
    retry: { maxAttempts: 1 },
    ...options,
  });
  return { oci, sent };
}

/**
 * The ways to send a request. `streamed` is for `fetch`, whose body says whether the answer is
 * streamed.
 *
 * @type {Record<string, (oci: OciGenAI, request: any, options?: CallOptions, streamed?: boolean) => Promise<unknown>>}
 */
export const ENTRY_POINTS = {
  chat: (oci, request, options) => oci.chat(request, options),
  stream: (oci, request, options) => oci.stream(request, options).final(),
  async fetch(oci, request, _options, streamed) {
    const body = JSON.stringify({ ...request, stream: streamed });
    const response = await oci.fetch("https://oci.invalid/v1/chat/completions", { method: "POST", body });
    const text = await response.text();
    if (response.status !== 200) throw new Error(text);
    return text;
  },
};

/**
 * The native chatRequest that is sent for a request.
 *
 * @param {ChatRequest} request
 * @param {ClientOptions} [options]
 */
export async function capturedChatRequest(request, options) {
  const { oci, sent } = captureClient(options);
  await oci.chat(request);
  return sent[0]?.body.chatRequest;
}

/**
 * Asserts that a request is rejected before anything is sent, by `chat` and by `stream`, and
 * returns the error.
 *
 * @param {ClientOptions["apiFormat"]} apiFormat
 * @param {ChatRequest} request
 * @param {string} param the parameter that the error names
 */
export async function assertUnsent(apiFormat, request, param) {
  const errors = await Promise.all(
    ["chat", "stream"].map(async (entryPoint) => {
      const { oci, sent } = captureClient({ apiFormat });
      const outcome = await ENTRY_POINTS[entryPoint]?.(oci, request).then(
        () => "accepted",
        (error) => error,
      );
      const call = `${entryPoint} ${JSON.stringify(request)}`;
      assert.ok(outcome instanceof OciError, `${call}: ${outcome}`);
      assert.equal(outcome.code, "invalid_request", `${call}: ${outcome.message}`);
      assert.equal(outcome.param, param, `${call}: ${outcome.message}`);
      assert.equal(sent.length, 0, `${call} is sent`);
      assert.equal(outcome.attempts.length, 0);
      return outcome;
    }),
  );
  return /** @type {OciError} */ (errors.at(-1));
}
