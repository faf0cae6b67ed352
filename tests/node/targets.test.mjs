// Retries of one target, aliases with several targets, and the `fetch` option.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointId as dac } from "../simulator/server.mjs";
import { failsWith } from "./support/assertions.mjs";
import { startHarness } from "./support/harness.mjs";
import { collect } from "./support/streams.mjs";

const { url, client, ask, observe } = await startHarness({
  verify: false,
  client: { retry: { maxAttempts: 1, baseDelayMs: 1 } },
});
const elsewhere = await startHarness({ verify: false, compartmentId: "ocid1.compartment.oc1..elsewhere" });

/** A `fetch` that answers with these statuses in turn, and repeats the last one. */
function statuses(...list) {
  let at = 0;
  const message = { role: "ASSISTANT", content: [{ type: "TEXT", text: "Hi" }] };
  const choices = [{ index: 0, message, finishReason: "stop" }];
  const body = { modelId: "x", chatResponse: { apiFormat: "GENERIC", choices } };
  const fetch = async () => {
    const [status, headers = {}] = [list[Math.min(at++, list.length - 1)]].flat();
    if (status === "disconnected") throw new TypeError("fetch failed");
    return Response.json(status === 200 ? body : { code: "x", message: "no" }, { status, headers });
  };
  return { fetch, count: () => at };
}

describe("retry", { timeout: 30_000 }, () => {
  test("simthrottledonce: the second attempt is the answer", async () => {
    const { simulator } = await startHarness({ verify: false });
    const oci = client({ endpoint: simulator.url, retry: { maxAttempts: 2, baseDelayMs: 1 } });
    const stream = oci.stream(ask("simthrottledonce"));
    const chunks = await collect(stream);
    assert.deepEqual(
      simulator.requests.map(({ status }) => status),
      [429, 200],
    );
    assert.deepEqual(
      stream.report.attempts.map(({ code }) => code),
      ["rate_limited", undefined],
    );
    assert.equal(stream.report.streamed, true);
    assert.ok(chunks.length > 10 && chunks.every((chunk) => !chunk.oci?.fallback));
  });

  test("retries transient errors up to maxAttempts", async () => {
    for (const [failure, code] of [
      [408, "service_unavailable"],
      [429, "rate_limited"],
      [409, "conflict"],
      [500, "service_error"],
      [502, "service_unavailable"],
      [503, "service_unavailable"],
      [504, "service_unavailable"],
      ["disconnected", "network"],
    ]) {
      for (const maxAttempts of [1, 2, 4]) {
        const service = statuses(failure);
        const oci = client({ fetch: service.fetch, retry: { maxAttempts, baseDelayMs: 1 } });
        await assert.rejects(
          oci.chat(ask("simx")),
          failsWith(code, (error) => {
            assert.equal(error.retryable, true);
            assert.equal(error.attempts.length, maxAttempts);
          }),
        );
        assert.equal(service.count(), maxAttempts, `${failure}`);
      }
      const recovering = statuses(failure, failure, 200);
      const completion = await client({ fetch: recovering.fetch, retry: { maxAttempts: 3, baseDelayMs: 1 } }).chat(
        ask("simx"),
      );
      assert.equal(completion.choices[0].message.content, "Hi");
    }
  });

  test("repeats once for HTTP clients, which repeat too, unless maxAttempts is set", async () => {
    const embeddings = { path: "embeddings", body: { model: "cohere.embed-v4.0", input: "a" } };
    const whole = { path: "chat/completions", body: ask("simx") };
    const streamed = { path: "chat/completions", body: { ...ask("simx"), stream: true } };
    const asResponse = { path: "responses", body: { model: ask("simx").model, input: "a" } };
    for (const [request, retry, count] of [
      [whole, {}, 2],
      [asResponse, {}, 2],
      [embeddings, {}, 2],
      // The last one is the fallback.
      [streamed, {}, 3],
      [whole, { maxAttempts: 3 }, 3],
      [whole, { maxAttempts: 1 }, 1],
      [streamed, { maxAttempts: 1 }, 2],
    ]) {
      const service = statuses(503);
      const oci = client({ fetch: service.fetch, region: "us-chicago-1", retry: { baseDelayMs: 1, ...retry } });
      const response = await oci.fetch(`https://oci.example/v1/${request.path}`, {
        method: "POST",
        body: JSON.stringify(request.body),
      });
      assert.equal(response.status, 503);
      assert.equal(service.count(), count, JSON.stringify([request, retry]));
    }
  });

  test("does not retry permanent errors", async () => {
    for (const [failure, code] of [
      [400, "bad_request"],
      [401, "unauthorized"],
      [403, "bad_request"],
      [404, "not_found_or_unauthorized"],
      [413, "bad_request"],
      [307, "redirected"],
    ]) {
      const service = statuses(failure);
      const oci = client({ fetch: service.fetch, retry: { maxAttempts: 5, baseDelayMs: 1 } });
      await assert.rejects(
        oci.chat(ask("simx")),
        failsWith(code, (error) => assert.equal(error.retryable, false)),
      );
      assert.equal(service.count(), 1, `${failure}`);
    }
  });

  test("makes three attempts by default", async () => {
    const service = statuses(503);
    await assert.rejects(
      client({ fetch: service.fetch, retry: { baseDelayMs: 0 } }).chat(ask("simx")),
      failsWith("service_unavailable"),
    );
    assert.equal(service.count(), 3);
  });

  test("does not wait for a Retry-After longer than maxDelayMs", async () => {
    const httpDate = (at) => new Date(at).toUTCString();
    const now = Date.now();
    for (const [headers, expected] of [
      [{ "retry-after": "60" }, 60_000],
      [{ "retry-after": "2.5" }, 2500],
      [{ "retry-after-ms": "1200", "retry-after": "1" }, 1200],
      [{ "retry-after": httpDate(now + 60_000), date: httpDate(now) }, 60_000],
      // The host's clock is an hour behind the service's.
      [{ "retry-after": httpDate(now + 3_660_000), date: httpDate(now + 3_600_000) }, 60_000],
    ]) {
      const service = statuses([429, headers]);
      const oci = client({ fetch: service.fetch, retry: { maxAttempts: 3, maxDelayMs: 1000 } });
      await assert.rejects(
        oci.chat(ask("simx")),
        failsWith("rate_limited", (error) => {
          assert.deepEqual([error.retryAfterMs, error.retryable], [expected, true]);
          assert.equal(error.toJSON().retryAfterMs, expected);
        }),
      );
      assert.equal(service.count(), 1);
    }
    const silent = statuses(429);
    await assert.rejects(
      client({ fetch: silent.fetch }).chat(ask("simx")),
      failsWith("rate_limited", (error) => assert.ok(!("retryAfterMs" in error))),
    );
    for (const nonsense of ["soon", "-5", "NaN", "", new Date(0).toUTCString()]) {
      const odd = statuses([429, { "retry-after": nonsense }], 200);
      assert.ok(
        await client({ fetch: odd.fetch, retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 10 } }).chat(ask("simx")),
        nonsense,
      );
    }
  });
});

