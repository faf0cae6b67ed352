// A turn of tool calls, as this package puts it together, sent back with the results: the next request on each wire, and the one after it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const key = makeCredentials();
let simulator;
let oci;
before(async () => {
  simulator = await startSimulator({ credentials: [key] });
  oci = new OciGenAI({
    endpoint: simulator.url,
    compartmentId: simulator.compartmentId,
    sign: apiKeySigner(key),
    retry: { maxAttempts: 1 },
    fallback: "never",
  });
});
after(() => simulator.close());

const TARGETS = [
  ["GENERIC, imported", endpointId("simgeneric"), { apiFormat: "GENERIC" }],
  ["GENERIC, Grok's dialect", endpointId("simxai"), { apiFormat: "GENERIC" }],
  ["GENERIC, GPT's dialect", endpointId("simgpt"), { apiFormat: "GENERIC" }],
  ["GENERIC, Gemini's dialect", endpointId("simgemini"), { apiFormat: "GENERIC" }],
  ["GENERIC, calls in the text", endpointId("simqwen"), { apiFormat: "GENERIC" }],
  ["GENERIC, all in one event", endpointId("simoneevent"), { apiFormat: "GENERIC" }],
  ["GENERIC, google.* on demand", "google.gemini-2.5-pro", { transport: "native" }],
  ["GENERIC, openai.* on demand", "openai.gpt-5", { transport: "native" }],
  ["COHERE", endpointId("simcohere"), { apiFormat: "COHERE" }],
  ["COHERE, the end in two events", endpointId("simcoheresplit"), { apiFormat: "COHERE" }],
  ["COHERE, command-r on demand", "cohere.command-r-08-2024", {}],
  ["COHEREV2", endpointId("simcoherev2"), { apiFormat: "COHEREV2" }],
  ["openai", "meta.llama-3.3-70b-instruct", {}],
];

const WAYS = {
  chat: (request, options) => oci.chat(request, options),
  "final() of a stream": (request, options) => oci.stream(request, options).final(),
};

const schema = { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city"] };
const tools = [
  { type: "function", function: { name: "get_weather", description: "Tells the weather.", parameters: schema } },
  { type: "function", function: { name: "get_time", description: "Tells the time.", parameters: { type: "object", properties: {} } } },
];

/** What one request was answered, and what the simulator saw of it. */
async function answered(way, request, options) {
  const completion = await WAYS[way](request, options);
  const record = simulator.requests.at(-1);
  assert.equal(record.rejected, undefined);
  assert.equal(record.status, 200);
  return { choice: completion.choices[0], message: completion.choices[0].message, body: record.body };
}

/** Where a wire keeps the results of the turn that is asked for: [the call that each answers, its text]. */
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
    const calls = new Map(messages.flatMap(({ tool_calls = [] }) => tool_calls).map((call) => [call.id, call.function]));
    return trailing(messages, "tool").map(({ tool_call_id, content }) => {
      const { name, arguments: written } = calls.get(tool_call_id);
      return [{ name, parameters: JSON.parse(written) }, content];
    });
  },
};

// All results since the last question: Gemini's stand between the calls.
function trailing(messages, role) {
  const asked = messages.findLastIndex((message) => message.role.toUpperCase() === "USER");
  return messages.slice(asked).filter((message) => message.role === role);
}

function assertCalls({ message, choice }, places) {
  assert.equal(choice.finish_reason, "tool_calls");
  const calls = message.tool_calls;
  assert.deepEqual(calls.map((call) => JSON.parse(call.function.arguments)), places.map((city) => ({ city, days: 1 })));
  for (const call of calls) assert.deepEqual([call.type, call.function.name], ["function", "get_weather"]);
  assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length, "an id for each");
  assert.ok(!/<tool_call/.test(message.content ?? ""), message.content);
}

const resultOf = (call) => ({ role: "tool", tool_call_id: call.id, content: `in ${JSON.parse(call.function.arguments).city} it is «${call.id.length}°, 東京 "fine"»` });

