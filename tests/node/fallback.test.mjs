// The fallback for endpoints that can't stream: the request is sent again without streaming.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apiKeySigner } from "oci-genai-edge/signer";
import { makeCredentials } from "../simulator/server.mjs";
import { failsWith } from "./support/assertions.mjs";
import { WEATHER_TOOL } from "./support/chat-request.mjs";
import { startHarness } from "./support/harness.mjs";
import { chunksOf, collect } from "./support/streams.mjs";

const { client, ask, observe } = await startHarness({
  question: "tokens=60",
  client: { apiFormat: "GENERIC", retry: { maxAttempts: 1 } },
});
const isStreamed = ({ body }) => body.chatRequest.isStream === true;

const REJECTED = /^bad_request: the service answered with status 400$/;

/**
 * Endpoints whose streams fail before the first chunk: the code of the failure, and the reason that
 * is reported.
 */
const STREAM_FAILURES = {
  simnostream: { code: "bad_request", reason: REJECTED },
  simnostreamcohere: { code: "bad_request", reason: REJECTED, format: "COHERE" },
  simerror500: { code: "service_error", reason: /^service_error: the service answered with status 500$/ },
  simcutearly: { code: "network", reason: /network/ },
  simempty: { code: "stream_truncated", reason: /was empty/ },
  simgarbage: { code: "stream_error", reason: /not the expected JSON/ },
  simzstd: { code: "unsupported_encoding", reason: /compressed/ },
};

