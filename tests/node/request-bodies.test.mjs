// Requests word for word: a conversation in every format, media, and the rules of model families.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointId } from "../simulator/server.mjs";
import { captureClient, capturedChatRequest } from "./support/capture.mjs";

const ENDPOINT = endpointId("simgeneric");
const messages = [{ role: "user", content: "Hello" }];

const call = (id, name, args) => ({ id, type: "function", function: { name, arguments: args } });
const CONVERSATION = [
  { role: "system", content: "Be kind." },
  {
    role: "developer",
    content: [
      { type: "text", text: "Be " },
      { type: "text", text: "brief." },
    ],
  },
  { role: "user", content: "Weather?", name: "ann" },
  { role: "assistant", content: null, tool_calls: [call("c1", "look", '{"city":"Oslo"}'), call("c2", "look", "")] },
  { role: "tool", tool_call_id: "c2", content: "rain" },
  { role: "tool", tool_call_id: "c1", content: '{"sky":"blue"}' },
  { role: "assistant", content: "Fine.", reasoning_content: "Hm.", refusal: "No more." },
  {
    role: "user",
    content: [
      { type: "text", text: "And " },
      { type: "text", text: "now?" },
    ],
  },
];

const part = (text) => ({ type: "TEXT", text });

/** The chatRequest that is sent for a request, which has one message by default. */
const sentFor = (model, request, options) => capturedChatRequest({ model, messages, ...request }, options);

