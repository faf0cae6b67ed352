// The npm package `@mastra/core`: its agent, over `@ai-sdk/openai-compatible`.

import assert from "node:assert/strict";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Mastra } from "@mastra/core";
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { z } from "zod";
import { COMPATIBLE_NOTES } from "../ai-sdk.mjs";
import { BOTH, LONG, QUESTION, WEATHER, callerGone } from "../features.mjs";

/** @import { Client, Target } from "../features.mjs" */

/**
 * @param {Target} target
 * @param {object} [options]
 * @param {string} [model]
 */
function agent({ baseURL, apiKey, fetch }, options, model = "gpt") {
  const settings = { name: "oci", baseURL, apiKey, fetch, includeUsage: true, supportsStructuredOutputs: true };
  const helper = { id: "helper", name: "Helper", instructions: "Help.", maxRetries: 0, ...options };
  const made = new Agent({ ...helper, model: createOpenAICompatible(settings)(model) });
  return new Mastra({ agents: { made }, logger: false }).getAgent("made");
}

/**
 * @param {string[]} names
 * @param {string[]} called
 */
function toolsOf(names, called) {
  const entries = names.map((name) => {
    const execute = async (input) => {
      called.push(name);
      return `${(input.context ?? input).city}: ${WEATHER}`;
    };
    return [name, createTool({ id: name, description: name, inputSchema: z.object({ city: z.string() }), execute })];
  });
  return Object.fromEntries(entries);
}

/** @type {Client} */
export const mastra = {
  name: "@mastra/core",
  npm: "@mastra/core",
  route: "chat/completions",
  notes: { structured: COMPATIBLE_NOTES.structured, usage: COMPATIBLE_NOTES.usage },
  tests: {
    async text(target) {
      const { text, finishReason } = await agent(target).generate(QUESTION);
      assert.match(text, /You asked: "How is the weather in Oslo\?"/);
      assert.equal(finishReason, "stop");
    },

    async stream(target) {
      const { textStream, finishReason } = await agent(target).stream(QUESTION);
      let text = "";
      for await (const piece of textStream) text += piece;
      assert.match(text, /the end of the answer\.$/);
      assert.equal(await finishReason, "stop");
    },

    async tools(target) {
      const called = [];
      const { text } = await agent(target, { tools: toolsOf(["get_weather"], called) }).generate(QUESTION);
      assert.deepEqual(called, ["get_weather"]);
      assert.match(text, /Oslo: sunny with 7 degrees/);
    },

    async streamedTools(target) {
      const called = [];
      const result = await agent(target, { tools: toolsOf(["get_weather"], called) }).stream(QUESTION);
      assert.match(await result.text, /Oslo: sunny with 7 degrees/);
      assert.deepEqual(called, ["get_weather"]);
    },

    async twoTools(target) {
      const called = [];
      const { text } = await agent(target, { tools: toolsOf(["get_weather", "get_time"], called) }).generate(BOTH);
      assert.deepEqual(called, ["get_weather", "get_time"]);
      assert.match(text, /sunny with 7 degrees \| Oslo: sunny/);
    },

    async structured(target) {
      const structuredOutput = { schema: z.object({ city: z.string() }) };
      const { object } = await agent(target).generate(QUESTION, { structuredOutput });
      assert.deepEqual(object, { city: "Oslo" });
    },

    async usage(target) {
      const { usage } = await agent(target).generate(QUESTION);
      assert.ok(usage.inputTokens > 0 && usage.totalTokens === usage.inputTokens + usage.outputTokens);
      const streamed = await (await agent(target).stream(QUESTION)).usage;
      assert.deepEqual([streamed.inputTokens, streamed.outputTokens], [usage.inputTokens, usage.outputTokens]);
    },

    async error(target) {
      const isBlocked = (error) => error.statusCode === 400 && /content_filtered/.test(error.responseBody);
      await assert.rejects(agent(target, {}, "blocked").generate(QUESTION), isBlocked);
    },

    async abort(target) {
      const stop = new AbortController();
      const { textStream } = await agent(target).stream(LONG, { abortSignal: stop.signal });
      try {
        for await (const _ of textStream) stop.abort();
      } catch (error) {
        assert.equal(error.name, "AbortError");
      }
      await callerGone(target);
    },
  },
};
