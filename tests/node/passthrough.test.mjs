// On the openai transport the service's bytes pass as they came.
import assert from "node:assert/strict";
import { test } from "node:test";

import { OciGenAI } from "oci-genai-edge";

const chunk = (choices, more = "") =>
  `{"id":"chatcmpl-1","object":"chat.completion.chunk", "created":5,"model":"m","choices":${choices}${more}}`;
const text = (content) => chunk(`[{"index":0,"delta":{"content":${content}},"finish_reason":null}]`);
const FIRST = `: hello\r\n\r\nevent: message\r\nid: 7\r\ndata: ${text('"H\\u00e9"')}\r\n\r\n`;
const MIDDLE = `data: ${text('"llo"')}\n\n: still here\n\ndata:${text('" w\\/orld"')}\n\ndata: ${text('"é 😀"')}\n\n`;
const FINISH = `data: ${chunk('[{"index":0,"delta":{},"finish_reason":"stop"}]')}\n\n`;
const USAGE = `data: ${chunk("[]", ',"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}')}\n\n`;
const DONE = "data: [DONE]\n\n";
// What stands before the first event is no answer yet: it does not pass.
const SHOWN = FIRST.slice(FIRST.indexOf("event:"));

async function passed(stream, size, includeUsage) {
  const bytes = new TextEncoder().encode(stream);
  const body = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
  const fetch = async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
  const oci = new OciGenAI({ region: "us-chicago-1", apiKey: "sk-test", fetch });
  const request = { model: "vendor.model", messages: [{ role: "user", content: "?" }], stream: true };
  if (includeUsage) request.stream_options = { include_usage: true };
  const response = await oci.fetch("https://gateway.example/v1/chat/completions", { method: "POST", body: JSON.stringify(request) });
  return response.text();
}

test("the service's bytes pass, however they are cut", async () => {
  for (const size of [1, 2, 3, 7, 64, 1400, 100_000]) {
    assert.equal(await passed(FIRST + MIDDLE + FINISH + USAGE + DONE, size, true), SHOWN + MIDDLE + FINISH + USAGE + DONE, `${size} bytes`);
  }
});

test("a usage that nobody asked for does not pass", async () => {
  for (const size of [1, 7, 1400]) {
    assert.equal(await passed(FIRST + MIDDLE + FINISH + USAGE + DONE, size, false), SHOWN + MIDDLE + FINISH + DONE, `${size} bytes`);
  }
});

test("an end that the service leaves out is written", async () => {
  assert.equal(await passed(FIRST + MIDDLE + FINISH, 50, true), SHOWN + MIDDLE + FINISH + DONE);
});
