// The npm package `openai`.

import assert from "node:assert/strict";
import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { embeddingOf } from "../simulator/operations.mjs";
import { BOTH, LONG, QUESTION, WEATHER, callerGone } from "./features.mjs";

/** @import { Client, Target, Test } from "./features.mjs" */

const Place = z.object({ city: z.string(), population: z.number() });
const TOOLS = ["get_weather", "get_time"].map((name) => ({
  name,
  description: `Does what ${name} says.`,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
}));
const messages = [{ role: "user", content: QUESTION }];

/** @param {Target} target */
const client = ({ baseURL, apiKey, fetch }) => new OpenAI({ baseURL, apiKey, fetch, maxRetries: 0 });

/** What both APIs of the client have in common. @type {Client["tests"]} */
const operations = {
  async embeddings(target) {
    const input = ["Rain in Oslo", "Sun in Lima"];
    const { data } = await client(target).embeddings.create({ model: "vectors", input, encoding_format: "float" });
    assert.deepEqual(data.map(({ embedding }) => embedding), input.map((text) => embeddingOf(text)));
  },

  async base64(target) {
    // The client asks for base64 by itself, and decodes it.
    const { data } = await client(target).embeddings.create({ model: "vectors", input: "Rain in Oslo" });
    assert.deepEqual(Float32Array.from(data[0].embedding), Float32Array.from(embeddingOf("Rain in Oslo")));
  },

  async moderation(target) {
    const { results } = await client(target).moderations.create({ input: ["a nice day", "I hate it"] });
    assert.deepEqual(results.map(({ flagged }) => flagged), [false, true]);
  },
};

/** @type {Client} */
export const chatCompletions = {
  name: "openai, chat.completions",
  npm: "openai",
  route: "chat/completions",
  tests: {
    async text(target) {
      const { choices } = await client(target).chat.completions.create({ model: "house", messages });
      assert.match(choices[0].message.content, /You asked: "How is the weather in Oslo\?"/);
      assert.deepEqual(choices[0].message.annotations, []);
    },

    async usage(target) {
      const { usage } = await client(target).chat.completions.create({ model: "house", messages });
      assert.ok(usage.prompt_tokens > 0 && usage.total_tokens === usage.prompt_tokens + usage.completion_tokens);
      const request = { model: "house", messages, stream_options: { include_usage: true } };
      assert.deepEqual(await client(target).chat.completions.stream(request).totalUsage(), usage);
    },

    async stream(target) {
      const stream = client(target).chat.completions.stream({ model: "house", messages });
      let text = "";
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
      assert.match(text, /the end of the answer\.$/);
      assert.equal(await stream.finalContent(), text);
    },

    async tools(target) {
      await chatInTwoSteps(target, (openai, request) => openai.chat.completions.create(request));
    },

    async streamedTools(target) {
      await chatInTwoSteps(target, (openai, request) => openai.chat.completions.stream(request).finalChatCompletion());
    },

    async twoTools(target) {
      const called = [];
      const tools = TOOLS.map((tool) => {
        const call = ({ city }) => {
          called.push(tool.name);
          return `${city}: ${WEATHER}`;
        };
        return { type: "function", function: { ...tool, parse: JSON.parse, function: call } };
      });
      const request = { model: "gpt", messages: [{ role: "user", content: BOTH }], tools };
      const text = await client(target).chat.completions.runTools(request).finalContent();
      assert.deepEqual(called, ["get_weather", "get_time"]);
      assert.match(text, /Oslo: sunny with 7 degrees \| Oslo: sunny/);
    },

    async structured(target) {
      const request = { model: "house", messages, response_format: zodResponseFormat(Place, "place") };
      const { choices } = await client(target).chat.completions.parse(request);
      assert.equal(choices[0].message.parsed.city, "Oslo");
    },

    async error(target) {
      await assertErrors((openai, model, more) => openai.chat.completions.create({ model, messages, ...more }), target);
    },

    async abort(target) {
      const request = { model: "house", messages: [{ role: "user", content: LONG }], stream: true };
      const stop = new AbortController();
      const stream = await client(target).chat.completions.create(request, { signal: stop.signal });
      for await (const _ of stream) stop.abort();
      await callerGone(target);
    },

    ...operations,
  },
};

