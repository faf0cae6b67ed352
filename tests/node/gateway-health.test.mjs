// The health of targets, shared by gateways that know nothing else of each other.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { TargetHealth, createGateway } from "oci-genai-edge/gateway";
import { endpointId } from "../simulator/server.mjs";
import { makeObjects } from "./support/engines.mjs";
import { logged } from "./support/gateway.mjs";

const NOW = Date.UTC(2027, 0, 1);
const FIRST = endpointId("simfirst");
const SECOND = endpointId("simsecond");

beforeEach(() => mock.timers.enable({ apis: ["Date"], now: NOW }));
afterEach(() => mock.timers.reset());

const tick = (ms) => mock.timers.tick(ms);
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A service whose endpoints are down, or accept a format. `calls` has the name of each that was asked. */
function makeService() {
  const down = new Set();
  const formats = new Map();
  const calls = [];
  const fetch = async (_url, { body }) => {
    const { servingMode, chatRequest } = JSON.parse(new TextDecoder().decode(body));
    const { endpointId: id } = servingMode;
    calls.push(id === FIRST ? "first" : "second");
    if (down.has(id)) return Response.json({ code: "x", message: "no" }, { status: 503 });
    const format = formats.get(id) ?? "GENERIC";
    if (chatRequest.apiFormat !== format) {
      const message = "Entity with key x: does not match serving model";
      return Response.json({ code: "400", message }, { status: 400 });
    }
    if (format === "COHERE") {
      const chatResponse = { apiFormat: "COHERE", text: "Hi", finishReason: "COMPLETE" };
      return Response.json({ modelId: "x", chatResponse });
    }
    const message = { role: "ASSISTANT", content: [{ type: "TEXT", text: "Hi" }] };
    const choices = [{ index: 0, message, finishReason: "stop" }];
    return Response.json({ modelId: "x", chatResponse: { apiFormat: "GENERIC", choices } });
  };
  return { down, formats, calls, fetch };
}

const models = {
  pair: [{ model: FIRST, apiFormat: "GENERIC" }, { model: SECOND, apiFormat: "GENERIC" }],
  assumed: SECOND,
};

/** What asks a gateway of its own. Its calls end with the promise. */
function makeGateway(service, targetHealth) {
  const configure = () => ({
    token: "right",
    region: "us-chicago-1",
    compartmentId: "ocid1.compartment.oc1..x",
    apiKey: undefined,
    sign: async () => ({ authorization: "signed" }),
    retry: { maxAttempts: 1 },
    fetch: service.fetch,
    targetHealth,
    models,
  });
  const handler = createGateway({ configure });
  const env = {};
  const ask = async (model = "pair") => {
    const work = [];
    const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello?" }] });
    const init = { method: "POST", headers: { authorization: "Bearer right" }, body };
    const request = new Request("https://gateway.example/v1/chat/completions", init);
    const before = service.calls.length;
    const response = await handler.fetch(request, env, { waitUntil: (promise) => work.push(promise) });
    await response.text();
    await Promise.all(work);
    await settled();
    return { status: response.status, calls: service.calls.slice(before) };
  };
  /** What `/readyz` says of the aliases. */
  ask.targets = async () => {
    const headers = { authorization: "Bearer right" };
    const response = await handler.fetch(new Request("https://gateway.example/readyz", { headers }), env);
    return (await response.json()).targets;
  };
  return ask;
}

test("a target that failed for one is known to the others before their next call", async () => {
  const service = makeService();
  const objects = makeObjects(TargetHealth);
  const gateways = Array.from({ length: 20 }, () => makeGateway(service, objects));
  for (const ask of gateways) assert.deepEqual((await ask()).calls, ["first"]);
  service.down.add(FIRST);
  tick(1000);
  assert.deepEqual((await gateways[0]()).calls, ["first", "second"]);
  tick(4000);
  for (const ask of gateways) assert.deepEqual((await ask()).calls, ["second"]);
  // One that begins now knows it too.
  assert.deepEqual((await makeGateway(service, objects)()).calls, ["second"]);
});

test("without the binding, each finds out by itself", async () => {
  const service = makeService();
  const gateways = [makeGateway(service), makeGateway(service)];
  service.down.add(FIRST);
  for (const ask of gateways) assert.deepEqual((await ask()).calls, ["first", "second"]);
  for (const ask of gateways) assert.deepEqual((await ask()).calls, ["second"]);
});

