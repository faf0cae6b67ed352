// A client of OpenAI's waits as long as the gateway says, and then gets its answer.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createGateway } from "oci-genai-edge/gateway";
import { startGateway } from "./support/gateway.mjs";

const olderNode = Number(process.versions.node.split(".")[0]) < 22;

test("the openai package repeats by retry-after", { skip: olderNode && "openai 7 needs Node 22" }, async (t) => {
  const { default: OpenAI } = await import("openai");
  const { simulator, bindings } = await startGateway();
  let requestCount = 0;
  const env = bindings({
    RATE_LIMITER: { limit: async () => ({ success: ++requestCount > 2 }) },
    GATEWAY_RATE_LIMIT: "100/10",
  });
  const gateway = createGateway();
  const statuses = [];
  const fetch = async (input, init) => {
    const response = await gateway.fetch(new Request(input, init), env);
    statuses.push(response.status);
    return response;
  };
  // Waits of a second and more are over at once, and recorded.
  const waits = [];
  const { setTimeout } = globalThis;
  t.after(() => mock.restoreAll());
  mock.method(globalThis, "setTimeout", (callback, ms, ...rest) => {
    const isWait = ms >= 1000 && ms <= 60_000;
    if (isWait) waits.push(ms);
    return setTimeout(callback, isWait ? 0 : ms, ...rest);
  });
  const openai = new OpenAI({ baseURL: "https://gateway.example/v1", apiKey: env.GATEWAY_TOKEN, maxRetries: 3, fetch });
  const messages = [{ role: "user", content: "Hello?" }];
  const completion = await openai.chat.completions.create({ model: "ours", messages });
  assert.match(completion.choices[0].message.content, /Hello\?/);
  assert.deepEqual(statuses, [429, 429, 200]);
  assert.deepEqual(waits.filter((ms) => ms === 10_000).length, 2, `${waits}`);
  assert.equal(simulator.requests.length, 1, "what is refused is not sent");
});