describe("a conversation", () => {
  const system = { role: "SYSTEM", content: [part("Be kind.")] };
  const generic = (id, args) => ({ id, type: "FUNCTION", name: "look", arguments: args });
  const result = (toolCallId, text) => ({ role: "TOOL", toolCallId, content: [part(text)] });

  test("GENERIC: content is an empty list beside tool calls", async () => {
    assert.deepEqual((await sentFor(ENDPOINT, { messages: CONVERSATION })).messages, [
      system,
      { role: "DEVELOPER", content: [part("Be "), part("brief.")] },
      { role: "USER", content: [part("Weather?")], name: "ann" },
      { role: "ASSISTANT", content: [], toolCalls: [generic("c1", '{"city":"Oslo"}'), generic("c2", "")] },
      result("c2", "rain"),
      result("c1", '{"sky":"blue"}'),
      { role: "ASSISTANT", content: [part("Fine.")], refusal: "No more.", reasoningContent: "Hm." },
      { role: "USER", content: [part("And "), part("now?")] },
    ]);
  });

  test("GENERIC and COHEREV2: absent, empty and null content beside tool calls are an empty list", async () => {
    for (const content of [
      {},
      { content: "" },
      { content: null },
      { content: [] },
      { content: [{ type: "text", text: "" }] },
    ]) {
      const turn = { role: "assistant", tool_calls: [call("c1", "look", "{}")], ...content };
      const request = { messages: [...messages, turn, { role: "tool", tool_call_id: "c1", content: "a" }] };
      const sent = await sentFor(ENDPOINT, request);
      assert.deepEqual(sent.messages[1].content, [], JSON.stringify(content));
      const v2 = await sentFor(ENDPOINT, request, { apiFormat: "COHEREV2" });
      assert.deepEqual(v2.messages[1].content, [], JSON.stringify(content));
    }
  });

  test("GENERIC on google.*: one system message at the start, one call and one result in a turn", async () => {
    const request = { messages: [...CONVERSATION, { role: "system", content: "Now." }] };
    assert.deepEqual((await sentFor("google.gemini-2.5-pro", request, { transport: "native" })).messages, [
      { role: "SYSTEM", content: [part("Be kind."), part("Be "), part("brief."), part("Now.")] },
      { role: "USER", content: [part("Weather?")], name: "ann" },
      { role: "ASSISTANT", content: [], toolCalls: [generic("c1", '{"city":"Oslo"}')] },
      result("c1", '{"sky":"blue"}'),
      { role: "ASSISTANT", content: [], toolCalls: [generic("c2", "")] },
      result("c2", "rain"),
      { role: "ASSISTANT", content: [part("Fine.")], refusal: "No more.", reasoningContent: "Hm." },
      { role: "USER", content: [part("And "), part("now?")] },
    ]);
  });

  test("COHERE: preamble, history and message, and results repeat their call", async () => {
    const calls = [
      { name: "look", parameters: { city: "Oslo" } },
      { name: "look", parameters: {} },
    ];
    const toolResults = [
      { call: calls[1], outputs: [{ output: "rain" }] },
      { call: calls[0], outputs: [{ sky: "blue" }] },
    ];
    const history = [
      { role: "USER", message: "Weather?" },
      { role: "CHATBOT", message: "", toolCalls: calls },
    ];
    const cohere = { apiFormat: "COHERE" };
    assert.deepEqual(await sentFor(ENDPOINT, { messages: CONVERSATION }, cohere), {
      apiFormat: "COHERE",
      message: "And now?",
      chatHistory: [...history, { role: "TOOL", toolResults }, { role: "CHATBOT", message: "Fine.No more." }],
      preambleOverride: "Be kind.\n\nBe brief.",
      maxTokens: 4000,
    });
    assert.deepEqual(await sentFor(ENDPOINT, { messages: CONVERSATION.slice(0, 6) }, cohere), {
      apiFormat: "COHERE",
      message: "",
      chatHistory: history,
      toolResults,
      preambleOverride: "Be kind.\n\nBe brief.",
      maxTokens: 4000,
    });
    const explicit = await sentFor(ENDPOINT, { messages: CONVERSATION, oci: { preamble: "Mine." } }, cohere);
    assert.equal(explicit.preambleOverride, "Mine.");
    assert.deepEqual(explicit.chatHistory.slice(0, 2), [
      { role: "SYSTEM", message: "Be kind." },
      { role: "SYSTEM", message: "Be brief." },
    ]);
  });

  test("COHEREV2", async () => {
    const v2 = (id, args) => ({ id, type: "FUNCTION", function: { name: "look", arguments: args } });
    assert.deepEqual((await sentFor(ENDPOINT, { messages: CONVERSATION }, { apiFormat: "COHEREV2" })).messages, [
      system,
      { role: "SYSTEM", content: [part("Be "), part("brief.")] },
      { role: "USER", content: [part("Weather?")] },
      { role: "ASSISTANT", content: [], toolCalls: [v2("c1", '{"city":"Oslo"}'), v2("c2", "{}")] },
      result("c2", "rain"),
      result("c1", '{"sky":"blue"}'),
      { role: "ASSISTANT", content: [{ type: "THINKING", thinking: "Hm." }, part("Fine."), part("No more.")] },
      { role: "USER", content: [part("And "), part("now?")] },
    ]);
  });

  test("media", async () => {
    const content = [
      { type: "image_url", image_url: { url: "https://files.example/a", detail: "low" } },
      { type: "image_url", image_url: "data:image/png;base64,QUJD" },
      { type: "input_audio", input_audio: { data: "QUJD", format: "mp3" } },
      { type: "audio_url", audio_url: { url: "https://files.example/b" } },
      { type: "video_url", video_url: { url: "https://files.example/c" } },
      { type: "file", file: { file_data: "QUJD", filename: "a.pdf" } },
      { type: "file", file: { file_data: "data:video/mp4;base64,QUJD" } },
      { type: "document_url", document_url: { url: "https://files.example/d" } },
    ];
    assert.deepEqual((await sentFor(ENDPOINT, { messages: [{ role: "user", content }] })).messages[0].content, [
      { type: "IMAGE", imageUrl: { url: "https://files.example/a", detail: "LOW" } },
      { type: "IMAGE", imageUrl: { url: "data:image/png;base64,QUJD" } },
      { type: "AUDIO", audioUrl: { url: "data:audio/mpeg;base64,QUJD" } },
      { type: "AUDIO", audioUrl: { url: "https://files.example/b" } },
      { type: "VIDEO", videoUrl: { url: "https://files.example/c" } },
      { type: "DOCUMENT", documentUrl: { url: "data:application/pdf;base64,QUJD" } },
      { type: "VIDEO", videoUrl: { url: "data:video/mp4;base64,QUJD" } },
      { type: "DOCUMENT", documentUrl: { url: "https://files.example/d" } },
    ]);
    const documented = [content[0], { type: "document", document: { id: "1", text: "a" } }];
    const v2 = await sentFor(
      ENDPOINT,
      { messages: [{ role: "user", content: documented }] },
      { apiFormat: "COHEREV2" },
    );
    assert.deepEqual(v2.messages[0].content, [
      { type: "IMAGE_URL", imageUrl: { url: "https://files.example/a", detail: "LOW" } },
      { type: "DOCUMENT", document: { id: "1", text: "a" } },
    ]);
  });
});

