// Cloudflare's engines behind gateways that are each in an isolate of their own: KV, Rate Limiting and Durable Objects
// of workerd, as wrangler runs them. a and b share them, c has none but the keys.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { makeKey } from "../node/support/engines.mjs";
import { endpointId } from "../simulator/server.mjs";
import { startEngines } from "./support/engines.mjs";

const OCI_MODELS = {
  ours: endpointId("simgeneric"),
  theirs: endpointId("simcohere"),
  pair: ["simdown", "simgeneric"].map((name) => ({ model: endpointId(name), apiFormat: "GENERIC" })),
};
const RATE = 5;

const keys = {
  limited: { name: "limited" },
  restricted: { name: "restricted", models: ["ours"] },
  expired: { name: "expired", expires: "2020-01-01T00:00:00Z" },
  slow: { name: "slow", requests_per_minute: 3 },
  busy: { name: "busy", requests_per_minute: 1_000_000 },
  poor: { name: "poor", tokens_per_day: 2000, requests_per_minute: 1_000_000 },
};
const secrets = Object.fromEntries(Object.keys(keys).map((name) => [name, makeKey()]));

let engines;
let worker;
/** A key that the command line adds, and revokes while the gateways run. */
let temporary;
let revokedAt;
before(async () => {
  engines = await startEngines({
    variables: { GATEWAY_TOKEN: "token", OCI_MODELS: JSON.stringify(OCI_MODELS), GATEWAY_RATE_LIMIT: `${RATE}/60` },
    adapt: (text) => text.replace("limit = 100", `limit = ${RATE}`),
  });
  await engines.putKeys(Object.fromEntries(Object.entries(keys).map(([name, key]) => [secrets[name].name, key])));
  temporary = await engines.keys("add", "temporary", "--models", "ours");
  worker = await engines.start();
});
after(async () => {
  await worker?.stop();
  await engines?.stop();
});

/** Asks a gateway, "a" or "b". */
function ask(gateway, key, body) {
  const headers = { authorization: `Bearer ${secrets[key]?.key ?? key}`, "content-type": "application/json" };
  const messages = [{ role: "user", content: "tokens=20" }];
  const init = { method: "POST", headers, body: JSON.stringify({ model: "ours", messages, ...body }) };
  return fetch(`${worker.origin}/${gateway}/v1/chat/completions`, init);
}

test("the configuration with every engine can be deployed", async () => {
  const output = await engines.dryRun();
  for (const name of ["GATEWAY_KEYS", "RATE_LIMITER", "BUDGETS", "TARGET_HEALTH"]) {
    assert.match(output, new RegExp(`env\\.${name} `));
  }
});

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

/** Asks for the pair of targets: how often the one that is down was asked. */
async function askPair(gateway) {
  const { requests } = engines.simulator;
  const { length } = requests;
  const response = await ask(gateway, "busy", { model: "pair" });
  assert.equal(response.status, 200, await response.text());
  return requests.slice(length).filter(({ status }) => status === 503).length;
}

test("a key of the command line is accepted, and is revoked while the gateways run", async () => {
  for (const gateway of ["a", "b"]) {
    assert.equal((await ask(gateway, temporary)).status, 200);
    assert.equal((await ask(gateway, temporary, { model: "theirs" })).status, 403);
  }
  assert.match(await engines.keys("list"), /temporary {2}models ours/);
  await engines.keys("revoke", "temporary");
  revokedAt = Date.now();
});

let failedAt;
/** How often one call asks a target that is down. */
let attempts;

test("a target that fails for one gateway is known to the other, and not to one without the engine", async () => {
  attempts = await askPair("b");
  assert.ok(attempts > 0);
  failedAt = Date.now();
  assert.equal(await askPair("a"), 0);
  assert.equal(await askPair("b"), 0);
  assert.equal(await askPair("c"), attempts);
  assert.equal(await askPair("c"), 0);
});

test("a format that was found by trying is known to the other", async () => {
  const count = async (gateway) => {
    const { length } = engines.simulator.requests;
    const response = await ask(gateway, "busy", { model: "theirs" });
    assert.equal(response.status, 200, await response.text());
    return engines.simulator.requests.length - length;
  };
  assert.ok((await count("a")) > 1);
  assert.equal(await count("b"), 1);
  assert.ok((await count("c")) > 1);
});

test("without engines, an isolate counts by itself", async () => {
  const statusesOf = async (key, count) => {
    const statuses = [];
    for (let at = 0; at < count; at++) {
      const response = await ask("c", key);
      await response.text();
      statuses.push(response.status);
    }
    return statuses;
  };
  assert.deepEqual(await statusesOf("slow", 4), [200, 200, 200, 429]);
  assert.deepEqual(await statusesOf("limited", RATE + 1), [...Array.from({ length: RATE }, () => 200), 429]);
  const poor = await statusesOf("poor", 100);
  assert.equal(poor[0], 200);
  assert.equal(poor.at(-1), 429);
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

test("after its wait, one call of both gateways probes the target that failed", { timeout: 60_000 }, async () => {
  await sleep(Math.max(failedAt + 30_500 - Date.now(), 0));
  const { requests } = engines.simulator;
  const { length } = requests;
  const asking = Array.from({ length: 100 }, (_, index) => ask(index % 2 === 0 ? "a" : "b", "busy", { model: "pair" }));
  for (const response of await Promise.all(asking)) {
    assert.equal(response.status, 200, await response.text());
  }
  assert.equal(requests.slice(length).filter(({ status }) => status === 503).length, attempts, "those of one call");
});

test("a key that was revoked is refused after the isolates' 30 seconds", { timeout: 60_000 }, async () => {
  await sleep(Math.max(revokedAt + 30_500 - Date.now(), 0));
  for (const gateway of ["a", "b"]) assert.equal((await ask(gateway, temporary)).status, 401);
});

test("no key is in the log", () => {
  for (const { key } of Object.values(secrets)) assert.ok(!worker.output().includes(key));
  for (const text of ["made-up", temporary]) assert.ok(!worker.output().includes(text));
});
