// The simulator itself, which the other tests rely on: against recordings where they exist, and
// against its README.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import {
  envelope,
  eventsOf,
  kinds,
  payloadsOf,
  question,
  shape,
  signedHeaders,
  TOOLS,
} from "../simulator/test-client.mjs";
import { endpointId, makeCredentials, makeSessionToken, SCENARIOS, startSimulator } from "../simulator/server.mjs";

const CHAT = "/20231130/actions/chat";
const fixtures = new URL("../../../shared/protocol/fixtures/", import.meta.url);
const recorded = (name) => readFileSync(new URL(name, fixtures), "utf8");
const needsRecordings = existsSync(fixtures) ? {} : { skip: "the recordings are not on this machine" };

// Without the harness: these tests need no build of the package.
const key = makeCredentials();
const session = makeSessionToken();
const simulator = await startSimulator({ credentials: [key, session], apiKeys: ["sk-simulated"] });
const open = await startSimulator({ verify: false });
after(() => Promise.all([simulator.close(), open.close()]));

async function post(body, { server = open, path = CHAT, headers = {}, ...rest } = {}) {
  const response = await fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
    ...rest,
  });
  return response;
}

const ask = (target, chatRequest) => post(envelope(target, chatRequest));
const signed = (body, options) => signedHeaders(simulator, body, { key, ...options });

