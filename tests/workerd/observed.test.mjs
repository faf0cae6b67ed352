// Usage events, traces, metrics and the cache in workerd, with Cloudflare's engines as wrangler runs them: what they
// receive, and that no prompt, key or OCID is in it.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { readFile, readdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { makeKey } from "../node/support/engines.mjs";
import { startCollector } from "../node/support/collector.mjs";
import { endpointId } from "../simulator/server.mjs";
import { startEngines } from "./support/engines.mjs";

const OCI_MODELS = {
  ours: endpointId("simgeneric"),
  blocked: endpointId("simblocklist"),
  down: endpointId("simdown"),
  vectors: endpointId("simembed"),
};
const planted = {
  prompt: `prompt-${randomBytes(8).toString("hex")}`,
  token: `token-${randomBytes(8).toString("hex")}`,
  header: `header-${randomBytes(8).toString("hex")}`,
  otel: `otel-${randomBytes(8).toString("hex")}`,
};
const team = makeKey();

let collector;
let receiver;
let engines;
let worker;
/** The messages of the queue. */
const messages = [];

before(async () => {
  collector = await startCollector();
  receiver = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    messages.push(...JSON.parse(text));
    response.end();
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  engines = await startEngines({
    variables: {
      GATEWAY_TOKEN: planted.token,
      OCI_MODELS: JSON.stringify(OCI_MODELS),
      GATEWAY_CACHE: JSON.stringify({ ours: { maxAgeSeconds: 600 } }),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${planted.otel}`,
    },
    consumer: `http://127.0.0.1:${receiver.address().port}/`,
  });
  await engines.putKeys({ [team.name]: { name: "team" } });
  worker = await engines.start();
});
after(async () => {
  await worker?.stop();
  await engines?.stop();
  await collector?.close();
  receiver?.close();
});

/** Asks a gateway: "a" and "b" have all engines, "c" has no queue and no dataset. */
async function ask(gateway, { path = "chat/completions", key = team.key, ...body } = {}) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "x-planted": planted.header };
  const chat = path === "chat/completions" && { messages: [{ role: "user", content: planted.prompt }] };
  const init = { method: "POST", headers, body: JSON.stringify({ model: "ours", ...chat, ...body }) };
  const response = await fetch(`${worker.origin}/${gateway}/v1/${path}`, init);
  return { status: response.status, cache: response.headers.get("oci-cache"), text: await response.text() };
}

/** Waits until a condition holds. */
async function until(condition, what) {
  for (let wait = 0; wait < 400; wait++) {
    if (condition()) return;
    await sleep(50);
  }
  assert.fail(`${what}\n${worker.output()}`);
}

test("each call is one message of the queue, from all isolates", async () => {
  const calls = [
    ["a", { stream: true }, { alias: "ours", outcome: "complete", status: 200, streamed: true, key: "team" }],
    ["b", { model: "blocked" }, { alias: "blocked", outcome: "failed", status: 400, error: "content_filtered" }],
    ["a", { model: "down" }, { alias: "down", outcome: "failed", status: 503, error: "service_unavailable" }],
    ["b", { path: "embeddings", model: "vectors", input: [planted.prompt] }, { operation: "embeddings" }],
    ["a", { key: planted.token, model: "ours", temperature: 0.5 }, { key: "gateway", outcome: "complete" }],
  ];
  for (const [index, [gateway, body, expected]] of calls.entries()) {
    await ask(gateway, body);
    await until(() => messages.length > index, "a message");
    for (const [name, value] of Object.entries(expected)) assert.equal(messages[index][name], value, name);
  }
  assert.ok(messages[0].total_tokens > 0);
  assert.equal(messages.length, calls.length);
  assert.doesNotMatch(worker.output(), /could not be written/);
});

test("without the bindings calls work alike, and leave no message", async () => {
  const { length } = messages;
  assert.equal((await ask("c")).status, 200);
  await sleep(1500);
  assert.equal(messages.length, length);
});

describe("the cache", () => {
  test("gives the same answer again, whole and streamed, without a request", async () => {
    for (const stream of [false, true]) {
      const first = await ask("a", { stream, temperature: 0.25 });
      await sleep(200);
      const { length } = engines.simulator.requests;
      const second = await ask("a", { stream, temperature: 0.25 });
      assert.deepEqual([first.cache, second.cache], ["miss", "hit"]);
      assert.equal(second.text, first.text);
      assert.equal(engines.simulator.requests.length, length);
    }
    await until(() => messages.some(({ outcome }) => outcome === "cached"), "a message of a hit");
  });
});

test("each call is one span, with measurements", async () => {
  const { length } = collector.spans;
  assert.ok(length >= 5);
  await ask("b", { stream: true, temperature: 0.75 });
  await until(() => collector.spans.length === length + 1, "a span");
  assert.equal(collector.spans.at(-1).name, "chat ours");
  await until(() => collector.metrics.some(({ name }) => name.endsWith("time_to_first_chunk")), "measurements");
});

test("no prompt, key, token, header or OCID is in a message, a span, a log or a key of the cache", async () => {
  assert.ok(messages.length > 5 && collector.texts.length > 10);
  const shown = [...collector.texts, JSON.stringify(messages), worker.output(), ...(await cacheIndex())];
  const secrets = [...Object.values(planted), team.key, "ocid1", engines.simulator.compartmentId];
  for (const text of shown) for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${text}`);
});

/** What the Cache API keeps beside the answers: their keys and headers. */
async function cacheIndex() {
  const names = await readdir(`${engines.folder}/state`, { recursive: true });
  const files = names.filter((name) => name.includes("cache") && /\.sqlite(?:-wal)?$/.test(name));
  assert.ok(files.length > 0, names.join(" "));
  const texts = await Promise.all(files.map((name) => readFile(`${engines.folder}/state/${name}`, "latin1")));
  assert.ok(texts.some((text) => text.includes("/.oci-genai-edge/answers/")));
  return texts;
}
