// Limits of callers: requests a minute and tokens a day, counted by Cloudflare's engines or in the isolate.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Budget } from "oci-genai-edge/gateway";
import { makeKey, makeNamespace, makeObjects } from "./support/engines.mjs";
import { errorOf, logged, startGateway } from "./support/gateway.mjs";

const { simulator, bindings, call } = await startGateway();

const DAY_MS = 24 * 60 * 60_000;
const NOON = Date.UTC(2027, 0, 1, 12);

beforeEach(() => mock.timers.enable({ apis: ["Date"], now: NOON }));
afterEach(() => mock.timers.reset());

const tick = (ms) => mock.timers.tick(ms);

/** The bindings of a gateway with a key of these limits, and what calls it. */
function withLimits(record, more) {
  const { key, name } = makeKey();
  const env = bindings({ GATEWAY_KEYS: makeNamespace({ [name]: { name: "team a", ...record } }), ...more });
  return { key, name, env, ask: (options) => call(env, { token: key, ...options }) };
}

const headersOf = ({ headers }, name) => {
  return ["limit", "remaining", "reset"].map((part) => headers.get(`x-ratelimit-${part}-${name}`));
};

/** Requests until one is refused: how many were not, and that one. */
async function exhaust(ask, max = 50) {
  for (let count = 0; count < max; count++) {
    const response = await ask();
    if (response.status === 429) return { count, response };
    assert.equal(response.status, 200, await response.text());
  }
  throw new Error(`none of ${max} requests was refused`);
}

describe("the rate of callers without one of their own", () => {
  test("is that of the binding, for each key and for the token", async () => {
    const counts = new Map();
    const limit = async ({ key }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: counts.get(key) <= 3 };
    };
    const { name, env, ask } = withLimits({}, { RATE_LIMITER: { limit } });
    const before = simulator.requests.length;
    const { count, response } = await exhaust(ask);
    assert.equal(count, 3);
    assert.equal(simulator.requests.length, before + 3, "what is refused is not sent");
    assert.deepEqual(headersOf(response, "requests"), [null, null, null]);
    assert.equal(response.headers.get("retry-after"), "60");
    assert.equal(response.headers.get("x-should-retry"), "true");
    const { message, ...error } = await errorOf(response);
    assert.deepEqual(error, { type: "requests", param: null, code: "rate_limit_exceeded" });
    assert.match(message, /try again in 60 s/);
    assert.equal((await exhaust(() => call(env))).count, 3);
    assert.deepEqual([...counts.keys()], [name, "gateway"]);
  });

  test("of a binding whose limit is known is in the headers", async () => {
    const limiter = { limit: async () => ({ success: false }) };
    const { ask } = withLimits({}, { RATE_LIMITER: limiter, GATEWAY_RATE_LIMIT: "20/10" });
    const response = await ask();
    assert.equal(response.status, 429);
    assert.deepEqual(headersOf(response, "requests"), ["20", "0", "10s"]);
    assert.equal(response.headers.get("retry-after"), "10");
  });

  test("is counted in the isolate without the binding, and where it fails", async () => {
    const failing = { limit: () => Promise.reject(new Error("down")) };
    for (const RATE_LIMITER of [undefined, failing]) {
      const { ask } = withLimits({}, { RATE_LIMITER, GATEWAY_RATE_LIMIT: "6/60" });
      const { result } = await logged(() => exhaust(ask));
      const { count, response } = result;
      assert.equal(count, 6);
      assert.deepEqual(headersOf(response, "requests"), ["6", "0", "1m0s"]);
      assert.equal(response.headers.get("retry-after"), "10");
      tick(10_000);
      await logged(async () => {
        const admitted = await ask();
        assert.equal(admitted.status, 200);
        assert.deepEqual(headersOf(admitted, "requests"), ["6", "0", "1m0s"]);
        assert.equal((await ask()).status, 429);
      });
    }
  });

  test("is none without both", async () => {
    const { ask } = withLimits({});
    for (let count = 0; count < 20; count++) {
      const response = await ask();
      assert.equal(response.status, 200);
      assert.deepEqual(headersOf(response, "requests"), [null, null, null]);
    }
  });
});

