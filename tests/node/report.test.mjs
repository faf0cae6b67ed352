// What is told after a call: `onFinish`, `stream.report` and the JSON of errors.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { OciError, OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const key = makeCredentials();
const simulator = await startSimulator({ credentials: [key] });
after(() => simulator.close());

const { compartmentId, url: endpoint } = simulator;
const reports = [];
const client = (options) =>
  new OciGenAI({ endpoint, compartmentId, sign: apiKeySigner(key), retry: { maxAttempts: 2, baseDelayMs: 1 }, onFinish: (report) => reports.push(report), ...options });
const oci = client();
const ask = (name, question = "Hello?", more = {}) => ({ model: endpointId(name), messages: [{ role: "user", content: question }], ...more });

/** The reports that a call brings about. */
async function reportsOf(action) {
  reports.length = 0;
  await action();
  await sleep(5);
  return reports.slice();
}
async function reportOf(action) {
  const all = await reportsOf(action);
  assert.equal(all.length, 1, "one call, one report");
  return all[0];
}

describe("onFinish", { timeout: 30_000 }, () => {
  test("after a completion", async () => {
    let completion;
    const report = await reportOf(async () => (completion = await oci.chat(ask("simgeneric"))));
    assert.deepEqual(Object.keys(report).sort(), ["attempts", "finishReason", "model", "streamed", "totalMs", "usage"]);
    assert.equal(report.model, endpointId("simgeneric"));
    assert.equal(report.streamed, false);
    assert.equal(report.finishReason, "stop");
    assert.deepEqual(report.usage, completion.usage);
    assert.ok(report.totalMs >= 0 && report.totalMs < 30_000);
    const [{ ms, ...attempt }] = report.attempts;
    assert.ok(ms >= 0 && ms <= report.totalMs);
    assert.deepEqual(attempt, { url: `${endpoint}/20231130/actions/chat`, status: 200, opcRequestId: completion.oci.opc_request_id });
  });

  test("after a stream, which has it too, with usage although nobody asked", async () => {
    const stream = oci.stream(ask("simgeneric"));
    const report = await reportOf(async () => {
      await stream.next();
      const sofar = stream.report;
      assert.equal(reports.length, 0, "not before the end");
      assert.equal(sofar.streamed, true);
      assert.ok(sofar.firstChunkMs >= 0 && sofar.usage === undefined && sofar.finishReason === undefined);
      await stream.final();
    });
    assert.deepEqual(stream.report, report);
    assert.equal(report.streamed, true);
    assert.ok(report.usage.total_tokens > 0);
    assert.ok(report.firstChunkMs <= report.totalMs);
    assert.equal(report.error, undefined);
  });

  test("after failures of every kind, once", async () => {
    for (const [start, code, statuses] of [
      [() => oci.chat(ask("simdown")), "service_unavailable", [503, 503]],
      [() => oci.stream(ask("simblocklist")).next(), "content_filtered", [400, 400]],
      [() => oci.stream(ask("simcut")).final(), "stream_truncated", [200]],
      [() => client({ sign: () => { throw new Error(); } }).chat(ask("simgeneric")), "signer_failed", [undefined]],
      [() => oci.stream(ask("simhang"), { timeouts: { totalMs: 30 } }).next(), "timeout", [200]],
      [() => client({ endpoint: "http://127.0.0.1:9" }).chat(ask("simgeneric")), "network", [undefined, undefined]],
    ]) {
      let failure;
      const report = await reportOf(() => assert.rejects(start, (error) => ((failure = error), true)));
      assert.equal(failure.code, code);
      assert.equal(report.error, code);
      assert.deepEqual(report.attempts.map(({ status }) => status), statuses, code);
      assert.equal(report.attempts.at(-1).code, code);
      assert.deepEqual(failure.attempts, report.attempts);
    }
  });

  test("after an abort and after a cancel, without an error", async () => {
    const stop = new AbortController();
    const aborted = await reportOf(async () => {
      const call = oci.chat(ask("simslow"), { signal: stop.signal });
      await sleep(50);
      stop.abort();
      await assert.rejects(call);
    });
    assert.equal(aborted.error, undefined);
    assert.equal(aborted.attempts.length, 1);
    const broken = await reportOf(async () => {
      for await (const _ of oci.stream(ask("simgeneric", "tokens=2000"))) break;
    });
    assert.equal(broken.error, undefined);
    assert.equal(broken.streamed, true);
  });

  test("not for what was never begun", async () => {
    const none = await reportsOf(async () => {
      const stream = oci.stream(ask("simgeneric"));
      await stream.cancel();
      await stream.next();
      oci.route(endpointId("simgeneric"));
    });
    assert.deepEqual(none, []);
  });

  test("that throws, rejects or changes the report does no harm", async () => {
    for (const onFinish of [
      () => {
        throw new Error("mine");
      },
      async () => {
        throw new Error("mine");
      },
      (report) => {
        report.attempts.length = 0;
        report.usage = "gone";
      },
      () => ({ then: () => {}, catch: "no function" }),
    ]) {
      const hooked = client({ onFinish });
      const completion = await hooked.chat(ask("simgeneric"));
      assert.equal(completion.choices[0].finish_reason, "stop");
      const stream = hooked.stream(ask("simgeneric"));
      assert.ok((await stream.final()).usage.total_tokens > 0);
      assert.equal(stream.report.attempts.length, 1);
      assert.ok(stream.report.usage.total_tokens > 0);
      await assert.rejects(hooked.chat(ask("simblocklist")), { code: "content_filtered" });
    }
    await sleep(5);
  });
});

