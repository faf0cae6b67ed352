// The same answer again, from a Cache API in memory.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { endpointId } from "../simulator/server.mjs";
import { makeKey, makeNamespace } from "./support/engines.mjs";
import { logged, startGateway } from "./support/gateway.mjs";

const { simulator, bindings, call, send } = await startGateway();

/** A Cache API in memory. */
function makeCaches() {
  const entries = new Map();
  const cache = {
    match: async (url) => entries.get(url)?.clone(),
    put: async (url, response) => void entries.set(url, response),
  };
  return { entries, open: async () => cache };
}

let stored;
const original = globalThis.caches;
before(() => {
  stored = makeCaches();
  Object.defineProperty(globalThis, "caches", { value: stored, configurable: true, writable: true });
});
after(() => Object.defineProperty(globalThis, "caches", { value: original, configurable: true, writable: true }));
beforeEach(() => stored.entries.clear());

const OCI_MODELS = {
  ours: endpointId("simgeneric"),
  cut: endpointId("simcut"),
  down: endpointId("simdown"),
  bare: endpointId("simgpt"),
  vectors: endpointId("simembed"),
};
const maxAgeSeconds = 60;
const GATEWAY_CACHE = {
  ours: { maxAgeSeconds },
  cut: { maxAgeSeconds },
  down: { maxAgeSeconds },
  vectors: { maxAgeSeconds },
};
const cached = (more) => bindings({ OCI_MODELS, GATEWAY_CACHE, ...more });
const env = cached();

/** Whether a response is from the cache, its text, and how many requests it took. */
async function ask(options, on = env) {
  const { length } = simulator.requests;
  const response = await call(on, options);
  const text = await response.text();
  await sleep(5);
  const requests = simulator.requests.length - length;
  return { state: response.headers.get("oci-cache"), text, requests, response };
}

const DIALECTS = [
  ["a whole chat", (stream) => ({ parameters: { stream } }), false],
  ["a streamed chat", (stream) => ({ parameters: { stream } }), true],
];
for (const [name, optionsOf, stream] of DIALECTS) {
  test(`${name}: the second answer is the first`, async () => {
    const first = await ask(optionsOf(stream));
    assert.deepEqual([first.state, first.requests], ["miss", 1]);
    const second = await ask(optionsOf(stream));
    assert.deepEqual([second.state, second.requests], ["hit", 0]);
    assert.equal(second.text, first.text);
    for (const header of ["content-type", "oci-route", "cache-control"]) {
      assert.equal(second.response.headers.get(header), first.response.headers.get(header), header);
    }
    assert.equal(second.response.status, 200);
  });
}

test("a streamed response of the Responses API, and embeddings", async () => {
  const rows = [
    ["/v1/responses", { model: "ours", input: "Hello?", stream: true }],
    ["/v1/responses", { model: "ours", input: "Hello?" }],
    ["/v1/embeddings", { model: "vectors", input: ["a"] }],
  ];
  for (const [path, body] of rows) {
    const states = [];
    const texts = [];
    for (let count = 0; count < 2; count++) {
      const response = await send(path, env, { method: "POST", body: JSON.stringify(body) });
      states.push(response.headers.get("oci-cache"));
      texts.push(await response.text());
      await sleep(5);
    }
    assert.deepEqual(states, ["miss", "hit"], path);
    assert.equal(texts[1], texts[0]);
  }
});

describe("the key", () => {
  test("is that of the request, whatever the order of its names", async () => {
    const body = (text) => send("/v1/chat/completions", env, { method: "POST", body: text });
    const messages = '[{"role":"user","content":"Hello?"}]';
    await (await body(`{"model":"ours","temperature":0.5,"messages":${messages}}`)).text();
    const response = await body(`{ "messages": ${messages}, "temperature": 5e-1, "model": "ours" }`);
    assert.equal(response.headers.get("oci-cache"), "hit");
  });

  test("differs by question, parameters, stream, path, and caller", async () => {
    const keys = [makeKey(), makeKey()];
    const records = keys.map(({ name }, index) => [name, { name: `k${index}` }]);
    const GATEWAY_KEYS = makeNamespace(Object.fromEntries(records));
    const withKeys = cached({ GATEWAY_KEYS });
    const rows = [
      {},
      { question: "Another?" },
      { parameters: { temperature: 0.1 } },
      { parameters: { stream: true } },
      { token: keys[0].key },
      { token: keys[1].key },
    ];
    for (const options of rows) assert.equal((await ask(options, withKeys)).state, "miss");
    for (const options of rows) assert.equal((await ask(options, withKeys)).state, "hit");
  });

  test("changes with the targets of the alias", async () => {
    await ask({});
    const other = cached({ OCI_MODELS: { ...OCI_MODELS, ours: endpointId("simxai") } });
    assert.equal((await ask({}, other)).state, "miss");
  });

  test("and what is kept show nothing of prompt and key", async () => {
    const { key, name } = makeKey();
    const GATEWAY_KEYS = makeNamespace({ [name]: { name: "planted-name" } });
    await ask({ question: "planted-prompt", token: key }, cached({ GATEWAY_KEYS }));
    assert.equal(stored.entries.size, 1);
    const [[url, response]] = stored.entries;
    assert.match(url, /^https:\/\/gateway\.example\/\.oci-genai-edge\/answers\/[\da-f]{64}$/);
    const headers = JSON.stringify([...response.headers]);
    for (const secret of ["planted", key, "ocid1"]) assert.ok(!`${url} ${headers}`.includes(secret), secret);
  });
});

