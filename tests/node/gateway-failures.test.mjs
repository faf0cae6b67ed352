// Whose failure it is: what the gateway tells its callers, its log and `onFinish`.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createGateway } from "oci-genai-edge/gateway";
import { endpointId, makeCredentials } from "../simulator/server.mjs";
import { ALIASES, errorOf, logged, startGateway } from "./support/gateway.mjs";
import { eventData } from "./support/streams.mjs";

const { sign, url, compartmentId, bindings, call } = await startGateway();

describe("failures", () => {
  test("502 when OCI rejects the gateway's own credentials, which the log says", async () => {
    const unknown = makeCredentials();
    const { result, lines } = await logged(() => call(bindings({ OCI_FINGERPRINT: unknown.fingerprint })));
    assert.equal(result.status, 502);
    const error = await errorOf(result);
    assert.equal(error.code, "unauthorized");
    assert.doesNotMatch(error.message, /clock|sign|key/);
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^oci-genai-edge gateway: unauthorized: .*clock.*"opcRequestId":"[0-9A-F]{32}/);
  });

  test("the operator's failures are logged, without what was thrown", async () => {
    const thrown = () => {
      throw new Error("hunter2");
    };
    const rows = [
      ["signer_failed", { sign: thrown }, 500],
      ["signer_failed", { sign: undefined, apiKey: thrown, transport: "openai" }, 500],
      ["invalid_signature", { sign: () => ({ hunter2: "x" }) }, 500],
      ["missing_compartment", { compartmentId: undefined }, 500],
      ["redirected", { models: { ours: endpointId("simredirect") } }, 502],
      ["not_found_or_unauthorized", { models: { ours: endpointId("simunknown") } }, 404],
    ];
    for (const [code, options, status] of rows) {
      const models = { ours: endpointId("simgeneric") };
      const defaults = { token: "right", endpoint: url, compartmentId, models, sign };
      const handler = createGateway({ configure: () => ({ ...defaults, ...options, retry: { maxAttempts: 1 } }) });
      const { result, lines } = await logged(() => call({}, { handler }));
      assert.equal(result.status, status);
      assert.equal(lines.length, 1, code);
      const text = await result.text();
      assert.ok(lines[0].startsWith(`oci-genai-edge gateway: ${code}: `), lines[0]);
      if (code !== "invalid_signature") assert.doesNotMatch(lines[0], /hunter2/);
      assert.doesNotMatch(text, /hunter2|compartmentId/);
    }
  });

  test("the service's words are not the caller's to read", async () => {
    const words = /Authorization failed|Inappropriate|Service Unavailable|busy|stopped unexpectedly|TooManyRequests/i;
    for (const model of ALIASES) {
      for (const stream of [true, false]) {
        const options = { model, question: "tokens=60", parameters: { stream } };
        const { result } = await logged(() => call(bindings(), options));
        const text = await result.text();
        const last = result.status === 200 && stream ? eventData(text).at(-1) : text;
        if (!last.includes('"error"')) continue;
        const { message, code } = JSON.parse(last).error;
        assert.ok(message.length > 5 && code.length > 5);
        assert.doesNotMatch(message, words, `${model} ${last}`);
        assert.doesNotMatch(message, /\d{3}/, "no status either");
        if (result.status !== 200) assert.match(result.headers.get("x-request-id"), /^[0-9A-F]{32}/);
      }
    }
  });

  test("GATEWAY_LOG_ERRORS logs every failure with the service's words", async () => {
    const ask = (env, model, stream) => logged(async () => (await call(env, { model, parameters: { stream } })).text());
    const quiet = await ask(bindings(), "blocklist", false);
    assert.deepEqual(quiet.lines, []);
    for (const GATEWAY_LOG_ERRORS of ["true", true]) {
      const env = bindings({ GATEWAY_LOG_ERRORS });
      const { result, lines } = await ask(env, "blocklist", false);
      assert.doesNotMatch(result, /Inappropriate/);
      assert.equal(lines.length, 1);
      assert.match(lines[0], /content_filtered: .*"serviceMessage":"Inappropriate/);
      const streamed = await ask(env, "errorevent", true);
      assert.match(streamed.lines.join(), /stream_error: .*"serviceMessage":"/);
    }
  });

  test("a parameter that the caller sent is named", async () => {
    const response = await call(bindings(), { parameters: { temperature: "hot" } });
    assert.equal(response.status, 400);
    const { param, message } = await errorOf(response);
    assert.equal(param, "temperature");
    assert.match(message, /temperature/);
  });
});

describe("onFinish gets a report of refusals, with their phase", () => {
  const reports = [];
  const options = {
    token: "right",
    maxBodyBytes: 2000,
    bodyTimeoutMs: 50,
    endpoint: url,
    compartmentId,
    models: { ours: endpointId("simgeneric"), cut: endpointId("simcut"), gone: endpointId("simunknown") },
    onFinish: (report) => reports.push(report),
  };
  const handler = createGateway({ configure: () => ({ ...options, sign: () => ({ authorization: "x" }) }) });
  const stalled = () => new ReadableStream({ pull: () => new Promise(() => {}) });
  const rows = [
    ["no token", { token: "wrong" }, ["authorization", "unauthorized", ""]],
    ["another model", { model: "other" }, ["validation", "invalid_model", "other"]],
    ["an invalid request", { parameters: { n: "x" } }, ["validation", "invalid_request", "ours"]],
    ["no request", { body: "[" }, ["validation", "invalid_request", ""]],
    ["a body that is too large", { body: "x".repeat(2001) }, ["validation", "invalid_request", ""]],
    ["a body that does not end", { body: stalled(), duplex: "half" }, ["validation", "timeout", ""]],
  ];
  for (const [name, how, expected] of rows) {
    test(name, async () => {
      reports.length = 0;
      await call({}, { handler, ...how });
      assert.equal(reports.length, 1);
      const [{ phase, error, model, attempts, streamed, totalMs }] = reports;
      assert.deepEqual([phase, error, model], expected);
      assert.deepEqual([attempts, streamed, totalMs >= 0], [[], false, true]);
    });
  }

  test("a gateway without a token", async () => {
    reports.length = 0;
    const open = createGateway({ configure: () => ({ ...options, token: "\n" }) });
    const { result, lines } = await logged(() => call({}, { handler: open }));
    assert.equal(result.status, 500);
    assert.match(lines.join(), /neither GATEWAY_TOKEN nor GATEWAY_KEYS is set/);
    assert.deepEqual([reports.length, reports[0].phase], [1, "authorization"]);
  });
});