/** @type {Client} */
export const responses = {
  name: "openai, responses",
  npm: "openai",
  route: "responses",
  tests: {
    async text(target) {
      const response = await client(target).responses.create({ model: "house", input: QUESTION });
      assert.match(response.output_text, /You asked: "How is the weather in Oslo\?"/);
      assert.equal(response.status, "completed");
    },

    async usage(target) {
      const { usage } = await client(target).responses.create({ model: "house", input: QUESTION });
      assert.ok(usage.input_tokens > 0 && usage.total_tokens === usage.input_tokens + usage.output_tokens);
      const streamed = await client(target).responses.stream({ model: "house", input: QUESTION }).finalResponse();
      assert.deepEqual(streamed.usage, usage);
    },

    async stream(target) {
      const stream = client(target).responses.stream({ model: "house", input: QUESTION });
      let text = "";
      for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
      assert.match(text, /the end of the answer\.$/);
      assert.equal((await stream.finalResponse()).output_text, text);
    },

    async tools(target) {
      await responseInTwoSteps(target, (openai, request) => openai.responses.create(request));
    },

    async streamedTools(target) {
      await responseInTwoSteps(target, (openai, request) => openai.responses.stream(request).finalResponse());
    },

    async twoTools(target) {
      const tools = TOOLS.map((tool) => ({ type: "function", strict: false, ...tool }));
      const { output } = await client(target).responses.create({ model: "gpt", input: BOTH, tools });
      const calls = output.filter(({ type }) => type === "function_call");
      assert.deepEqual(calls.map(({ name }) => name), ["get_weather", "get_time"]);
    },

    async structured(target) {
      const request = { model: "house", input: QUESTION, text: { format: zodTextFormat(Place, "place") } };
      const { output_parsed: place } = await client(target).responses.parse(request);
      assert.equal(place.city, "Oslo");
    },

    async error(target) {
      await assertErrors((openai, model, more) => openai.responses.create({ model, input: QUESTION, ...more }), target);
    },

    async abort(target) {
      const stop = new AbortController();
      const request = { model: "house", input: LONG, stream: true };
      const stream = await client(target).responses.create(request, { signal: stop.signal });
      for await (const { type } of stream) if (type === "response.output_text.delta") stop.abort();
      await callerGone(target);
    },
  },
};

/**
 * @param {Target} target
 * @param {(openai: OpenAI, request: any) => Promise<any>} send
 */
async function chatInTwoSteps(target, send) {
  const openai = client(target);
  const tools = [{ type: "function", function: TOOLS[0] }];
  const first = await send(openai, { model: "gpt", messages, tools });
  const [{ message, finish_reason: reason }] = first.choices;
  assert.equal(reason, "tool_calls");
  const [call] = message.tool_calls;
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ["get_weather", { city: "Oslo" }]);
  const result = { role: "tool", tool_call_id: call.id, content: WEATHER };
  const second = await send(openai, { model: "gpt", messages: [...messages, message, result], tools });
  assert.match(second.choices[0].message.content, /sunny with 7 degrees/);
}

/**
 * @param {Target} target
 * @param {(openai: OpenAI, request: any) => Promise<any>} send
 */
async function responseInTwoSteps(target, send) {
  const openai = client(target);
  const tools = [{ type: "function", strict: false, ...TOOLS[0] }];
  const input = [{ role: "user", content: QUESTION }];
  const { output } = await send(openai, { model: "gpt", input, tools });
  const call = output.find(({ type }) => type === "function_call");
  assert.deepEqual([call.name, JSON.parse(call.arguments)], ["get_weather", { city: "Oslo" }]);
  const result = { type: "function_call_output", call_id: call.call_id, output: WEATHER };
  const second = await send(openai, { model: "gpt", input: [...input, ...output, result], tools });
  assert.match(second.output_text, /sunny with 7 degrees/);
}

/**
 * @param {(openai: OpenAI, model: string, more: object) => Promise<unknown>} send
 * @param {Target} target
 */
async function assertErrors(send, target) {
  const openai = client(target);
  for (const [model, more, Class, code] of [
    ["nothing", {}, NotFoundError, "invalid_model"],
    ["blocked", {}, BadRequestError, "content_filtered"],
    ["house", { temperature: "hot" }, BadRequestError, "invalid_request"],
  ]) {
    await assert.rejects(send(openai, model, more), (error) => error instanceof Class && error.code === code);
  }
}