describe("tool calls and their results go round", () => {
  for (const [name, model, options] of TARGETS) {
    for (const way of Object.keys(WAYS)) {
      test(`${name}: ${way}`, async () => {
        const messages = [
          { role: "system", content: "Be kind." },
          { role: "user", content: "What is the weather in Rome and Oslo, in parallel?" },
        ];
        const ids = [];
        // Two rounds: the second has the first one's calls and results behind it.
        for (const places of [["Rome", "Oslo"], ["Lima", "Bonn"]]) {
          const asked = await answered(way, { model, messages, tools }, options);
          assertCalls(asked, places);
          messages.push(asked.message);
          ids.push(...asked.message.tool_calls.map(({ id }) => id));
          const results = asked.message.tool_calls.map(resultOf);
          messages.push(...results);

          const told = await answered(way, { model, messages, tools }, options);
          assert.equal(told.choice.finish_reason, "stop");
          // Cohere's V1 gets its results as objects, and the simulator quotes them as JSON.
          const quoted = told.message.content.replaceAll('\\"', '"');
          // Gemini's turns are one call and one result, and the simulator quotes the results of the last turn.
          for (const { content } of model.startsWith("google.") ? results.slice(-1) : results) {
            assert.ok(quoted.includes(content), told.message.content);
          }
          const chatRequest = told.body.chatRequest;
          const expected = asked.message.tool_calls.map((call, at) => [
            { name: call.function.name, parameters: JSON.parse(call.function.arguments) },
            results[at].content,
          ]);
          assert.deepEqual(RESULTS[chatRequest?.apiFormat ?? "openai"](chatRequest ?? told.body), expected);

          messages.push(told.message, { role: "user", content: "And the weather in Lima and Bonn, in parallel?" });
        }
        assert.equal(new Set(ids).size, ids.length, "no id comes again in a later turn");

        messages.pop();
        messages.push({ role: "user", content: "Thank you. What is a cluster?" });
        const last = await answered(way, { model, messages, tools }, options);
        assert.equal(last.choice.finish_reason, "stop");
        assert.match(last.message.content, /^You asked: "Thank you\. What is a cluster\?"/);
      });

      test(`${name}: ${way}, a question in place of an answer after the results`, async () => {
        const messages = [{ role: "user", content: "What is the weather in Rome?" }];
        const asked = await answered(way, { model, messages, tools }, options);
        assertCalls(asked, ["Rome"]);
        messages.push(asked.message, ...asked.message.tool_calls.map(resultOf), { role: "user", content: "Never mind. Who are you?" });
        const told = await answered(way, { model, messages, tools }, options);
        assert.match(told.message.content, /^You asked: "Never mind\. Who are you\?"/);
      });
    }
  }

  test("results in another order find their calls", async () => {
    for (const [name, model, options] of TARGETS) {
      const messages = [{ role: "user", content: "What is the weather in Rome and Oslo, in parallel?" }];
      const asked = await answered("chat", { model, messages, tools }, options);
      messages.push(asked.message, ...asked.message.tool_calls.map(resultOf).reverse());
      const { body } = await answered("chat", { model, messages, tools }, options);
      const found = RESULTS[body.chatRequest?.apiFormat ?? "openai"](body.chatRequest ?? body);
      for (const [call, text] of found) assert.ok(text.startsWith(`in ${call.parameters.city} `), `${name}: ${text}`);
      assert.equal(found.length, 2, name);
    }
  });

  test("a call without arguments comes back as {}", async () => {
    for (const [name, model, options] of TARGETS) {
      const messages = [{ role: "user", content: "Is the weather on time?" }];
      const asked = await answered("final() of a stream", { model, messages, tools: [tools[1]] }, options);
      const [call] = asked.message.tool_calls;
      assert.deepEqual([call.function.name, call.function.arguments], ["get_time", "{}"], name);
      messages.push(asked.message, { role: "tool", tool_call_id: call.id, content: '{"time":"noon"}' });
      const { message } = await answered("final() of a stream", { model, messages, tools: [tools[1]] }, options);
      assert.ok(message.content.includes('{"time":"noon"}'), `${name}: ${message.content}`);
    }
  });
});
