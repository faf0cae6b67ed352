// Tool calls, as the package returns them, sent back with their results: the next request in each
// format, and the one after it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointId } from "../simulator/server.mjs";
import { startHarness } from "./support/harness.mjs";

const { client, lastRequest } = await startHarness();
const oci = client({ retry: { maxAttempts: 1 }, fallback: "never" });

const TARGETS = [
  ["GENERIC, imported", endpointId("simgeneric"), { apiFormat: "GENERIC" }],
  ["GENERIC, Grok's variant", endpointId("simxai"), { apiFormat: "GENERIC" }],
  ["GENERIC, GPT's variant", endpointId("simgpt"), { apiFormat: "GENERIC" }],
  ["GENERIC, Gemini's variant", endpointId("simgemini"), { apiFormat: "GENERIC" }],
  ["GENERIC, tool calls as text", endpointId("simqwen"), { apiFormat: "GENERIC" }],
  ["GENERIC, everything in one event", endpointId("simoneevent"), { apiFormat: "GENERIC" }],
  ["GENERIC, google.* on demand", "google.gemini-2.5-pro", { transport: "native" }],
  ["GENERIC, openai.* on demand", "openai.gpt-5", { transport: "native" }],
  ["COHERE", endpointId("simcohere"), { apiFormat: "COHERE" }],
  ["COHERE, finish in two events", endpointId("simcoheresplit"), { apiFormat: "COHERE" }],
  ["COHERE, command-r on demand", "cohere.command-r-08-2024", {}],
  ["COHEREV2", endpointId("simcoherev2"), { apiFormat: "COHEREV2" }],
  ["openai", "meta.llama-3.3-70b-instruct", {}],
];

const READERS = {
  chat: (request, options) => oci.chat(request, options),
  "final() of a stream": (request, options) => oci.stream(request, options).final(),
};

const schema = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city"],
};
const tools = [
  { type: "function", function: { name: "get_weather", description: "Returns the weather.", parameters: schema } },
  {
    type: "function",
    function: { name: "get_time", description: "Returns the time.", parameters: { type: "object", properties: {} } },
  },
];

/** Sends a request: its choice and message, and the body that the simulator received. */
async function send(reader, request, options) {
  const completion = await READERS[reader](request, options);
  const { rejected, status, body } = lastRequest();
  assert.equal(rejected, undefined);
  assert.equal(status, 200);
  return { choice: completion.choices[0], message: completion.choices[0].message, body };
}

/** The tool results in a request of each format: [the call that was answered, its text]. */
const RESULTS = {
  GENERIC: ({ messages }) => {
    const calls = new Map(messages.flatMap(({ toolCalls = [] }) => toolCalls).map((call) => [call.id, call]));
    return trailing(messages, "TOOL").map(({ toolCallId, content }) => {
      const { name, arguments: written } = calls.get(toolCallId);
      return [{ name, parameters: JSON.parse(written) }, content[0].text];
    });
  },
  COHERE: ({ toolResults }) => toolResults.map(({ call, outputs }) => [call, outputs[0].output]),
  COHEREV2: ({ messages }) => {
    const calls = new Map(messages.flatMap(({ toolCalls = [] }) => toolCalls).map((call) => [call.id, call.function]));
    return trailing(messages, "TOOL").map(({ toolCallId, content }) => {
      const { name, arguments: written } = calls.get(toolCallId);
      return [{ name, parameters: JSON.parse(written) }, content[0].text];
    });
  },
  openai: ({ messages }) => {
    const calls = new Map(
      messages.flatMap(({ tool_calls = [] }) => tool_calls).map((call) => [call.id, call.function]),
    );
    return trailing(messages, "tool").map(({ tool_call_id, content }) => {
      const { name, arguments: written } = calls.get(tool_call_id);
      return [{ name, parameters: JSON.parse(written) }, content];
    });
  },
};

// All results since the last question. Gemini has them between the calls.
function trailing(messages, role) {
  const question = messages.findLastIndex((message) => message.role.toUpperCase() === "USER");
  return messages.slice(question).filter((message) => message.role === role);
}

/** Asserts one call of get_weather for each city. */
function assertCalls({ message, choice }, cities) {
  assert.equal(choice.finish_reason, "tool_calls");
  const calls = message.tool_calls;
  assert.deepEqual(
    calls.map((call) => JSON.parse(call.function.arguments)),
    cities.map((city) => ({ city, days: 1 })),
  );
  for (const call of calls) assert.deepEqual([call.type, call.function.name], ["function", "get_weather"]);
  assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length, "each has its own id");
  assert.ok(!/<tool_call/.test(message.content ?? ""), message.content);
}

