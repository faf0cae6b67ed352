// Trying again: the same target, and the next one.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";
import { endpointId, startSimulator } from "../simulator/server.mjs";

const simulator = await startSimulator({ verify: false });
const elsewhere = await startSimulator({ verify: false, compartmentId: "ocid1.compartment.oc1..elsewhere" });
after(() => Promise.all([simulator.close(), elsewhere.close()]));

const client = (options) =>
  new OciGenAI({ endpoint: simulator.url, compartmentId: simulator.compartmentId, retry: { maxAttempts: 1, baseDelayMs: 1 }, ...options });
const ask = (model, question = "Hello?") => ({ model, messages: [{ role: "user", content: question }] });
const dac = endpointId;

async function sentBy(action, server = simulator) {
  const before = server.requests.length;
  await action();
  return server.requests.slice(before);
}
const failsWith = (code, also = () => {}) => (error) => {
  assert.ok(error instanceof OciError, String(error));
  assert.equal(error.code, code, error.message);
  also(error);
  return true;
};

/** A fetch that answers with these statuses in turn, the last one for ever. */
function statuses(...list) {
  let at = 0;
  const body = { modelId: "x", chatResponse: { apiFormat: "GENERIC", choices: [{ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "Hi" }] }, finishReason: "stop" }] } };
  const fetch = async () => {
    const [status, headers = {}] = [list[Math.min(at++, list.length - 1)]].flat();
    if (status === "broken") throw new TypeError("fetch failed");
    return Response.json(status === 200 ? body : { code: "x", message: "no" }, { status, headers });
  };
  return { fetch, count: () => at };
}

describe("retry", { timeout: 30_000 }, () => {
  test("simthrottledonce: the second attempt is the answer", async () => {
    const server = await startSimulator({ verify: false });
    try {
      const oci = client({ endpoint: server.url, retry: { maxAttempts: 2, baseDelayMs: 1 } });
      const stream = oci.stream(ask(dac("simthrottledonce")));
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      assert.deepEqual(server.requests.map(({ status }) => status), [429, 200]);
      assert.deepEqual(stream.report.attempts.map(({ code }) => code), ["rate_limited", undefined]);
      assert.equal(stream.report.streamed, true);
      assert.ok(chunks.length > 10 && chunks.every((chunk) => !chunk.oci?.fallback));
    } finally {
      await server.close();
    }
  });

  test("what may pass is tried again, up to maxAttempts", async () => {
    for (const [failure, code] of [[429, "rate_limited"], [409, "conflict"], [500, "service_error"], [502, "service_unavailable"], [503, "service_unavailable"], [504, "service_unavailable"], ["broken", "network"]]) {
      for (const maxAttempts of [1, 2, 4]) {
        const service = statuses(failure);
        await assert.rejects(client({ fetch: service.fetch, retry: { maxAttempts, baseDelayMs: 1 } }).chat(ask(dac("x"))), failsWith(code, (error) => {
          assert.equal(error.retryable, true);
          assert.equal(error.attempts.length, maxAttempts);
        }));
        assert.equal(service.count(), maxAttempts, `${failure}`);
      }
      const recovering = statuses(failure, failure, 200);
      const completion = await client({ fetch: recovering.fetch, retry: { maxAttempts: 3, baseDelayMs: 1 } }).chat(ask(dac("x")));
      assert.equal(completion.choices[0].message.content, "Hi");
    }
  });

  test("what would not pass is not", async () => {
    for (const [failure, code] of [[400, "bad_request"], [401, "unauthorized"], [403, "bad_request"], [404, "not_found_or_unauthorized"], [413, "bad_request"], [307, "redirected"]]) {
      const service = statuses(failure);
      await assert.rejects(client({ fetch: service.fetch, retry: { maxAttempts: 5, baseDelayMs: 1 } }).chat(ask(dac("x"))), failsWith(code, (error) => assert.equal(error.retryable, false)));
      assert.equal(service.count(), 1, `${failure}`);
    }
  });

  test("three attempts are the default", async () => {
    const service = statuses(503);
    await assert.rejects(client({ fetch: service.fetch, retry: { baseDelayMs: 0 } }).chat(ask(dac("x"))), failsWith("service_unavailable"));
    assert.equal(service.count(), 3);
  });

  test("a Retry-After longer than maxDelayMs is not waited for", async () => {
    const service = statuses([429, { "retry-after": "60" }]);
    await assert.rejects(client({ fetch: service.fetch, retry: { maxAttempts: 3, maxDelayMs: 1000 } }).chat(ask(dac("x"))), failsWith("rate_limited"));
    assert.equal(service.count(), 1);
    for (const nonsense of ["soon", "-5", "NaN", ""]) {
      const odd = statuses([429, { "retry-after": nonsense }], 200);
      assert.ok(await client({ fetch: odd.fetch, retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 10 } }).chat(ask(dac("x"))), nonsense);
    }
  });
});