describe("opc-retry-token", { timeout: 30_000 }, () => {
  const tokens = ({ requests }) => requests.map(({ headers }) => headers["opc-retry-token"]);
  const retry = { maxAttempts: 2, baseDelayMs: 1 };

  test("is that of the request: the same for a retry, another one for any other request", async () => {
    const oci = client({ retry });
    const [first, second, fallback, ...none] = tokens(
      await observe(() => assert.rejects(oci.stream(ask("simdown")).next(), failsWith("service_unavailable"))),
    );
    assert.match(first, /^[\w-]{20,60}$/);
    assert.deepEqual([second, none], [first, []]);
    assert.notEqual(fallback, first);
    const [other] = tokens(await observe(() => oci.chat(ask("simgeneric"))));
    assert.ok(![first, fallback].includes(other), "each call has its own");
  });

  test("may come from the caller or the signer, and is not sent on the openai transport", async () => {
    const headers = { "opc-retry-token": "mine" };
    const own = await observe(() => client().chat(ask("simgeneric"), { headers }));
    assert.deepEqual(tokens(own), ["mine"]);
    const sign = () => ({ "opc-retry-token": "signed" });
    assert.deepEqual(tokens(await observe(() => client({ sign }).chat(ask("simgeneric")))), ["signed"]);
    const onDemand = await observe(() => client({ region: "us-chicago-1" }).chat(ask("meta.llama-3.3-70b-instruct")));
    assert.deepEqual(tokens(onDemand), [undefined]);
  });
});

