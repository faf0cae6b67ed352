// What the gateway reads of a request, and for how long it and its call may take.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import gateway, { createGateway } from "oci-genai-edge/gateway";
import { endpointId } from "../simulator/server.mjs";
import { errorOf, startGateway, logged } from "./support/gateway.mjs";
import { eventData } from "./support/streams.mjs";

const { simulator, sign, url, compartmentId, ask: chatRequest, bindings, send, call } = await startGateway();

describe("the body of a request", () => {
  /** Sends a body of these pieces, and reports how it was read. */
  async function sendPieces(pieces, { env, end = true, headers, handler, signal } = {}) {
    const seen = { pulls: 0, cancelled: false };
    const rest = pieces[Symbol.iterator]();
    const body = new ReadableStream(
      {
        pull(controller) {
          seen.pulls++;
          const { value, done } = rest.next();
          if (done) return end ? controller.close() : new Promise(() => {});
          controller.enqueue(typeof value === "string" ? new TextEncoder().encode(value) : value);
          return undefined;
        },
        cancel: () => void (seen.cancelled = true),
      },
      { highWaterMark: 0 },
    );
    const init = { method: "POST", body, duplex: "half", headers, handler, signal };
    const response = await send("/v1/chat/completions", env ?? bindings(), init);
    return { response, seen };
  }
  const json = JSON.stringify(chatRequest("ours", "naïve 😀"));

  test("may come in pieces of any size", async () => {
    const bytes = new TextEncoder().encode(json);
    const { response } = await sendPieces(Array.from(bytes, (byte) => new Uint8Array([byte])));
    assert.equal(response.status, 200);
    assert.match((await response.json()).choices[0].message.content, /naïve 😀/);
  });

  test("may have as many bytes as GATEWAY_MAX_BODY_BYTES, and no more: then it is 413, and not read on", async () => {
    const { length } = new TextEncoder().encode(json);
    const before = simulator.requests.length;
    for (const limit of [length, `${length}`]) {
      const { response } = await sendPieces([json], { env: bindings({ GATEWAY_MAX_BODY_BYTES: limit }) });
      assert.equal(response.status, 200);
    }
    assert.equal(simulator.requests.length, before + 2);
    const small = bindings({ GATEWAY_MAX_BODY_BYTES: `${length - 1}` });
    const { response, seen } = await sendPieces(Array.from({ length: 1000 }, () => json), { env: small });
    assert.equal(response.status, 413);
    assert.deepEqual(await errorOf(response), {
      message: `the body of the request is larger than ${length - 1} bytes`,
      type: "invalid_request_error",
      param: null,
      code: "request_too_large",
    });
    assert.deepEqual(seen, { pulls: 1, cancelled: true });
    assert.equal(simulator.requests.length, before + 2);
  });

  test("has a limit of 4 MiB by default, which content-length alone can exceed", async () => {
    const mebibyte = "x".repeat(1024 * 1024);
    const endless = Array.from({ length: 200 }, () => mebibyte);
    const { response, seen } = await sendPieces(endless);
    assert.equal(response.status, 413);
    assert.deepEqual(seen, { pulls: 5, cancelled: true });
    const announced = await sendPieces(endless, { headers: { "content-length": `${4 * 1024 * 1024 + 1}` } });
    assert.equal(announced.response.status, 413);
    assert.deepEqual(announced.seen, { pulls: 0, cancelled: true });
    // A header that is wrong doesn't help.
    const understated = await sendPieces(endless, { headers: { "content-length": "5" } });
    assert.equal(understated.response.status, 413);
  });

  test("that does not end within GATEWAY_BODY_TIMEOUT_MS is 408", async () => {
    const before = simulator.requests.length;
    for (const pieces of [[], [json.slice(0, 10)], [json]]) {
      const env = bindings({ GATEWAY_BODY_TIMEOUT_MS: 20 });
      const { response, seen } = await sendPieces(pieces, { end: false, env });
      assert.equal(response.status, 408);
      assert.equal((await errorOf(response)).code, "request_timeout");
      assert.equal(seen.cancelled, true);
    }
    assert.equal(simulator.requests.length, before);
  });

  test("that can't be read is 400", async () => {
    for (const broken of [["text", "more"].map((text) => ({ text })), [new Uint16Array(4)]]) {
      const { response } = await sendPieces(broken);
      assert.equal(response.status, 400);
    }
    const failing = new ReadableStream({ pull: () => Promise.reject(new Error("reset")) });
    const init = { method: "POST", body: failing, duplex: "half" };
    assert.equal((await send("/v1/chat/completions", bindings(), init)).status, 400);
    const used = new Request("https://gateway.example/v1/chat/completions", {
      method: "POST",
      body: json,
      headers: { authorization: "Bearer right" },
    });
    await used.text();
    assert.equal((await gateway.fetch(used, bindings())).status, 400);
    assert.equal((await send("/v1/chat/completions", bindings(), { method: "POST" })).status, 400);
  });

  test("is let go when the caller is gone", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const { response } = await sendPieces([json], { end: false, signal: stop.signal });
    assert.equal(response.status, 499);
  });
});

