// What is asked of the npm package `ai`, whatever its provider. These tests run in workerd too.

import assert from "node:assert/strict";
import { z } from "zod";
import { BOTH, LONG, QUESTION, WEATHER } from "./features.mjs";

/** @import { Feature } from "./features.mjs" */

/**
 * @typedef {(alias: string) => any} ModelOf Makes a language model.
 * @typedef {Partial<Record<Feature, (modelOf: ModelOf) => Promise<void>>>} ModelTests
 */

globalThis.AI_SDK_LOG_WARNINGS = false;

/**
 * @param {any} sdk The package, of version 6 or 7.
 * @returns {ModelTests}
 */
export function modelTests(sdk) {
  const { APICallError, Output, generateText, streamText, tool } = sdk;
  const isStepCount = sdk.isStepCount ?? sdk.stepCountIs;
  const settings = (model) => ({ model, maxRetries: 0, prompt: QUESTION });

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

  return {
    async text(modelOf) {
      const { text, finishReason } = await generateText(settings(modelOf("gpt")));
      assert.match(text, /You asked: "How is the weather in Oslo\?"/);
      assert.equal(finishReason, "stop");
    },

    async usage(modelOf) {
      const { usage } = await generateText(settings(modelOf("gpt")));
      assert.ok(usage.inputTokens > 0 && usage.totalTokens === usage.inputTokens + usage.outputTokens);
      const streamed = await streamText({ ...settings(modelOf("gpt")), onError: () => {} }).usage;
      assert.deepEqual([streamed.inputTokens, streamed.outputTokens], [usage.inputTokens, usage.outputTokens]);
    },

    async stream(modelOf) {
      const result = streamText({ ...settings(modelOf("gpt")), onError: () => {} });
      let text = "";
      for await (const piece of result.textStream) text += piece;
      assert.match(text, /the end of the answer\.$/);
      assert.equal(await result.finishReason, "stop");
    },

    async tools(modelOf) {
      const called = [];
      const tools = toolsOf(["get_weather"], called);
      const { text, steps } = await generateText({ ...settings(modelOf("gpt")), tools, stopWhen: isStepCount(3) });
      assert.deepEqual([called, steps.length], [["get_weather"], 2]);
      assert.match(text, /Oslo: sunny with 7 degrees/);
    },

    async streamedTools(modelOf) {
      const called = [];
      const tools = toolsOf(["get_weather"], called);
      const stopWhen = isStepCount(3);
      const result = streamText({ ...settings(modelOf("gpt")), tools, stopWhen, onError: () => {} });
      await result.consumeStream();
      assert.deepEqual([called, (await result.steps).length], [["get_weather"], 2]);
      assert.match(await result.text, /Oslo: sunny with 7 degrees/);
    },

    async twoTools(modelOf) {
      const called = [];
      const tools = toolsOf(["get_weather", "get_time"], called);
      const stopWhen = isStepCount(3);
      const { text } = await generateText({ ...settings(modelOf("gpt")), prompt: BOTH, tools, stopWhen });
      assert.deepEqual(called, ["get_weather", "get_time"]);
      assert.match(text, /sunny with 7 degrees \| Oslo: sunny/);
    },

    async structured(modelOf) {
      const output = Output.object({ schema: z.object({ city: z.string() }) });
      const { output: place } = await generateText({ ...settings(modelOf("gpt")), output });
      assert.deepEqual(place, { city: "Oslo" });
    },

    async error(modelOf) {
      await assert.rejects(generateText(settings(modelOf("blocked"))), (error) => {
        return APICallError.isInstance(error) && error.statusCode === 400 && !error.isRetryable;
      });
    },

    /** Whether the request was cancelled is for the simulator to say. */
    async abort(modelOf) {
      const stop = new AbortController();
      const options = { ...settings(modelOf("gpt")), prompt: LONG, abortSignal: stop.signal, onError: () => {} };
      try {
        for await (const _ of streamText(options).textStream) stop.abort();
      } catch (error) {
        assert.equal(error.name, "AbortError");
      }
    },
  };
}
