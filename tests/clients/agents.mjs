// The npm package `@openai/agents`: with its default model class, which speaks Responses, and with the one that speaks
// Chat Completions.

import assert from "node:assert/strict";
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from "@openai/agents";
import OpenAI, { BadRequestError } from "openai";
import { z } from "zod";
import { BOTH, LONG, QUESTION, WEATHER, callerGone } from "./features.mjs";

/** @import { Client, Target } from "./features.mjs" */

setTracingDisabled(true);

/**
 * @param {string} name
 * @param {string[]} called
 */
const weatherTool = (name, called = []) =>
  tool({
    name,
    description: `Does what ${name} says.`,
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => {
      called.push(name);
      return `${city}: ${WEATHER}`;
    },
  });

/**
 * @param {string} name
 * @param {Client["route"]} route
 * @param {boolean | undefined} useResponses
 * @returns {Client}
 */
function agents(name, route, useResponses) {
  /** @param {Target} target */
  const runner = ({ baseURL, apiKey, fetch }) => {
    const openAIClient = new OpenAI({ baseURL, apiKey, fetch, maxRetries: 0 });
    const modelProvider = new OpenAIProvider({ openAIClient, ...(useResponses !== undefined && { useResponses }) });
    return new Runner({ modelProvider, tracingDisabled: true });
  };

  /** @param {object} [options] */
  const agent = (options) => new Agent({ name: "Helper", instructions: "Help.", model: "gpt", ...options });

  return {
    name,
    npm: "@openai/agents",
    route,
    tests: {
      async text(target) {
        const { finalOutput } = await runner(target).run(agent(), QUESTION);
        assert.match(finalOutput, /You asked: "How is the weather in Oslo\?"/);
      },

      async stream(target) {
        const result = await runner(target).run(agent(), QUESTION, { stream: true });
        let text = "";
        for await (const piece of result.toTextStream()) text += piece;
        await result.completed;
        assert.match(text, /the end of the answer\.$/);
        assert.equal(result.finalOutput, text);
      },

      async usage(target) {
        const { usage } = (await runner(target).run(agent(), QUESTION)).state;
        assert.ok(usage.inputTokens > 0 && usage.totalTokens === usage.inputTokens + usage.outputTokens);
        const result = await runner(target).run(agent(), QUESTION, { stream: true });
        await result.completed;
        assert.deepEqual(result.state.usage.totalTokens, usage.totalTokens);
      },

      async tools(target) {
        const called = [];
        const helper = agent({ tools: [weatherTool("get_weather", called)] });
        const { finalOutput } = await runner(target).run(helper, QUESTION);
        assert.deepEqual(called, ["get_weather"]);
        assert.match(finalOutput, /Oslo: sunny with 7 degrees/);
      },

      async streamedTools(target) {
        const called = [];
        const helper = agent({ tools: [weatherTool("get_weather", called)] });
        const result = await runner(target).run(helper, QUESTION, { stream: true });
        for await (const _ of result);
        await result.completed;
        assert.deepEqual(called, ["get_weather"]);
        assert.match(result.finalOutput, /Oslo: sunny with 7 degrees/);
      },

      async twoTools(target) {
        const called = [];
        const helper = agent({ tools: ["get_weather", "get_time"].map((one) => weatherTool(one, called)) });
        const { finalOutput } = await runner(target).run(helper, BOTH);
        assert.deepEqual(called, ["get_weather", "get_time"]);
        assert.match(finalOutput, /sunny with 7 degrees \| Oslo: sunny/);
      },

      async handoff(target) {
        const specialist = agent({ name: "Specialist", handoffDescription: "Knows the weather." });
        const triage = agent({ name: "Triage", handoffs: [specialist] });
        const { lastAgent, finalOutput } = await runner(target).run(triage, QUESTION);
        assert.equal(lastAgent.name, "Specialist");
        assert.match(finalOutput, /You asked: "How is the weather in Oslo\?"/);
      },

      async structured(target) {
        const helper = agent({ outputType: z.object({ city: z.string() }) });
        const { finalOutput } = await runner(target).run(helper, QUESTION);
        assert.deepEqual(finalOutput, { city: "Oslo" });
      },

      async error(target) {
        const run = runner(target).run(agent({ model: "blocked" }), QUESTION);
        await assert.rejects(run, (error) => error instanceof BadRequestError && error.code === "content_filtered");
      },

      async abort(target) {
        const stop = new AbortController();
        const result = await runner(target).run(agent(), LONG, { stream: true, signal: stop.signal });
        for await (const _ of result.toTextStream()) stop.abort();
        await callerGone(target);
      },
    },
  };
}

export const agentsOnResponses = agents("@openai/agents, default model", "responses", undefined);
export const agentsOnChat = agents("@openai/agents, Chat Completions", "chat/completions", false);
