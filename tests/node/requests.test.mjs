// What is sent: generated requests on every wire, held against the models of the official SDK and against the simulator; and what is not
// sent, because the wire can't express it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { OciError } from "oci-genai-edge";
import { COMPARTMENT_ID, endpointId, startSimulator } from "../simulator/server.mjs";
import { capturing, DOORS } from "./support/capture.mjs";
import { expected } from "./support/expected-request.mjs";
import { CANNOT, REFUSED, WRONG_KIND } from "./support/unsupported.mjs";
import { makeRequest, randomFrom } from "./support/generated-requests.mjs";
import { everythingIn, problemsOf } from "./support/sdk-models.mjs";

const SEED = Number(process.env.SEED ?? 20231130);
const COUNT = Number(process.env.COUNT ?? 300);
const NATIVE = ["GENERIC", "COHERE", "COHEREV2"];
const REQUEST_MODELS = { GENERIC: "GenericChatRequest", COHERE: "CohereChatRequest", COHEREV2: "CohereChatRequestV2" };

let simulator;
before(async () => (simulator = await startSimulator({ verify: false })));
after(() => simulator.close());

/** Asks through one of the doors, and gives the one request that went out. */
async function captured(wire, { request, mode }, door, streamed) {
  const told = wire === "openai" ? { transport: "openai" } : { transport: "native", apiFormat: wire };
  // A format that the client is given speaks of OCIDs; a name is told with the call, which `fetch` has no place for.
  const models = { told: { model: request.model, ...told } };
  const { oci, sent } = capturing(door === "fetch" ? { models } : {});
  await DOORS[door](oci, door === "fetch" ? { ...request, model: "told" } : request, told, streamed);
  assert.equal(sent.length, 1, `${mode}: one request`);
  return sent[0];
}

/** What the simulator says to a captured request. */
async function posted({ url, headers, text }) {
  const response = await fetch(simulator.url + new URL(url).pathname, { method: "POST", headers, body: text });
  await response.arrayBuffer();
  return simulator.requests.at(-1);
}

// What becomes of a schema on COHERE is looked at below, one type at a time.
function namesOnly(chatRequest) {
  const named = (definitions) => definitions && { parameterDefinitions: Object.keys(definitions) };
  const tools = chatRequest.tools?.map(({ parameterDefinitions, ...tool }) => ({ ...tool, ...named(parameterDefinitions) }));
  return { ...chatRequest, ...(tools && { tools }) };
}

/** Every generated request of a wire, with what was sent for it. A failure names the seed, the number and the request. */
async function eachGenerated(wire, check) {
  for (let index = 0; index < COUNT; index += 1) {
    const made = makeRequest(wire, randomFrom(SEED * 7919 + index), index % 2 === 0 ? "DEDICATED" : "ON_DEMAND");
    const streamed = index % 4 >= 2;
    const door = index % 5 === 4 ? "fetch" : streamed ? "stream" : "chat";
    try {
      await check({ ...made, streamed, sent: await captured(wire, made, door, streamed) });
    } catch (error) {
      error.message += `\nSEED=${SEED}, ${wire} ${index}, ${door}, streamed: ${streamed}\n${JSON.stringify(made.request)}`;
      throw error;
    }
  }
}

const asJson = (value) => JSON.parse(JSON.stringify(value));
const isGiven = (value) => value !== undefined && value !== null;