describe("is not used", () => {
  test("for other aliases, without the setting, and where the caller asks so", async () => {
    const headers = { "cache-control": "no-cache" };
    for (const [options, on] of [[{ model: "bare" }, env], [{}, bindings({ OCI_MODELS })], [{ headers }, env]]) {
      for (let count = 0; count < 2; count++) {
        const { state, requests } = await ask(options, on);
        assert.deepEqual([state, requests], [null, 1]);
      }
    }
  });

  test("for failures, and for streams that fail or are not read to their end", async () => {
    for (const options of [{ model: "down" }, { model: "cut", parameters: { stream: true } }]) {
      await ask(options);
      assert.equal((await ask(options)).state, "miss");
    }
    const options = { question: "tokens=20000", parameters: { stream: true } };
    const response = await call(env, options);
    const reader = response.body.getReader();
    await reader.read();
    await reader.cancel();
    await sleep(20);
    assert.equal(stored.entries.size, 0);
  });

  test("for requests with tools, unless that is told", async () => {
    const tools = [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }];
    const options = { parameters: { tools } };
    for (let count = 0; count < 2; count++) assert.equal((await ask(options)).state, null);
    const allowed = cached({ GATEWAY_CACHE: { ours: { maxAgeSeconds, tools: true } } });
    assert.equal((await ask(options, allowed)).state, "miss");
    assert.equal((await ask(options, allowed)).state, "hit");
  });

  test("for answers that guardrails have refused", async () => {
    const guarded = cached({ GATEWAY_GUARDRAILS: { ours: {} }, OCI_REGION: "us-chicago-1" });
    for (const stream of [false, true]) {
      const options = { question: "I hate it", parameters: { stream } };
      for (let count = 0; count < 2; count++) assert.notEqual((await ask(options, guarded)).state, "hit");
    }
    assert.equal(stored.entries.size, 0);
  });

  test("by a key that may not call the alias any more", async () => {
    const { key, name } = makeKey();
    const records = { [name]: { name: "k" } };
    assert.equal((await ask({ token: key }, cached({ GATEWAY_KEYS: makeNamespace(records) }))).state, "miss");
    records[name].models = ["bare"];
    const { response } = await ask({ token: key }, cached({ GATEWAY_KEYS: makeNamespace(records) }));
    assert.equal(response.status, 403);
  });
});

test("a hit costs no tokens, and is recorded as what it is", async () => {
  const records = [];
  const on = cached({ USAGE_QUEUE: { send: async (record) => records.push(record) } });
  await ask({}, on);
  await ask({}, on);
  assert.deepEqual(records.map(({ outcome, alias }) => [outcome, alias]), [["complete", "ours"], ["cached", "ours"]]);
  assert.deepEqual([records[1].total_tokens, records[1].attempts, records[1].status], [0, 0, 200]);
});

test("a cache that fails, and a runtime without one: answered as without, and logged once", async () => {
  const failing = { open: () => Promise.reject(new TypeError("no cache")) };
  for (const broken of [failing, undefined]) {
    globalThis.caches = broken;
    const on = cached();
    const { lines } = await logged(async () => {
      for (let count = 0; count < 2; count++) assert.deepEqual((await ask({}, on)).requests, 1);
    });
    assert.equal(lines.length, 1);
  }
  globalThis.caches = stored;
});

test("comments of a slow answer are not kept", async () => {
  const slow = cached({
    OCI_MODELS: { ...OCI_MODELS, ours: endpointId("simslow") },
    GATEWAY_KEEP_ALIVE_MS: "100",
  });
  const options = { parameters: { stream: true } };
  const first = await ask(options, slow);
  assert.ok(first.text.startsWith(": keep-alive\n\n"));
  const second = await ask(options, slow);
  assert.equal(second.state, "hit");
  assert.equal(second.text, first.text.replaceAll(": keep-alive\n\n", ""));
});

test("the options are checked", async () => {
  const wrong = [{ ours: {} }, { ours: { maxAgeSeconds: 0 } }, { ours: { maxAgeSeconds: 1, tools: 1 } }, { other: {} }];
  for (const invalid of wrong) {
    const { result, lines } = await logged(() => call(cached({ GATEWAY_CACHE: invalid })));
    assert.equal(result.status, 500);
    assert.match(lines.join(), /cache\./);
  }
});
