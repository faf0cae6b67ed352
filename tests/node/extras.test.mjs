// What an answer has beside its text: reasoning under other names or in the text, and fields that only OCI has.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { chatRequest } from "./support/chat-request.mjs";
import { FINISH, event, fakeService, textEvent } from "./support/fake-service.mjs";

const DAC = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const compartmentId = "ocid1.compartment.oc1..example";
const METADATA = { id: "x", created: 1, model: "m" };
const DONE = "data: [DONE]\n\n";

/** A client whose service answers with these chunks. */
function clientOf(chunks, options, service) {
  const { fetch } = fakeService(chunks, service);
  return new OciGenAI({ region: "us-chicago-1", compartmentId, apiKey: "sk-test", fetch, ...options });
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { chunks, completion: await stream.final() };
}

/** The concatenated text of one field of all deltas. */
const textOf = (chunks, field) => chunks.map(({ choices }) => choices[0]?.delta[field] ?? "").join("");

describe("reasoning", () => {
  const chunk = (delta, finish_reason = null) =>
    event({ ...METADATA, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
  const openai = [
    chunk({ role: "assistant", reasoning: "Let " }),
    chunk({ reasoning: "me " }),
    chunk({ reasoning: "see." }),
    chunk({ content: "Eight." }),
    chunk({}, "stop"),
    DONE,
  ];

  test("delta.reasoning is reasoning_content for readers of chunks and for final()", async () => {
    const { chunks, completion } = await collect(clientOf(openai).stream(chatRequest("vendor.model")));
    assert.equal(textOf(chunks, "reasoning_content"), "Let me see.");
    assert.equal(textOf(chunks, "reasoning"), "");
    assert.equal(completion.choices[0].message.reasoning_content, "Let me see.");
    assert.equal(completion.choices[0].message.content, "Eight.");
  });

  test("fetch passes the service's bytes on", async () => {
    const body = JSON.stringify(chatRequest("vendor.model", "?", { stream: true }));
    const response = await clientOf(openai).fetch("https://x.example/v1/chat/completions", { method: "POST", body });
    assert.equal(await response.text(), openai.join(""));
  });

  test("message.reasoning of a whole answer is reasoning_content", async () => {
    const message = { role: "assistant", content: "Eight.", reasoning: "Let me see." };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    const body = { ...METADATA, object: "chat.completion", choices };
    const oci = clientOf([JSON.stringify(body)], {}, { contentType: "application/json" });
    const completion = await oci.chat(chatRequest("vendor.model"));
    const renamed = { role: "assistant", content: "Eight.", reasoning_content: "Let me see." };
    assert.deepEqual(completion.choices[0].message, renamed);
  });

  test("<think> at the start of a text becomes reasoning with reasoningText", async () => {
    const pieces = ["<th", "ink>Let me", " see.</th", "ink>\n\nEig", "ht."].map(textEvent);
    const sign = () => ({ authorization: "x" });
    const oci = clientOf([...pieces, FINISH, DONE], { sign, reasoningText: "auto" });
    const on = await collect(oci.stream(chatRequest(DAC)));
    assert.equal(textOf(on.chunks, "reasoning_content"), "Let me see.");
    assert.equal(textOf(on.chunks, "content"), "Eight.");
    assert.equal(on.completion.choices[0].message.reasoning_content, "Let me see.");
    const off = await collect(clientOf([...pieces, FINISH, DONE], { sign }).stream(chatRequest(DAC)));
    assert.equal(textOf(off.chunks, "content"), "<think>Let me see.</think>\n\nEight.");
  });
});

describe("fields that only OCI has", () => {
  const sign = () => ({ authorization: "x" });
  const guardrailResults = { contentModeration: [{ name: "OVERALL", score: 0 }] };

  test("are under oci of a chunk and of the completion, wherever they stand", async () => {
    const alone = event({ guardrailResults });
    for (const chunks of [
      [alone, textEvent("Hi"), FINISH, DONE],
      [textEvent("Hi"), alone, FINISH],
      [textEvent("Hi"), FINISH, alone, DONE],
    ]) {
      const seen = await collect(clientOf(chunks, { sign }).stream(chatRequest(DAC)));
      assert.deepEqual(seen.completion.oci, { guardrailResults });
      const extras = seen.chunks.flatMap(({ oci }) => oci ?? []);
      assert.deepEqual(extras, [{ guardrailResults }]);
      assert.equal(textOf(seen.chunks, "content"), "Hi");
    }
  });

  test("can't pollute a prototype", async () => {
    const poison = textEvent("Hi").replace("{", '{"__proto__":{"polluted":1},');
    const { completion } = await collect(clientOf([poison, FINISH], { sign }).stream(chatRequest(DAC)));
    assert.equal({}.polluted, undefined);
    assert.equal(completion.polluted, undefined);
    assert.ok(Object.hasOwn(completion.oci, "__proto__"));
  });
});

describe("a stream without an answer", () => {
  test("is an error without fallback, on both transports", async () => {
    for (const model of ["vendor.model", DAC]) {
      const oci = clientOf([DONE], { fallback: "never", sign: () => ({ authorization: "x" }) });
      await assert.rejects(oci.stream(chatRequest(model)).next(), { code: "stream_error" });
      const body = JSON.stringify(chatRequest(model, "?", { stream: true }));
      const response = await oci.fetch("https://x.example/v1/chat/completions", { method: "POST", body });
      assert.equal(response.status, 502);
    }
  });
});