function stringsIn(value) {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

function assertMarks(body, { once, sent, dropped }) {
  const texts = stringsIn(body).join("\0");
  const times = (text) => texts.split(text).length - 1;
  for (const text of once) assert.equal(times(text), 1, `${JSON.stringify(text)} is sent once`);
  for (const text of sent) assert.ok(times(text) > 0, `${JSON.stringify(text)} is sent`);
  for (const text of dropped) assert.equal(times(text), 0, `${JSON.stringify(text)} is not sent`);
}

describe("generated requests", () => {
  for (const wire of NATIVE) {
    describe(wire, () => {
      const seen = new Set();

      test(`${COUNT} of them are what the official models allow, and say all that was asked`, async () => {
        await eachGenerated(wire, ({ sent, marks, given, model, mode, streamed, request }) => {
          assert.equal(new URL(sent.url).pathname, "/20231130/actions/chat");
          assert.deepEqual(problemsOf("model.ChatDetails", sent.body, "body", seen), []);
          assert.equal(sent.body.compartmentId, COMPARTMENT_ID);
          const servingMode = mode === "DEDICATED" ? { servingType: mode, endpointId: model } : { servingType: mode, modelId: model };
          assert.deepEqual(sent.body.servingMode, servingMode);
          assertMarks(sent.body, marks.lists);
          const { message, messages, chatHistory, toolResults, ...rest } = sent.body.chatRequest;
          assert.deepEqual(namesOnly(rest), asJson(expected(wire, { given, model, streamed, request })));
        });
      });

      test("together they use every field and every word of the model", () => {
        const all = everythingIn(`model.${REQUEST_MODELS[wire]}`);
        const missing = [...all].filter((one) => !seen.has(one) && !NEVER_SENT.some((start) => one.startsWith(start)));
        assert.deepEqual(missing, []);
      });

      test("the simulator takes all of them", async () => {
        await eachGenerated(wire, async ({ sent }) => {
          const { status, rejected, body } = await posted(sent);
          assert.equal(rejected, undefined);
          assert.equal(status, 200);
          assert.deepEqual(body, sent.body);
        });
      });
    });
  }

  test(`openai: ${COUNT} of them pass as they are`, async () => {
    await eachGenerated("openai", async ({ sent, model, mode, streamed, request }) => {
      assert.equal(new URL(sent.url).pathname, "/openai/v1/chat/completions");
      assert.equal(sent.headers["opc-compartment-id"], COMPARTMENT_ID);
      const { stream, stream_options: options, oci, ...rest } = request;
      const passed = Object.fromEntries(Object.entries(rest).filter(([, value]) => isGiven(value)));
      const asked = streamed && { stream: true, stream_options: { ...options, include_usage: true } };
      assert.deepEqual(sent.body, asJson({ ...passed, model, ...asked }));
      // OCI serves no endpoint there, and whether it knows the newest names is not known.
      const unknown = ["safety_identifier", "prompt_cache_key", "prompt_cache_retention"].some((name) => Object.hasOwn(sent.body, name));
      if (mode === "DEDICATED" || unknown) return;
      const { status, rejected } = await posted(sent);
      assert.equal(rejected, undefined);
      assert.equal(status, 200);
    });
  });
});

test("the reader of the official models sees what is wrong", () => {
  const good = { messages: [{ role: "TOOL", toolCallId: "1", content: [{ type: "TEXT", text: "a" }] }], stop: ["a"], verbosity: "LOW" };
  const bad = [
    [{ max_tokens: 5 }, /max_tokens is no field of GenericChatRequest/],
    [{ verbosity: "low" }, /verbosity is "low" and not one of LOW/],
    [{ stop: "a" }, /stop is no array/],
    [{ stop: [5] }, /stop\[0\] is no string/],
    [{ seed: "5" }, /seed is no number/],
    [{ isEcho: null }, /isEcho is null/],
    [{ messages: [{ role: "user" }] }, /messages\[0\] is none of: .*role USER/],
    [{ messages: [{ role: "USER", toolCallId: "1" }] }, /toolCallId is no field of UserMessage/],
    [{ messages: [{ role: "USER", content: [{ type: "IMAGE_URL" }] }] }, /content\[0\] is none of: .*type IMAGE/],
    [{ messages: [{ role: "USER", content: [{ type: "IMAGE", imageUrl: {} }] }] }, /imageUrl\.url is missing/],
    [{ toolChoice: { type: "AUTO", name: "f" } }, /name is no field of ToolChoiceAuto/],
    [{ responseFormat: { type: "JSON_SCHEMA", jsonSchema: { schema: {} } } }, /jsonSchema\.name is missing/],
  ];
  const check = (more) => problemsOf("model.GenericChatRequest", { apiFormat: "GENERIC", ...good, ...more }, "body");
  assert.deepEqual(check({}), []);
  for (const [more, wanted] of bad) {
    const problems = check(more);
    assert.equal(problems.length, 1, JSON.stringify(more));
    assert.match(problems[0], wanted);
  }
});

// What an answer has and a caller of Chat Completions has no word for.
const NEVER_SENT = [
  "AssistantMessage.annotations", "Annotation", "UrlCitation",
  "CohereAssistantMessageV2.toolPlan", "CohereAssistantMessageV2.citations", "CohereCitation",
];


const messages = [{ role: "user", content: "Hello" }];
const ENDPOINT = endpointId("simgeneric");

/** The request with one more parameter; `oci.x` goes under `oci`. */
function asking(name, value) {
  return { model: ENDPOINT, messages, ...(name.startsWith("oci.") ? { oci: { [name.slice(4)]: value } } : { [name]: value }) };
}

/** Expects a refusal before anything is sent, from `chat` and from a stream. */
async function refuses(apiFormat, request, param) {
  let refused;
  for (const door of ["chat", "stream"]) {
    const { oci, sent } = capturing({ apiFormat });
    const outcome = await DOORS[door](oci, request).then(() => "accepted", (error) => error);
    const asked = `${door} ${JSON.stringify(request)}`;
    assert.ok(outcome instanceof OciError, `${asked}: ${outcome}`);
    assert.equal(outcome.code, "invalid_request", `${asked}: ${outcome.message}`);
    assert.equal(outcome.param, param, `${asked}: ${outcome.message}`);
    assert.equal(sent.length, 0, `${asked} reaches nobody`);
    assert.equal(outcome.attempts.length, 0);
    refused = outcome;
  }
  return refused;
}

describe("what a wire can't express", () => {
  for (const wire of NATIVE) {
    describe(wire, () => {
      test("every refused row of its table is tried here", () => {
        const rows = ["params", wire === "COHEREV2" ? "cohere_v2" : wire.toLowerCase()].flatMap((file) => {
          const source = readFileSync(new URL(`../../src/wire/${file}.rs`, import.meta.url), "utf8");
          return [...source.matchAll(/Row\(\s*"([^"]+)",\s*Rule::Refused\(/g)].map(([, name]) => name);
        });
        assert.deepEqual(Object.keys(REFUSED[wire]).sort(), rows.sort());
      });

      test("is refused by name, with the wire and the way out", async () => {
        for (const [name, { harmful }] of Object.entries(REFUSED[wire])) {
          for (const value of harmful) {
            const error = await refuses(wire, asking(name, value), name);
            assert.ok(error.message.includes(name) && error.message.includes(wire), error.message);
            assert.ok(error.hint?.length > 5, `${name}: ${error.hint}`);
          }
        }
      });

      test("is taken where it asks for what happens anyway, and not sent", async () => {
        const { oci, sent } = capturing({ apiFormat: wire });
        await oci.chat({ model: ENDPOINT, messages });
        const plain = sent[0].body;
        for (const [name, { harmless = [] }] of Object.entries(REFUSED[wire])) {
          for (const value of [...harmless, null]) {
            await oci.chat(asking(name, value));
            assert.deepEqual(sent.at(-1).body, plain, `${name}: ${JSON.stringify(value)}`);
          }
        }
      });

      for (const [what, parameters, param] of CANNOT[wire]) {
        test(`${what} is refused with the way out`, async () => {
          const error = await refuses(wire, { model: ENDPOINT, messages, ...parameters }, param);
          assert.ok(error.message.includes(wire), error.message);
          assert.ok(error.hint?.length > 5, String(error.hint));
        });
      }

      test("values of the wrong kind are refused by name", async () => {
        for (const [param, parameters] of [...WRONG_KIND.native, ...WRONG_KIND[wire]]) {
          await refuses(wire, { model: ENDPOINT, messages, ...parameters }, param);
        }
      });

      test("unknown keys are refused by name", async () => {
        const names = ["foo", "maxTokens", "topK", "apiFormat", "isStream", "compartmentId", "chatRequest", "message", "top_k", "__proto__", "toString", ""];
        for (const name of names) {
          for (const whole of [name, `oci.${name}`]) {
            if (whole === "oci.top_k") continue;
            const request = whole === name ? { model: ENDPOINT, messages, [name]: 1 } : { model: ENDPOINT, messages, oci: { [name]: 1 } };
            const error = await refuses(wire, request, whole);
            assert.ok(error.message.includes(whole) && error.message.includes(wire), error.message);
            assert.ok(error.hint, whole);
          }
        }
      });
    });
  }

  test("COHEREV2: the only tool may be named", async () => {
    const { oci, sent } = capturing({ apiFormat: "COHEREV2" });
    const tools = [{ type: "function", function: { name: "f" } }];
    await oci.chat({ model: ENDPOINT, messages, tools, tool_choice: { type: "function", function: { name: "f" } } });
    assert.equal(sent[0].body.chatRequest.toolsChoice, "REQUIRED");
    await refuses("COHEREV2", { model: ENDPOINT, messages, tools, tool_choice: { type: "function", function: { name: "g" } } }, "tool_choice");
  });

  test("a tool's result without its call is refused on COHERE", async () => {
    const stray = [...messages, { role: "tool", tool_call_id: "call_1", content: "a" }];
    await refuses("COHERE", { model: ENDPOINT, messages: stray }, "messages[1].tool_call_id");
  });
});

// ---------------------------------------------------------------- one conversation, word for word

const call = (id, name, args) => ({ id, type: "function", function: { name, arguments: args } });
const CONVERSATION = [
  { role: "system", content: "Be kind." },
  { role: "developer", content: [{ type: "text", text: "Be " }, { type: "text", text: "brief." }] },
  { role: "user", content: "Weather?", name: "ann" },
  { role: "assistant", content: null, tool_calls: [call("c1", "look", '{"city":"Oslo"}'), call("c2", "look", "")] },
  { role: "tool", tool_call_id: "c2", content: "rain" },
  { role: "tool", tool_call_id: "c1", content: '{"sky":"blue"}' },
  { role: "assistant", content: "Fine.", reasoning_content: "Hm.", refusal: "No more." },
  { role: "user", content: [{ type: "text", text: "And " }, { type: "text", text: "now?" }] },
];

const part = (text) => ({ type: "TEXT", text });

async function sentFor(model, request, options) {
  const { oci, sent } = capturing(options);
  await oci.chat({ model, messages, ...request });
  return sent[0].body.chatRequest;
}

describe("a conversation", () => {
  const system = { role: "SYSTEM", content: [part("Be kind.")] };
  const generic = (id, args) => ({ id, type: "FUNCTION", name: "look", arguments: args });
  const result = (toolCallId, text) => ({ role: "TOOL", toolCallId, content: [part(text)] });

  test("GENERIC: content is empty beside tool calls", async () => {
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

  test("GENERIC: absent, empty and null content are all the same beside tool calls", async () => {
    for (const content of [{}, { content: "" }, { content: null }, { content: [] }, { content: [{ type: "text", text: "" }] }]) {
      const turn = { role: "assistant", tool_calls: [call("c1", "look", "{}")], ...content };
      const sent = await sentFor(ENDPOINT, { messages: [...messages, turn, { role: "tool", tool_call_id: "c1", content: "a" }] });
      assert.deepEqual(sent.messages[1].content, [], JSON.stringify(content));
      const v2 = await sentFor(ENDPOINT, { messages: [...messages, turn, { role: "tool", tool_call_id: "c1", content: "a" }] }, { apiFormat: "COHEREV2" });
      assert.deepEqual(v2.messages[1].content, [], JSON.stringify(content));
    }
  });

  test("GENERIC on google.*: system text first and merged, one call and one result a turn", async () => {
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

  test("COHERE: preamble, history, message; results have their call again", async () => {
    const calls = [{ name: "look", parameters: { city: "Oslo" } }, { name: "look", parameters: {} }];
    const toolResults = [{ call: calls[1], outputs: [{ output: "rain" }] }, { call: calls[0], outputs: [{ sky: "blue" }] }];
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
    const own = await sentFor(ENDPOINT, { messages: CONVERSATION, oci: { preamble: "Mine." } }, cohere);
    assert.equal(own.preambleOverride, "Mine.");
    assert.deepEqual(own.chatHistory.slice(0, 2), [{ role: "SYSTEM", message: "Be kind." }, { role: "SYSTEM", message: "Be brief." }]);
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
    assert.deepEqual((await sentFor(ENDPOINT, { messages: [{ role: "user", content: documented }] }, { apiFormat: "COHEREV2" })).messages[0].content, [
      { type: "IMAGE_URL", imageUrl: { url: "https://files.example/a", detail: "LOW" } },
      { type: "DOCUMENT", document: { id: "1", text: "a" } },
    ]);
  });
});

describe("rules of a family", () => {
  const native = { transport: "native" };

  test("maxCompletionTokens for openai.* but gpt-oss, maxTokens elsewhere", async () => {
    for (const name of ["max_tokens", "max_completion_tokens"]) {
      for (const model of ["openai.gpt-5", "openai.gpt-5.1-mini", "openai.o3", "OpenAI.gpt-5", "oci:openai.gpt-5"]) {
        const sent = await sentFor(model, { [name]: 7 }, native);
        assert.deepEqual([sent.maxCompletionTokens, sent.maxTokens], [7, undefined], model);
      }
      for (const model of ["openai.gpt-oss-120b", "meta.llama-3.3-70b-instruct", "xai.grok-4", "google.gemini-2.5-pro", ENDPOINT]) {
        const sent = await sentFor(model, { [name]: 7 }, native);
        assert.deepEqual([sent.maxCompletionTokens, sent.maxTokens], [undefined, 7], model);
      }
    }
    const both = await sentFor(ENDPOINT, { max_tokens: 7, max_completion_tokens: 9 });
    assert.deepEqual([both.maxCompletionTokens, both.maxTokens], [undefined, 9]);
  });

  test("an endpoint of unknown model can be told to take maxCompletionTokens", async () => {
    const sent = await sentFor(ENDPOINT, { oci: { max_completion_tokens: 9 } });
    assert.deepEqual([sent.maxCompletionTokens, sent.maxTokens], [9, undefined]);
  });

  test("a limit is always sent to Cohere, and never made up elsewhere", async () => {
    for (const apiFormat of ["COHERE", "COHEREV2"]) {
      assert.equal((await sentFor(ENDPOINT, {}, { apiFormat })).maxTokens, 4000);
      assert.equal((await sentFor(ENDPOINT, { max_tokens: 5 }, { apiFormat })).maxTokens, 5);
      assert.equal((await sentFor(ENDPOINT, { max_tokens: null }, { apiFormat })).maxTokens, 4000);
    }
    assert.deepEqual(Object.keys(await sentFor(ENDPOINT, {})).sort(), ["apiFormat", "messages"]);
  });

  const parameters = {
    $defs: { City: { type: "string", description: "A city." } },
    type: "object",
    properties: { city: { $ref: "#/$defs/City" }, days: { type: "integer", exclusiveMinimum: 0, maximum: 9 } },
    required: ["city"],
  };
  const tools = [{ type: "function", function: { name: "look", description: "Looks.", parameters, strict: true } }];

  test("google.*: references are inlined, exclusive bounds left out", async () => {
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

  test("google.*: a property may have the name of a keyword that is left out", async () => {
    const properties = { definitions: { type: "array", items: { type: "string" } }, exclusiveMinimum: { type: "boolean" } };
    const odd = { type: "object", properties, required: ["definitions"] };
    const sent = await sentFor("google.gemini-2.5-pro", { tools: [{ type: "function", function: { name: "look", parameters: odd } }] }, native);
    assert.deepEqual(sent.tools[0].parameters, odd);
  });

  test("google.*: what stands beside a reference is kept", async () => {
    const { properties } = parameters;
    const beside = { ...parameters, properties: { ...properties, city: { ...properties.city, description: "Where to?" } } };
    const sent = await sentFor("google.gemini-2.5-pro", { tools: [{ type: "function", function: { name: "look", parameters: beside } }] }, native);
    assert.deepEqual(sent.tools[0].parameters.properties.city, { type: "string", description: "Where to?" });
  });

  test("google.*: a small schema whose references double at every step does not become a large request", async () => {
    const steps = Array.from({ length: 14 }, (_, at) => {
      const next = { $ref: `#/$defs/D${at + 1}` };
      return [`D${at}`, { type: "object", properties: { a: next, b: next } }];
    });
    const doubling = { $defs: Object.fromEntries([...steps, ["D14", { type: "string" }]]), $ref: "#/$defs/D0" };
    const { oci, sent } = capturing(native);
    const request = { model: "google.gemini-2.5-pro", messages, tools: [{ type: "function", function: { name: "look", parameters: doubling } }] };
    const refused = await oci.chat(request).then(() => undefined, (error) => error);
    if (refused) assert.equal(refused.code, "invalid_request");
    else assert.ok(sent[0].text.length < 256 * 1024, `${sent[0].text.length} bytes from ${JSON.stringify(request).length}`);
  });

  test("google.*: system text alone is the user's", async () => {
    const sent = await sentFor("google.gemini-2.5-pro", { messages: [{ role: "system", content: "Say hello." }] }, native);
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
    const look = { name: "look", parameters: { type: "object", properties, required: ["city"] } };
    const sent = await sentFor(ENDPOINT, { tools: [{ type: "function", function: look }] }, { apiFormat: "COHERE" });
    const { parameterDefinitions, ...tool } = sent.tools[0];
    assert.deepEqual(tool, { name: "look", description: "look" });
    const types = Object.fromEntries(Object.entries(parameterDefinitions).map(([name, { type }]) => [name, type]));
    assert.deepEqual(types, { city: "str", days: "int", lat: "float", exact: "bool", places: "List[float]", more: "list", rest: "dict", any: "Any" });
    assert.deepEqual(parameterDefinitions.city, { description: "Where.", type: "str", isRequired: true });
    assert.equal(parameterDefinitions.days.isRequired, false);
  });
});

describe("the openai transport", () => {
  const MODEL = "meta.llama-3.3-70b-instruct";

  test("a stream asks for usage, a whole answer for nothing", async () => {
    const { oci, sent } = capturing();
    await oci.chat({ model: MODEL, messages, stream: true, stream_options: { include_usage: true } });
    await oci.stream({ model: MODEL, messages, stream_options: { include_obfuscation: false, include_usage: false } }).final();
    await oci.stream({ model: `oci:${MODEL}`, messages }).final();
    assert.deepEqual(sent[0].body, { model: MODEL, messages });
    assert.deepEqual(sent[1].body, { model: MODEL, messages, stream: true, stream_options: { include_obfuscation: false, include_usage: true } });
    assert.deepEqual(sent[2].body, { model: MODEL, messages, stream: true, stream_options: { include_usage: true } });
  });

  test("oci.* is refused, whichever it is", async () => {
    for (const name of ["top_k", "documents", "foo"]) {
      const error = await refuses(undefined, { model: MODEL, messages, oci: { [name]: 1 } }, `oci.${name}`);
      assert.ok(error.message.includes("openai") && error.hint, error.message);
    }
    const { oci, sent } = capturing();
    await oci.chat({ model: MODEL, messages, oci: {} });
    assert.deepEqual(sent[0].body, { model: MODEL, messages });
  });

  test("oci that is no object is refused, as it is elsewhere", async () => {
    for (const value of [5, "top_k", [1]]) await refuses(undefined, { model: MODEL, messages, oci: value }, "oci");
  });

  test("oci.* that is null says nothing, as it does elsewhere", async () => {
    const { oci, sent } = capturing();
    await oci.chat({ model: MODEL, messages, oci: { top_k: null } });
    assert.deepEqual(sent[0].body, { model: MODEL, messages });
  });

  test("signed: the compartment is a header", async () => {
    const { oci, sent } = capturing();
    await oci.chat({ model: MODEL, messages });
    const { authorization, "opc-compartment-id": compartment } = sent[0].headers;
    assert.deepEqual({ authorization, compartment }, { authorization: "Signature made by the test", compartment: COMPARTMENT_ID });
  });

  test("with an API key: Bearer, no compartment, and never on the native transport", async () => {
    const { oci, sent } = capturing({ sign: undefined, apiKey: "sk-made-up" });
    await oci.chat({ model: MODEL, messages });
    assert.equal(sent[0].headers.authorization, "Bearer sk-made-up");
    assert.equal(sent[0].headers["opc-compartment-id"], undefined);
    await oci.chat({ model: ENDPOINT, messages });
    assert.equal(sent[1].headers.authorization, undefined);
  });

  test("the project goes with the client's or the call's headers", async () => {
    const project = "ocid1.generativeaiproject.oc1.us-chicago-1.example";
    const { oci, sent } = capturing({ headers: { "OpenAI-Project": project } });
    await oci.chat({ model: MODEL, messages });
    await oci.stream({ model: MODEL, messages }).final();
    await oci.chat({ model: MODEL, messages }, { headers: { "openai-project": `${project}2` } });
    assert.deepEqual(sent.map(({ headers }) => headers["openai-project"]), [project, project, `${project}2`]);
  });
});
