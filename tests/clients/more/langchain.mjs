// The npm packages `@langchain/openai` and `@langchain/core`.

import assert from "node:assert/strict";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { z } from "zod";
import { embeddingOf } from "../../simulator/operations.mjs";
import { BOTH, LONG, QUESTION, WEATHER, callerGone } from "../features.mjs";

/** @import { Client, Target } from "../features.mjs" */

/**
 * @param {Target} target
 * @param {object} [fields]
 */
function chat({ baseURL, apiKey, fetch }, fields) {
  return new ChatOpenAI({
    model: "gpt",
    apiKey,
    configuration: { baseURL, fetch },
    useResponsesApi: false,
    maxRetries: 0,
    ...fields,
  });
}

const tools = ["get_weather", "get_time"].map((name) =>
  tool(({ city }) => `${city}: ${WEATHER}`, { name, description: name, schema: z.object({ city: z.string() }) }),
);

/**
 * Asks, calls what is to be called, and asks again.
 *
 * @param {(messages: any[]) => Promise<any>} ask
 * @param {string} question
 */
async function answerWithTools(ask, question) {
  const messages = [new HumanMessage(question)];
  const first = await ask(messages);
  const called = first.tool_calls.map(({ name }) => name);
  const results = [];
  for (const call of first.tool_calls) results.push(await tools.find(({ name }) => name === call.name).invoke(call));
  assert.ok(results.every((result) => result instanceof ToolMessage));
  const second = await ask([...messages, first, ...results]);
  return { called, text: second.content };
}

/** @param {AsyncIterable<any>} stream */
async function gathered(stream) {
  let whole;
  for await (const piece of stream) whole = whole === undefined ? piece : whole.concat(piece);
  return whole;
}

/** @type {Client} */
export const langchain = {
  name: "@langchain/openai",
  npm: "@langchain/openai",
  route: "chat/completions",
  tests: {
    async text(target) {
      const { content } = await chat(target).invoke(QUESTION);
      assert.match(content, /You asked: "How is the weather in Oslo\?"/);
    },

    async stream(target) {
      let text = "";
      for await (const { content } of await chat(target).stream(QUESTION)) text += content;
      assert.match(text, /the end of the answer\.$/);
    },

    async tools(target) {
      const model = chat(target).bindTools(tools.slice(0, 1));
      const { called, text } = await answerWithTools((messages) => model.invoke(messages), QUESTION);
      assert.deepEqual(called, ["get_weather"]);
      assert.match(text, /Oslo: sunny with 7 degrees/);
    },

    async streamedTools(target) {
      const model = chat(target).bindTools(tools.slice(0, 1));
      const ask = async (messages) => gathered(await model.stream(messages));
      const { called, text } = await answerWithTools(ask, QUESTION);
      assert.deepEqual(called, ["get_weather"]);
      assert.match(text, /Oslo: sunny with 7 degrees/);
    },

    async twoTools(target) {
      const model = chat(target).bindTools(tools);
      const { called, text } = await answerWithTools((messages) => model.invoke(messages), BOTH);
      assert.deepEqual(called, ["get_weather", "get_time"]);
      assert.match(text, /sunny with 7 degrees \| Oslo: sunny/);
    },

    async structured(target) {
      const Place = z.object({ city: z.string() });
      for (const method of ["jsonSchema", "functionCalling"]) {
        const model = chat(target).withStructuredOutput(Place, { name: "place", method });
        assert.deepEqual(await model.invoke(QUESTION), { city: "Oslo" }, method);
      }
    },

    async usage(target) {
      const { usage_metadata: usage } = await chat(target).invoke(QUESTION);
      assert.ok(usage.input_tokens > 0 && usage.total_tokens === usage.input_tokens + usage.output_tokens);
      const streamed = (await gathered(await chat(target).stream(QUESTION))).usage_metadata;
      assert.deepEqual([streamed.input_tokens, streamed.output_tokens], [usage.input_tokens, usage.output_tokens]);
    },

    async error(target) {
      const refused = chat(target, { model: "blocked" }).invoke(QUESTION);
      await assert.rejects(refused, (error) => error.status === 400 && error.code === "content_filtered");
      const unknown = chat(target, { model: "nothing" }).stream(QUESTION);
      await assert.rejects(unknown, (error) => error.status === 404 && error.lc_error_code === "MODEL_NOT_FOUND");
    },

    async abort(target) {
      const stop = new AbortController();
      const isAbort = (error) => error.name === "AbortError" || /abort/i.test(error.message);
      try {
        for await (const _ of await chat(target).stream(LONG, { signal: stop.signal })) stop.abort();
      } catch (error) {
        assert.ok(isAbort(error), String(error));
      }
      await callerGone(target);
    },

    async embeddings(target) {
      const { baseURL, apiKey, fetch } = target;
      const fields = { model: "vectors", apiKey, configuration: { baseURL, fetch }, maxRetries: 0 };
      const embeddings = new OpenAIEmbeddings({ ...fields, encodingFormat: "float" });
      const texts = ["Rain in Oslo", "Sun in Lima"];
      assert.deepEqual(await embeddings.embedDocuments(texts), texts.map((text) => embeddingOf(text)));
      assert.deepEqual(await embeddings.embedQuery(texts[0]), embeddingOf(texts[0]));
    },
  },
};

/** For retries.mjs. @type {import("../retries.mjs").Asker} */
export const langchainAsker = {
  ask: (settings, more) => chatOf(settings, more).invoke(QUESTION),
  stream: async (settings, more) => gathered(await chatOf(settings, more).stream(QUESTION)),
};

/**
 * @param {import("../retries.mjs").Settings} settings
 * @param {import("../retries.mjs").More} more
 */
function chatOf({ baseURL, apiKey, fetch }, more) {
  const configuration = { baseURL, fetch };
  return new ChatOpenAI({ model: "down", apiKey, configuration, useResponsesApi: false, ...more });
}
