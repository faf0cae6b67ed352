// One completion: what is sent, and what comes back, on each wire.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const key = makeCredentials();
const simulator = await startSimulator({ credentials: [key], apiKeys: ["sk-simulated"] });
after(() => simulator.close());

const { compartmentId, url: endpoint } = simulator;
const client = (options) => new OciGenAI({ endpoint, compartmentId, sign: apiKeySigner(key), retry: { baseDelayMs: 1 }, ...options });
const oci = client();
const ask = (model, question = "Is it 東京?", more = {}) => ({ model, messages: [{ role: "user", content: question }], ...more });
const failsWith = (code) => (error) => {
  assert.ok(error instanceof OciError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};
/** The requests that arrive while something is done. */
async function sentBy(action) {
  const before = simulator.requests.length;
  await action();
  return simulator.requests.slice(before);
}

const TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

describe("chat", () => {
  test("a dedicated endpoint, GENERIC", async () => {
    const model = endpointId("simgeneric");
    let completion;
    const [sent, ...more] = await sentBy(async () => (completion = await oci.chat(ask(model, undefined, { max_tokens: 500, temperature: 0.5 }))));
    assert.equal(more.length, 0);
    assert.equal(sent.path, "/20231130/actions/chat");
    assert.deepEqual(sent.servingMode, { servingType: "DEDICATED", endpointId: model });
    assert.equal(sent.body.compartmentId, compartmentId);
    assert.equal(sent.body.chatRequest.apiFormat, "GENERIC");
    assert.ok(!sent.body.chatRequest.isStream);
    assert.equal(sent.body.chatRequest.maxTokens, 500);

    assert.match(completion.id, /^chatcmpl-[0-9a-f]{24}$/);
    assert.equal(completion.object, "chat.completion");
    assert.equal(completion.model, model);
    assert.ok(Math.abs(completion.created - Date.now() / 1000) < 60, "created is in seconds");
    assert.equal(completion.choices.length, 1);
    const [{ index, message, logprobs, finish_reason }] = completion.choices;
    assert.deepEqual({ index, logprobs, finish_reason }, { index: 0, logprobs: null, finish_reason: "stop" });
    assert.deepEqual(Object.keys(message).sort(), ["content", "refusal", "role"]);
    assert.match(message.content, /^You asked: "Is it 東京\?"[^]*the end of the answer\.$/);
    const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
    assert.ok(prompt_tokens > 0 && completion_tokens > 0 && total_tokens === prompt_tokens + completion_tokens);
    assert.match(completion.oci.opc_request_id, /^[0-9A-F]{32}(\/[0-9A-F]{32}){2}$/);
  });

  for (const [name, model, options, format] of [
    ["dedicated COHERE", endpointId("simcohere"), { apiFormat: "COHERE" }, "COHERE"],
    ["dedicated COHEREV2", endpointId("simcoherev2"), { apiFormat: "COHEREV2" }, "COHEREV2"],
    ["Command R on demand", "cohere.command-r-08-2024", {}, "COHERE"],
    ["Command A Vision on demand", "cohere.command-a-vision-07-2025", { transport: "native" }, "COHEREV2"],
    ["Llama on demand, native", "meta.llama-3.3-70b-instruct", { transport: "native" }, "GENERIC"],
    ["a model's OCID", "ocid1.generativeaimodel.oc1.us-chicago-1.example", {}, "GENERIC"],
  ]) {
    test(name, async () => {
      let completion;
      const [sent, ...more] = await sentBy(async () => (completion = await client({ region: "us-chicago-1" }).chat(ask(model), options)));
      assert.equal(more.length, 0);
      assert.equal(sent.apiFormat, format);
      assert.match(completion.choices[0].message.content, /^You asked: "Is it 東京\?"[^]*the end of the answer\.$/);
      assert.equal(completion.choices[0].finish_reason, "stop");
      assert.ok(completion.usage.total_tokens > 0);
    });
  }

  test("the openai transport, with a key and with a signature", async () => {
    for (const options of [{ sign: undefined, apiKey: "sk-simulated" }, {}]) {
      let completion;
      const [sent] = await sentBy(async () => (completion = await client(options).chat(ask("meta.llama-3.3-70b-instruct", undefined, { user: "someone" }))));
      assert.equal(sent.path, "/openai/v1/chat/completions");
      assert.equal(sent.body.user, "someone");
      assert.match(completion.choices[0].message.content, /^You asked: "Is it 東京\?"/);
      assert.equal(completion.object, "chat.completion");
    }
  });

  test("what was only assumed of an endpoint is corrected once, and remembered", async () => {
    const fresh = client();
    const formats = [];
    for (let call = 0; call < 2; call++) {
      const sent = await sentBy(() => fresh.chat(ask(endpointId("simcoherev2"))));
      formats.push(sent.map(({ apiFormat }) => apiFormat));
    }
    assert.equal(formats[0][0], "GENERIC");
    assert.equal(formats[0].at(-1), "COHEREV2");
    assert.deepEqual(formats[1], ["COHEREV2"]);
    // What was told is not corrected.
    await assert.rejects(client({ apiFormat: "GENERIC" }).chat(ask(endpointId("simcohere"))), failsWith("wrong_api_format"));
    // And what was learnt is the client's own.
    assert.equal((await sentBy(() => client().chat(ask(endpointId("simcoherev2")))))[0].apiFormat, "GENERIC");
  });

  test("a Cohere model that the openai transport refuses moves to the native one", async () => {
    const fresh = client();
    const paths = async () => (await sentBy(() => fresh.chat(ask("cohere.command-a-03-2025")))).map(({ path }) => path);
    assert.deepEqual(await paths(), ["/openai/v1/chat/completions", "/20231130/actions/chat"]);
    assert.deepEqual(await paths(), ["/20231130/actions/chat"]);
  });

  for (const [name, options] of [["simgeneric"], ["simxai"], ["simgpt"], ["simgemini"], ["simoneevent"], ["simqwen"], ["simcohere", { apiFormat: "COHERE" }], ["simcoherev2", { apiFormat: "COHEREV2" }]]) {
    test(`tool calls of ${name}, and their results`, async () => {
      const request = ask(endpointId(name), "The weather in Oslo and Lima, parallel?", { tools: [TOOL] });
      const completion = await oci.chat(request, options);
      const [{ message, finish_reason }] = completion.choices;
      assert.equal(finish_reason, "tool_calls");
      assert.equal(message.tool_calls.length, 2);
      for (const call of message.tool_calls) {
        assert.equal(call.type, "function");
        assert.equal(call.function.name, "get_weather");
        assert.ok(call.id.length > 0);
      }
      assert.deepEqual(message.tool_calls.map((call) => JSON.parse(call.function.arguments).city), ["Oslo", "Lima"]);
      assert.notEqual(message.tool_calls[0].id, message.tool_calls[1].id);

      const results = message.tool_calls.map(({ id }, index) => ({ role: "tool", tool_call_id: id, content: `sun ${index}` }));
      const next = await oci.chat({ ...request, messages: [...request.messages, message, ...results] }, options);
      assert.match(next.choices[0].message.content, /sun 0[^]*sun 1/);
      assert.equal(next.choices[0].message.tool_calls, undefined);
    });
  }

  test("finish reasons are OpenAI's, and OCI's word is kept", async () => {
    const length = async (name, options) => (await oci.chat(ask(endpointId(name), "tokens=50", { max_tokens: 5 }), options));
    const generic = await length("simgeneric");
    assert.equal(generic.choices[0].finish_reason, "length");
    const cohere = await length("simcohere", { apiFormat: "COHERE" });
    assert.deepEqual([cohere.choices[0].finish_reason, cohere.oci.finish_reason], ["length", "MAX_TOKENS"]);
  });

  test("several answers", async () => {
    const completion = await oci.chat(ask(endpointId("simgeneric"), "Hello?", { n: 3 }));
    assert.deepEqual(completion.choices.map(({ index }) => index), [0, 1, 2]);
    assert.equal(new Set(completion.choices.map(({ message }) => message.content)).size, 3);
  });

  test("log probabilities have OpenAI's shape", async () => {
    const logprobs = { tokens: ["Hi"], tokenLogprobs: [-0.5], topLogprobs: [{ Hi: -0.5, Ho: -1.5 }], textOffset: [0] };
    const choice = { index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "Hi" }] }, logprobs, finishReason: "stop" };
    const fetch = async () => Response.json({ modelId: "x", chatResponse: { apiFormat: "GENERIC", choices: [choice] } });
    const completion = await client({ fetch }).chat(ask(endpointId("simgeneric"), "x", { logprobs: true, top_logprobs: 2 }));
    const of = (token, logprob) => ({ token, logprob, bytes: [...Buffer.from(token)] });
    assert.deepEqual(completion.choices[0].logprobs, {
      content: [{ ...of("Hi", -0.5), top_logprobs: [of("Hi", -0.5), of("Ho", -1.5)] }],
      refusal: null,
    });
  });

  test("Cohere gets a limit where none is given, since the service would stop after 20 tokens", async () => {
    const completion = await oci.chat(ask("cohere.command-r-08-2024", "tokens=100"));
    assert.equal(completion.usage.completion_tokens, 100);
  });

  test("a request that can't be made is refused by name, before the network", async () => {
    const nothing = client({ fetch: () => assert.fail("nothing may be sent"), sign: () => assert.fail("nothing may be signed") });
    const model = endpointId("simgeneric");
    const cyclic = ask(model);
    cyclic.metadata = { cyclic };
    for (const [request, param] of [
      [{ messages: [] }, "model"],
      [{ model: 5, messages: [{ role: "user", content: "x" }] }, "model"],
      [{ model }, "messages"],
      [{ model, messages: [] }, "messages"],
      [{ model, messages: "Hello" }, "messages"],
      [{ model, messages: [{ role: "bot", content: "x" }] }, "messages[0].role"],
      [{ model, messages: [{ role: "user", content: 5 }] }, "messages[0].content"],
      [{ model, messages: [{ role: "tool", content: "x" }] }, "messages[0]"],
      [ask(model, "x", { temperature: "hot" }), "temperature"],
      [ask(model, "x", { max_tokens: 1.5 }), "max_tokens"],
      [ask(model, "x", { no_such_thing: 1 }), "no_such_thing"],
      [ask(model, "x", { oci: { no_such_thing: 1 } }), "oci.no_such_thing"],
      [ask(model, "x", { audio: { voice: "x" } }), "audio"],
      [undefined, undefined],
      [null, undefined],
      [5, undefined],
      ["Hello", undefined],
      [[], undefined],
      [cyclic, undefined],
      [ask(model, "x", { seed: 5n }), undefined],
    ]) {
      for (const call of [() => nothing.chat(request), () => nothing.stream(request).next()]) {
        await assert.rejects(call, (error) => failsWith("invalid_request")(error) && (assert.equal(error.param, param), true), param);
      }
    }
  });

  test("a native call without a compartment fails before the network", async () => {
    const nowhere = client({ compartmentId: undefined, fetch: () => assert.fail("nothing may be sent") });
    await assert.rejects(nowhere.chat(ask(endpointId("simgeneric"))), failsWith("missing_compartment"));
    await assert.rejects(nowhere.stream(ask(endpointId("simgeneric"))).next(), failsWith("missing_compartment"));
    await assert.rejects(nowhere.chat(ask("meta.llama")), failsWith("missing_compartment"));
    const withKey = client({ compartmentId: undefined, sign: undefined, apiKey: "sk-simulated" });
    assert.ok(await withKey.chat(ask("meta.llama-3.3-70b-instruct")));
  });

  test("the request is taken when the call is made", async () => {
    const request = ask(endpointId("simgeneric"), "before");
    const promised = oci.chat(request);
    request.messages[0].content = "after";
    assert.match((await promised).choices[0].message.content, /"before"/);

    const streamed = ask(endpointId("simgeneric"), "before");
    const stream = oci.stream(streamed);
    streamed.messages[0].content = "after";
    assert.match((await stream.final()).choices[0].message.content, /"before"/);
  });

  test("headers of the client and of the call are sent, the call's over the client's", async () => {
    const [sent] = await sentBy(() => client({ headers: { "x-a": "client", "X-B": "client" } }).chat(ask(endpointId("simgeneric")), { headers: { "X-A": "call" } }));
    assert.equal(sent.headers["x-a"], "call");
    assert.equal(sent.headers["x-b"], "client");
    assert.equal(sent.headers["content-type"], "application/json");
  });

  test("a text with halves of surrogate pairs, control characters and __proto__ arrives", async () => {
    const question = "a\ud800b \u0000\u2028\u{1f600} \"\\";
    const completion = await oci.chat(ask(endpointId("simgeneric"), question));
    assert.ok(completion.choices[0].message.content.includes('a\ufffdb \u0000\u2028\u{1f600} "\\'));
    const [sent] = await sentBy(() => oci.chat(ask(endpointId("simgeneric"), "Hi?", { metadata: JSON.parse('{"__proto__":"x"}') })));
    assert.ok(Object.hasOwn(sent.body.chatRequest.metadata, "__proto__"));
  });
});