describe("retry.maxRequests", { timeout: 30_000 }, () => {
  test("is 10 by default, whatever the other options are", async (t) => {
    for (const [status, targets] of [
      [503, 1],
      [429, 3],
      [500, 20],
    ]) {
      const models = { many: Array.from({ length: targets }, (_, at) => dac(`sim${at}`)) };
      const service = statuses(status);
      const oci = client({ fetch: service.fetch, models, retry: { maxAttempts: 100, baseDelayMs: 0 } });
      await assert.rejects(oci.stream(ask("many")).next());
      t.diagnostic(`maxAttempts 100, ${targets} targets that answer ${status}: ${service.count()} requests`);
      assert.equal(service.count(), 10);
    }
    for (const maxRequests of [1, 12]) {
      const service = statuses(503);
      const retry = { maxAttempts: 100, baseDelayMs: 0, maxRequests };
      await assert.rejects(client({ fetch: service.fetch, retry }).stream(ask("simx")).next());
      assert.equal(service.count(), maxRequests);
    }
  });
});

describe("models", { timeout: 30_000 }, () => {
  test("an alias stands for its target, and is the model of answers and reports", async () => {
    const reports = [];
    const oci = client({ models: { house: dac("simgeneric") }, onFinish: (report) => reports.push(report) });
    const { result: completion, requests } = await observe(() => oci.chat(ask("house")));
    assert.equal(requests[0].servingMode.endpointId, dac("simgeneric"));
    assert.equal(completion.model, "house");
    for await (const chunk of oci.stream(ask("house"))) assert.equal(chunk.model, "house");
    assert.deepEqual(
      reports.map(({ model }) => model),
      ["house", "house"],
    );
  });

  test("a target can have its own format, compartment and endpoint", async () => {
    const far = {
      model: dac("simcohere"),
      apiFormat: "COHERE",
      compartmentId: elsewhere.compartmentId,
      endpoint: elsewhere.url,
    };
    const oci = client({ models: { far, mixed: [dac("simdown"), far] } });
    const { requests } = await elsewhere.observe(() => oci.chat(ask("far")));
    const [sent] = requests;
    assert.deepEqual([sent.apiFormat, sent.body.compartmentId, sent.status], ["COHERE", elsewhere.compartmentId, 200]);
    const stream = oci.stream(ask("mixed"), { fallback: "never" });
    assert.match((await stream.final()).choices[0].message.content, /You asked/);
    const attempts = stream.report.attempts.map((attempt) => [new URL(attempt.url).origin, attempt.status]);
    assert.deepEqual(attempts, [
      [url, 503],
      [elsewhere.url, 200],
    ]);
  });

  test("tries targets in order, each with all of its attempts", async () => {
    const safe = [dac("simdown"), dac("simgateway"), dac("simnostream"), dac("simgeneric")];
    const oci = client({ retry: { maxAttempts: 2, baseDelayMs: 1 }, models: { safe } });
    const stream = oci.stream(ask("safe"));
    const { requests } = await observe(() => stream.final());
    const names = requests.map(({ servingMode }) => servingMode.endpointId.split(".").at(-1));
    // Streamed, a retry, and unstreamed; then the third falls back, and the fourth is not needed.
    assert.deepEqual(names, [
      "simdown",
      "simdown",
      "simdown",
      "simgateway",
      "simgateway",
      "simgateway",
      "simnostream",
      "simnostream",
    ]);
    assert.deepEqual(
      stream.report.attempts.map(({ status }) => status),
      [503, 503, 503, 502, 502, 502, 400, 200],
    );
  });

  test("tries the next target after a permanent error too", async () => {
    for (const first of ["simredirect", "simunknown", "simcreating", "simthrottled"]) {
      const oci = client({ models: { safe: [dac(first), dac("simgeneric")] } });
      const chunks = await collect(oci.stream(ask("safe")));
      assert.ok(chunks.length > 10 && chunks.every((chunk) => !chunk.oci?.fallback), first);
      assert.equal((await oci.chat(ask("safe"))).choices[0].finish_reason, "stop");
    }
  });

  test("does not send a rejected request, or a blocked prompt, to another target", async () => {
    for (const [first, parameters, code] of [
      ["simguardrail", {}, "content_filtered"],
      ["simblocklist", {}, "content_filtered"],
      ["simgeneric", { tools: [{ type: "function", function: { name: "not a name" } }] }, "bad_request"],
    ]) {
      const oci = client({ models: { safe: [dac(first), dac("simgeneric")] } });
      const request = ask("safe", "Hello?", parameters);
      const { requests } = await observe(() => assert.rejects(oci.stream(request).next(), failsWith(code)));
      assert.equal(requests.length, 1, first);
    }
  });

  test("tries a target that failed last", async () => {
    const oci = client({ models: { safe: [dac("simdown"), dac("simgeneric")] } });
    const names = async () => {
      const { requests } = await observe(() => oci.chat(ask("safe")));
      return requests.map(({ servingMode }) => servingMode.endpointId.split(".").at(-1));
    };
    assert.deepEqual(await names(), ["simdown", "simgeneric"]);
    assert.deepEqual(await names(), ["simgeneric"]);
    // The health is the client's own, and `route` is about the configuration.
    assert.equal(oci.route("safe").servingMode.endpointId, dac("simdown"));
    const other = client({ models: { safe: [dac("simdown"), dac("simgeneric")] } });
    const { requests } = await observe(() => other.chat(ask("safe")));
    assert.equal(requests.length, 2);
  });

  test('with strategy "fastest" the target whose stream starts first is called', async () => {
    const oci = client({ strategy: "fastest", models: { safe: [dac("simslow"), dac("simgeneric")] } });
    const names = async () => {
      const { requests } = await observe(() => oci.stream(ask("safe")).final());
      return requests.map(({ servingMode }) => servingMode.endpointId.split(".").at(-1));
    };
    // Each is measured once.
    assert.deepEqual([await names(), await names(), await names()], [["simslow"], ["simgeneric"], ["simgeneric"]]);
  });

  test("when all targets fail, the error has the failure of each", async () => {
    const oci = client({ models: { none: [dac("simdown"), dac("simunknown"), dac("simcreating")] } });
    await assert.rejects(
      oci.chat(ask("none")),
      failsWith("all_targets_failed", (error) => {
        assert.deepEqual(
          error.attempts.map(({ code, status }) => [code, status]),
          [
            ["service_unavailable", 503],
            ["not_found_or_unauthorized", 404],
            ["conflict", 409],
          ],
        );
        assert.match(error.message, /3 targets[^]*conflict/);
      }),
    );
    const single = client({ models: { one: [dac("simdown")] } });
    await assert.rejects(single.chat(ask("one")), failsWith("service_unavailable"));
  });

  test("does not try another target after the first chunk", async () => {
    const oci = client({ models: { safe: [dac("simcut"), dac("simgeneric")] } });
    const truncated = failsWith("stream_truncated", (error) => assert.ok(error.partial));
    const { requests } = await observe(() => assert.rejects(oci.stream(ask("safe", "tokens=60")).final(), truncated));
    assert.equal(requests.length, 1);
  });

  test("an alias takes precedence over a model id", async () => {
    const oci = client({ models: { "meta.llama": dac("simgeneric") } });
    const { requests } = await observe(() => oci.chat(ask("meta.llama")));
    assert.equal(requests[0].servingMode.servingType, "DEDICATED");
  });
});

describe("the fetch option", () => {
  test("is called with the request", async () => {
    const calls = [];
    const recording = (...args) => {
      calls.push(args);
      return fetch(...args);
    };
    const oci = client({ fetch: recording });
    await oci.chat(ask("simgeneric"));
    const [[called, init]] = calls;
    assert.equal(called, `${url}/20231130/actions/chat`);
    assert.equal(init.method, "POST");
    assert.equal(init.redirect, "manual");
    assert.ok(init.signal instanceof AbortSignal && init.body instanceof Uint8Array);
  });

  test("without it, the global fetch is looked up at each call", async (t) => {
    const oci = client();
    let calls = 0;
    const { fetch } = globalThis;
    t.mock.method(globalThis, "fetch", (...args) => {
      calls++;
      return fetch(...args);
    });
    await oci.chat(ask("simgeneric"));
    await oci.stream(ask("simgeneric")).final();
    assert.equal(calls, 2);
    t.mock.restoreAll();
    await oci.chat(ask("simgeneric"));
    assert.equal(calls, 2);
  });
});
