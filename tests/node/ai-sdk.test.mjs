// The provider for the AI SDK by itself: whole answers, errors, embeddings, reranking. tests/clients runs `ai` on it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { OciError, OciGenAI } from "oci-genai-edge";
import { createOci } from "oci-genai-edge/ai-sdk";
import { embeddingOf } from "../simulator/operations.mjs";
import { endpointId } from "../simulator/server.mjs";
import {
  COMPARTMENT,
  PROMPT,
  QUESTION,
  TOOLS,
  UNKNOWN_USAGE,
  fakeModel,
  find,
  joined,
  partsOf,
  startProvider,
} from "./support/ai-sdk.mjs";
import { failsWith, rejection } from "./support/assertions.mjs";

const { client, lastRequest, model, observe, oci } = await startProvider();

describe("whole answers", () => {
  test("have what their streams have", async () => {
    const call = { prompt: PROMPT, tools: TOOLS.slice(0, 1), reasoning: "low" };
    for (const name of ["simgeneric", "simgpt"]) {
      const parts = await partsOf(model(name), call);
      const whole = await model(name).doGenerate(call);
      const { content, finishReason, usage, providerMetadata, response, warnings } = whole;
      assert.deepEqual(content.map(({ type }) => type), ["reasoning", "tool-call"]);
      assert.equal(content[0].text, joined(parts, "reasoning-delta"));
      const { toolName, input } = find(parts, "tool-call");
      assert.deepEqual([content[1].toolName, JSON.parse(content[1].input)], [toolName, JSON.parse(input)]);
      assert.deepEqual(finishReason, parts.at(-1).finishReason);
      assert.deepEqual(usage, parts.at(-1).usage);
      assert.deepEqual(providerMetadata.oci.route, parts.at(-1).providerMetadata.oci.route);
      assert.equal(response.headers["opc-request-id"], providerMetadata.oci.opcRequestId);
      assert.match(response.id, /^chatcmpl-/);
      assert.deepEqual(warnings, []);
    }
  });

  test("usage with cached tokens, and without any", async () => {
    const answer = (usage) => {
      const message = { role: "ASSISTANT", content: [{ type: "TEXT", text: "Yes" }] };
      const choices = [{ index: 0, message, finishReason: "stop" }];
      const chatResponse = { apiFormat: "GENERIC", choices, usage };
      return JSON.stringify({ modelId: "m", modelVersion: "1", chatResponse });
    };
    const json = { contentType: "application/json" };
    const counts = { promptTokens: 10, completionTokens: 5, totalTokens: 15 };
    const counted = { ...counts, promptTokensDetails: { cachedTokens: 4 } };
    const { usage } = await fakeModel([answer(counted)], json).house.doGenerate({ prompt: PROMPT });
    assert.deepEqual(usage.inputTokens, { total: 10, noCache: 6, cacheRead: 4, cacheWrite: undefined });
    assert.deepEqual(usage.outputTokens, { total: 5, text: undefined, reasoning: undefined });
    // Whose total is the sum, since the service has sent none.
    const apart = { promptTokens: 10, completionTokens: 5, completionTokensDetails: { reasoningTokens: 9 } };
    const { outputTokens } = (await fakeModel([answer(apart)], json).house.doGenerate({ prompt: PROMPT })).usage;
    assert.deepEqual(outputTokens, { total: 14, text: 5, reasoning: 9 });
    assert.deepEqual((await fakeModel([answer()], json).house.doGenerate({ prompt: PROMPT })).usage, UNKNOWN_USAGE);
  });

  for (const [name, ends] of [
    ["simgeneric", { unified: "length", raw: "length" }],
    ["cohere", { unified: "length", raw: "MAX_TOKENS" }],
  ]) {
    test(`the finish reason of ${name}, unified and its own`, async () => {
      const { finishReason } = await model(name).doGenerate({ prompt: PROMPT, maxOutputTokens: 3 });
      assert.deepEqual(finishReason, ends);
    });
  }

  test("calls are the finish reason, whatever the openai transport says", async () => {
    const tool_calls = [{ id: "c", type: "function", function: { name: "get_time", arguments: "{}" } }];
    const choices = [{ index: 0, message: { role: "assistant", content: null, tool_calls }, finish_reason: "stop" }];
    const body = JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: "m", choices });
    const openai = { alias: { transport: "openai" }, contentType: "application/json" };
    const { finishReason, content } = await fakeModel([body], openai).house.doGenerate({ prompt: PROMPT });
    assert.deepEqual(finishReason, { unified: "tool-calls", raw: "stop" });
    assert.deepEqual(content, [{ type: "tool-call", toolCallId: "c", toolName: "get_time", input: "{}" }]);
  });

  test("no raw finish reason where the service has sent none", async () => {
    const { finishReason } = await model("cohere").doGenerate({ prompt: PROMPT, stopSequences: ["question"] });
    assert.deepEqual(finishReason, { unified: "stop", raw: undefined });
  });
});

