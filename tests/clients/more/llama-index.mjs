// The npm package `@llamaindex/openai`, with the agents of `@llamaindex/workflow`.

import assert from "node:assert/strict";
import { OpenAI, OpenAIEmbedding } from "@llamaindex/openai";
import { agent, agentStreamEvent } from "@llamaindex/workflow";
import { tool } from "@llamaindex/core/tools";
import { z } from "zod";
import { embeddingOf } from "../../simulator/operations.mjs";
import { BOTH, LONG, QUESTION, WEATHER, callerGone } from "../features.mjs";

/** @import { Client, Target } from "../features.mjs" */

/**
 * @param {Target} target
 * @param {object} [fields]
 */
function llm({ baseURL, apiKey, fetch }, fields) {
  const additionalSessionOptions = { fetch };
  return new OpenAI({ model: "gpt", apiKey, baseURL, maxRetries: 0, additionalSessionOptions, ...fields });
}

/**
 * @param {Target} target
 * @param {string[]} names
 * @param {string[]} called
 */
function helper(target, names, called) {
  const tools = names.map((name) =>
    tool({
      name,
      description: name,
      parameters: z.object({ city: z.string() }),
      execute: ({ city }) => {
        called.push(name);
        return `${city}: ${WEATHER}`;
      },
    }),
  );
  return agent({ llm: llm(target), tools });
}

const chat = (content) => ({ messages: [{ role: "user", content }] });

/** @type {Client} */
export const llamaIndex = {
  name: "@llamaindex/openai",
  npm: "@llamaindex/openai",
  route: "chat/completions",
  notes: {
    abort: "It takes no signal, and reads on when its loop is left: give it a `fetch` that adds a signal.",
    usage: 'Streamed, with `additionalChatOptions: { stream_options: { include_usage: true } }`.',
  },
  tests: {
    async text(target) {
      const { message } = await llm(target).chat(chat(QUESTION));
      assert.match(message.content, /You asked: "How is the weather in Oslo\?"/);
    },

    async stream(target) {
      let text = "";
      for await (const { delta } of await llm(target).chat({ ...chat(QUESTION), stream: true })) text += delta;
      assert.match(text, /the end of the answer\.$/);
    },

    // An agent streams every step.
    async streamedTools(target) {
      const called = [];
      const events = helper(target, ["get_weather"], called).runStream(QUESTION);
      let text = "";
      for await (const event of events) if (agentStreamEvent.include(event)) text += event.data.delta;
      assert.deepEqual(called, ["get_weather"]);
      assert.match(text, /Oslo: sunny with 7 degrees/);
    },

    async tools(target) {
      const parameters = z.object({ city: z.string() });
      const tools = [tool({ name: "get_weather", description: "weather", parameters, execute: () => WEATHER })];
      const first = await llm(target).chat({ ...chat(QUESTION), tools });
      const [call] = first.message.options.toolCall;
      assert.deepEqual([call.name, JSON.parse(call.input)], ["get_weather", { city: "Oslo" }]);
      const toolResult = { id: call.id, result: WEATHER, isError: false };
      const result = { role: "user", content: WEATHER, options: { toolResult } };
      const second = await llm(target).chat({ messages: [...chat(QUESTION).messages, first.message, result], tools });
      assert.match(second.message.content, /sunny with 7 degrees/);
    },

    async twoTools(target) {
      const called = [];
      const { data } = await helper(target, ["get_weather", "get_time"], called).run(BOTH);
      assert.deepEqual(called, ["get_weather", "get_time"]);
      assert.match(data.result, /sunny with 7 degrees \| Oslo: sunny/);
    },

    async structured(target) {
      const responseFormat = z.object({ city: z.string() });
      const { message } = await llm(target).chat({ ...chat(QUESTION), responseFormat });
      assert.deepEqual(JSON.parse(message.content), { city: "Oslo" });
    },

    async usage(target) {
      const { raw } = await llm(target).chat(chat(QUESTION));
      assert.ok(raw.usage.total_tokens > 0);
      const additionalChatOptions = { stream_options: { include_usage: true } };
      let last;
      const streamed = await llm(target, { additionalChatOptions }).chat({ ...chat(QUESTION), stream: true });
      for await (const piece of streamed) last = piece.raw;
      assert.deepEqual(last.usage, raw.usage);
    },

    async error(target) {
      const isBlocked = (error) => error.status === 400 && error.code === "content_filtered";
      await assert.rejects(llm(target, { model: "blocked" }).chat(chat(QUESTION)), isBlocked);
    },

    async abort(target) {
      const stop = new AbortController();
      const abortable = (/** @type {any} */ url, /** @type {any} */ init) => {
        return target.fetch(url, { ...init, signal: AbortSignal.any([init.signal, stop.signal]) });
      };
      try {
        const model = llm({ ...target, fetch: abortable });
        for await (const _ of await model.chat({ ...chat(LONG), stream: true })) stop.abort();
      } catch (error) {
        assert.match(error.message, /abort/i);
      }
      await callerGone(target);
    },

    async embeddings({ baseURL, apiKey, fetch }) {
      const fields = { model: "vectors", apiKey, baseURL, maxRetries: 0, additionalSessionOptions: { fetch } };
      const texts = ["Rain in Oslo", "Sun in Lima"];
      const vectors = await new OpenAIEmbedding(fields).getTextEmbeddings(texts);
      const floats = (/** @type {number[][]} */ all) => all.map((vector) => Float32Array.from(vector));
      assert.deepEqual(floats(vectors), floats(texts.map((text) => embeddingOf(text))));
    },
  },
};