for (const engine of ["the object", "the isolate"]) {
  describe(`a key's own limits, counted by ${engine}`, () => {
    const engineOf = () => (engine === "the object" ? makeObjects(Budget) : undefined);

    test("requests a minute: not those of the binding", async () => {
      const BUDGETS = engineOf();
      const limiter = { limit: async () => ({ success: false }) };
      const { name, ask } = withLimits({ requests_per_minute: 4 }, { BUDGETS, RATE_LIMITER: limiter });
      const first = await ask();
      assert.deepEqual(headersOf(first, "requests"), ["4", "3", "15s"]);
      const { count, response } = await exhaust(ask);
      assert.equal(count, 3);
      assert.deepEqual(headersOf(response, "requests"), ["4", "0", "1m0s"]);
      assert.equal(response.headers.get("retry-after"), "15");
      tick(15_000);
      assert.equal((await exhaust(ask)).count, 1);
      tick(60_000);
      assert.equal((await exhaust(ask)).count, 4);
      if (BUDGETS) assert.deepEqual(new Set(BUDGETS.requests), new Set([name]));
    });

    test("tokens a day: reserved, settled by usage, until the day ends", async () => {
      const BUDGETS = engineOf();
      const { ask } = withLimits({ tokens_per_day: 500 }, { BUDGETS });
      const first = await ask({ parameters: { max_tokens: 300 } });
      const { usage } = await first.json();
      const [limit, remaining, reset] = headersOf(first, "tokens");
      assert.deepEqual([limit, reset], ["500", "12h0m0s"]);
      assert.ok(Number(remaining) < 200, "reserved");
      const second = await ask({ parameters: { max_tokens: 1 } });
      const left = Number(headersOf(second, "tokens")[1]);
      assert.ok(left > 500 - usage.total_tokens - 100 && left <= 500 - usage.total_tokens, `${left}: settled`);
      const { response } = await exhaust(() => ask({ parameters: { max_tokens: 300 } }));
      assert.equal(response.headers.get("retry-after"), `${DAY_MS / 2000}`);
      assert.equal(response.headers.get("x-should-retry"), "false");
      assert.deepEqual(headersOf(response, "tokens"), ["500", "0", "12h0m0s"]);
      const { message, ...error } = await errorOf(response);
      assert.deepEqual(error, { type: "insufficient_quota", param: null, code: "insufficient_quota" });
      assert.match(message, /500 tokens/);
      tick(DAY_MS / 2 - 1);
      assert.equal((await ask()).status, 429);
      tick(1);
      assert.equal((await ask()).status, 200);
    });

    test("what was sent nowhere, and what the service refused, uses nothing", async () => {
      const { ask } = withLimits({ tokens_per_day: 1000 }, { BUDGETS: engineOf(), GATEWAY_GUARDRAILS: { ours: {} } });
      for (const options of [
        { parameters: { max_tokens: 900, messages: [] } },
        { parameters: { max_tokens: 900, stop: {} } },
        { parameters: { max_tokens: 900, messages: [{ role: "user", content: "I hate it" }] } },
        { parameters: { max_tokens: 900 }, model: "nothing" },
        { parameters: { max_tokens: 900 }, model: "unknown" },
        { parameters: { max_tokens: 900 }, model: "blocklist" },
        { parameters: { max_tokens: 900, stream: true }, model: "blocklist" },
      ]) {
        const { result } = await logged(() => ask(options));
        assert.ok(result.status === 400 || result.status === 404, JSON.stringify(options));
      }
      const messages = [{ role: "user", content: "" }];
      const left = headersOf(await ask({ parameters: { max_tokens: 1, messages } }), "tokens");
      assert.ok(Number(left[1]) >= 990, left[1]);
    });

    test("a stream is settled when it ends, and when its reader leaves", async () => {
      const { ask } = withLimits({ tokens_per_day: 100_000 }, { BUDGETS: engineOf() });
      const used = async () => {
        const response = await ask({ model: "nothing", parameters: { max_tokens: 1, messages: [] } });
        const [, remaining] = headersOf(response, "tokens");
        return 100_000 - Number(remaining);
      };
      const stream = { stream: true, max_tokens: 5000 };
      const complete = await ask({ parameters: stream });
      await complete.text();
      const after = await used();
      assert.ok(after < 500, `${after} after a stream`);
      const left = await ask({ parameters: stream });
      const reader = left.body.getReader();
      await reader.read();
      assert.ok((await used()) > 5000, "reserved");
      await reader.cancel();
      await new Promise((resolve) => setImmediate(resolve));
      const cancelled = (await used()) - after;
      assert.ok(cancelled > 0 && cancelled < 500, `${cancelled} after a stream that was left`);
    });
  });
}

test("what was used is kept where the object starts again", async () => {
  const BUDGETS = makeObjects(Budget);
  const { ask } = withLimits({ tokens_per_day: 500 }, { BUDGETS });
  await exhaust(() => ask({ parameters: { max_tokens: 300 } }));
  BUDGETS.restart();
  assert.equal((await ask()).status, 429);
});

test("where the object fails, the isolate counts, and the log says so", async () => {
  const BUDGETS = makeObjects(Budget);
  BUDGETS.failure = new Error("gone");
  const { key, ask } = withLimits({ tokens_per_day: 500 }, { BUDGETS });
  const { result, lines } = await logged(() => exhaust(() => ask({ parameters: { max_tokens: 300 } })));
  assert.ok(result.count >= 1);
  assert.match(lines.join(), /BUDGETS failed/);
  assert.ok(!lines.join().includes(key));
});

test("where the object fails later, the isolate goes on from what it has said", async () => {
  const BUDGETS = makeObjects(Budget);
  const { ask } = withLimits({ tokens_per_day: 1000 }, { BUDGETS });
  await ask({ parameters: { max_tokens: 900 } });
  await exhaust(() => ask({ parameters: { max_tokens: 900 } }));
  BUDGETS.failure = new Error("gone");
  const { result } = await logged(() => ask());
  assert.equal(result.status, 429);
});

test("1,000 requests at once use no more than the budget and the last one's", async () => {
  const BUDGETS = makeObjects(Budget);
  const { name, ask } = withLimits({ tokens_per_day: 5000 }, { BUDGETS });
  const parameters = { max_tokens: 100, messages: [{ role: "user", content: "tokens=20" }] };
  const responses = await Promise.all(Array.from({ length: 1000 }, () => ask({ parameters })));
  const admitted = responses.filter(({ status }) => status === 200);
  assert.equal(responses.filter(({ status }) => status === 429).length, 1000 - admitted.length);
  const usages = await Promise.all(admitted.map(async (response) => (await response.json()).usage.total_tokens));
  const total = usages.reduce((sum, tokens) => sum + tokens, 0);
  assert.ok(admitted.length > 20 && total <= 5000 + 120, `${admitted.length} requests used ${total} tokens`);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(BUDGETS.stores.get(name).get("ledger").used, total, "settled by usage");
});