describe("errors", () => {
  test("have the marks of the AI SDK's, and what they are made of", async () => {
    const fail = () => rejection(model("simdown").doGenerate({ prompt: PROMPT }));
    const { result: error, requests } = await observe(fail);
    for (const mark of ["vercel.ai.error", "vercel.ai.error.AI_APICallError"]) {
      assert.equal(error[Symbol.for(mark)], true);
    }
    assert.ok(error instanceof Error);
    assert.equal(error.name, "AI_APICallError");
    assert.equal(error.statusCode, 503);
    assert.match(error.url, /\/20231130\/actions\/chat$/);
    assert.ok(error.cause instanceof OciError);
    assert.deepEqual(error.data, error.cause.toJSON());
    assert.equal(error.responseHeaders["opc-request-id"], error.cause.opcRequestId);
    assert.match(error.responseBody, /currently unavailable/);
    // The client has retried.
    assert.equal(requests.length, 2);
    assert.equal(error.isRetryable, false);
  });

  test("print neither the prompt nor the words of the service", async () => {
    const error = await rejection(model("simblocklist").doGenerate({ prompt: PROMPT }));
    assert.equal(error.requestBodyValues.messages[0].content, QUESTION);
    for (const text of [inspect(error, { depth: 9 }), JSON.stringify(error)]) {
      assert.doesNotMatch(text, /weather|Inappropriate/);
    }
  });

  test("are retryable where the service asks for a short wait", async () => {
    const impatient = createOci({ client: client({ retry: { maxDelayMs: 1 } }) });
    const wait = (name) => rejection(impatient(endpointId(name)).doGenerate({ prompt: PROMPT }));
    const throttled = await wait("simthrottled");
    assert.equal(throttled.isRetryable, true);
    assert.equal(throttled.responseHeaders["retry-after-ms"], "1000");
    // `ai` would not wait for a minute.
    assert.equal((await wait("simbusy")).isRetryable, false);
  });

  test("a request that is refused", async () => {
    const error = await rejection(model("simgeneric").doGenerate({ prompt: PROMPT, temperature: "hot" }));
    assert.equal(error.cause.param, "temperature");
    assert.equal(error.statusCode, undefined);
    assert.equal(error.url, "");
  });

  test("a model that can't be called", () => {
    const embedding = ["embeddingModel", "textEmbeddingModel"];
    for (const method of ["languageModel", "chat", ...embedding, "rerankingModel", "imageModel"]) {
      assert.throws(() => oci[method]("nonsense"), (error) => {
        assert.equal(error[Symbol.for("vercel.ai.error.AI_NoSuchModelError")], true);
        assert.equal(error.modelId, "nonsense");
        return true;
      });
    }
    // What else keeps a model from being routed is the error of its call.
    const anywhere = createOci({ compartmentId: COMPARTMENT });
    assert.equal(anywhere("meta.llama-3.3-70b-instruct").modelId, "meta.llama-3.3-70b-instruct");
  });
});

