// `oci.chat`: the request that is sent and the completion that is returned, in each format.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointId } from "../simulator/server.mjs";
import { failsWith, OFFLINE } from "./support/assertions.mjs";
import { WEATHER_TOOL } from "./support/chat-request.mjs";
import { startHarness } from "./support/harness.mjs";

const { compartmentId, client, ask, observe } = await startHarness({
  apiKeys: ["sk-simulated"],
  question: "Is it 東京?",
  client: { retry: { baseDelayMs: 1 } },
});
const oci = client();

describe("chat", () => {
  test("a dedicated endpoint, GENERIC", async () => {
    const model = endpointId("simgeneric");
    const { result: completion, requests } = await observe(() =>
      oci.chat(ask(model, undefined, { max_tokens: 500, temperature: 0.5 })),
    );
    assert.equal(requests.length, 1);
    const [sent] = requests;
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
    assert.deepEqual(Object.keys(message).toSorted(), ["annotations", "content", "refusal", "role"]);
    assert.deepEqual(message.annotations, []);
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
      const regional = client({ region: "us-chicago-1" });
      const { result: completion, requests } = await observe(() => regional.chat(ask(model), options));
      assert.equal(requests.length, 1);
      assert.equal(requests[0].apiFormat, format);
      assert.match(completion.choices[0].message.content, /^You asked: "Is it 東京\?"[^]*the end of the answer\.$/);
      assert.equal(completion.choices[0].finish_reason, "stop");
      assert.ok(completion.usage.total_tokens > 0);
    });
  }

  test("the openai transport, with an API key and with a signature", async () => {
    for (const options of [{ sign: undefined, apiKey: "sk-simulated" }, {}]) {
      const { result: completion, requests } = await observe(() =>
        client(options).chat(ask("meta.llama-3.3-70b-instruct", undefined, { user: "someone" })),
      );
      const [sent] = requests;
      assert.equal(sent.path, "/openai/v1/chat/completions");
      assert.equal(sent.body.user, "someone");
      assert.match(completion.choices[0].message.content, /^You asked: "Is it 東京\?"/);
      assert.equal(completion.object, "chat.completion");
    }
  });

  test("renegotiates an assumed format once, and remembers the result", async () => {
    const fresh = client();
    const formats = [];
    for (let call = 0; call < 2; call++) {
      const { requests } = await observe(() => fresh.chat(ask("simcoherev2")));
      formats.push(requests.map(({ apiFormat }) => apiFormat));
    }
    assert.equal(formats[0][0], "GENERIC");
    assert.equal(formats[0].at(-1), "COHEREV2");
    assert.deepEqual(formats[1], ["COHEREV2"]);
    // An explicit format is final.
    await assert.rejects(client({ apiFormat: "GENERIC" }).chat(ask("simcohere")), failsWith("wrong_api_format"));
    // Another client has learned nothing.
    const { requests } = await observe(() => client().chat(ask("simcoherev2")));
    assert.equal(requests[0].apiFormat, "GENERIC");
  });

  test("moves a Cohere model to the native transport when the openai transport rejects it", async () => {
    const fresh = client();
    const paths = async () => {
      const { requests } = await observe(() => fresh.chat(ask("cohere.command-a-03-2025")));
      return requests.map(({ path }) => path);
    };
    assert.deepEqual(await paths(), ["/openai/v1/chat/completions", "/20231130/actions/chat"]);
    assert.deepEqual(await paths(), ["/20231130/actions/chat"]);
  });

  for (const [name, options] of [
    ["simgeneric"],
    ["simxai"],
    ["simgpt"],
    ["simgemini"],
    ["simoneevent"],
    ["simqwen"],
    ["simcohere", { apiFormat: "COHERE" }],
    ["simcoherev2", { apiFormat: "COHEREV2" }],
  ]) {
    test(`tool calls from ${name}, and their results`, async () => {
      const request = ask(name, "The weather in Oslo and Lima, parallel?", { tools: [WEATHER_TOOL] });
      const completion = await oci.chat(request, options);
      const [{ message, finish_reason }] = completion.choices;
      assert.equal(finish_reason, "tool_calls");
      assert.equal(message.tool_calls.length, 2);
      for (const call of message.tool_calls) {
        assert.equal(call.type, "function");
        assert.equal(call.function.name, "get_weather");
        assert.ok(call.id.length > 0);
      }
      assert.deepEqual(
        message.tool_calls.map((call) => JSON.parse(call.function.arguments).city),
        ["Oslo", "Lima"],
      );
      assert.notEqual(message.tool_calls[0].id, message.tool_calls[1].id);

      const results = message.tool_calls.map(({ id }, index) => ({
        role: "tool",
        tool_call_id: id,
        content: `sun ${index}`,
      }));
      const next = await oci.chat({ ...request, messages: [...request.messages, message, ...results] }, options);
      assert.match(next.choices[0].message.content, /sun 0[^]*sun 1/);
      assert.equal(next.choices[0].message.tool_calls, undefined);
    });
  }

  test("translates finish reasons, and keeps OCI's as oci.finish_reason", async () => {
    const truncated = (name, options) => oci.chat(ask(name, "tokens=50", { max_tokens: 5 }), options);
    const generic = await truncated("simgeneric");
    assert.equal(generic.choices[0].finish_reason, "length");
    const cohere = await truncated("simcohere", { apiFormat: "COHERE" });
    assert.deepEqual([cohere.choices[0].finish_reason, cohere.oci.finish_reason], ["length", "MAX_TOKENS"]);
  });

  test("several choices", async () => {
    const completion = await oci.chat(ask("simgeneric", "Hello?", { n: 3 }));
    assert.deepEqual(
      completion.choices.map(({ index }) => index),
      [0, 1, 2],
    );
    assert.equal(new Set(completion.choices.map(({ message }) => message.content)).size, 3);
  });

  test("log probabilities have OpenAI's shape", async () => {
    const logprobs = { tokens: ["Hi"], tokenLogprobs: [-0.5], topLogprobs: [{ Hi: -0.5, Ho: -1.5 }], textOffset: [0] };
    const choice = {
      index: 0,
      message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "Hi" }] },
      logprobs,
      finishReason: "stop",
    };
    const fetch = async () =>
      Response.json({ modelId: "x", chatResponse: { apiFormat: "GENERIC", choices: [choice] } });
    const completion = await client({ fetch }).chat(ask("simgeneric", "x", { logprobs: true, top_logprobs: 2 }));
    const of = (token, logprob) => ({ token, logprob, bytes: [...Buffer.from(token)] });
    assert.deepEqual(completion.choices[0].logprobs, {
      content: [{ ...of("Hi", -0.5), top_logprobs: [of("Hi", -0.5), of("Ho", -1.5)] }],
      refusal: null,
    });
  });

  test("sends Cohere a limit where none is given, because the service's default is 20 tokens", async () => {
    const completion = await oci.chat(ask("cohere.command-r-08-2024", "tokens=100"));
    assert.equal(completion.usage.completion_tokens, 100);
  });

  test("rejects an invalid request with the parameter's name, before anything is sent", async () => {
    const offline = client(OFFLINE);
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
      for (const call of [() => offline.chat(request), () => offline.stream(request).next()]) {
        await assert.rejects(
          call,
          failsWith("invalid_request", (error) => assert.equal(error.param, param)),
          param,
        );
      }
    }
  });

  test("rejects a signed call without a compartment before anything is sent", async () => {
    const offline = client({ compartmentId: undefined, fetch: OFFLINE.fetch });
    await assert.rejects(offline.chat(ask("simgeneric")), failsWith("missing_compartment"));
    await assert.rejects(offline.stream(ask("simgeneric")).next(), failsWith("missing_compartment"));
    await assert.rejects(offline.chat(ask("meta.llama")), failsWith("missing_compartment"));
    const withKey = client({ compartmentId: undefined, sign: undefined, apiKey: "sk-simulated" });
    assert.ok(await withKey.chat(ask("meta.llama-3.3-70b-instruct")));
  });

  test("reads the request when the call is made", async () => {
    const request = ask("simgeneric", "before");
    const promised = oci.chat(request);
    request.messages[0].content = "after";
    assert.match((await promised).choices[0].message.content, /"before"/);

    const streamed = ask("simgeneric", "before");
    const stream = oci.stream(streamed);
    streamed.messages[0].content = "after";
    assert.match((await stream.final()).choices[0].message.content, /"before"/);
  });

  test("sends the headers of the client and of the call, and the call's win", async () => {
    const withHeaders = client({ headers: { "x-a": "client", "X-B": "client" } });
    const { requests } = await observe(() => withHeaders.chat(ask("simgeneric"), { headers: { "X-A": "call" } }));
    const [sent] = requests;
    assert.equal(sent.headers["x-a"], "call");
    assert.equal(sent.headers["x-b"], "client");
    assert.equal(sent.headers["content-type"], "application/json");
  });

  test("sends text with lone surrogates and control characters, and a key named __proto__", async () => {
    const question = 'a\ud800b \u0000\u2028\u{1f600} "\\';
    const completion = await oci.chat(ask("simgeneric", question));
    assert.ok(completion.choices[0].message.content.includes('a\ufffdb \u0000\u2028\u{1f600} "\\'));
    const metadata = JSON.parse('{"__proto__":"x"}');
    const { requests } = await observe(() => oci.chat(ask("simgeneric", "Hi?", { metadata })));
    assert.ok(Object.hasOwn(requests[0].body.chatRequest.metadata, "__proto__"));
  });
});
