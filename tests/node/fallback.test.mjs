// An endpoint that can't stream still answers: asked once more, unstreamed.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const key = makeCredentials();
const simulator = await startSimulator({ credentials: [key] });
after(() => simulator.close());

const { compartmentId, url: endpoint } = simulator;
const client = (options) =>
  new OciGenAI({ endpoint, compartmentId, sign: apiKeySigner(key), apiFormat: "GENERIC", retry: { maxAttempts: 1 }, ...options });
const ask = (name, question = "tokens=60", more = {}) => ({ model: endpointId(name), messages: [{ role: "user", content: question }], ...more });
const streamed = ({ body }) => body.chatRequest.isStream === true;

async function collected(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

const TOOL = {
  type: "function",
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
};

const FALLS_BACK = {
  simnostream: { code: "bad_request", why: /Streaming is not supported/ },
  simnostreamcohere: { code: "bad_request", why: /Streaming is not supported/, format: "COHERE" },
  simerror500: { code: "service_error", why: /Internal Server Error/ },
  simcutearly: { code: "network", why: /network/ },
  simempty: { code: "stream_truncated", why: /held nothing/ },
  simgarbage: { code: "stream_error", why: /not the JSON/ },
  simzstd: { code: "unsupported_encoding", why: /compressed/ },
};

describe("fallback", () => {
  for (const [name, { code, why, format = "GENERIC" }] of Object.entries(FALLS_BACK)) {
    test(`${name}: one chunk that holds everything, then the finish`, async () => {
      const reports = [];
      const oci = client({ apiFormat: format, onFinish: (report) => reports.push(report) });
      const before = simulator.requests.length;
      const stream = oci.stream(ask(name));
      const chunks = await collected(stream);
      const sent = simulator.requests.slice(before);
      assert.deepEqual(sent.map(streamed), [true, false]);

      assert.equal(chunks.length, 2);
      const [whole, end] = chunks;
      assert.equal(whole.choices.length, 1);
      assert.equal(whole.choices[0].delta.role, "assistant");
      assert.match(whole.choices[0].delta.content, /^You asked: "tokens=60"[^]* 50 then/);
      assert.equal(whole.choices[0].finish_reason, null);
      assert.match(whole.oci.fallback, why);
      assert.ok(whole.usage.total_tokens > 0, "the chunk that holds everything holds the usage");
      assert.deepEqual([end.choices[0].delta, end.choices[0].finish_reason, end.oci?.fallback], [{}, "stop", undefined]);

      const final = await stream.final();
      assert.equal(final.choices[0].message.content, whole.choices[0].delta.content);
      assert.equal(final.choices[0].message.content, (await oci.chat(ask(name))).choices[0].message.content);
      const [report] = reports;
      assert.equal(report.streamed, false);
      assert.equal(report.fallback, whole.oci.fallback);
      assert.deepEqual(report.attempts.map((attempt) => attempt.code), [code, undefined]);
      assert.equal(report.error, undefined);
      assert.deepEqual(stream.report, report);
    });
  }

  test("its text, tool calls and several answers are whole", async () => {
    const oci = client();
    const { content } = (await oci.chat(ask("simnostream"))).choices[0].message;
    assert.deepEqual(await collected(oci.stream(ask("simnostream")).text()), [content]);

    const stream = oci.stream(ask("simnostream", "The weather in Oslo and Lima, parallel?", { tools: [TOOL] }));
    const [whole, end] = await collected(stream);
    const calls = whole.choices[0].delta.tool_calls;
    assert.deepEqual(calls.map(({ index, type, function: f }) => [index, type, f.name, JSON.parse(f.arguments).city]), [
      [0, "function", "get_weather", "Oslo"],
      [1, "function", "get_weather", "Lima"],
    ]);
    assert.equal(end.choices[0].finish_reason, "tool_calls");
    assert.deepEqual((await stream.final()).choices[0].message.tool_calls, calls.map(({ index, ...call }) => call));

    const several = await collected(oci.stream(ask("simnostream", "Hello?", { n: 2 })));
    assert.deepEqual(several[0].choices.map(({ index }) => index), [0, 1]);
    assert.deepEqual(several[1].choices.map(({ finish_reason }) => finish_reason), ["stop", "stop"]);
  });

  test("JSON instead of events is the answer: nothing is asked twice", async () => {
    for (const fallback of ["auto", "never"]) {
      const before = simulator.requests.length;
      const [whole, end] = await collected(client({ fallback }).stream(ask("simjson")));
      assert.equal(simulator.requests.length, before + 1);
      assert.match(whole.choices[0].delta.content, /^You asked/);
      assert.match(whole.oci.fallback, /JSON/);
      assert.equal(end.choices[0].finish_reason, "stop");
    }
  });

  test("with include_usage the usage also comes last, as in any stream", async () => {
    const chunks = await collected(client().stream(ask("simnostream", undefined, { stream_options: { include_usage: true } })));
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.ok(chunks.at(-1).usage.total_tokens > 0);
  });

  test("as events too", async () => {
    const response = await client().stream(ask("simnostream")).toResponse();
    const events = (await response.text()).trim().split("\n\n").map((line) => line.replace(/^data: /, ""));
    assert.equal(events.pop(), "[DONE]");
    assert.deepEqual(events.map((json) => JSON.parse(json).choices[0].finish_reason), [null, "stop"]);
    assert.match(JSON.parse(events[0]).oci.fallback, /Streaming is not supported/);
  });

  test("not where the same would happen again", async () => {
    for (const [name, code, options] of [
      ["simthrottled", "rate_limited"],
      ["simredirect", "redirected"],
      ["nosuchendpoint", "not_found_or_unauthorized"],
      ["simgeneric", "unauthorized", { sign: apiKeySigner(makeCredentials()) }],
      ["simhang", "timeout", { timeouts: { firstChunkMs: 100 } }],
    ]) {
      const before = simulator.requests.length;
      await assert.rejects(client(options).stream(ask(name)).next(), (error) => error instanceof OciError && error.code === code, name);
      assert.equal(simulator.requests.length, before + 1, `${name} was asked again`);
    }
    let signed = 0;
    const sign = () => {
      signed++;
      throw new Error("no key");
    };
    await assert.rejects(client({ sign }).stream(ask("simgeneric")).next(), { code: "signer_failed" });
    assert.equal(signed, 1);
  });

  test("a failure of both is the error, and both are told", async () => {
    for (const [name, code] of [["simdown", "service_unavailable"], ["simgateway", "service_unavailable"], ["simblocklist", "content_filtered"], ["simcreating", "conflict"]]) {
      await assert.rejects(client().stream(ask(name)).next(), (error) => {
        assert.equal(error.code, code);
        assert.deepEqual(error.attempts.map((attempt) => attempt.code), [code, code], name);
        assert.equal(error.partial, undefined);
        return true;
      });
    }
  });

  test('"never", of the client or of the call, makes the failure the error', async () => {
    for (const [name, { code, format = "GENERIC" }] of Object.entries(FALLS_BACK)) {
      const before = simulator.requests.length;
      const [own, told] = [client({ apiFormat: format, fallback: "never" }), client({ apiFormat: format })];
      await assert.rejects(own.stream(ask(name)).next(), { code }, name);
      await assert.rejects(told.stream(ask(name), { fallback: "never" }).next(), { code }, name);
      assert.equal(simulator.requests.length, before + 2);
      assert.equal((await collected(own.stream(ask(name), { fallback: "auto" }))).length, 2);
    }
  });

  test("chat() is unstreamed from the start", async () => {
    const before = simulator.requests.length;
    const completion = await client().chat(ask("simnostream"));
    assert.equal(completion.oci.fallback, undefined);
    assert.deepEqual(simulator.requests.slice(before).map(streamed), [false]);
  });
});
