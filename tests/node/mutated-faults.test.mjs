// The responses of every simulated endpoint, its faults included, with bytes that were changed at random: each call
// ends once, in a finish or a typed error, and what was received is kept. `SEED=… MUTATIONS=…` repeat a failure.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OciError } from "oci-genai-edge";
import { endpointId, SCENARIOS } from "../simulator/server.mjs";
import { startHarness } from "./support/harness.mjs";
import { randomFrom } from "./support/random.mjs";

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** Of each endpoint. */
const MUTATIONS = Number(process.env.MUTATIONS ?? 30);
/** How long a simulated endpoint that stalls is read, in milliseconds. */
const RECORD_MS = 300;

const { client, ask } = await startHarness({ verify: false });
const OPTIONS = { retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 2 }, timeouts: { totalMs: 10_000 } };

/**
 * What an endpoint answers to a request, as far as it comes.
 *
 * @param {string} name
 */
async function record(name) {
  /** @type {{ status: number, headers: Headers, bytes: number[] }[]} */
  const responses = [];
  const fetch = async (url, init) => {
    const response = await globalThis.fetch(url, init);
    const recorded = { status: response.status, headers: response.headers, bytes: [] };
    responses.push(recorded);
    const [own, passed] = response.body ? response.body.tee() : [];
    const read = async () => {
      for await (const chunk of own ?? []) recorded.bytes.push(...chunk);
    };
    read().catch(() => {});
    return new Response(passed, { status: response.status, headers: response.headers });
  };
  const signal = AbortSignal.timeout(RECORD_MS);
  const stream = client({ ...OPTIONS, fetch }).stream(ask(endpointId(name)), { signal });
  try {
    for await (const chunk of stream) assert.ok(chunk.id);
  } catch {
    // Its faults are what is wanted.
  }
  return responses.filter(({ status }) => status >= 200);
}

/**
 * Bytes with one to four changes.
 *
 * @param {number[]} bytes
 * @param {ReturnType<typeof randomFrom>} random
 */
function mutated(bytes, random) {
  let list = bytes.slice();
  for (let changes = random.between(1, 4); changes > 0; changes--) {
    const at = random.below(list.length + 1);
    const length = random.between(1, 40);
    const change = random.below(6);
    if (change === 0) list[at] = random.below(256);
    else if (change === 1) list.splice(at, length);
    else if (change === 2) list.splice(at, 0, ...list.slice(Math.max(0, at - length), at));
    else if (change === 3) list = list.slice(0, at);
    else if (change === 4) list.splice(at, 0, random.pick([0, 10, 13, 34, 58, 92, 123, 125, 0xc3, 0xff]));
    else list.splice(at, 0, ...bytes.slice(random.below(bytes.length + 1)));
  }
  return Uint8Array.from(list.slice(0, 100_000));
}

/**
 * A body in pieces, which may break.
 *
 * @param {Uint8Array} bytes
 * @param {ReturnType<typeof randomFrom>} random
 */
function bodyOf(bytes, random) {
  let at = 0;
  const breaks = random.chance(0.2);
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return breaks ? controller.error(new TypeError("broken")) : controller.close();
      const end = at + random.between(1, 300);
      controller.enqueue(bytes.slice(at, end));
      at = end;
    },
  });
}

const textOf = (choices) => choices.find(({ index }) => index === 0);

for (const name of Object.keys(SCENARIOS)) {
  test(`${name}, changed at random, SEED=${SEED}`, { timeout: 60_000 }, async () => {
    const responses = await record(name);
    // One that never answers has nothing to change.
    if (responses.length === 0) return;
    for (let mutation = 0; mutation < MUTATIONS; mutation++) {
      const random = randomFrom(SEED * 1000 + mutation);
      let requests = 0;
      const reports = [];
      const fetch = async () => {
        const { status, headers, bytes } = responses[requests++ % responses.length];
        return new Response(bodyOf(mutated(bytes, random), random), { status, headers });
      };
      const onFinish = (report) => reports.push(report);
      const stream = client({ ...OPTIONS, fetch, onFinish }).stream(ask(endpointId(name)));
      let text = "";
      let error;
      try {
        for await (const chunk of stream) text += textOf(chunk.choices)?.delta.content ?? "";
      } catch (error_) {
        error = error_;
      }
      const which = `mutation ${mutation}, ${requests} requests, ${error?.code}: ${error?.message}`;
      assert.ok(error === undefined || error instanceof OciError, which);
      assert.notEqual(error?.code, "internal", which);
      assert.equal(reports.length, 1, which);
      assert.equal(reports[0].error, error?.code, which);
      const whole = error ? error.partial : await stream.final();
      assert.equal(textOf(whole?.choices ?? [])?.message.content ?? "", text, which);
    }
  });
}