/** The tool message that answers a call. */
function resultOf(call) {
  const { city } = JSON.parse(call.function.arguments);
  return { role: "tool", tool_call_id: call.id, content: `in ${city} it is «${call.id.length}°, 東京 "fine"»` };
}

describe("tool calls and their results", () => {
  for (const [name, model, options] of TARGETS) {
    for (const reader of Object.keys(READERS)) {
      test(`${name}: ${reader}`, async () => {
        const messages = [
          { role: "system", content: "Be kind." },
          { role: "user", content: "What is the weather in Rome and Oslo, in parallel?" },
        ];
        const ids = [];
        // Two rounds: the second request has the first round in its history.
        for (const cities of [
          ["Rome", "Oslo"],
          ["Lima", "Bonn"],
        ]) {
          const calling = await send(reader, { model, messages, tools }, options);
          assertCalls(calling, cities);
          messages.push(calling.message);
          ids.push(...calling.message.tool_calls.map(({ id }) => id));
          const results = calling.message.tool_calls.map(resultOf);
          messages.push(...results);

          const answer = await send(reader, { model, messages, tools }, options);
          assert.equal(answer.choice.finish_reason, "stop");
          // COHERE has results as objects, which the simulator quotes as JSON.
          const quoted = answer.message.content.replaceAll('\\"', '"');
          // Gemini has one call and one result in a turn, and the simulator quotes the results of
          // the last turn.
          for (const { content } of model.startsWith("google.") ? results.slice(-1) : results) {
            assert.ok(quoted.includes(content), answer.message.content);
          }
          const chatRequest = answer.body.chatRequest;
          const expected = calling.message.tool_calls.map((call, at) => [
            { name: call.function.name, parameters: JSON.parse(call.function.arguments) },
            results[at].content,
          ]);
          assert.deepEqual(RESULTS[chatRequest?.apiFormat ?? "openai"](chatRequest ?? answer.body), expected);

          messages.push(answer.message, { role: "user", content: "And the weather in Lima and Bonn, in parallel?" });
        }
        assert.equal(new Set(ids).size, ids.length, "no id is used again in a later turn");

        messages.pop();
        messages.push({ role: "user", content: "Thank you. What is a cluster?" });
        const last = await send(reader, { model, messages, tools }, options);
        assert.equal(last.choice.finish_reason, "stop");
        assert.match(last.message.content, /^You asked: "Thank you\. What is a cluster\?"/);
      });

      test(`${name}: ${reader}, with another question after the results`, async () => {
        const messages = [{ role: "user", content: "What is the weather in Rome?" }];
        const calling = await send(reader, { model, messages, tools }, options);
        assertCalls(calling, ["Rome"]);
        messages.push(calling.message, ...calling.message.tool_calls.map(resultOf));
        messages.push({ role: "user", content: "Never mind. Who are you?" });
        const answer = await send(reader, { model, messages, tools }, options);
        assert.match(answer.message.content, /^You asked: "Never mind\. Who are you\?"/);
      });
    }
  }

  test("results in another order are matched with their calls", async () => {
    for (const [name, model, options] of TARGETS) {
      const messages = [{ role: "user", content: "What is the weather in Rome and Oslo, in parallel?" }];
      const calling = await send("chat", { model, messages, tools }, options);
      messages.push(calling.message, ...calling.message.tool_calls.map(resultOf).toReversed());
      const { body } = await send("chat", { model, messages, tools }, options);
      const found = RESULTS[body.chatRequest?.apiFormat ?? "openai"](body.chatRequest ?? body);
      for (const [call, text] of found) assert.ok(text.startsWith(`in ${call.parameters.city} `), `${name}: ${text}`);
      assert.equal(found.length, 2, name);
    }
  });

  test("a call without arguments has {} as its arguments", async () => {
    for (const [name, model, options] of TARGETS) {
      const messages = [{ role: "user", content: "Is the weather on time?" }];
      const calling = await send("final() of a stream", { model, messages, tools: [tools[1]] }, options);
      const [call] = calling.message.tool_calls;
      assert.deepEqual([call.function.name, call.function.arguments], ["get_time", "{}"], name);
      messages.push(calling.message, { role: "tool", tool_call_id: call.id, content: '{"time":"noon"}' });
      const { message } = await send("final() of a stream", { model, messages, tools: [tools[1]] }, options);
      assert.ok(message.content.includes('{"time":"noon"}'), `${name}: ${message.content}`);
    }
  });
});
