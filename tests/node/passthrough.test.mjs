// The openai transport passes the service's bytes through unchanged.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { chatRequest } from "./support/chat-request.mjs";
import { fakeService } from "./support/fake-service.mjs";

const chunk = (choices, more = "") =>
  `{"id":"chatcmpl-1","object":"chat.completion.chunk", "created":5,"model":"m","choices":${choices}${more}}`;
const text = (content) => chunk(`[{"index":0,"delta":{"content":${content}},"finish_reason":null}]`);
const FIRST = `: hello\r\n\r\nevent: message\r\nid: 7\r\ndata: ${text('"H\\u00e9"')}\r\n\r\n`;
const MIDDLE = `data: ${text('"llo"')}\n\n: still here\n\ndata:${text('" w\\/orld"')}\n\ndata: ${text('"é 😀"')}\n\n`;
const FINISH = `data: ${chunk('[{"index":0,"delta":{},"finish_reason":"stop"}]')}\n\n`;
const USAGE = `data: ${chunk("[]", ',"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}')}\n\n`;
const DONE = "data: [DONE]\n\n";
// A comment before the first event is not passed through: the call may still fall back.
const FIRST_PASSED = FIRST.slice(FIRST.indexOf("event:"));

/**
 * The body that a caller receives for the service's stream, cut into network chunks of `size`
 * bytes.
 */
async function passThrough(stream, size, includeUsage) {
  const bytes = new TextEncoder().encode(stream);
  const chunks = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
  const oci = new OciGenAI({ region: "us-chicago-1", apiKey: "sk-test", fetch: fakeService(chunks).fetch });
  const options = includeUsage && { stream_options: { include_usage: true } };
  const request = chatRequest("vendor.model", "?", { stream: true, ...options });
  const response = await oci.fetch("https://gateway.example/v1/chat/completions", {
    method: "POST",
    body: JSON.stringify(request),
  });
  return response.text();
}

test("passes the service's bytes through, however they are cut", async () => {
  for (const size of [1, 2, 3, 7, 64, 1400, 100_000]) {
    assert.equal(
      await passThrough(FIRST + MIDDLE + FINISH + USAGE + DONE, size, true),
      FIRST_PASSED + MIDDLE + FINISH + USAGE + DONE,
      `${size} bytes`,
    );
  }
});

test("removes a usage event that the caller did not ask for", async () => {
  for (const size of [1, 7, 1400]) {
    assert.equal(
      await passThrough(FIRST + MIDDLE + FINISH + USAGE + DONE, size, false),
      FIRST_PASSED + MIDDLE + FINISH + DONE,
      `${size} bytes`,
    );
  }
});

test("adds a missing [DONE]", async () => {
  assert.equal(await passThrough(FIRST + MIDDLE + FINISH, 50, true), FIRST_PASSED + MIDDLE + FINISH + DONE);
});

test("an error after a part of an event is an event of its own", async () => {
  const event = `data: ${text('"a"')}`;
  const whole = `${event}\n\n`;
  // What is passed on of a second event when the body stalls in or after its line end.
  for (const [sent, passed] of [
    ["\n\n", "\n\n"],
    ["\n", "\n\n\n"],
    ["\r\n", "\r\n\n\n"],
    ["\r", "\r\n\n"],
    ["\r\n\r\n", "\r\n\r\n"],
    ["\r\r", "\r\r"],
  ]) {
    const { fetch } = fakeService([whole, `${event}${sent}`], { hang: true });
    const options = { region: "us-chicago-1", apiKey: "sk-test", timeouts: { chunkMs: 20 }, fetch };
    const stream = new OciGenAI(options).stream(chatRequest("vendor.model", "?"));
    const body = await new Response(stream.toReadableStream()).text();
    const at = body.indexOf('data: {"error"');
    assert.equal(body.slice(0, at), whole + event + passed, JSON.stringify(sent));
    assert.equal(JSON.parse(body.slice(at + 6)).error.code, "timeout");
  }
});
