// The npm package `ai`, with the providers `@ai-sdk/openai` and `@ai-sdk/open-responses`.

import assert from "node:assert/strict";
import { createOpenResponses } from "@ai-sdk/open-responses";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, embedMany, generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";
import { embeddingOf } from "../simulator/operations.mjs";
import { BOTH, LONG, QUESTION, WEATHER, callerGone } from "./features.mjs";

/** @import { Client, Target } from "./features.mjs" */

globalThis.AI_SDK_LOG_WARNINGS = false;

/** @param {Target} target */
const provider = ({ baseURL, apiKey, fetch }) => createOpenAI({ baseURL, apiKey, fetch });

/**
 * @param {string[]} names
 * @param {string[]} called
 */
const toolsOf = (names, called) => {
  const entries = names.map((name) => {
    const execute = ({ city }) => {
      called.push(name);
      return `${city}: ${WEATHER}`;
    };
    return [name, tool({ description: name, inputSchema: z.object({ city: z.string() }), execute })];
  });
  return Object.fromEntries(entries);
};

/**
 * @param {string} name
 * @param {string} npm
 * @param {Client["route"]} route
 * @param {(target: Target, model: string) => any} modelOf
 * @param {Client["tests"]} [more]
 * @returns {Client}
 */
function aiSdk(name, npm, route, modelOf, more) {
  /** @param {Target} target */
  const settings = (target, model = "gpt") => ({ model: modelOf(target, model), maxRetries: 0, prompt: QUESTION });
  return {
    name,
    npm,
    route,
    tests: {
      async text(target) {
        const { text, usage, finishReason } = await generateText(settings(target));
        assert.match(text, /You asked: "How is the weather in Oslo\?"/);
        assert.equal(finishReason, "stop");
        assert.ok(usage.totalTokens > 0);
      },

      async stream(target) {
        const result = streamText({ ...settings(target), onError: () => {} });
        let text = "";
        for await (const piece of result.textStream) text += piece;
        assert.match(text, /the end of the answer\.$/);
        assert.equal(await result.finishReason, "stop");
      },

      async tools(target) {
        const called = [];
        const tools = toolsOf(["get_weather"], called);
        const { text, steps } = await generateText({ ...settings(target), tools, stopWhen: isStepCount(3) });
        assert.deepEqual([called, steps.length], [["get_weather"], 2]);
        assert.match(text, /Oslo: sunny with 7 degrees/);
      },

      async streamedTools(target) {
        const called = [];
        const tools = toolsOf(["get_weather"], called);
        const result = streamText({ ...settings(target), tools, stopWhen: isStepCount(3), onError: () => {} });
        await result.consumeStream();
        assert.deepEqual([called, (await result.steps).length], [["get_weather"], 2]);
        assert.match(await result.text, /Oslo: sunny with 7 degrees/);
      },

      async twoTools(target) {
        const called = [];
        const tools = toolsOf(["get_weather", "get_time"], called);
        const { text } = await generateText({ ...settings(target), prompt: BOTH, tools, stopWhen: isStepCount(3) });
        assert.deepEqual(called, ["get_weather", "get_time"]);
        assert.match(text, /sunny with 7 degrees \| Oslo: sunny/);
      },

      async structured(target) {
        const output = Output.object({ schema: z.object({ city: z.string() }) });
        const { output: place } = await generateText({ ...settings(target), output });
        assert.deepEqual(place, { city: "Oslo" });
      },

      async error(target) {
        await assert.rejects(generateText(settings(target, "blocked")), (error) => {
          return APICallError.isInstance(error) && error.statusCode === 400 && !error.isRetryable;
        });
      },

      async abort(target) {
        const stop = new AbortController();
        const options = { ...settings(target), prompt: LONG, abortSignal: stop.signal, onError: () => {} };
        try {
          for await (const _ of streamText(options).textStream) stop.abort();
        } catch (error) {
          assert.equal(error.name, "AbortError");
        }
        await callerGone(target);
      },

      ...more,
    },
  };
}

export const aiOnChat = aiSdk(
  "ai, openai.chat()",
  "@ai-sdk/openai",
  "chat/completions",
  (target, model) => provider(target).chat(model),
  {
    async embeddings(target) {
      const values = ["Rain in Oslo", "Sun in Lima"];
      const { embeddings } = await embedMany({ model: provider(target).embedding("vectors"), values, maxRetries: 0 });
      assert.deepEqual(embeddings, values.map((text) => embeddingOf(text)));
    },
  },
);

export const aiOnResponses = aiSdk("ai, openai()", "@ai-sdk/openai", "responses", (target, model) =>
  provider(target)(model),
);

export const aiOnOpenResponses = aiSdk(
  "ai, open-responses",
  "@ai-sdk/open-responses",
  "responses",
  ({ baseURL, apiKey, fetch }, model) =>
    createOpenResponses({ name: "oci", url: `${baseURL}/responses`, apiKey, fetch })(model),
);
