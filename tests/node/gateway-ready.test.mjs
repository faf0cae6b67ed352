// Whether the gateway is up and ready, and what it says of its models.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointId } from "../simulator/server.mjs";
import { makeKey, makeNamespace } from "./support/engines.mjs";
import { logged, startGateway } from "./support/gateway.mjs";

const { bindings, call, send } = await startGateway();
const OCI_MODELS = { ours: endpointId("simgeneric"), down: [endpointId("simdown"), endpointId("simgateway")] };

/** What a probe says, without a token by default. */
async function probe(path, env, { method, token = null } = {}) {
  const { result, lines } = await logged(() => send(path, env, { token, method }));
  const text = await result.text();
  assert.doesNotMatch(text, /ocid1/);
  assert.equal(result.headers.get("cache-control"), result.status === 405 ? null : "no-store");
  return { status: result.status, body: text && JSON.parse(text), lines };
}

test("/healthz: up, whatever the configuration", async () => {
  for (const env of [bindings(), {}, bindings({ OCI_REGION: "nowhere" })]) {
    assert.deepEqual(await probe("/healthz", env), { status: 200, body: { status: "up" }, lines: [] });
  }
  assert.equal((await probe("/healthz", bindings(), { method: "POST" })).status, 405);
  assert.equal((await probe("/readyz", bindings(), { method: "POST" })).status, 405);
});

describe("/readyz", () => {
  test("ready, with the state of each alias as far as it is known", async () => {
    const env = bindings({ OCI_MODELS });
    const states = async () => {
      const { status, body } = await probe("/readyz?verbose", env, { token: "right" });
      return [status, body.status, body.targets.map(({ alias, targets, state }) => `${alias} ${targets} ${state}`)];
    };
    assert.deepEqual(await states(), [200, "ready", ["ours 1 unknown", "down 2 unknown"]]);
    await call(env);
    await call(env, { model: "down" });
    assert.deepEqual(await states(), [200, "ready", ["ours 1 ok", "down 2 failed"]]);
  });

  test("names aliases only to who may call them", async () => {
    const { key, name } = makeKey();
    const GATEWAY_KEYS = makeNamespace({ [name]: { name: "team", models: ["down"] } });
    const env = bindings({ OCI_MODELS, GATEWAY_KEYS });
    for (const token of [null, "wrong"]) {
      assert.deepEqual((await probe("/readyz", env, { token })).body, { status: "ready" });
    }
    const { body } = await probe("/readyz", env, { token: key });
    assert.deepEqual(body.targets.map(({ alias }) => alias), ["down"]);
  });

  test("what callers do wrong is no failure of a target", async () => {
    const env = bindings({ OCI_MODELS: { blocked: endpointId("simblocklist") } });
    await call(env, { model: "blocked" });
    assert.equal((await probe("/readyz", env, { token: "right" })).body.targets[0].state, "ok");
  });

  test("503 where the last call of every alias has failed", async () => {
    const env = bindings({ OCI_MODELS: { down: OCI_MODELS.down } });
    await call(env, { model: "down" });
    const { status, body } = await probe("/readyz", env);
    assert.deepEqual([status, body.status], [503, "not ready"]);
    assert.deepEqual(body.reasons, ["the last call of every alias has failed"]);
  });

  const planted = "planted-value";
  const rows = [
    ["GATEWAY_TOKEN", { GATEWAY_TOKEN: "" }],
    ["OCI_MODELS", { OCI_MODELS: {} }],
    ["GATEWAY_TOKEN", { GATEWAY_TOKEN: `${planted} é` }],
    ["GATEWAY_MAX_BODY_BYTES", { GATEWAY_MAX_BODY_BYTES: planted }],
    ["GATEWAY_KEEP_ALIVE_MS", { GATEWAY_KEEP_ALIVE_MS: planted }],
    ["GATEWAY_KEEP_ALIVE_MS", { GATEWAY_KEEP_ALIVE_MS: "-1" }],
    ["GATEWAY_ORIGINS", { GATEWAY_ORIGINS: planted }],
    ["GATEWAY_TIMEOUTS", { GATEWAY_TIMEOUTS: { ours: { [planted]: 1 } } }],
    ["GATEWAY_MODEL_INFO", { GATEWAY_MODEL_INFO: { ours: { context_length: planted } } }],
    ["GATEWAY_GUARDRAILS", { GATEWAY_GUARDRAILS: { [planted]: {} } }],
    ["GATEWAY_TOKENS", { GATEWAY_TOKENS: planted }],
    ["OCI_MODELS", { OCI_MODELS: `{"${planted}` }],
    ["OCI_MODELS", { OCI_MODELS: { ours: { model: endpointId("simgeneric"), region: planted } } }],
    ["OCI_MODELS", { OCI_MODELS: { ours: { model: endpointId("simgeneric"), [planted]: 1 } } }],
    ["OCI_REGION", { OCI_REGION: planted }],
    ["OCI_ENDPOINT", { OCI_ENDPOINT: `http://${planted}.example` }],
    ["OCI_PRIVATE_KEY", { OCI_PRIVATE_KEY: planted }],
    ["OCI_PRIVATE_KEY", { OCI_PRIVATE_KEY: undefined, OCI_ENDPOINT: undefined }],
    ["USAGE", { USAGE: planted }],
    ["USAGE_QUEUE", { USAGE_QUEUE: planted }],
  ];
  for (const [name, more] of rows) {
    test(`503 names what can't be used, and no value: ${JSON.stringify(more).slice(0, 60)}`, async () => {
      const { status, body } = await probe("/readyz", bindings({ OCI_MODELS, ...more }));
      assert.equal(status, 503);
      assert.equal(body.status, "not ready");
      assert.ok(body.reasons.some((reason) => reason.split(/[ ,]/).includes(name)), body.reasons.join());
      assert.doesNotMatch(JSON.stringify(body), new RegExp(planted));
    });
  }
});

test("/v1/models has what its operator says of a model", async () => {
  const info = { context_length: 128_000, input_modalities: ["text", "image"], operations: ["chat"] };
  for (const GATEWAY_MODEL_INFO of [{ ours: info }, JSON.stringify({ ours: info })]) {
    const response = await send("/v1/models", bindings({ OCI_MODELS, GATEWAY_MODEL_INFO }));
    const [ours, down] = (await response.json()).data.map(({ oci }) => oci);
    const { transport, servingType, apiFormat, region, host, targets, ...stated } = ours;
    assert.deepEqual([transport, servingType, apiFormat], ["native", "DEDICATED", "GENERIC"]);
    assert.deepEqual([region, targets], ["us-chicago-1", 1]);
    assert.ok(host);
    assert.deepEqual(stated, info);
    assert.equal(down.targets, 2);
    assert.equal(down.context_length, undefined, "nothing is invented");
    assert.equal(down.operations, undefined);
  }
  const llama = { OCI_MODELS: { llama: "meta.llama-3.3-70b-instruct" }, OCI_REGION: "us-chicago-1" };
  const model = await (await send("/v1/models/llama", bindings(llama))).json();
  assert.deepEqual(model.oci.operations, ["chat"], "the openai transport serves nothing else");
});