describe("signature", () => {
  const body = () => JSON.stringify(envelope("simgeneric", question("GENERIC", "Hello?")));
  const send = (headers, text = body()) => post(text, { server: simulator, headers });
  const assertRejected = async (response, reason) => {
    assert.equal(response.status, 401);
    assert.equal((await response.json()).code, "NotAuthenticated");
    assert.match(simulator.requests.at(-1).rejected, reason);
  };

  test("accepts a valid one, by an API key and by a session token", async () => {
    assert.equal((await send(signed(body()))).status, 200);
    assert.equal((await send(signed(body(), { key: session }))).status, 200);
    const pkcs1 = { ...key, privateKey: key.privateKeyPkcs1 };
    assert.equal((await send(signed(body(), { key: pkcs1 }))).status, 200);
  });
  test("rejects another body of the same length", async () => {
    await assertRejected(await send(signed(body()), body().replace("Hello", "Hullo")), /hash of the body/);
  });
  test("rejects a hash that was replaced together with the body", async () => {
    const other = body().replace("Hello", "Hullo");
    const hash = createHash("sha256").update(other).digest("base64");
    await assertRejected(
      await send({ ...signed(body()), "x-content-sha256": hash }, other),
      /signature does not match/,
    );
  });
  test("accepts signed headers in any order, and date instead of x-date", async () => {
    const names = ["date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];
    assert.equal((await send(signed(body(), { names }))).status, 200);
    assert.equal((await send(signed(body(), { names: names.toReversed() }))).status, 200);
  });
  test("rejects another key with a known keyId", async () => {
    await assertRejected(await send(signed(body(), { key: { ...session, keyId: key.keyId } })), /does not match/);
  });
  test("rejects an unknown keyId", async () => {
    await assertRejected(await send(signed(body(), { key: makeCredentials() })), /keyId is not known/);
  });
  test("rejects a clock that is six minutes off, and accepts four", async () => {
    for (const minutes of [6, -6]) {
      await assertRejected(await send(signed(body(), { at: Date.now() + minutes * 60_000 })), /5 minutes/);
    }
    assert.equal((await send(signed(body(), { at: Date.now() - 4 * 60_000 }))).status, 200);
  });
  test("rejects a signature that lacks any of the required headers", async () => {
    const all = ["x-date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];
    for (const left of all) {
      const names = all.filter((name) => name !== left);
      await assertRejected(await send(signed(body(), { names })), /signed/);
    }
  });
  test("rejects a missing signature, a bearer key and a malformed header", async () => {
    await assertRejected(await send({}), /not a Signature/);
    await assertRejected(await send({ authorization: "Bearer sk-simulated" }), /not a Signature/);
    await assertRejected(await send({ authorization: 'Signature version="1",version="1"' }), /not a Signature/);
  });
});

describe("validator", () => {
  const good = {
    GENERIC: question("GENERIC", "hi", {
      tools: TOOLS.GENERIC,
      toolChoice: { type: "AUTO" },
      metadata: { any: ["thing"] },
      responseFormat: { type: "JSON_SCHEMA", jsonSchema: { name: "x", schema: { a: 1 }, isStrict: true } },
      streamOptions: { isIncludeUsage: false },
    }),
    COHERE: question("COHERE", "hi", {
      chatHistory: [
        { role: "USER", message: "a" },
        { role: "CHATBOT", message: "b" },
      ],
      documents: [{ title: "t" }],
      citationQuality: "FAST",
    }),
    COHEREV2: question("COHEREV2", "hi", {
      thinking: { type: "DISABLED" },
      tools: TOOLS.COHEREV2,
      citationOptions: { mode: "OFF" },
    }),
  };
  const models = { GENERIC: "simgeneric", COHERE: "simcohere", COHEREV2: "simcoherev2" };
  const rejects = async (body, reason) => {
    const response = await post(body);
    assert.equal(response.status, 400, `accepted: ${JSON.stringify(body)}`);
    assert.deepEqual(await response.json(), { code: "400", message: "Please pass in correct format of request." });
    assert.match(open.requests.at(-1).rejected, reason);
  };

  for (const [format, request] of Object.entries(good)) {
    test(`${format}: accepts a valid body, and rejects small mistakes`, async () => {
      const response = await ask(models[format], request);
      assert.equal(response.status, 200, open.requests.at(-1).rejected);
      const with_ = (change) => envelope(models[format], { ...request, ...change });
      await rejects(with_({ max_tokens: 5 }), /max_tokens is not a known key/);
      await rejects(with_({ isStream: "true" }), /isStream is not of type boolean/);
      await rejects(with_({ maxTokens: "5" }), /maxTokens is not of type/);
      await rejects(with_({ temperature: null }), /temperature is not of type/);
      await rejects(with_({ streamOptions: { includeUsage: true } }), /includeUsage is not a known key/);
      await rejects(with_({ responseFormat: { type: "json_object" } }), /type is not one of/);
      await rejects(with_({ apiFormat: format.toLowerCase() }), /apiFormat is not one of/);
      await rejects({ ...with_({}), compartmentId: undefined }, /compartmentId is missing/);
      await rejects({ ...with_({}), stream: true }, /stream is not a known key/);
    });
  }
  test("validates roles, contents and tools of messages", async () => {
    const message = (one) => envelope("simgeneric", { apiFormat: "GENERIC", messages: [one] });
    await rejects(message({ role: "user", content: [] }), /role is not one of/);
    await rejects(message({ role: "USER", content: "hi" }), /content is not an array/);
    await rejects(message({ role: "USER", content: [{ type: "text", text: "hi" }] }), /type is not one of/);
    await rejects(
      message({ role: "USER", content: [{ type: "IMAGE", imageUrl: { detail: "AUTO" } }] }),
      /url is missing/,
    );
    await rejects(message({ role: "USER", content: [], toolCalls: [] }), /toolCalls is not a known key/);
    await rejects(message({ role: "TOOL", content: [] }), /toolCallId/);
    await rejects(
      envelope("simgeneric", { ...good.GENERIC, tools: [{ ...TOOLS.GENERIC[0], strict: true }] }),
      /strict/,
    );
    const bare = question("COHEREV2", "hi", { messages: [{ role: "ASSISTANT" }] });
    await rejects(envelope("simcoherev2", bare), /content is missing/);
    await rejects(envelope("simgeneric", { apiFormat: "GENERIC" }), /messages/);
    await rejects("{", /not JSON/);
  });
  test("requires endpointId for a dedicated endpoint", async () => {
    const body = envelope("simgeneric", good.GENERIC);
    await rejects({ ...body, servingMode: { servingType: "DEDICATED", modelId: endpointId("simgeneric") } }, /modelId/);
  });
  test("rejects well-typed requests that the service rejects", async () => {
    const answers = async (target, request, status, message) => {
      const response = await ask(target, request);
      assert.equal(response.status, status);
      assert.match((await response.json()).message, message);
    };
    const mismatch = /^Chat request type does not match serving model$/;
    await answers("simcohere", good.GENERIC, 400, mismatch);
    await answers("simcohere", good.COHEREV2, 400, mismatch);
    await answers("simcoherev2", good.COHERE, 400, mismatch);
    await answers("simgeneric", good.COHERE, 400, mismatch);
    assert.equal((await ask("cohere.command-a-03-2025", good.COHERE)).status, 200);
    assert.equal((await ask("cohere.command-a-03-2025", good.COHEREV2)).status, 200);
    await answers("simcohere", question("COHERE", ""), 400, /message/);
    const toolResults = [{ call: { name: "f", parameters: {} }, outputs: [{ a: 1 }] }];
    await answers("simcohere", question("COHERE", "hi", { toolResults }), 400, /tool_results/);
    assert.equal((await ask("simcohere", question("COHERE", "", { toolResults }))).status, 200);
    await answers("openai.gpt-5.4", question("GENERIC", "hi"), 400, /^\{\n {2}"error": \{\n {4}"message"/);
    assert.equal((await ask("openai.gpt-oss-120b", question("GENERIC", "hi"))).status, 200);
    const blank = { role: "ASSISTANT", content: [{ type: "TEXT", text: "" }] };
    await answers("simgeneric", { apiFormat: "GENERIC", messages: [blank] }, 500, /./);
  });
  test("answers 404 for unknown endpoints and other compartments", async () => {
    const body = envelope("simgeneric", good.GENERIC);
    const wrong = [
      { ...body, compartmentId: "ocid1.compartment.oc1..elsewhere" },
      envelope("unknown.model", good.GENERIC),
      { ...body, servingMode: { servingType: "DEDICATED", endpointId: endpointId("simnothing") } },
    ];
    for (const one of wrong) {
      const response = await post(one);
      assert.equal(response.status, 404);
      assert.equal((await response.json()).code, "NotAuthorizedOrNotFound");
    }
  });
});

const withoutPad = ({ pad: _, ...event }) => event;

describe("the recordings", needsRecordings, () => {
  const replay = async (name, change = {}) => {
    const body = JSON.parse(recorded(name));
    Object.assign(body.chatRequest, change);
    return (await post({ ...body, compartmentId: open.compartmentId })).text();
  };
  const sameKinds = (text, fixture, prepare = (event) => event) =>
    assert.deepEqual(kinds(eventsOf(text).map(prepare)), kinds(eventsOf(recorded(fixture)).map(prepare)));

  test("the recorded GENERIC request yields the recorded kinds of events, in order", async () => {
    const text = await replay("openllmetry/req_generic_llama_stream.json");
    sameKinds(text, "openllmetry/generic_llama_stream_usage.sse");
    assert.match(text, /^(data: [^\n]+\n\n)+$/);
    assert.equal(payloadsOf(text).at(-1), "[DONE]");
    for (const { pad } of eventsOf(text)) assert.match(pad, /^a{1,12}$/);
  });
  test("sends no usage event without isIncludeUsage", async () => {
    const text = await replay("openllmetry/req_generic_llama_stream.json", { streamOptions: undefined });
    sameKinds(text, "openllmetry/generic_llama_stream_nousage.sse");
  });
  test("the recorded COHERE request yields the recorded kinds of events, and no [DONE]", async () => {
    const text = await replay("openllmetry/req_cohere_v1_stream.json");
    sameKinds(text, "openllmetry/cohere_v1_stream_usage.sse");
    const events = eventsOf(text);
    assert.equal(
      events.at(-1).text,
      events
        .slice(0, -1)
        .map((event) => event.text)
        .join(""),
    );
    assert.equal(payloadsOf(text).length, events.length);
  });
  test("unstreamed bodies have the recorded structure", async () => {
    const same = (text, fixture) => assert.deepEqual(shape(JSON.parse(text)), shape(JSON.parse(recorded(fixture))));
    const whole = { isStream: undefined, streamOptions: undefined };
    same(await replay("openllmetry/req_generic_llama_stream.json", whole), "openllmetry/generic_llama_nonstream.json");
    same(await replay("openllmetry/req_generic_openai.json"), "openllmetry/generic_openai_nonstream.json");
    const cohere = "openllmetry/req_cohere_v1_stream.json";
    same(await replay(cohere, whole), "openllmetry/cohere_v1_nonstream.json");
    const stopped = await replay(cohere, { ...whole, stopSequences: ["END"] });
    same(stopped, "openllmetry/cohere_v1_nonstream_stopseq_null_finish.json");
    assert.match(JSON.parse(stopped).chatResponse.text, /<\|$/);
    const dedicated = await (await ask("simgeneric", question("GENERIC", "hi"))).text();
    same(dedicated, "nemo/generic_dac_nonstream_nemotron3.json");
  });
  test("streams tool calls as recorded of each backend", async () => {
    const tool = async (target, format) => {
      const more = { isStream: true, tools: TOOLS[format] };
      return (await ask(target, question(format, "parallel: weather in Oslo and Rome", more))).text();
    };
    sameKinds(await tool("meta.llama", "GENERIC"), "langchain4j/generic_multi_chunked_tool.sse");
    sameKinds(await tool("simxai", "GENERIC"), "langchain4j/generic_multi_tool_single_arg.sse");
    sameKinds(await tool("simgpt", "GENERIC"), "other/generic_gpt_parallel_idless.sse", withoutPad);
    sameKinds(await tool("simcohere", "COHERE"), "litellm/cohere_v1_tool_turn_joined.sse", withoutPad);
    sameKinds(await tool("simcoheresplit", "COHERE"), "litellm/cohere_v1_tool_turn_split.sse", withoutPad);
  });
  test("answers with the recorded errors", async () => {
    const body = async (target, request) => (await ask(target, request)).json();
    const fixtureOf = (name) => JSON.parse(recorded(`errors/${name}.json`));
    assert.deepEqual(await body("simcohere", question("GENERIC", "x")), fixtureOf("400_wrong_api_format"));
    assert.deepEqual(await body("simgeneric", { apiFormat: "x" }), fixtureOf("400_format"));
    assert.deepEqual(await body("nothing", question("GENERIC", "x")), fixtureOf("404_named_code"));
    assert.deepEqual(await body("simblocklist", question("GENERIC", "x")), fixtureOf("400_blocklist"));
    const openai = JSON.parse((await body("openai.gpt-5.4", question("GENERIC", "x"))).message);
    assert.deepEqual(shape(openai), shape(JSON.parse(fixtureOf("400_openai_double_encoded").message)));
  });
});

/** The text of a stream. */
const textOf = (text) =>
  eventsOf(text)
    .flatMap((event) => event.message?.content ?? [])
    .map((part) => part.text ?? "")
    .join("");

describe("answers", () => {
  const stream = async (target, request) => (await ask(target, { ...request, isStream: true })).text();

  test("a stream has the same text as an unstreamed answer", async () => {
    for (const [format, target] of [
      ["GENERIC", "simgeneric"],
      ["COHEREV2", "simcoherev2"],
    ]) {
      const { chatResponse } = await (await ask(target, question(format, "Ahoj Šárko? 日本"))).json();
      const message = chatResponse.message ?? chatResponse.choices[0].message;
      assert.match(message.content[0].text, /Ahoj Šárko\? 日本/);
      assert.equal(textOf(await stream(target, question(format, "Ahoj Šárko? 日本"))), message.content[0].text);
    }
  });
  test("tokens=N yields N tokens, up to the limit, which has a default for Cohere", async () => {
    const usage = { streamOptions: { isIncludeUsage: true } };
    const run = async (target, request) => eventsOf(await stream(target, { ...request, ...usage }));
    const full = await run("simgeneric", question("GENERIC", "tokens=137"));
    assert.equal(full.filter((event) => event.message?.content[0].text).length, 137);
    assert.equal(full.at(-1).usage.completionTokens, 137);
    assert.equal(full.at(-2).finishReason, "stop");
    const cut = await run("simgeneric", question("GENERIC", "tokens=137", { maxTokens: 7 }));
    assert.equal(cut.at(-1).usage.completionTokens, 7);
    assert.equal(cut.at(-2).finishReason, "length");
    const cohere = await run("simcohere", question("COHERE", "tokens=137", { maxTokens: undefined }));
    assert.deepEqual([cohere.length, cohere.at(-1).finishReason], [21, "MAX_TOKENS"]);
  });
  test("calls tools for the weather, and quotes their results", async () => {
    const tools = { tools: TOOLS.GENERIC };
    const call = async (text, more) => {
      const { chatResponse } = await (await ask("simgeneric", question("GENERIC", text, { ...tools, ...more }))).json();
      return chatResponse.choices[0];
    };
    const { message, finishReason } = await call("weather in Oslo please");
    assert.equal(finishReason, "tool_calls");
    const made = message.toolCalls.map((one) => [one.name, JSON.parse(one.arguments)]);
    assert.deepEqual(made, [["get_weather", { city: "Oslo" }]]);
    assert.equal((await call("parallel weather")).message.toolCalls.length, 2);
    assert.equal((await call("weather", { toolChoice: { type: "NONE" } })).message.toolCalls, undefined);
    assert.equal((await call("hello", { toolChoice: { type: "REQUIRED" } })).message.toolCalls.length, 1);
    assert.equal((await call("hello")).message.toolCalls, undefined);
    const { toolCalls } = message;
    const messages = [
      ...question("GENERIC", "weather in Oslo").messages,
      { role: "ASSISTANT", toolCalls },
      { role: "TOOL", toolCallId: toolCalls[0].id, content: [{ type: "TEXT", text: "minus 3 °C" }] },
    ];
    assert.match((await call("", { messages })).message.content[0].text, /minus 3 °C/);
  });
  test("unrecorded backends: calls as text, one event, no ids, several choices", async () => {
    const more = { tools: TOOLS.GENERIC };
    const events = async (target, text, extra) => eventsOf(await stream(target, question("GENERIC", text, extra)));
    const qwen = await stream("simqwen", question("GENERIC", "weather in Oslo", more));
    const [, call] = /^<tool_call>\n(.*)\n<\/tool_call>$/.exec(textOf(qwen));
    assert.deepEqual(JSON.parse(call), { name: "get_weather", arguments: { city: "Oslo" } });
    assert.equal(eventsOf(qwen).at(-1).finishReason, "stop");
    const [only, ...others] = await events("simoneevent", "parallel weather", more);
    assert.deepEqual([only.message.toolCalls.length, only.finishReason, others], [2, "tool_calls", []]);
    const gemini = await events("simgemini", "weather", more);
    assert.deepEqual(Object.keys(gemini[0].message.toolCalls[0]), ["type", "name", "arguments"]);
    const choices = await events("simgeneric", "hi", { numGenerations: 2 });
    assert.deepEqual(new Set(choices.map((event) => event.index)), new Set([0, 1, undefined]));
    assert.equal(choices.filter((event) => event.finishReason).length, 2);
  });
  test("streams reasoning before the text", async () => {
    const generic = eventsOf(await stream("simgeneric", question("GENERIC", "why", { reasoningEffort: "LOW" })));
    const firstText = generic.findIndex((event) => event.message?.content?.[0].text);
    const lastThought = generic.findLastIndex((event) => event.message?.reasoningContent);
    assert.ok(lastThought >= 0 && lastThought < firstText);
    const thinking = { thinking: { type: "ENABLED" } };
    const types = eventsOf(await stream("simcoherev2", question("COHEREV2", "why", thinking)))
      .flatMap((event) => event.message.content)
      .map((part) => part.type);
    assert.deepEqual([...new Set(types)], ["THINKING", "TEXT"]);
    assert.equal(types.lastIndexOf("THINKING") < types.indexOf("TEXT"), true);
  });
});

describe("faults", () => {
  const request = (more) => question("GENERIC", "tell me", more);
  const read = async (name) => {
    const response = await ask(name, request({ isStream: true }));
    let text = "";
    let broken = false;
    try {
      for await (const bytes of response.body) text += Buffer.from(bytes).toString("latin1");
    } catch {
      broken = true;
    }
    const record = open.requests.at(-1);
    await record.done;
    return { response, text, broken, record };
  };

  test("every endpoint answers unstreamed, except those that always fail", async () => {
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      if (name === "simslow" || scenario.once) continue;
      const [format] = scenario.formats;
      const response = await ask(name, question(format ?? "GENERIC", "tell me"));
      assert.equal(response.status, scenario.always?.status ?? (format ? 200 : 400), name);
      assert.match(response.headers.get("opc-request-id"), /^[0-9A-F]+\/[0-9A-F]+\/[0-9A-F]+$/);
      await response.arrayBuffer();
    }
  });
  test("a retry token stands for one request", async () => {
    const send = async (text) => {
      const body = envelope("simgeneric", question("GENERIC", text));
      const response = await post(body, { headers: { "opc-retry-token": "one" } });
      return [response.status, (await response.json()).code];
    };
    assert.deepEqual([await send("Hello?"), await send("Hello?")], [[200, undefined], [200, undefined]]);
    assert.deepEqual(await send("Goodbye?"), [409, "InvalidatedRetryToken"]);
  });
  test("streams that fail after their start", async () => {
    const whole = payloadsOf((await read("simgeneric")).text).length;
    const cut = await read("simcut");
    assert.deepEqual([cut.broken, payloadsOf(cut.text).length], [true, Math.floor(whole / 2)]);
    assert.equal(cut.record.clientGone, false);
    const early = await read("simcutearly");
    assert.deepEqual([early.response.status, early.broken, early.text], [200, true, ""]);
    const empty = await read("simempty");
    assert.equal(empty.response.headers.get("content-type"), "text/event-stream");
    assert.deepEqual([empty.broken, empty.text], [false, ""]);
    const unfinished = await read("simnofinish");
    assert.equal(payloadsOf(unfinished.text).length, Math.floor(whole / 2));
    assert.deepEqual([unfinished.broken, /finishReason|\[DONE\]/.test(unfinished.text)], [false, false]);
    assert.equal(eventsOf((await read("simerrorevent")).text).at(-1).code, "500");
    const garbage = payloadsOf((await read("simgarbage")).text);
    for (const data of garbage) assert.throws(() => JSON.parse(data), SyntaxError);
    assert.equal(garbage.length > 0, true);
  });
  test("streams that fail before their start", async () => {
    assert.equal((await read("simnostream")).response.status, 400);
    assert.equal((await read("simerror500")).response.status, 500);
    const json = await read("simjson");
    assert.equal(json.response.headers.get("content-type"), "application/json");
    assert.equal(JSON.parse(json.text).chatResponse.apiFormat, "GENERIC");
  });
  test("other framings carry the same events", async () => {
    const plain = payloadsOf((await read("simgeneric")).text);
    for (const name of ["simsinglenewline", "simcrlf", "simcomments", "simsplit"]) {
      assert.deepEqual(payloadsOf((await read(name)).text.replaceAll("\r", "")), plain, name);
    }
    assert.doesNotMatch((await read("simsinglenewline")).text, /\n\n/);
    assert.equal((await read("simcrlf")).text.split("\r\n").length, plain.length * 2 + 1);
    assert.equal((await read("simzstd")).text.slice(0, 4), "\x28\xb5\x2f\xfd");
  });
  test("throttling and redirects", async () => {
    const throttled = await read("simthrottled");
    assert.deepEqual([throttled.response.status, throttled.response.headers.get("retry-after")], [429, "1"]);
    const first = await read("simthrottledonce");
    assert.deepEqual([first.response.status, first.response.headers.get("retry-after")], [429, "0"]);
    assert.equal((await read("simthrottledonce")).response.status, 200);
    const moved = await read("simredirect");
    assert.equal((await fetch(new URL(moved.response.headers.get("location"), open.url))).status, 404);
  });
  test("notices at once when a client disconnects", async () => {
    for (const [name, text] of [
      ["simgeneric", "tokens=50000"],
      ["simhang", "hello"],
      ["simslow", "hello"],
    ]) {
      const stop = new AbortController();
      const body = envelope(name, question("GENERIC", text, { isStream: true, maxTokens: undefined }));
      await post(body, { signal: stop.signal });
      const record = open.requests.at(-1);
      stop.abort();
      await record.done;
      assert.equal(record.clientGone, true, name);
      assert.ok(record.eventsSent < 50000);
    }
  });
  test("close() ends hanging connections", async () => {
    const own = await startSimulator({ verify: false });
    const response = await post(envelope("simhang", request({ isStream: true })), { server: own });
    await Promise.all([own.close(), assert.rejects(response.text())]);
  });
});

describe("the OpenAI-compatible API", () => {
  const path = "/openai/v1/chat/completions";
  const headers = { authorization: "Bearer sk-simulated" };
  const messages = [{ role: "user", content: "hello" }];
  const body = (more) => ({ model: "meta.llama-3.3-70b-instruct", messages, ...more });
  const call = (more, sent = headers) => post(body(more), { server: simulator, path, headers: sent });

  test("answers, streams with usage and [DONE]", async () => {
    assert.match((await (await call()).json()).choices[0].message.content, /hello/);
    const text = await (await call({ stream: true, stream_options: { include_usage: true } })).text();
    assert.equal(payloadsOf(text).at(-1), "[DONE]");
    assert.equal(eventsOf(text).at(-1).usage.total_tokens > 0, true);
  });
  test("rejects invalid keys, Cohere and dedicated endpoints", async () => {
    assert.equal((await call({}, { authorization: "Bearer sk-other" })).status, 401);
    const cohere = await call({ model: "cohere.command-r-08-2024" });
    assert.deepEqual([cohere.status, (await cohere.json()).error.message], [400, "Unsupported OpenAI operation"]);
    assert.equal((await call({ model: endpointId("simgeneric") })).status, 400);
    assert.equal((await call({ isStream: true })).status, 400);
  });
});

test("the README lists every endpoint", () => {
  const text = readFileSync(new URL("../simulator/README.md", import.meta.url), "utf8");
  for (const name of Object.keys(SCENARIOS)) assert.ok(text.includes(`\`${name}\``), name);
});
