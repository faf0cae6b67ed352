// What is asked of `ai` with the provider of this package. These tests run in workerd too.

import assert from "node:assert/strict";
import * as sdk6 from "ai-6";
import * as sdk7 from "ai";
import { createOci } from "oci-genai-edge/ai-sdk";
import { embeddingOf } from "../simulator/operations.mjs";
import { modelTests } from "./ai-sdk-tests.mjs";
import { QUESTION } from "./features.mjs";

/** @import { OciGenAI } from "oci-genai-edge" */
/** @import { OciProvider, SpecificationVersion } from "oci-genai-edge/ai-sdk" */
/** @import { Feature } from "./features.mjs" */

/** @typedef {(client: OciGenAI) => Promise<void>} ClientTest */

/** By the version of `ai`. @type {Record<string, Partial<Record<Feature, ClientTest>>>} */
export const PROVIDER_TESTS = {
  7: testsOf(sdk7, "v4", { reasoning: "low" }),
  // It has no such setting.
  6: testsOf(sdk6, "v3", { providerOptions: { oci: { request: { reasoning_effort: "low" } } } }),
};

/**
 * @param {any} sdk
 * @param {SpecificationVersion} specificationVersion
 * @param {object} thinking The settings for some reasoning.
 */
function testsOf(sdk, specificationVersion, thinking) {
  const tests = { ...languageTests(sdk, thinking), ...operationTests(sdk) };
  for (const [feature, test] of Object.entries(modelTests(sdk))) tests[feature] ??= test;
  return Object.fromEntries(
    Object.entries(tests).map(([feature, test]) => {
      return [feature, async (client) => test(createOci({ client }, { specificationVersion }))];
    }),
  );
}

/**
 * @param {any} sdk
 * @param {object} thinking
 * @returns {Partial<Record<Feature, (oci: OciProvider<any>) => Promise<void>>>}
 */
function languageTests({ APICallError, NoSuchModelError, generateText, streamText }, thinking) {
  const documents = [{ id: "a", title: "Rain", text: "It rains in Oslo." }];

  return {
    async error(oci) {
      assert.throws(() => oci("nonsense"), NoSuchModelError.isInstance);
      const isBlocked = (error) => APICallError.isInstance(error) && error.statusCode === 400 && !error.isRetryable;
      await assert.rejects(generateText({ model: oci("blocked"), prompt: QUESTION }), isBlocked);
      const errors = [];
      const onError = ({ error }) => errors.push(error);
      await streamText({ model: oci("blocked"), prompt: QUESTION, onError }).consumeStream();
      assert.ok(errors.length === 1 && isBlocked(errors[0]), String(errors));
    },

    async interrupted(oci) {
      const errors = [];
      const model = oci("truncated");
      const result = streamText({ model, prompt: QUESTION, onError: ({ error }) => errors.push(error) });
      let text = "";
      for await (const part of result.fullStream) if (part.type === "text-delta") text += part.text;
      assert.match(text, /^You asked/);
      assert.ok(APICallError.isInstance(errors[0]));
      assert.equal(errors[0].cause.code, "stream_truncated");
    },

    async retries(oci) {
      const started = performance.now();
      const error = await generateText({ model: oci("down"), prompt: QUESTION }).catch((reason) => reason);
      assert.ok(APICallError.isInstance(error) && error.statusCode === 503, String(error));
      // The client's own attempts, and no others, for which `ai` would wait for seconds.
      assert.equal(error.data.attempts.length, 3, `${performance.now() - started} ms`);
    },

    async reasoning(oci) {
      const settings = { model: oci("gpt"), prompt: QUESTION, ...thinking };
      const { reasoningText, text, usage } = await generateText(settings);
      assert.match(reasoningText, /step by step/);
      assert.match(text, /^You asked/);
      const { outputTokenDetails: output, inputTokenDetails: input } = usage;
      assert.ok(output.reasoningTokens > 0);
      assert.equal(output.textTokens + output.reasoningTokens, usage.outputTokens);
      assert.equal(input.cacheReadTokens + input.noCacheTokens, usage.inputTokens);
      const streamed = streamText(settings);
      assert.equal(await streamed.reasoningText, reasoningText);
      assert.deepEqual((await streamed.usage).outputTokenDetails, output);
    },

    async images(oci) {
      const image = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
      const content = [
        { type: "text", text: "What is it?" },
        { type: "file", data: image, mediaType: "image/png" },
      ];
      const { text } = await generateText({ model: oci("house"), messages: [{ role: "user", content }] });
      assert.match(text, /I can see 1 image/);
    },

    async sources(oci) {
      const providerOptions = { oci: { apiFormat: "COHERE", documents } };
      const settings = { model: oci("cohere"), prompt: QUESTION, providerOptions };
      const { sources } = await generateText(settings);
      assert.deepEqual(sources.map(({ id, title }) => [id, title]), [["a", "Rain"]]);
      assert.deepEqual((await streamText(settings).sources).map(({ id }) => id), ["a"]);
    },

    async warnings(oci) {
      const settings = { model: oci("cohere"), prompt: QUESTION, topK: 5, seed: 1 };
      assert.deepEqual((await generateText(settings)).warnings ?? [], []);
      // A transport that has no top_k.
      const providerOptions = { oci: { transport: "openai" } };
      const model = oci("meta.llama-3.3-70b-instruct");
      const { warnings } = await generateText({ ...settings, model, providerOptions });
      assert.deepEqual(warnings.map(({ type, feature }) => [type, feature]), [["unsupported", "topK"]]);
      const streamed = await streamText({ ...settings, model, providerOptions }).warnings;
      assert.deepEqual(streamed, warnings);
    },

    async metadata(oci) {
      const settings = { model: oci("house"), prompt: QUESTION };
      const { providerMetadata, response, finalStep } = await generateText(settings);
      const { opcRequestId, route } = (finalStep?.providerMetadata ?? providerMetadata).oci;
      assert.match(opcRequestId, /^[0-9A-F/]+$/);
      assert.equal((finalStep?.response ?? response).headers["opc-request-id"], opcRequestId);
      assert.equal(route.servingType, "DEDICATED");
      const streamed = await streamText(settings).providerMetadata;
      assert.deepEqual(streamed.oci.route, route);
    },
  };
}

/**
 * @param {any} sdk
 * @returns {Partial<Record<Feature, (oci: OciProvider<any>) => Promise<void>>>}
 */
function operationTests({ embed, embedMany, rerank }) {
  return {
    async embeddings(oci) {
      const model = oci.embeddingModel("vectors");
      const value = "Rain in Oslo";
      const { embedding, usage } = await embed({ model, value });
      assert.deepEqual(embedding, embeddingOf(value));
      assert.ok(usage.tokens > 0);
      const values = Array.from({ length: 100 }, (_, at) => `${value} ${at}`);
      const { embeddings } = await embedMany({ model, values, maxParallelCalls: 2 });
      assert.deepEqual(embeddings, values.map((text) => embeddingOf(text)));
    },

    async rerank(oci) {
      const documents = ["Sun in Lima", "Rain in Oslo"];
      const model = oci.rerankingModel("ranker");
      const { ranking } = await rerank({ model, documents, query: "Rain", topN: 1 });
      assert.deepEqual(ranking.map(({ originalIndex, document }) => [originalIndex, document]), [[1, "Rain in Oslo"]]);
    },
  };
}