describe("a call whose caller is gone is not asked again:", () => {
  const answer = (status, headers) => new Response("{}", { status, headers });
  const rows = [
    ["a retry", ["dac"], () => answer(503)],
    ["a retry after a wait that the service asked for", ["dac"], () => answer(429, { "retry-after": "1" })],
    ["the fallback", ["dac"], () => answer(500)],
    ["the next target", ["dac", "other"], () => answer(404)],
    ["another format", ["dac"], () => Response.json({ message: "does not match serving model" }, { status: 400 })],
    ["after a broken connection", ["dac", "other"], () => Promise.reject(new Error("reset"))],
  ];
  for (const [name, targets, respond] of rows) {
    test(name, async () => {
      for (const isEarly of [true, false]) {
        const stop = new AbortController();
        const requests = [];
        const reports = [];
        const handler = createGateway({
          configure: () => ({
            token: "right",
            compartmentId,
            sign: () => ({ authorization: "Signature" }),
            models: { alias: targets.map((target) => endpointId(target)) },
            retry: { baseDelayMs: 1 },
            onFinish: (report) => reports.push(report),
            // Ignores the signal, as a host's own fetch may.
            fetch: async (address) => {
              requests.push(address);
              if (isEarly) stop.abort();
              else setTimeout(() => stop.abort());
              if (!isEarly) await new Promise((resolve) => setTimeout(resolve, 5));
              return respond();
            },
          }),
        });
        const parameters = { stream: true };
        const response = await call({}, { handler, model: "alias", parameters, signal: stop.signal });
        assert.equal(response.status, 499);
        await new Promise((resolve) => setTimeout(resolve, 30));
        assert.equal(requests.length, 1);
        assert.deepEqual(
          reports.map(({ phase, error }) => [phase, error]),
          [["opening", undefined]],
        );
      }
    });
  }
});

describe("a call has time limits", { timeout: 20_000 }, () => {
  /** The timers of a call whose fetch never settles: they run at once. */
  async function timeoutsOf(env, handler = gateway) {
    const delays = [];
    const original = globalThis.setTimeout;
    const originalFetch = globalThis.fetch;
    globalThis.setTimeout = (action, ms, ...rest) => {
      // Not that of keep-alive, which is no limit.
      if (ms === 15_000) return original(action, ms, ...rest);
      delays.push(ms);
      return original(action, ms > 1000 ? 0 : ms, ...rest);
    };
    globalThis.fetch = () => new Promise(() => {});
    try {
      const response = await call(env, { handler });
      assert.equal(response.status, 504);
      assert.equal((await errorOf(response)).code, "timeout");
    } finally {
      globalThis.setTimeout = original;
      globalThis.fetch = originalFetch;
    }
    return delays;
  }

  test("by default, by variables, and by configure", async () => {
    assert.deepEqual(await timeoutsOf(bindings()), [30_000, 900_000, 120_000]);
    const variables = {
      GATEWAY_TOTAL_TIMEOUT_MS: "5001",
      GATEWAY_FIRST_CHUNK_TIMEOUT_MS: 5002,
      GATEWAY_BODY_TIMEOUT_MS: "5003",
    };
    assert.deepEqual(await timeoutsOf(bindings(variables)), [5003, 5001, 5002]);
    const options = { token: "right", endpoint: url, compartmentId, sign, models: { ours: endpointId("simgeneric") } };
    const configured = (timeouts) => createGateway({ configure: () => ({ ...options, timeouts }) });
    assert.deepEqual(await timeoutsOf({}, configured()), [30_000, 900_000, 120_000]);
    assert.deepEqual(await timeoutsOf({}, configured({ totalMs: 7000, chunkMs: undefined })), [30_000, 7000, 120_000]);
  });

  test("of an alias, by GATEWAY_TIMEOUTS, one by one", async () => {
    const GATEWAY_TIMEOUTS = { ours: { firstChunkMs: 5004 }, cut: { totalMs: 1 } };
    for (const value of [GATEWAY_TIMEOUTS, JSON.stringify(GATEWAY_TIMEOUTS)]) {
      assert.deepEqual(await timeoutsOf(bindings({ GATEWAY_TIMEOUTS: value })), [30_000, 900_000, 5004]);
    }
    for (const invalid of ["[]", "{", { other: {} }, { ours: 5 }, { ours: { first: 1 } }, { ours: { totalMs: 0 } }]) {
      const { result, lines } = await logged(() => call(bindings({ GATEWAY_TIMEOUTS: invalid })));
      assert.equal(result.status, 500);
      assert.match(lines.join(), /GATEWAY_TIMEOUTS|aliasTimeouts/);
    }
  });

  test("of a stream that stalls, by GATEWAY_CHUNK_TIMEOUT_MS", async () => {
    const OCI_MODELS = { ours: endpointId("simgeneric") };
    const { fetch } = globalThis;
    globalThis.fetch = async () => {
      const first = 'data: {"message":{"content":[{"type":"TEXT","text":"Hi"}]}}\n\n';
      const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(first)) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    try {
      const env = bindings({ OCI_MODELS, GATEWAY_CHUNK_TIMEOUT_MS: "20" });
      const response = await call(env, { parameters: { stream: true } });
      assert.equal(JSON.parse(eventData(await response.text()).at(-1)).error.code, "timeout");
    } finally {
      globalThis.fetch = fetch;
    }
  });
});
