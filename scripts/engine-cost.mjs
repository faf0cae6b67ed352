// Prints what Cloudflare's engines add to a request of the gateway on this machine: the same request to a gateway
// without them, and to one with all of them (docs/gateway.md). Run by hand: `node scripts/engine-cost.mjs`; ROUNDS is
// how often each is asked (400).
import { makeKey } from "../tests/node/support/engines.mjs";
import { endpointId } from "../tests/simulator/server.mjs";
import { startEngines } from "../tests/workerd/support/engines.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 400);
const WARM_UP = 20;

const target = (/** @type {string} */ name) => ({ model: endpointId(name), apiFormat: "GENERIC" });
const OCI_MODELS = { one: target("simgeneric"), pair: [target("simgeneric"), target("simother")] };
const LIMITS = { requests_per_minute: 1_000_000_000, tokens_per_day: 1_000_000_000 };

const engines = await startEngines({
  variables: { GATEWAY_TOKEN: "token", OCI_MODELS: JSON.stringify(OCI_MODELS) },
  adapt: (text) => text.replace("limit = 100", "limit = 1000000"),
});
const plain = makeKey();
const limited = makeKey();
await engines.putKeys({ [plain.name]: { name: "plain" }, [limited.name]: { name: "limited", ...LIMITS } });
const worker = await engines.start();

/** @type {[name: string, gateway: string, key: string, model: string][]} */
const rows = [
  ["no engine: the token, one target", "c", "token", "one"],
  ["GATEWAY_KEYS: a key", "c", plain.key, "one"],
  ["… and RATE_LIMITER", "a", plain.key, "one"],
  ["… and TARGET_HEALTH: two targets", "a", plain.key, "pair"],
  ["GATEWAY_KEYS, BUDGETS: a key with both limits", "a", limited.key, "one"],
  ["… and TARGET_HEALTH: two targets", "a", limited.key, "pair"],
];

try {
  const times = rows.map(() => /** @type {number[]} */ ([]));
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [index, [, gateway, key, model]] of rows.entries()) {
      const ms = await timeOf(gateway, key, model);
      if (round >= 0) times[index]?.push(ms);
    }
  }
  const [base = 0] = times.map(median);
  for (const [index, [name]] of rows.entries()) {
    const ms = median(times[index] ?? []);
    console.log(`${name.padEnd(48)} ${ms.toFixed(2)} ms, +${(ms - base).toFixed(2)} ms`);
  }
} finally {
  await worker.stop();
  await engines.stop();
}

/**
 * @param {string} gateway
 * @param {string} key
 * @param {string} model
 */
async function timeOf(gateway, key, model) {
  const headers = { authorization: `Bearer ${key}` };
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "tokens=5" }] });
  const start = performance.now();
  const response = await fetch(`${worker.origin}/${gateway}/v1/chat/completions`, { method: "POST", headers, body });
  const text = await response.text();
  const ms = performance.now() - start;
  if (response.status !== 200) throw new Error(text);
  return ms;
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
