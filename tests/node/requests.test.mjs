// What is sent: generated requests on every wire, held against the models of the official SDK and against the simulator; and what is not
// sent, because the wire can't express it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { OciError } from "oci-genai-edge";
import { COMPARTMENT_ID, endpointId, startSimulator } from "../simulator/server.mjs";
import { capturing, DOORS } from "./support/capture.mjs";
import { expected } from "./support/expected.mjs";
import { makeRequest, randomFrom } from "./support/requests.mjs";
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

// What an answer has and a caller of Chat Completions has no word for.
const NEVER_SENT = [
  "AssistantMessage.annotations", "Annotation", "UrlCitation",
  "CohereAssistantMessageV2.toolPlan", "CohereAssistantMessageV2.citations", "CohereCitation", "CitationSource",
];