describe("rules of model families", () => {
  const native = { transport: "native" };
  const toolWith = (schema) => ({ type: "function", function: { name: "look", parameters: schema } });

  test("maxCompletionTokens for openai.* except gpt-oss, maxTokens for others", async () => {
    for (const name of ["max_tokens", "max_completion_tokens"]) {
      for (const model of ["openai.gpt-5", "openai.gpt-5.1-mini", "openai.o3", "OpenAI.gpt-5", "oci:openai.gpt-5"]) {
        const sent = await sentFor(model, { [name]: 7 }, native);
        assert.deepEqual([sent.maxCompletionTokens, sent.maxTokens], [7, undefined], model);
      }
      for (const model of [
        "openai.gpt-oss-120b",
        "meta.llama-3.3-70b-instruct",
        "xai.grok-4",
        "google.gemini-2.5-pro",
        ENDPOINT,
      ]) {
        const sent = await sentFor(model, { [name]: 7 }, native);
        assert.deepEqual([sent.maxCompletionTokens, sent.maxTokens], [undefined, 7], model);
      }
    }
    const both = await sentFor(ENDPOINT, { max_tokens: 7, max_completion_tokens: 9 });
    assert.deepEqual([both.maxCompletionTokens, both.maxTokens], [undefined, 9]);
  });

  test("oci.max_completion_tokens sends maxCompletionTokens to any endpoint", async () => {
    const sent = await sentFor(ENDPOINT, { oci: { max_completion_tokens: 9 } });
    assert.deepEqual([sent.maxCompletionTokens, sent.maxTokens], [9, undefined]);
  });

  test("a default limit is sent to Cohere only", async () => {
    for (const apiFormat of ["COHERE", "COHEREV2"]) {
      assert.equal((await sentFor(ENDPOINT, {}, { apiFormat })).maxTokens, 4000);
      assert.equal((await sentFor(ENDPOINT, { max_tokens: 5 }, { apiFormat })).maxTokens, 5);
      assert.equal((await sentFor(ENDPOINT, { max_tokens: null }, { apiFormat })).maxTokens, 4000);
    }
    assert.deepEqual(Object.keys(await sentFor(ENDPOINT, {})).toSorted(), ["apiFormat", "messages"]);
  });

  const parameters = {
    $defs: { City: { type: "string", description: "A city." } },
    type: "object",
    properties: { city: { $ref: "#/$defs/City" }, days: { type: "integer", exclusiveMinimum: 0, maximum: 9 } },
    required: ["city"],
  };
  const tools = [{ type: "function", function: { name: "look", description: "Looks.", parameters, strict: true } }];

  test("google.*: inlines references, and removes exclusive bounds", async () => {
    const sent = await sentFor("google.gemini-2.5-pro", { tools }, native);
    const plain = {
      type: "object",
      properties: { city: { type: "string", description: "A city." }, days: { type: "integer", maximum: 9 } },
      required: ["city"],
    };
    assert.deepEqual(sent.tools, [{ type: "FUNCTION", name: "look", description: "Looks.", parameters: plain }]);
    const others = await sentFor("meta.llama-3.3-70b-instruct", { tools }, native);
    assert.deepEqual(others.tools[0].parameters, parameters);
  });

  test("google.*: keeps a property with the name of a removed keyword", async () => {
    const properties = {
      definitions: { type: "array", items: { type: "string" } },
      exclusiveMinimum: { type: "boolean" },
    };
    const schema = { type: "object", properties, required: ["definitions"] };
    const sent = await sentFor("google.gemini-2.5-pro", { tools: [toolWith(schema)] }, native);
    assert.deepEqual(sent.tools[0].parameters, schema);
  });

  test("google.*: keeps the keywords beside a reference", async () => {
    const { properties } = parameters;
    const beside = {
      ...parameters,
      properties: { ...properties, city: { ...properties.city, description: "Where to?" } },
    };
    const sent = await sentFor("google.gemini-2.5-pro", { tools: [toolWith(beside)] }, native);
    assert.deepEqual(sent.tools[0].parameters.properties.city, { type: "string", description: "Where to?" });
  });

  test("google.*: a small schema whose references double at every level does not become a large request", async () => {
    const steps = Array.from({ length: 14 }, (_, at) => {
      const next = { $ref: `#/$defs/D${at + 1}` };
      return [`D${at}`, { type: "object", properties: { a: next, b: next } }];
    });
    const doubling = { $defs: Object.fromEntries([...steps, ["D14", { type: "string" }]]), $ref: "#/$defs/D0" };
    const { oci, sent } = captureClient(native);
    const request = { model: "google.gemini-2.5-pro", messages, tools: [toolWith(doubling)] };
    await oci.chat(request).catch((error) => assert.equal(error.code, "invalid_request"));
    for (const { text } of sent) {
      assert.ok(text.length < 256 * 1024, `${text.length} bytes from ${JSON.stringify(request).length}`);
    }
  });

  test("google.*: a conversation of system text only becomes a user message", async () => {
    const sent = await sentFor(
      "google.gemini-2.5-pro",
      { messages: [{ role: "system", content: "Say hello." }] },
      native,
    );
    assert.deepEqual(sent.messages, [{ role: "USER", content: [part("Say hello.")] }]);
  });

  test("COHERE: a schema becomes Python types", async () => {
    const properties = {
      city: { type: "string", description: "Where." },
      days: { type: ["integer", "null"] },
      lat: { type: "number" },
      exact: { type: "boolean" },
      places: { type: "array", items: { type: "number" } },
      more: { type: "array" },
      rest: { type: "object" },
      any: {},
    };
    const tool = toolWith({ type: "object", properties, required: ["city"] });
    const sent = await sentFor(ENDPOINT, { tools: [tool] }, { apiFormat: "COHERE" });
    const { parameterDefinitions, ...rest } = sent.tools[0];
    assert.deepEqual(rest, { name: "look", description: "look" });
    const types = Object.fromEntries(Object.entries(parameterDefinitions).map(([name, { type }]) => [name, type]));
    assert.deepEqual(types, {
      city: "str",
      days: "int",
      lat: "float",
      exact: "bool",
      places: "List[float]",
      more: "list",
      rest: "dict",
      any: "Any",
    });
    assert.deepEqual(parameterDefinitions.city, { description: "Where.", type: "str", isRequired: true });
    assert.equal(parameterDefinitions.days.isRequired, false);
  });
});
