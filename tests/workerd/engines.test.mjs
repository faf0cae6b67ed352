// Cloudflare's engines behind two gateways, each in an isolate of its own: KV, Rate Limiting and Durable Objects of
// workerd, as wrangler runs them.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { makeKey } from "../node/support/engines.mjs";
import { endpointId } from "../simulator/server.mjs";
import { startEngines } from "./support/engines.mjs";

const OCI_MODELS = { ours: endpointId("simgeneric"), theirs: endpointId("simcohere") };
const RATE = 5;

const keys = {
  limited: { name: "limited" },
  restricted: { name: "restricted", models: ["ours"] },
  expired: { name: "expired", expires: "2020-01-01T00:00:00Z" },
  slow: { name: "slow", requests_per_minute: 3 },
  poor: { name: "poor", tokens_per_day: 2000, requests_per_minute: 1_000_000 },
};
const secrets = Object.fromEntries(Object.keys(keys).map((name) => [name, makeKey()]));

let engines;
let worker;
before(async () => {
  engines = await startEngines({
    variables: { GATEWAY_TOKEN: "token", OCI_MODELS: JSON.stringify(OCI_MODELS), GATEWAY_RATE_LIMIT: `${RATE}/60` },
    adapt: (text) => text.replace("limit = 100", `limit = ${RATE}`),
  });
  const pairs = Object.entries(keys).map(([name, record]) => {
    return { key: secrets[name].name, value: JSON.stringify(record) };
  });
  await writeFile(`${engines.folder}/keys.json`, JSON.stringify(pairs));
  await engines.wrangler("kv", "bulk", "put", `${engines.folder}/keys.json`, "--binding", "GATEWAY_KEYS");
  worker = await engines.start();
});
after(async () => {
  await worker?.stop();
  await engines?.stop();
});

/** Asks a gateway, "a" or "b". */
function ask(gateway, key, body = {}, signal) {
  const headers = { authorization: `Bearer ${secrets[key]?.key ?? key}`, "content-type": "application/json" };
  const messages = [{ role: "user", content: "tokens=20" }];
  const init = { method: "POST", headers, body: JSON.stringify({ model: "ours", messages, ...body }), signal };
  return fetch(`${worker.origin}/${gateway}/v1/chat/completions`, init);
}

describe("keys in KV", () => {
  test("are found by both gateways, and hold their lists of aliases", async () => {
    for (const gateway of ["a", "b"]) {
      assert.equal((await ask(gateway, "restricted")).status, 200);
      const response = await ask(gateway, "restricted", { model: "theirs" });
      assert.equal(response.status, 403);
      assert.equal((await response.json()).error.code, "model_not_allowed");
      for (const key of ["expired", "made-up"]) assert.equal((await ask(gateway, key)).status, 401, key);
    }
  });
});

test("the rate of the binding is shared by both gateways", async () => {
  // A window of the engine's may begin in between.
  const statuses = [];
  for (let count = 0; count < 4 * RATE; count++) {
    const response = await ask(count % 2 === 0 ? "a" : "b", "limited");
    await response.text();
    statuses.push(response.status);
    if (response.status === 429) assert.equal(response.headers.get("x-ratelimit-limit-requests"), `${RATE}`);
  }
  const admitted = statuses.filter((status) => status === 200).length;
  assert.ok(admitted >= RATE && admitted <= 2 * RATE, statuses.join());
});

test("a key's own rate is counted once for both gateways, beside the binding's", async () => {
  const statuses = [];
  for (const gateway of ["a", "b", "a", "b"]) {
    const response = await ask(gateway, "slow");
    statuses.push(response.status);
    await response.text();
  }
  assert.deepEqual(statuses, [200, 200, 200, 429]);
});

test("1,000 requests at once through both gateways use no more than the budget and those in flight", async () => {
  const TOTAL = 1000;
  let used = 0;
  const statuses = new Map();
  const one = async (index) => {
    const response = await ask(index % 2 === 0 ? "a" : "b", "poor", { max_tokens: 50 });
    const { usage, error } = await response.json();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    used += usage?.total_tokens ?? 0;
    if (error) assert.equal(error.code, "insufficient_quota", JSON.stringify(error));
  };
  await Promise.all(Array.from({ length: TOTAL }, (_, index) => one(index)));
  assert.equal((statuses.get(200) ?? 0) + (statuses.get(429) ?? 0), TOTAL);
  assert.ok(used > 1000 && used <= 2000 + 100, `${used} tokens`);
});

test("no key is in the log", () => {
  for (const { key } of Object.values(secrets)) assert.ok(!worker.output().includes(key));
  assert.ok(!worker.output().includes("made-up"));
});