describe("OciError", () => {
  const SECRETS = ["hunter2", "PRIVATE-PROMPT", "sk-very-secret"];
  const holdsNone = (text, what) => {
    for (const secret of SECRETS) assert.ok(!text.includes(secret), `${what} holds ${secret}: ${text}`);
  };

  test("tells no header, key, token or prompt", async () => {
    const request = { model: endpointId("simgeneric"), messages: [{ role: "user", content: "PRIVATE-PROMPT" }] };
    const hiding = (options) => client({ headers: { "x-secret": "hunter2" }, apiKey: "sk-very-secret", ...options });
    const leaky = () => {
      throw new Error("hunter2 PRIVATE-PROMPT sk-very-secret");
    };
    const failures = [
      () => hiding({ sign: leaky }).chat(request),
      () => hiding({ sign: () => ({ authorization: "hunter2\n" }) }).chat(request),
      () => hiding({ sign: () => ({ hunter: "hunter2" }) }).chat(request),
      () => hiding({ fetch: leaky }).chat(request),
      () => hiding({ sign: () => ({ authorization: "Signature hunter2" }) }).chat(request),
      () => hiding().chat({ ...request, model: endpointId("simredirect") }),
      () => hiding().chat({ ...request, model: endpointId("simcut"), n: 1, temperature: "PRIVATE-PROMPT" }),
      () => hiding().chat({ ...request, messages: "PRIVATE-PROMPT" }),
      () => hiding().chat({ ...request, messages: [{ role: "PRIVATE-PROMPT", content: "x" }] }),
      () => hiding().chat({ ...request, messages: [{ role: "user", content: [{ type: "PRIVATE-PROMPT" }] }] }),
      () => hiding().chat("PRIVATE-PROMPT"),
      () => hiding().chat(["PRIVATE-PROMPT"]),
      () => hiding({ sign: undefined }).chat({ ...request, model: "meta.llama" }),
      () => hiding().stream({ ...request, model: endpointId("simcut"), messages: [{ role: "user", content: "tokens=60 PRIVATE-PROMPT" }] }).final(),
      () => hiding().stream({ ...request, model: endpointId("simerrorevent") }).final(),
    ];
    for (const [at, start] of failures.entries()) {
      await assert.rejects(start, (error) => {
        assert.ok(error instanceof OciError, String(error));
        holdsNone(JSON.stringify(error), `the JSON of failure ${at}`);
        holdsNone(`${error.message} ${error.hint} ${error.stack}`, `the text of failure ${at}`);
        return true;
      });
    }
  });

  test("an answer that broke off is not printed with it", async () => {
    await assert.rejects(oci.stream(ask("simcut", "tokens=60")).final(), (error) => {
      assert.ok(error.partial.choices[0].message.content.includes("You asked"));
      assert.ok(!inspect(error).includes("You asked") && !JSON.stringify(error).includes("You asked"));
      return true;
    });
  });

  test("its JSON is what a log needs", async () => {
    await assert.rejects(oci.chat(ask("simblocklist")), (error) => {
      const json = JSON.parse(JSON.stringify(error));
      assert.deepEqual(Object.keys(json).sort(), ["attempts", "code", "message", "name", "opcRequestId", "retryable", "serviceCode", "status"]);
      assert.deepEqual([json.name, json.code, json.status, json.retryable], ["OciError", "content_filtered", 400, false]);
      assert.equal(json.message, error.message);
      return true;
    });
    await assert.rejects(oci.chat(ask("nosuchendpoint")), (error) => {
      assert.equal(error.code, "not_found_or_unauthorized");
      assert.equal(error.serviceCode, "NotAuthorizedOrNotFound");
      assert.match(error.hint, /us-chicago-1[^]*policy[^]*compartment/);
      return true;
    });
    await assert.rejects(oci.chat(ask("simgateway")), (error) => {
      assert.equal(error.status, 502);
      assert.ok(!error.message.includes("<"));
      return true;
    });
  });

  test("a failed connection has the runtime's error as its cause", async () => {
    const cause = new TypeError("fetch failed");
    const failing = client({ fetch: async () => { throw cause; }, retry: { maxAttempts: 1 } });
    await assert.rejects(failing.chat(ask("simgeneric")), (error) => error.code === "network" && error.cause === cause && error.retryable);
    for (const nothing of [undefined, null, 5, "Response"]) {
      await assert.rejects(client({ fetch: async () => nothing, retry: { maxAttempts: 1 } }).chat(ask("simgeneric")), { code: "network" });
    }
  });
});
