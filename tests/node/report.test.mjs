// What a call reports: `onFinish`, `stream.report` and the JSON of errors.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { OciError } from "oci-genai-edge";
import { endpointId } from "../simulator/server.mjs";
import { failsWith, rejection } from "./support/assertions.mjs";
import { startHarness } from "./support/harness.mjs";

const reports = [];
const { url, client, ask } = await startHarness({
  client: { retry: { maxAttempts: 2, baseDelayMs: 1 }, onFinish: (report) => reports.push(report) },
});
const oci = client();

/** The reports of an action's calls. */
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
  test("is called after a completion", async () => {
    let completion;
    const report = await reportOf(async () => (completion = await oci.chat(ask("simgeneric"))));
    assert.deepEqual(Object.keys(report).toSorted(), [
      "attempts",
      "finishReason",
      "model",
      "operation",
      "phase",
      "route",
      "streamed",
      "totalMs",
      "usage",
    ]);
    assert.equal(report.model, endpointId("simgeneric"));
    assert.equal(report.streamed, false);
    assert.equal(report.finishReason, "stop");
    assert.deepEqual(report.usage, completion.usage);
    assert.ok(report.totalMs >= 0 && report.totalMs < 30_000);
    const [{ ms, ...attempt }] = report.attempts;
    assert.ok(ms >= 0 && ms <= report.totalMs);
    const { opc_request_id: opcRequestId } = completion.oci;
    assert.deepEqual(attempt, { url: `${url}/20231130/actions/chat`, status: 200, opcRequestId });
  });

  test("is called after a stream, which has the same report, with usage that was not asked for", async () => {
    const stream = oci.stream(ask("simgeneric"));
    const report = await reportOf(async () => {
      await stream.next();
      const unfinished = stream.report;
      assert.equal(reports.length, 0, "not before the end");
      assert.equal(unfinished.streamed, true);
      assert.ok(
        unfinished.firstChunkMs >= 0 && unfinished.usage === undefined && unfinished.finishReason === undefined,
      );
      await stream.final();
    });
    assert.deepEqual(stream.report, report);
    assert.equal(report.streamed, true);
    assert.ok(report.usage.total_tokens > 0);
    assert.ok(report.firstChunkMs <= report.totalMs);
    assert.equal(report.error, undefined);
  });

  test("is called once after failures of every kind", async () => {
    for (const [start, code, statuses] of [
      [() => oci.chat(ask("simdown")), "service_unavailable", [503, 503]],
      [() => oci.stream(ask("simblocklist")).next(), "content_filtered", [400]],
      [() => oci.stream(ask("simcut")).final(), "stream_truncated", [200]],
      [
        () =>
          client({
            sign: () => {
              throw new Error();
            },
          }).chat(ask("simgeneric")),
        "signer_failed",
        [undefined],
      ],
      [() => oci.stream(ask("simhang"), { timeouts: { totalMs: 400 } }).next(), "timeout", [200]],
      [() => client({ endpoint: "http://127.0.0.1:9" }).chat(ask("simgeneric")), "network", [undefined, undefined]],
    ]) {
      let failure;
      const report = await reportOf(async () => (failure = await rejection(start())));
      assert.equal(failure.code, code);
      assert.equal(report.error, code);
      assert.deepEqual(
        report.attempts.map(({ status }) => status),
        statuses,
        code,
      );
      assert.equal(report.attempts.at(-1).code, code);
      assert.deepEqual(failure.attempts, report.attempts);
    }
  });

  test("is called after an abort and after a cancel, without an error", async () => {
    const stop = new AbortController();
    const aborted = await reportOf(async () => {
      const call = oci.chat(ask("simslow"), { signal: stop.signal });
      await sleep(50);
      stop.abort();
      await assert.rejects(call);
    });
    assert.equal(aborted.error, undefined);
    assert.equal(aborted.attempts.length, 1);
    const cancelled = await reportOf(async () => {
      for await (const _ of oci.stream(ask("simgeneric", "tokens=2000"))) break;
    });
    assert.equal(cancelled.error, undefined);
    assert.equal(cancelled.streamed, true);
  });

  test("has the phase that the call reached", async () => {
    const stop = new AbortController();
    for (const [phase, start] of [
      ["complete", () => oci.chat(ask("simgeneric"))],
      ["complete", () => oci.stream(ask("simgeneric")).final()],
      ["complete", () => oci.stream(ask("simnostream")).final()],
      ["opening", () => oci.chat(ask("simunknown"))],
      ["opening", () => oci.stream(ask("simblocklist")).next()],
      ["opening", () => oci.stream(ask("simhang"), { timeouts: { totalMs: 50 } }).next()],
      ["opening", () => oci.chat(ask("simgeneric"), { signal: AbortSignal.abort() })],
      ["streaming", () => oci.stream(ask("simcut")).final()],
      [
        "streaming",
        async () => {
          const stream = oci.stream(ask("simgeneric", "tokens=2000"), { signal: stop.signal });
          await stream.next();
          assert.equal(stream.report.phase, "streaming");
          stop.abort();
          await stream.final();
        },
      ],
    ]) {
      const report = await reportOf(() => start().catch(() => {}));
      assert.equal(report.phase, phase, JSON.stringify(report));
    }
  });

  test("is called once for a call that was refused before anything was sent", async () => {
    const request = ask("simgeneric");
    const cyclic = { ...request };
    cyclic.messages = [cyclic];
    const hostile = Object.defineProperty({}, "model", {
      enumerable: true,
      get: () => assert.fail("hostile"),
    });
    const json = (value) => ({ method: "POST", body: typeof value === "string" ? value : JSON.stringify(value) });
    const post = (value) => oci.fetch("https://oci.invalid/v1/chat/completions", json(value));
    const { model } = request;
    const open = client({ compartmentId: undefined });
    for (const [start, code, named] of [
      [() => oci.chat({ ...request, n: "x" }), "invalid_request", model],
      [() => oci.stream({ ...request, n: "x" }).next(), "invalid_request", model],
      [() => oci.stream({ ...request, messages: 5 }).final(), "invalid_request", model],
      [() => post({ ...request, messages: [] }), "invalid_request", model],
      [() => post("{"), "invalid_request", ""],
      [() => post("5"), "invalid_request", ""],
      [() => oci.chat(cyclic), "invalid_request", model],
      [() => oci.stream(cyclic).next(), "invalid_request", model],
      [() => oci.chat(hostile), "invalid_request", ""],
      [() => oci.chat(undefined), "invalid_request", ""],
      [() => oci.chat({ ...request, model: 5 }), "invalid_request", ""],
      [() => oci.chat({ ...request, model: "nonsense" }), "invalid_model", "nonsense"],
      [() => oci.chat(request, { timeout: 5 }), "invalid_options", model],
      [() => oci.stream(request, { signal: 5 }).next(), "invalid_options", model],
      [() => open.chat(request), "missing_compartment", model],
      [() => client({ region: "uk-london-1" }).chat(request), "region_mismatch", model],
      [() => client({ aliasesOnly: true, models: { ours: model } }).chat(request), "invalid_model", model],
    ]) {
      const report = await reportOf(() => start().catch(() => {}));
      // Calls that were refused after their request was read have both.
      const { totalMs, operation = "chat", route, ...rest } = report;
      assert.ok(totalMs >= 0 && operation === "chat" && (route === undefined || route.model === model));
      assert.deepEqual(rest, { model: named, attempts: [], streamed: false, phase: "validation", error: code });
    }
    const sent = await reportsOf(() => assert.rejects(client({ onFinish: () => assert.fail("mine") }).chat(5)));
    assert.deepEqual(sent, [], "an error in onFinish has no effect");
  });

  test("is not called for a stream that was never read", async () => {
    const none = await reportsOf(async () => {
      const stream = oci.stream(ask("simgeneric"));
      await stream.cancel();
      await stream.next();
      oci.route(endpointId("simgeneric"));
    });
    assert.deepEqual(none, []);
  });

  test("may throw, reject or change the report without effect on the call", async () => {
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
  const assertNoSecrets = (text, what) => {
    for (const secret of SECRETS) assert.ok(!text.includes(secret), `${what} contains ${secret}: ${text}`);
  };

  test("contains no header, key, token or prompt", async () => {
    const request = ask("simgeneric", "PRIVATE-PROMPT");
    const secretive = (options) => client({ headers: { "x-secret": "hunter2" }, apiKey: "sk-very-secret", ...options });
    const leaky = () => {
      throw new Error("hunter2 PRIVATE-PROMPT sk-very-secret");
    };
    const failures = [
      () => secretive({ sign: leaky }).chat(request),
      () => secretive({ sign: () => ({ authorization: "hunter2\n" }) }).chat(request),
      () => secretive({ sign: () => ({ hunter: "hunter2" }) }).chat(request),
      () => secretive({ fetch: leaky }).chat(request),
      () => secretive({ sign: () => ({ authorization: "Signature hunter2" }) }).chat(request),
      () => secretive().chat({ ...request, model: endpointId("simredirect") }),
      () => secretive().chat({ ...request, model: endpointId("simcut"), n: 1, temperature: "PRIVATE-PROMPT" }),
      () => secretive().chat({ ...request, messages: "PRIVATE-PROMPT" }),
      () => secretive().chat({ ...request, messages: [{ role: "PRIVATE-PROMPT", content: "x" }] }),
      () => secretive().chat({ ...request, messages: [{ role: "user", content: [{ type: "PRIVATE-PROMPT" }] }] }),
      () => secretive().chat("PRIVATE-PROMPT"),
      () => secretive().chat(["PRIVATE-PROMPT"]),
      () => secretive({ sign: undefined }).chat({ ...request, model: "meta.llama" }),
      () =>
        secretive()
          .stream({
            ...request,
            model: endpointId("simcut"),
            messages: [{ role: "user", content: "tokens=60 PRIVATE-PROMPT" }],
          })
          .final(),
      () =>
        secretive()
          .stream({ ...request, model: endpointId("simerrorevent") })
          .final(),
    ];
    for (const [at, start] of failures.entries()) {
      await assert.rejects(start, (error) => {
        assert.ok(error instanceof OciError, String(error));
        assertNoSecrets(JSON.stringify(error), `the JSON of failure ${at}`);
        assertNoSecrets(`${error.message} ${error.hint} ${error.stack}`, `the text of failure ${at}`);
        return true;
      });
    }
  });

  test("prints no partial answer, and nothing that the service said", async () => {
    const printed = (error) => {
      const full = inspect(error, { showHidden: true, depth: Infinity });
      return [full, JSON.stringify(error), error, error.stack].join("\n");
    };
    await assert.rejects(oci.stream(ask("simcut", "tokens=60")).final(), (error) => {
      assert.ok(error.partial.choices[0].message.content.includes("You asked"));
      const prints = [
        printed(error),
        inspect({ error }, { showHidden: true, depth: null }),
        JSON.stringify({ ...error }),
        inspect(structuredClone(error), { showHidden: true, depth: null }),
      ];
      for (const print of prints) assert.ok(!print.includes("You asked"), print);
      return true;
    });
    for (const model of ["simblocklist", "simerrorevent"]) {
      await assert.rejects(oci.stream(ask(model)).final(), (error) => {
        assert.ok(error.serviceMessage.length > 10);
        assert.ok(!printed(error).includes(error.serviceMessage));
        return true;
      });
    }
  });

  test("its JSON has what a log needs", async () => {
    const KEYS = ["attempts", "code", "message", "name", "opcRequestId", "retryable", "serviceCode", "status"];
    await assert.rejects(oci.chat(ask("simblocklist")), (error) => {
      const json = JSON.parse(JSON.stringify(error));
      assert.deepEqual(Object.keys(json).toSorted(), KEYS);
      assert.deepEqual(
        [json.name, json.code, json.status, json.retryable],
        ["OciError", "content_filtered", 400, false],
      );
      assert.equal(json.message, error.message);
      return true;
    });
    await assert.rejects(
      oci.chat(ask("simunknown")),
      failsWith("not_found_or_unauthorized", (error) => {
        assert.equal(error.serviceCode, "NotAuthorizedOrNotFound");
        assert.match(error.hint, /us-chicago-1[^]*policy[^]*compartment/);
      }),
    );
    await assert.rejects(oci.chat(ask("simgateway")), (error) => {
      assert.equal(error.status, 502);
      assert.ok(!error.message.includes("<"));
      return true;
    });
  });

  test("has the runtime's error as its cause when the connection fails", async () => {
    const cause = new TypeError("fetch failed");
    const failing = client({
      fetch: async () => {
        throw cause;
      },
      retry: { maxAttempts: 1 },
    });
    await assert.rejects(
      failing.chat(ask("simgeneric")),
      (error) => error.code === "network" && error.cause === cause && error.retryable,
    );
    for (const nothing of [undefined, null, 5, "Response"]) {
      await assert.rejects(client({ fetch: async () => nothing, retry: { maxAttempts: 1 } }).chat(ask("simgeneric")), {
        code: "network",
      });
    }
  });
});
