// The keys of callers: what each may do, and what becomes of one that is unknown, expired, revoked or malformed.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import gateway, { createGateway } from "oci-genai-edge/gateway";
import { endpointId } from "../simulator/server.mjs";
import { makeKey, makeNamespace } from "./support/engines.mjs";
import { ALIASES, errorOf, logged, startGateway } from "./support/gateway.mjs";

const { simulator, bindings, send, call } = await startGateway();

/** A key with a record, and the bindings of a gateway that has it. */
function withRecord(record, more) {
  const { key, name } = makeKey();
  const namespace = makeNamespace({ [name]: record });
  return { key, name, namespace, env: bindings({ GATEWAY_KEYS: namespace, ...more }) };
}

/** Runs with a clock that `tick` advances. */
async function withClock(action) {
  mock.timers.enable({ apis: ["Date"], now: Date.UTC(2027, 0, 1) });
  try {
    await action((ms) => mock.timers.tick(ms));
  } finally {
    mock.timers.reset();
  }
}

test("a key with a record may call, beside the token and without one", async () => {
  for (const GATEWAY_TOKEN of ["right", undefined]) {
    const { key, env } = withRecord({ name: "team a" }, { GATEWAY_TOKEN });
    assert.equal((await call(env, { token: key })).status, 200);
    assert.equal((await call(env)).status, GATEWAY_TOKEN ? 200 : 401);
  }
});

test("any other key, and none, is 401, and nothing is sent", async () => {
  const { key, name, env } = withRecord({ name: "team a" });
  const before = simulator.requests.length;
  for (const token of [`${key}x`, key.slice(1), name, makeKey().key, ""]) {
    const response = await call(env, { token });
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
    const { code, type } = await errorOf(response);
    assert.deepEqual([code, type], ["invalid_api_key", "authentication_error"]);
  }
  assert.equal(simulator.requests.length, before);
});

test("without a token and without keys, every request is refused, and the log says why", async () => {
  const { result, lines } = await logged(() => call(bindings({ GATEWAY_TOKEN: undefined })));
  assert.equal(result.status, 500);
  assert.match(lines.join(), /GATEWAY_TOKEN[^]*GATEWAY_KEYS/);
});

test("a key with a list of aliases calls these alone, and sees no others", async () => {
  const { key: token, env } = withRecord({ name: "team a", models: ["ours", "gone"] });
  assert.equal((await call(env, { token })).status, 200);
  const before = simulator.requests.length;
  for (const model of ["unknown", "blocklist", "nothing", endpointId("simgeneric"), ["ours"], undefined, null]) {
    const response = await call(env, { token, parameters: { model } });
    assert.equal(response.status, 403, JSON.stringify(model));
    const { message, ...error } = await errorOf(response);
    assert.deepEqual(error, { type: "invalid_request_error", param: "model", code: "model_not_allowed" });
    assert.match(message, /ours, gone$/);
  }
  // On its list, and no alias of the gateway's.
  const response = await call(env, { token, model: "gone" });
  assert.equal(response.status, 404);
  const { message, code } = await errorOf(response);
  assert.equal(code, "invalid_model");
  for (const alias of ALIASES) assert.ok(!message.includes(alias), message);
  assert.equal(simulator.requests.length, before);

  const { data } = await (await send("/v1/models", env, { token })).json();
  assert.deepEqual(data.map(({ id }) => id), ["ours"]);
  assert.equal((await send("/v1/models/ours", env, { token })).status, 200);
  const other = await send("/v1/models/unknown", env, { token });
  assert.equal(other.status, 404);
  assert.match((await errorOf(other)).message, /the aliases are ours$/);
  // The token sees all.
  const all = await (await send("/v1/models", env)).json();
  assert.deepEqual(all.data.map(({ id }) => id), ["ours", ...ALIASES]);
});

test("a list of aliases is held for every operation, and for text that is no JSON", async () => {
  const { key: token, env } = withRecord({ name: "team a", models: ["ours"] });
  const before = simulator.requests.length;
  const bodies = {
    "/v1/responses": { model: "cut", input: "Hello?" },
    "/v1/embeddings": { model: "cut", input: "Hello?" },
    "/v1/rerank": { model: "cut", query: "a", documents: ["b"] },
    "/v1/moderations": { input: "Hello?" },
  };
  for (const [path, body] of Object.entries(bodies)) {
    const response = await send(path, env, { token, method: "POST", body: JSON.stringify(body) });
    assert.equal(response.status, 403, path);
  }
  for (const body of ["", "{", "[]", '"ours"', '{"model":"cut","model":"ours"']) {
    assert.equal((await send("/v1/chat/completions", env, { token, method: "POST", body })).status, 400, body);
  }
  // The last of two equal names is the one that is called.
  const twice = '{"model":"ours","messages":[{"role":"user","content":"Hello?"}],"model":"cut"}';
  assert.equal((await send("/v1/chat/completions", env, { token, method: "POST", body: twice })).status, 403);
  assert.equal(simulator.requests.length, before);
});

test("a key expires, in the isolate's memory too", async () => {
  await withClock(async (tick) => {
    const { key: token, env } = withRecord({ name: "team a", expires: "2027-01-01T00:00:10Z" });
    assert.equal((await send("/v1/models", env, { token })).status, 200);
    tick(9999);
    assert.equal((await send("/v1/models", env, { token })).status, 200);
    tick(1);
    const response = await send("/v1/models", env, { token });
    assert.equal(response.status, 401);
    assert.match((await errorOf(response)).message, /expired/);
  });
});