describe("models", { timeout: 30_000 }, () => {
  test("an alias is its target; answers and reports have the caller's name", async () => {
    const reports = [];
    const oci = client({ models: { house: dac("simgeneric") }, onFinish: (report) => reports.push(report) });
    let completion;
    const [sent] = await sentBy(async () => (completion = await oci.chat(ask("house"))));
    assert.equal(sent.servingMode.endpointId, dac("simgeneric"));
    assert.equal(completion.model, "house");
    for await (const chunk of oci.stream(ask("house"))) assert.equal(chunk.model, "house");
    assert.deepEqual(reports.map(({ model }) => model), ["house", "house"]);
  });

  test("a target's own format, compartment and endpoint", async () => {
    const far = { model: dac("simcohere"), apiFormat: "COHERE", compartmentId: elsewhere.compartmentId, endpoint: elsewhere.url };
    const oci = client({ models: { far, mixed: [dac("simdown"), far] } });
    const [sent] = await sentBy(() => oci.chat(ask("far")), elsewhere);
    assert.deepEqual([sent.apiFormat, sent.body.compartmentId, sent.status], ["COHERE", elsewhere.compartmentId, 200]);
    const stream = oci.stream(ask("mixed"), { fallback: "never" });
    assert.match((await stream.final()).choices[0].message.content, /You asked/);
    assert.deepEqual(stream.report.attempts.map(({ url, status }) => [new URL(url).origin, status]), [[simulator.url, 503], [elsewhere.url, 200]]);
  });

  test("targets are tried in order, each to its end", async () => {
    const oci = client({ retry: { maxAttempts: 2, baseDelayMs: 1 }, models: { safe: [dac("simdown"), dac("simgateway"), dac("simnostream"), dac("simgeneric")] } });
    const stream = oci.stream(ask("safe"));
    const sent = await sentBy(() => stream.final());
    const names = sent.map(({ servingMode }) => servingMode.endpointId.split(".").at(-1));
    // Streamed, unstreamed, once more; then the third falls back, and the fourth is not needed.
    assert.deepEqual(names, ["simdown", "simdown", "simdown", "simgateway", "simgateway", "simgateway", "simnostream", "simnostream"]);
    assert.deepEqual(stream.report.attempts.map(({ status }) => status), [503, 503, 503, 502, 502, 502, 400, 200]);
  });

  test("refusals too lead to the next target", async () => {
    for (const first of ["simblocklist", "simredirect", "nosuchendpoint", "simcreating", "simthrottled"]) {
      const oci = client({ models: { safe: [dac(first), dac("simgeneric")] } });
      const chunks = [];
      for await (const chunk of oci.stream(ask("safe"))) chunks.push(chunk);
      assert.ok(chunks.length > 10 && chunks.every((chunk) => !chunk.oci?.fallback), first);
      assert.equal((await oci.chat(ask("safe"))).choices[0].finish_reason, "stop");
    }
  });

  test("when all fail, the error tells how each did", async () => {
    const oci = client({ models: { none: [dac("simdown"), dac("nosuchendpoint"), dac("simblocklist")] } });
    await assert.rejects(oci.chat(ask("none")), failsWith("all_targets_failed", (error) => {
      assert.deepEqual(error.attempts.map(({ code, status }) => [code, status]), [["service_unavailable", 503], ["not_found_or_unauthorized", 404], ["content_filtered", 400]]);
      assert.match(error.message, /3 targets[^]*content_filtered/);
    }));
    const single = client({ models: { one: [dac("simdown")] } });
    await assert.rejects(single.chat(ask("one")), failsWith("service_unavailable"));
  });

  test("after the first chunk no other target is tried", async () => {
    const oci = client({ models: { safe: [dac("simcut"), dac("simgeneric")] } });
    const sent = await sentBy(() => assert.rejects(oci.stream(ask("safe", "tokens=60")).final(), failsWith("stream_truncated", (error) => assert.ok(error.partial))));
    assert.equal(sent.length, 1);
  });

  test("an alias that hides a model id wins", async () => {
    const oci = client({ models: { "meta.llama": dac("simgeneric") } });
    const [sent] = await sentBy(() => oci.chat(ask("meta.llama")));
    assert.equal(sent.servingMode.servingType, "DEDICATED");
  });
});

describe("fetch of the host", () => {
  test("is used, and gets what a request needs", async () => {
    const calls = [];
    const oci = client({ fetch: (...args) => (calls.push(args), fetch(...args)) });
    await oci.chat(ask(dac("simgeneric")));
    const [[url, init]] = calls;
    assert.equal(url, `${simulator.url}/20231130/actions/chat`);
    assert.equal(init.method, "POST");
    assert.equal(init.redirect, "manual");
    assert.ok(init.signal instanceof AbortSignal && init.body instanceof Uint8Array);
  });

  test("the global one is looked up at each call", async (t) => {
    const oci = client();
    let calls = 0;
    const { fetch } = globalThis;
    t.mock.method(globalThis, "fetch", (...args) => (calls++, fetch(...args)));
    await oci.chat(ask(dac("simgeneric")));
    await oci.stream(ask(dac("simgeneric"))).final();
    assert.equal(calls, 2);
    t.mock.restoreAll();
    await oci.chat(ask(dac("simgeneric")));
    assert.equal(calls, 2);
  });
});
