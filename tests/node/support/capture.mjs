// A client whose fetch keeps what would be sent and answers with as little as each wire allows.

import { OciGenAI } from "oci-genai-edge";
import { COMPARTMENT_ID } from "../../simulator/server.mjs";

const CHAT = {
  GENERIC: {
    timeCreated: "2026-01-01T00:00:00Z",
    choices: [{ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "ok" }] }, finishReason: "stop" }],
  },
  COHERE: { text: "ok", finishReason: "COMPLETE" },
  COHEREV2: { id: "1", message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "ok" }] }, finishReason: "COMPLETE" },
};
const COMPLETION = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
};

/** `{ oci, sent }`: `sent` has { url, headers, text, body } of every request. */
export function capturing(options = {}) {
  const sent = [];
  const fetch = async (url, init) => {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(init.body);
    const body = JSON.parse(text);
    sent.push({ url, headers: Object.fromEntries(new Headers(init.headers)), text, body });
    const format = body.chatRequest?.apiFormat;
    return Response.json(format ? { modelId: "m", modelVersion: "1", chatResponse: { apiFormat: format, ...CHAT[format] } } : COMPLETION);
  };
  const sign = () => ({ authorization: "Signature made by the test" });
  const oci = new OciGenAI({ compartmentId: COMPARTMENT_ID, region: "us-chicago-1", sign, fetch, retry: { maxAttempts: 1 }, ...options });
  return { oci, sent };
}

/** The three ways to ask. `streamed` counts for the third, which says it in the body. */
export const DOORS = {
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
