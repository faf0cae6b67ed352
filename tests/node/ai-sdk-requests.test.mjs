// The provider for the AI SDK: what a call of `ai` is as a request of the client, and its warnings.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PROMPT, QUESTION, TOOLS, fakeModel, find, partsOf, startProvider } from "./support/ai-sdk.mjs";
import { rejection } from "./support/assertions.mjs";

const { lastRequest, model } = await startProvider();

describe("requests", () => {
  /** What the client is asked for. */
  const requestOf = async (call, name = "simgeneric") => {
    const { request, warnings } = await model(name).doGenerate({ prompt: PROMPT, ...call });
    return { ...request.body, warnings };
  };
  const messagesOf = async (prompt, name) => (await requestOf({ prompt }, name)).messages;

  test("settings", async () => {
    const sampling = { temperature: 0.5, topP: 0.9, topK: 7 };
    const call = { maxOutputTokens: 9, ...sampling, presencePenalty: 0.1, frequencyPenalty: 0.2 };
    const headers = { "user-agent": "ai/7 runtime/node", "x-none": undefined };
    const { warnings } = await requestOf({ ...call, seed: 3, stopSequences: ["END"], headers });
    const { body, headers: sent } = lastRequest();
    const { maxTokens, temperature, topP, topK, presencePenalty, frequencyPenalty, seed, stop } = body.chatRequest;
    const received = { maxOutputTokens: maxTokens, temperature, topP, topK, presencePenalty, frequencyPenalty };
    assert.deepEqual({ ...received, seed, stop }, { ...call, seed: 3, stop: ["END"] });
    assert.equal(sent["user-agent"], "ai/7 runtime/node");
    assert.deepEqual(warnings, []);
  });

  test("no setting is sent that was not given", async () => {
    const defaults = { reasoning: "provider-default", toolChoice: { type: "auto" }, stopSequences: [] };
    const { warnings: _, ...request } = await requestOf(defaults);
    assert.deepEqual(Object.keys(request), ["model", "messages"]);
    assert.equal((await requestOf({ ...defaults, tools: TOOLS })).tool_choice, undefined);
  });

  test("a setting that the model lacks is a warning", async () => {
    const { warnings, ...request } = await requestOf({ reasoning: "high", topK: 5 }, "cohere");
    assert.deepEqual(warnings.map(({ type, feature }) => [type, feature]), [["unsupported", "reasoning"]]);
    assert.equal(request.reasoning_effort, undefined);
    assert.equal(lastRequest().body.chatRequest.topK, 5);
    assert.deepEqual(find(await partsOf(model("cohere"), { reasoning: "high" }), "stream-start").warnings, warnings);

    const body = { id: "c", object: "chat.completion", created: 1, model: "m" };
    const message = { role: "assistant", content: "Yes" };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    const openai = { alias: { transport: "openai" }, contentType: "application/json" };
    const { house } = fakeModel([JSON.stringify({ ...body, choices })], openai);
    const result = await house.doGenerate({ prompt: PROMPT, topK: 5, seed: 1 });
    assert.deepEqual(result.warnings.map(({ feature }) => feature), ["topK"]);
    assert.deepEqual([result.request.body.oci, result.request.body.seed], [undefined, 1]);
  });

  test("a setting that is wrong in itself is an error", async () => {
    for (const [call, parameter] of [
      [{ topK: 2.5 }, "oci.top_k"],
      [{ reasoning: "some" }, "reasoning_effort"],
      [{ temperature: "hot" }, "temperature"],
    ]) {
      assert.equal((await rejection(requestOf(call, "cohere"))).cause.param, parameter);
    }
  });

  test("an option of the provider that the model lacks is an error", async () => {
    const effort = { oci: { request: { reasoning_effort: "high" } } };
    assert.equal((await rejection(requestOf({ providerOptions: effort }, "cohere"))).cause.param, "reasoning_effort");
    const providerOptions = { oci: { citationQuality: "FAST" } };
    const error = await rejection(requestOf({ providerOptions }));
    assert.equal(error.cause.param, "oci.citation_quality");
    const misspelt = await rejection(requestOf({ providerOptions: { oci: { citationQualiti: "FAST" } } }));
    assert.equal(misspelt.cause.code, "invalid_request");
  });

  test("more reasoning than OCI has", async () => {
    for (const reasoning of ["xhigh", "max"]) {
      const { warnings, reasoning_effort: effort } = await requestOf({ reasoning });
      assert.equal(effort, "high");
      assert.deepEqual(warnings.map(({ type, feature }) => [type, feature]), [["compatibility", "reasoning"]]);
    }
  });

  test("options of the client's calls, and OpenAI's own parameters", async () => {
    const request = { parallel_tool_calls: false, logprobs: true };
    const own = { apiFormat: "GENERIC", fallback: "never", timeouts: { totalMs: 60_000 }, request };
    const { providerMetadata } = await model("simgpt").doGenerate({ prompt: PROMPT, providerOptions: { oci: own } });
    assert.equal(lastRequest().body.chatRequest.isParallelToolCalls, false);
    assert.equal(lastRequest().body.chatRequest.logProbs, 1);
    assert.ok(providerMetadata.oci.route);
    const call = { prompt: PROMPT, providerOptions: { oci: { fallback: "never" } } };
    const error = await rejection(model("simnostream").doStream(call));
    assert.equal(error.cause.code, "bad_request");
  });

  test("structured output", async () => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const { response_format: named } = await requestOf({ responseFormat: { type: "json", schema, name: "place" } });
    assert.deepEqual(named, { type: "json_schema", json_schema: { name: "place", schema } });
    const { response_format: free } = await requestOf({ responseFormat: { type: "json" } });
    assert.deepEqual(free, { type: "json_object" });
    assert.equal((await requestOf({ responseFormat: { type: "text" } })).response_format, undefined);
  });

  test("tools and the choice among them", async () => {
    const [weather, time] = TOOLS;
    const described = [{ ...weather, description: "Weather", strict: true, inputExamples: [{ input: {} }] }, time];
    const provided = { type: "provider", id: "openai.web_search", name: "web_search", args: {} };
    const { tools, tool_choice: choice, warnings } = await requestOf({
      tools: [...described, provided],
      toolChoice: { type: "required" },
    });
    assert.deepEqual(tools.map(({ function: { name, strict } }) => [name, strict]), [
      ["get_weather", true],
      ["get_time", undefined],
    ]);
    assert.equal(choice, "required");
    assert.deepEqual(warnings.map(({ type }) => type), ["unsupported", "unsupported"]);
    // Cohere's models can't be made to call one of several.
    const toolChoice = { type: "tool", toolName: "get_time" };
    const { content } = await model("cohere2").doGenerate({ prompt: PROMPT, tools: TOOLS, toolChoice });
    assert.equal(content.find(({ type }) => type === "tool-call").toolName, "get_time");
    assert.equal((await requestOf({ tools: [], toolChoice: { type: "none" } })).tools, undefined);
  });

  test("texts and files of a user", async () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
    const file = (mediaType, data, more) => ({ type: "file", mediaType, data, ...more });
    const url = new URL("https://files.example/a");
    const content = [
      { type: "text", text: "See" },
      file("image/png", { type: "data", data: png }, { providerOptions: { oci: { detail: "low" } } }),
      file("image", { type: "data", data: "AAAA" }),
      file("image/*", { type: "url", url }),
      file("audio/mpeg", { type: "data", data: "AAAA" }),
      file("audio/wav", { type: "url", url }),
      file("video/mp4", { type: "data", data: "AAAA" }),
      file("application/pdf", { type: "data", data: "AAAA" }, { filename: "a.pdf" }),
      file("application/pdf", { type: "url", url }),
      file("text/markdown", { type: "text", text: "# A" }),
      file("text/plain", { type: "data", data: new TextEncoder().encode("naïve") }),
      file("text/plain", { type: "url", url }),
    ];
    const [message] = await messagesOf([{ role: "user", content }]);
    assert.deepEqual(message.content, [
      { type: "text", text: "See" },
      { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw==", detail: "low" } },
      { type: "image_url", image_url: { url: "data:image/jpeg;base64,AAAA" } },
      { type: "image_url", image_url: { url: "https://files.example/a" } },
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
      { type: "audio_url", audio_url: { url: "https://files.example/a" } },
      { type: "video_url", video_url: { url: "data:video/mp4;base64,AAAA" } },
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" } },
      { type: "document_url", document_url: { url: "https://files.example/a" } },
      { type: "text", text: "# A" },
      { type: "text", text: "naïve" },
      { type: "document_url", document_url: { url: "https://files.example/a" } },
    ]);
    const images = [png, "AAAA", url].map((data) => file("image/png", data));
    const v3 = [...images, file("text/plain", "QQ==")];
    const [older] = await messagesOf([{ role: "user", content: v3 }]);
    assert.deepEqual(older.content.map(({ image_url: image, text }) => text ?? image.url), [
      "data:image/png;base64,iVBORw==",
      "data:image/png;base64,AAAA",
      "https://files.example/a",
      "A",
    ]);
  });

  test("large files, in base64", async () => {
    const bytes = Uint8Array.from({ length: 200_001 }, (_, at) => at % 251);
    const content = [{ type: "file", mediaType: "image/png", data: { type: "data", data: bytes } }];
    const [message] = await messagesOf([{ role: "user", content }]);
    const [{ image_url: image }] = message.content;
    assert.equal(image.url, `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`);
  });

  test("a file by reference is an error that says what to do", async () => {
    const content = [{ type: "file", mediaType: "image/png", data: { type: "reference", reference: { oci: "f1" } } }];
    const error = await rejection(messagesOf([{ role: "user", content }]));
    assert.equal(error[Symbol.for("vercel.ai.error.AI_UnsupportedFunctionalityError")], true);
    assert.match(error.message, /send the file/);
  });

  test("a conversation with tools", async () => {
    const call = (toolCallId, input) => ({ type: "tool-call", toolCallId, toolName: "get_weather", input });
    const result = (toolCallId, output) => ({ type: "tool-result", toolCallId, toolName: "get_weather", output });
    const image = { type: "file", mediaType: "image/png", data: { type: "data", data: "AAAA" } };
    const outputs = [
      { type: "text", value: "sun" },
      { type: "json", value: { degrees: 7 } },
      { type: "error-text", value: "" },
      { type: "error-json", value: undefined },
      { type: "execution-denied", reason: "not today" },
      { type: "execution-denied" },
      { type: "content", value: [{ type: "text", text: "rain" }] },
      { type: "content", value: [{ type: "text", text: "rain" }, image] },
    ];
    const ids = outputs.map((_, at) => `c${at}`);
    const prompt = [
      { role: "system", content: "Be brief." },
      ...PROMPT,
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Hm" },
          { type: "text", text: "A " },
          { type: "text", text: "moment" },
          ...ids.map((id, at) => call(id, at === 0 ? '{"city":"Oslo"}' : { city: "Oslo" })),
        ],
      },
      { role: "tool", content: ids.map((id, at) => result(id, outputs[at])) },
    ];
    const [system, user, assistant, ...results] = await messagesOf(prompt);
    assert.deepEqual(system, { role: "system", content: "Be brief." });
    assert.deepEqual(user, { role: "user", content: QUESTION });
    const { content, reasoning_content: reasoning, tool_calls: calls } = assistant;
    assert.deepEqual([content, reasoning], ["A moment", "Hm"]);
    assert.ok(calls.every(({ function: { arguments: text } }) => text === '{"city":"Oslo"}'));
    assert.deepEqual(results.map(({ tool_call_id: id }) => id), ids);
    const contents = results.map((message) => message.content);
    assert.deepEqual(contents.slice(0, 5), ["sun", '{"degrees":7}', "", "null", "not today"]);
    assert.match(contents[5], /did not allow/);
    assert.equal(contents[6], "rain");
    assert.deepEqual(contents[7].map(({ type }) => type), ["text", "image_url"]);
  });

  test("what other providers have left in a conversation is not sent, with a warning", async () => {
    const prompt = [
      ...PROMPT,
      { role: "assistant", content: [{ type: "custom", kind: "a.b" }] },
      {
        role: "assistant",
        content: [
          { type: "tool-call", toolCallId: "x", toolName: "search", input: {}, providerExecuted: true },
          { type: "tool-result", toolCallId: "x", toolName: "search", output: { type: "text", value: "" } },
          { type: "text", text: "Found" },
        ],
      },
      { role: "tool", content: [{ type: "tool-approval-response", approvalId: "y", approved: true }] },
      ...PROMPT,
    ];
    const { messages, warnings } = await requestOf({ prompt });
    assert.deepEqual(messages.map(({ role }) => role), ["user", "assistant", "user"]);
    assert.equal(messages[1].content, "Found");
    assert.deepEqual(warnings.map(({ type }) => type), Array.from({ length: 4 }, () => "unsupported"));
  });

  test("only calls beside no text: content is null", async () => {
    const call = { type: "tool-call", toolCallId: "c", toolName: "get_time", input: {} };
    const output = { type: "text", value: "7" };
    const result = { type: "tool-result", toolCallId: "c", toolName: "get_time", output };
    const prompt = [...PROMPT, { role: "assistant", content: [call] }, { role: "tool", content: [result] }];
    for (const name of ["simgeneric", "cohere", "cohere2"]) {
      const [, assistant] = await messagesOf(prompt, name);
      assert.equal(assistant.content, null);
    }
  });
});