test("after the wait one of all probes the target; the others wait for what it finds out", async () => {
  const service = makeService();
  const objects = makeObjects(TargetHealth);
  const gateways = Array.from({ length: 5 }, () => makeGateway(service, objects));
  service.down.add(FIRST);
  await gateways[0]();
  tick(31_000);
  const all = [];
  for (const ask of gateways) all.push((await ask()).calls.join());
  assert.deepEqual(all, ["first,second", "second", "second", "second", "second"]);
  service.down.clear();
  tick(31_000);
  const again = [];
  for (const ask of gateways) again.push((await ask()).calls.join());
  assert.deepEqual(again, ["first", "first", "first", "first", "first"], "known to all once it has answered");
});

test("an answer serves for a second, and for three while it is asked again", async () => {
  const service = makeService();
  const objects = makeObjects(TargetHealth);
  const ask = makeGateway(service, objects);
  await ask();
  const { length } = objects.requests;
  assert.equal(length, 2, "one for each target");
  for (let count = 0; count < 10; count++) await ask();
  assert.equal(objects.requests.length, length);
  tick(1000);
  for (let count = 0; count < 10; count++) await ask();
  assert.equal(objects.requests.length, 2 * length);
});

test("an alias with one target asks once a minute, and shares the format that was found by trying", async () => {
  const service = makeService();
  service.formats.set(SECOND, "COHERE");
  const objects = makeObjects(TargetHealth);
  const [one, other, alone] = [makeGateway(service, objects), makeGateway(service, objects), makeGateway(service)];
  const first = await one("assumed");
  assert.equal(first.status, 200);
  assert.ok(first.calls.length > 1, "tries");
  assert.deepEqual((await other("assumed")).calls, ["second"]);
  assert.ok((await alone("assumed")).calls.length > 1);
  const { length } = objects.requests;
  tick(59_000);
  await other("assumed");
  assert.equal(objects.requests.length, length);
});

test("where the object fails or does not answer, an isolate goes by what it finds out itself", async () => {
  const service = makeService();
  const failing = makeObjects(TargetHealth);
  failing.failure = new Error("gone");
  const silent = { idFromName: (name) => name, get: () => ({ fetch: () => new Promise(() => {}) }) };
  for (const namespace of [failing, silent]) {
    tick(60_000);
    service.down.clear();
    const handler = makeGateway(service, namespace);
    service.down.add(FIRST);
    const { result, lines } = await logged(async () => [await handler(), await handler(), await handler()]);
    assert.deepEqual(result.map(({ calls }) => calls.join()), ["first,second", "second", "second"]);
    assert.equal(lines.length, 1, "once a minute");
    assert.match(lines[0], /TARGET_HEALTH failed/);
    assert.doesNotMatch(lines[0], /ocid1/);
  }
});

test("what is known is kept where the object starts again, and has no OCID in it", async () => {
  const service = makeService();
  const objects = makeObjects(TargetHealth);
  service.down.add(FIRST);
  await makeGateway(service, objects)();
  objects.restart();
  assert.deepEqual((await makeGateway(service, objects)()).calls, ["second"]);
  for (const name of objects.stores.keys()) assert.match(name, /^[0-9a-f]{64}$/);
  const stored = [...objects.stores.values()].flatMap((store) => [...store.values()]);
  assert.ok(stored.flat().every((word) => typeof word === "number"));
});

test("a model that is no alias asks nothing", async () => {
  const service = makeService();
  const objects = makeObjects(TargetHealth);
  const ask = makeGateway(service, objects);
  for (const model of ["other", FIRST, "__proto__", 5, null]) assert.ok((await ask(model)).status >= 400);
  assert.equal(objects.requests.length, 0);
});

test("/readyz says what all know of the targets", async () => {
  const service = makeService();
  const objects = makeObjects(TargetHealth);
  const [one, other, alone] = [makeGateway(service, objects), makeGateway(service, objects), makeGateway(service)];
  service.down.add(FIRST);
  await one();
  const pair = { alias: "pair", targets: 2 };
  const assumed = { alias: "assumed", targets: 1 };
  assert.deepEqual(await other.targets(), [
    { ...pair, failed: 1, state: "unknown" },
    { ...assumed, failed: 0, state: "unknown" },
  ]);
  service.down.add(SECOND);
  await one();
  tick(1000);
  assert.deepEqual(await other.targets(), [
    { ...pair, failed: 2, state: "failed" },
    { ...assumed, failed: 1, state: "failed" },
  ]);
  assert.deepEqual(await alone.targets(), [
    { ...pair, state: "unknown" },
    { ...assumed, state: "unknown" },
  ]);
});
