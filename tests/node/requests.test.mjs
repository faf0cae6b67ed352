// Generated requests in every format: against the models of the official SDK, and against the
// simulator. SEED and COUNT choose which requests, and how many of each format.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { COMPARTMENT_ID } from "../simulator/server.mjs";
import { captureClient, ENTRY_POINTS } from "./support/capture.mjs";
import { expectedRequest } from "./support/expected-request.mjs";
import { makeRequest } from "./support/generated-requests.mjs";
import { startHarness } from "./support/harness.mjs";
import { randomFrom } from "./support/random.mjs";
import { everythingIn, problemsOf } from "./support/sdk-models.mjs";

const SEED = Number(process.env.SEED ?? 20231130);
const COUNT = Number(process.env.COUNT ?? 300);
const REQUEST_MODELS = { GENERIC: "GenericChatRequest", COHERE: "CohereChatRequest", COHEREV2: "CohereChatRequestV2" };

// Parts of the models that only answers have.
const NEVER_SENT = [
  "AssistantMessage.annotations",
  "Annotation",
  "UrlCitation",
  "CohereAssistantMessageV2.toolPlan",
  "CohereAssistantMessageV2.citations",
  "CohereCitation",
];

const { url, lastRequest } = await startHarness({ verify: false });

/** Sends a request through an entry point, and returns the one HTTP request that it makes. */
async function capture(format, { request, mode }, entryPoint, streamed) {
  const options = format === "openai" ? { transport: "openai" } : { transport: "native", apiFormat: format };
  // A client's apiFormat applies to OCIDs only, and `fetch` has no call options: there an alias has
  // the format.
  const isFetch = entryPoint === "fetch";
  const { oci, sent } = captureClient(isFetch ? { models: { alias: { model: request.model, ...options } } } : {});
  await ENTRY_POINTS[entryPoint](oci, isFetch ? { ...request, model: "alias" } : request, options, streamed);
  assert.equal(sent.length, 1, `${mode}: one request`);
  return sent[0];
}

/** Posts a captured request to the simulator, and returns the simulator's record of it. */
async function postToSimulator({ url: sentUrl, headers, text }) {
  const response = await fetch(url + new URL(sentUrl).pathname, { method: "POST", headers, body: text });
  await response.arrayBuffer();
  return lastRequest();
}

// How COHERE writes parameter definitions is tested one type at a time in request-bodies.test.mjs.
function withDefinitionNames(chatRequest) {
  const names = (definitions) => definitions && { parameterDefinitions: Object.keys(definitions) };
  const tools = chatRequest.tools?.map(({ parameterDefinitions, ...tool }) => ({
    ...tool,
    ...names(parameterDefinitions),
  }));
  return { ...chatRequest, ...(tools && { tools }) };
}

/**
 * Checks every generated request of a format. A failure names the seed, the number and the request.
 */
async function forEachGenerated(format, check) {
  for (let index = 0; index < COUNT; index += 1) {
    const made = makeRequest(format, randomFrom(SEED * 7919 + index), index % 2 === 0 ? "DEDICATED" : "ON_DEMAND");
    const streamed = index % 4 >= 2;
    const entryPoint = index % 5 === 4 ? "fetch" : streamed ? "stream" : "chat";
    try {
      await check({ ...made, streamed, sent: await capture(format, made, entryPoint, streamed) });
    } catch (error) {
      const which = `SEED=${SEED}, ${format} ${index}, ${entryPoint}, streamed: ${streamed}`;
      error.message += `\n${which}\n${JSON.stringify(made.request)}`;
      throw error;
    }
  }
}

const asJson = (value) => JSON.parse(JSON.stringify(value));

function stringsIn(value) {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

function assertMarks(body, { once, sent, unsent }) {
  const texts = stringsIn(body).join("\0");
  const count = (text) => texts.split(text).length - 1;
  for (const text of once) assert.equal(count(text), 1, `${JSON.stringify(text)} is sent once`);
  for (const text of sent) assert.ok(count(text) > 0, `${JSON.stringify(text)} is sent`);
  for (const text of unsent) assert.equal(count(text), 0, `${JSON.stringify(text)} is not sent`);
}

describe("generated requests", () => {
  for (const [format, requestModel] of Object.entries(REQUEST_MODELS)) {
    describe(format, () => {
      const seen = new Set();

      test(`${COUNT} requests are valid official models, and contain everything that was asked for`, async () => {
        await forEachGenerated(format, ({ sent, marks, parameters, model, mode, streamed, request }) => {
          assert.equal(new URL(sent.url).pathname, "/20231130/actions/chat");
          assert.deepEqual(problemsOf("model.ChatDetails", sent.body, "body", seen), []);
          assert.equal(sent.body.compartmentId, COMPARTMENT_ID);
          const servingMode =
            mode === "DEDICATED" ? { servingType: mode, endpointId: model } : { servingType: mode, modelId: model };
          assert.deepEqual(sent.body.servingMode, servingMode);
          assertMarks(sent.body, marks.lists);
          const { message, messages, chatHistory, toolResults, ...rest } = sent.body.chatRequest;
          const expected = expectedRequest(format, { parameters, model, streamed, request });
          assert.deepEqual(withDefinitionNames(rest), asJson(expected));
        });
      });

      test("together they use every field and every enum value of the model", () => {
        const all = everythingIn(`model.${requestModel}`);
        const missing = [...all].filter((one) => !seen.has(one) && !NEVER_SENT.some((start) => one.startsWith(start)));
        assert.deepEqual(missing, []);
      });

      test("the simulator accepts all of them", async () => {
        await forEachGenerated(format, async ({ sent }) => {
          const { status, rejected, body } = await postToSimulator(sent);
          assert.equal(rejected, undefined);
          assert.equal(status, 200);
          assert.deepEqual(body, sent.body);
        });
      });
    });
  }

  test(`openai: ${COUNT} requests are sent unchanged`, async () => {
    await forEachGenerated("openai", async ({ sent, model, mode, streamed, request }) => {
      assert.equal(new URL(sent.url).pathname, "/openai/v1/chat/completions");
      assert.equal(sent.headers["opc-compartment-id"], COMPARTMENT_ID);
      const { stream, stream_options: options, oci, ...rest } = request;
      const present = Object.fromEntries(
        Object.entries(rest).filter(([, value]) => value !== undefined && value !== null),
      );
      const streaming = streamed && { stream: true, stream_options: { ...options, include_usage: true } };
      assert.deepEqual(sent.body, asJson({ ...present, model, ...streaming }));
      // The simulator serves no endpoint there, and does not know the newest parameters.
      const unknown = ["safety_identifier", "prompt_cache_key", "prompt_cache_retention"].some((name) =>
        Object.hasOwn(sent.body, name),
      );
      if (mode === "DEDICATED" || unknown) return;
      const { status, rejected } = await postToSimulator(sent);
      assert.equal(rejected, undefined);
      assert.equal(status, 200);
    });
  });
});

test("the validator of the official models finds every mistake", () => {
  const valid = {
    messages: [{ role: "TOOL", toolCallId: "1", content: [{ type: "TEXT", text: "a" }] }],
    stop: ["a"],
    verbosity: "LOW",
  };
  const mistakes = [
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
  const check = (more) => problemsOf("model.GenericChatRequest", { apiFormat: "GENERIC", ...valid, ...more }, "body");
  assert.deepEqual(check({}), []);
  for (const [more, expected] of mistakes) {
    const problems = check(more);
    assert.equal(problems.length, 1, JSON.stringify(more));
    assert.match(problems[0], expected);
  }
});