test("a record is read once in 30 seconds; then a key that was revoked or added has its effect", async () => {
  await withClock(async (tick) => {
    const { key: token, name, namespace, env } = withRecord({ name: "team a" });
    for (let count = 0; count < 3; count++) assert.equal((await send("/v1/models", env, { token })).status, 200);
    assert.deepEqual(namespace.reads, [name]);
    delete namespace.records[name];
    tick(29_999);
    assert.equal((await send("/v1/models", env, { token })).status, 200);
    tick(1);
    for (let count = 0; count < 3; count++) assert.equal((await send("/v1/models", env, { token })).status, 401);
    assert.deepEqual(namespace.reads, [name, name]);
    namespace.records[name] = { name: "team a" };
    tick(10_000);
    assert.equal((await send("/v1/models", env, { token })).status, 200);
  });
});

test("made-up keys push no record out of the isolate", async () => {
  const { key: token, name, namespace, env } = withRecord({ name: "team a" });
  assert.equal((await send("/v1/models", env, { token })).status, 200);
  for (let count = 0; count < 1500; count++) await send("/v1/models", env, { token: `made-up-${count}` });
  assert.equal((await send("/v1/models", env, { token })).status, 200);
  assert.equal(namespace.reads.filter((read) => read === name).length, 1);
});

test("where KV fails, a record that was read before serves for ten minutes, and an unknown key is 503", async () => {
  await withClock(async (tick) => {
    const { key: token, namespace, env } = withRecord({ name: "team a", expires: "2027-01-01T00:05:00Z" });
    assert.equal((await send("/v1/models", env, { token })).status, 200);
    namespace.failure = new Error(`KV failed for ${token}`);
    const { lines } = await logged(async () => {
      tick(60_000);
      assert.equal((await send("/v1/models", env, { token })).status, 200);
      const response = await send("/v1/models", env, { token: makeKey().key });
      assert.equal(response.status, 503);
      assert.equal(response.headers.get("retry-after"), "2");
      assert.equal(response.headers.get("x-should-retry"), "true");
      tick(4 * 60_000);
      assert.equal((await send("/v1/models", env, { token })).status, 401);
      tick(6 * 60_000);
      assert.equal((await send("/v1/models", env, { token })).status, 503);
    });
    assert.match(lines.join(), /GATEWAY_KEYS can't be read/);
    assert.ok(!lines.join().includes(token));
  });
});

test("a malformed record is refused and logged, and never taken for one without limits", async () => {
  const before = simulator.requests.length;
  for (const [record, reason] of [
    ["{", /not JSON/],
    ["null", /not an object/],
    [[], /not an object/],
    [{}, /name/],
    [{ name: "" }, /name/],
    [{ name: "a", model: ["ours"] }, /has model;/],
    [{ name: "a", models: "ours" }, /models/],
    [{ name: "a", models: [] }, /models/],
    [{ name: "a", models: [1] }, /models/],
    [{ name: "a", expires: "soon" }, /expires/],
    [{ name: "a", expires: 1_800_000_000 }, /expires/],
    [{ name: "a", requests_per_minute: 0 }, /requests_per_minute/],
    [{ name: "a", requests_per_minute: "60" }, /requests_per_minute/],
    [{ name: "a", tokens_per_day: 1.5 }, /tokens_per_day/],
    [{ name: "a", tokens_per_day: null }, /tokens_per_day/],
  ]) {
    const { key, name, env } = withRecord(record);
    const { result, lines } = await logged(() => call(env, { token: key }));
    assert.equal(result.status, 500, JSON.stringify(record));
    assert.equal(lines.length, 1);
    assert.match(lines[0], reason);
    assert.ok(lines[0].includes(name.slice(0, 19)), lines[0]);
    assert.ok(!lines[0].includes(key), "no key in the log");
    assert.doesNotMatch((await errorOf(result)).message, reason);
  }
  assert.equal(simulator.requests.length, before);
});

test("an operator's own store of keys", async () => {
  const { key, name } = makeKey();
  const { GATEWAY_KEYS: _, ...env } = bindings();
  const keys = makeNamespace({ [name]: { name: "team a", models: ["ours"] } });
  const models = { ours: env.OCI_MODELS.ours };
  const handler = createGateway({ configure: () => ({ keys, models }) });
  assert.equal((await send("/v1/models", env, { handler, token: key })).status, 200);
  assert.equal((await send("/v1/models", env, { handler })).status, 401);
});

test("a binding of another kind is an error of the configuration", async () => {
  for (const [more, name] of [
    [{ GATEWAY_KEYS: "sha256:0" }, "keys"],
    [{ GATEWAY_KEYS: {} }, "keys"],
    [{ RATE_LIMITER: { limit: 5 } }, "rateLimiter"],
    [{ BUDGETS: { get() {} } }, "budgets"],
    [{ GATEWAY_RATE_LIMIT: "100/30" }, "rate limit"],
    [{ GATEWAY_RATE_LIMIT: "0/60" }, "rate limit"],
  ]) {
    const { result, lines } = await logged(() => call(bindings(more)));
    assert.equal(result.status, 500);
    assert.match(lines.join(), new RegExp(name));
  }
  assert.equal(typeof gateway.fetch, "function");
});