describe("fallback", () => {
  for (const [name, { code, reason, format = "GENERIC" }] of Object.entries(STREAM_FAILURES)) {
    test(`${name}: one chunk with the whole answer, then the finish`, async () => {
      const reports = [];
      const oci = client({ apiFormat: format, onFinish: (report) => reports.push(report) });
      const stream = oci.stream(ask(name));
      const { result: chunks, requests } = await observe(() => collect(stream));
      assert.deepEqual(requests.map(isStreamed), [true, false]);

      assert.equal(chunks.length, 2);
      const [whole, end] = chunks;
      assert.equal(whole.choices.length, 1);
      assert.equal(whole.choices[0].delta.role, "assistant");
      assert.match(whole.choices[0].delta.content, /^You asked: "tokens=60"[^]* 50 then/);
      assert.equal(whole.choices[0].finish_reason, null);
      assert.match(whole.oci.fallback, reason);
      assert.ok(whole.usage.total_tokens > 0, "the chunk with the whole answer has the usage");
      assert.deepEqual(
        [end.choices[0].delta, end.choices[0].finish_reason, end.oci?.fallback],
        [{}, "stop", undefined],
      );

      const final = await stream.final();
      assert.equal(final.choices[0].message.content, whole.choices[0].delta.content);
      assert.equal(final.choices[0].message.content, (await oci.chat(ask(name))).choices[0].message.content);
      const [report] = reports;
      assert.equal(report.streamed, false);
      assert.equal(report.fallback, whole.oci.fallback);
      assert.deepEqual(
        report.attempts.map((attempt) => attempt.code),
        [code, undefined],
      );
      assert.equal(report.error, undefined);
      assert.deepEqual(stream.report, report);
    });
  }

  test("text, tool calls and several choices are complete", async () => {
    const oci = client();
    const { content } = (await oci.chat(ask("simnostream"))).choices[0].message;
    assert.deepEqual(await collect(oci.stream(ask("simnostream")).text()), [content]);

    const stream = oci.stream(ask("simnostream", "The weather in Oslo and Lima, parallel?", { tools: [WEATHER_TOOL] }));
    const [whole, end] = await collect(stream);
    const calls = whole.choices[0].delta.tool_calls;
    assert.deepEqual(
      calls.map(({ index, type, function: f }) => [index, type, f.name, JSON.parse(f.arguments).city]),
      [
        [0, "function", "get_weather", "Oslo"],
        [1, "function", "get_weather", "Lima"],
      ],
    );
    assert.equal(end.choices[0].finish_reason, "tool_calls");
    assert.deepEqual(
      (await stream.final()).choices[0].message.tool_calls,
      calls.map(({ index, ...call }) => call),
    );

    const several = await collect(oci.stream(ask("simnostream", "Hello?", { n: 2 })));
    assert.deepEqual(
      several[0].choices.map(({ index }) => index),
      [0, 1],
    );
    assert.deepEqual(
      several[1].choices.map(({ finish_reason }) => finish_reason),
      ["stop", "stop"],
    );
  });

  test("uses a JSON body in place of events as the answer, without a second request", async () => {
    for (const fallback of ["auto", "never"]) {
      const { result, requests } = await observe(() => collect(client({ fallback }).stream(ask("simjson"))));
      assert.equal(requests.length, 1);
      const [whole, end] = result;
      assert.match(whole.choices[0].delta.content, /^You asked/);
      assert.match(whole.oci.fallback, /JSON/);
      assert.equal(end.choices[0].finish_reason, "stop");
    }
  });

  test("with include_usage the last chunk has the usage, as in any stream", async () => {
    const chunks = await collect(
      client().stream(ask("simnostream", undefined, { stream_options: { include_usage: true } })),
    );
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.ok(chunks.at(-1).usage.total_tokens > 0);
  });

  test("applies to toResponse", async () => {
    const response = await client().stream(ask("simnostream")).toResponse();
    const chunks = chunksOf(await response.text());
    assert.deepEqual(
      chunks.map(({ choices }) => choices[0].finish_reason),
      [null, "stop"],
    );
    assert.match(chunks[0].oci.fallback, /^bad_request: /);
  });

  test("does not apply to failures that an unstreamed request would repeat", async () => {
    for (const [name, code, options] of [
      ["simthrottled", "rate_limited"],
      ["simredirect", "redirected"],
      ["simunknown", "not_found_or_unauthorized"],
      ["simgeneric", "unauthorized", { sign: apiKeySigner(makeCredentials()) }],
      ["simhang", "timeout", { timeouts: { firstChunkMs: 400 } }],
    ]) {
      const { requests } = await observe(() =>
        assert.rejects(client(options).stream(ask(name)).next(), failsWith(code), name),
      );
      assert.equal(requests.length, 1, `a second request to ${name}`);
    }
    let signed = 0;
    const sign = () => {
      signed++;
      throw new Error("no key");
    };
    await assert.rejects(client({ sign }).stream(ask("simgeneric")).next(), { code: "signer_failed" });
    assert.equal(signed, 1);
  });

  test("a blocked prompt, or a request that is rejected as invalid, is sent once", async () => {
    for (const [name, code, parameters] of [
      ["simguardrail", "content_filtered"],
      ["simblocklist", "content_filtered"],
      ["simgeneric", "bad_request", { tools: [{ type: "function", function: { name: "not a name" } }] }],
    ]) {
      const { requests } = await observe(() =>
        assert.rejects(client().stream(ask(name, undefined, parameters)).next(), failsWith(code)),
      );
      assert.deepEqual(requests.map(isStreamed), [true], name);
    }
  });

  test("an unavailable service is asked for a stream once more before that", async () => {
    const twice = { retry: { maxAttempts: 2, baseDelayMs: 1 } };
    const { result, requests } = await observe(() => collect(client(twice).stream(ask("simunavailableonce"))));
    assert.deepEqual(requests.map(isStreamed), [true, true]);
    assert.ok(result.length > 10 && result.every((chunk) => !chunk.oci?.fallback));
    const down = await observe(() =>
      assert.rejects(client(twice).stream(ask("simdown")).next(), failsWith("service_unavailable")),
    );
    assert.deepEqual(down.requests.map(isStreamed), [true, true, false]);
    // One that says that it will be busy for a minute is not asked for anything else.
    const busy = await observe(() =>
      assert.rejects(
        client(twice).stream(ask("simbusy")).next(),
        failsWith("service_unavailable", (error) => assert.equal(error.retryAfterMs, 60_000)),
      ),
    );
    assert.deepEqual(busy.requests.map(isStreamed), [true]);
  });

  test("when both requests fail, the error reports both attempts", async () => {
    for (const [name, code] of [
      ["simdown", "service_unavailable"],
      ["simgateway", "service_unavailable"],
      ["simcreating", "conflict"],
    ]) {
      await assert.rejects(
        client().stream(ask(name)).next(),
        failsWith(code, (error) => {
          assert.deepEqual(
            error.attempts.map((attempt) => attempt.code),
            [code, code],
            name,
          );
          assert.equal(error.partial, undefined);
        }),
      );
    }
  });

  test('is off with "never", as an option of the client or of the call', async () => {
    for (const [name, { code, format = "GENERIC" }] of Object.entries(STREAM_FAILURES)) {
      const [never, auto] = [client({ apiFormat: format, fallback: "never" }), client({ apiFormat: format })];
      const { requests } = await observe(async () => {
        await assert.rejects(never.stream(ask(name)).next(), { code }, name);
        await assert.rejects(auto.stream(ask(name), { fallback: "never" }).next(), { code }, name);
      });
      assert.equal(requests.length, 2);
      assert.equal((await collect(never.stream(ask(name), { fallback: "auto" }))).length, 2);
    }
  });

  test("chat() is never streamed", async () => {
    const { result: completion, requests } = await observe(() => client().chat(ask("simnostream")));
    assert.equal(completion.oci.fallback, undefined);
    assert.deepEqual(requests.map(isStreamed), [false]);
  });
});