describe("createOci", () => {
  test("makes a provider of options or of a client", () => {
    assert.ok(createOci().client instanceof OciGenAI);
    const own = client();
    assert.equal(createOci({ client: own }).client, own);
    assert.equal(oci.specificationVersion, "v4");
    assert.equal(oci("cohere").provider, "oci.chat");
    assert.deepEqual(oci("cohere").supportedUrls, {});
    const supportedUrls = { "image/*": [/^https:/] };
    assert.equal(createOci({}, { supportedUrls })("cohere.command-r").supportedUrls, supportedUrls);
    const older = createOci({ client: own }, { specificationVersion: "v3" });
    for (const it of [older, older("cohere"), older.embeddingModel("vectors"), older.rerankingModel("ranker")]) {
      assert.equal(it.specificationVersion, "v3");
    }
  });

  test("rejects what it can't use", () => {
    assert.throws(() => createOci({ regoin: "us-chicago-1" }), failsWith("invalid_options", /regoin/));
    assert.throws(() => createOci({ client: {} }), failsWith("invalid_options", /client/));
    const older = { specificationVersion: "v2" };
    assert.throws(() => createOci({}, older), failsWith("invalid_options", /specificationVersion/));
    assert.throws(() => createOci(null), failsWith("invalid_options"));
  });
});

describe("embeddings", () => {
  const vectors = oci.embeddingModel("vectors");

  test("one call for any number of values", async () => {
    assert.equal(vectors.maxEmbeddingsPerCall, Number.POSITIVE_INFINITY);
    const values = Array.from({ length: 200 }, (_, at) => `value ${at}`);
    const { result, requests } = await observe(() => vectors.doEmbed({ values }));
    assert.equal(requests.length, 3);
    assert.deepEqual(result.embeddings, values.map((value) => embeddingOf(value)));
    assert.ok(result.usage.tokens > 0);
    assert.match(result.providerMetadata.oci.opcRequestId, /^[0-9A-F/]+$/);
    assert.equal(result.providerMetadata.oci.route.servingType, "DEDICATED");
    assert.deepEqual(result.warnings, []);
  });

  test("dimensions and OCI's options", async () => {
    const providerOptions = { oci: { inputType: "SEARCH_QUERY", truncate: "END", dimensions: 512 } };
    const { embeddings } = await vectors.doEmbed({ values: ["rain"], dimensions: 256, providerOptions });
    assert.equal(embeddings[0].length, 256);
    const { inputType, truncate, outputDimensions } = lastRequest().body;
    assert.deepEqual([inputType, truncate, outputDimensions], ["SEARCH_QUERY", "END", 256]);
    const { embeddings: others } = await vectors.doEmbed({ values: ["rain"], providerOptions });
    assert.equal(others[0].length, 512);
  });

  test("an abort and an error", async () => {
    const reason = new Error("enough");
    assert.equal(await rejection(vectors.doEmbed({ values: ["a"], abortSignal: AbortSignal.abort(reason) })), reason);
    const error = await rejection(vectors.doEmbed({ values: ["status=400"] }));
    assert.equal(error.statusCode, 400);
    assert.equal(error[Symbol.for("vercel.ai.error.AI_APICallError")], true);
  });
});

describe("reranking", () => {
  const ranker = oci.rerankingModel("ranker");
  const query = "Where does it rain?";

  test("texts", async () => {
    const documents = { type: "text", values: ["Sun in Lima", "It does rain in Oslo"] };
    const { ranking, providerMetadata, response, warnings } = await ranker.doRerank({ documents, query, topN: 1 });
    assert.deepEqual(ranking.map(({ index }) => index), [1]);
    assert.equal(typeof ranking[0].relevanceScore, "number");
    assert.match(providerMetadata.oci.opcRequestId, /^[0-9A-F/]+$/);
    assert.equal(response.modelId, "ranker");
    assert.deepEqual(warnings, []);
  });

  test("objects, as JSON text", async () => {
    const documents = { type: "object", values: [{ city: "Lima" }, { city: "Oslo", it: "does rain" }] };
    const providerOptions = { oci: { maxChunksPerDocument: 5 } };
    const { ranking, warnings } = await ranker.doRerank({ documents, query, providerOptions });
    assert.deepEqual(ranking.map(({ index }) => index), [1, 0]);
    assert.deepEqual(warnings.map(({ type }) => type), ["compatibility"]);
    assert.deepEqual(lastRequest().body.documents, documents.values.map((it) => JSON.stringify(it)));
    assert.equal(lastRequest().body.maxChunksPerDocument, 5);
  });
});
