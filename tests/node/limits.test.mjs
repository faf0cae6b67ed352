// `timeouts` and `limits`.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { failsWith } from "./support/assertions.mjs";
import { event, fakeService, FINISH, textEvent } from "./support/fake-service.mjs";
import { startHarness } from "./support/harness.mjs";
import { runScript } from "./support/run-node.mjs";
import { collectUntilError, eventData } from "./support/streams.mjs";

const { simulator, client, ask } = await startHarness({ verify: false, client: { retry: { maxAttempts: 1 } } });
const { simulator: paced } = await startHarness({ verify: false, pace: 5 });

describe("timeouts", { timeout: 30_000 }, () => {
  test("totalMs ends a call that hangs, at any step", async () => {
    const limited = client({ timeouts: { totalMs: 400 } });
    for (const start of [
      () => limited.chat(ask("simslow")),
      () => limited.stream(ask("simhang")).next(),
      () => limited.stream(ask("simslow")).final(),
    ]) {
      const { length } = simulator.requests;
      await assert.rejects(
        start,
        failsWith("timeout", /totalMs/, (error) => {
          assert.equal(error.retryable, true);
          assert.equal(error.attempts.length, 1);
          assert.equal(error.attempts[0].code, "timeout");
        }),
      );
      const record = simulator.requests[length];
      await record.done;
      assert.equal(record.clientGone, true);
      assert.equal(simulator.requests.length, length + 1, "a timeout is not retried");
    }
  });

  test("totalMs ends a stream in the middle, and the error has the partial answer", async () => {
    const limited = client({ endpoint: paced.url, timeouts: { totalMs: 1000 } });
    const stream = limited.stream(ask("simgeneric", "tokens=5000"));
    const { items, error } = await collectUntilError(stream.text());
    failsWith("timeout", /totalMs/)(error);
    assert.ok(items.length > 0);
    assert.equal(error.partial.choices[0].message.content, items.join(""));
    const record = paced.requests.at(-1);
    await record.done;
    assert.equal(record.clientGone, true);
  });

  test("totalMs includes the backoff between attempts", async () => {
    const limited = client({
      retry: { maxAttempts: 3, baseDelayMs: 60_000, maxDelayMs: 60_000 },
      timeouts: { totalMs: 400 },
    });
    await assert.rejects(
      limited.chat(ask("simdown")),
      failsWith("timeout", /totalMs/, (error) => {
        assert.deepEqual(
          error.attempts.map(({ status }) => status),
          [503],
        );
      }),
    );
  });

  test("firstChunkMs ends a stream before its first chunk, but not after it", async () => {
    const limited = client({ timeouts: { firstChunkMs: 400 } });
    await assert.rejects(limited.stream(ask("simslow")).next(), failsWith("timeout", /firstChunkMs/));
    await assert.rejects(limited.stream(ask("simhang")).toResponse(), failsWith("timeout", /firstChunkMs/));

    const started = client({ endpoint: paced.url, timeouts: { firstChunkMs: 2500 } });
    const stream = started.stream(ask("simgeneric", "tokens=600"));
    assert.equal((await stream.final()).usage.completion_tokens, 600);
  });

  test("firstChunkMs does not apply to a stall after the first chunk", async () => {
    const encoder = new TextEncoder();
    let resume;
    const stalled = new Promise((resolve) => (resume = resolve));
    const fetch = async () =>
      new Response(
        ReadableStream.from(
          (async function* () {
            yield encoder.encode(textEvent("one"));
            await stalled;
            yield encoder.encode(textEvent(" two") + FINISH);
          })(),
        ),
      );
    const stream = client({ fetch, timeouts: { firstChunkMs: 200 } }).stream(ask("simgeneric"));
    await stream.next();
    await sleep(300);
    resume();
    assert.equal((await stream.final()).choices[0].message.content, "one two");
  });

  test("chunkMs ends a stream that stalls, and the error has the partial answer", async () => {
    const { seen, fetch } = fakeService([textEvent("one"), textEvent(" two")], { hang: true });
    const stream = client({ fetch, timeouts: { chunkMs: 50 } }).stream(ask("simgeneric"));
    const { items, error } = await collectUntilError(stream.text());
    failsWith("timeout", /chunkMs/)(error);
    assert.equal(error.partial.choices[0].message.content, "one two");
    assert.equal(items.join(""), "one two");
    assert.equal(seen.requests, 1);
    assert.ok(seen.cancelled, "the body is cancelled");
    assert.equal(seen.signal.aborted, true);
  });

  test("chunkMs does not count the time of a slow reader", async () => {
    const { fetch } = fakeService([textEvent("one"), textEvent(" two"), FINISH]);
    const stream = client({ fetch, timeouts: { chunkMs: 20 } }).stream(ask("simgeneric"));
    await stream.next();
    await sleep(60);
    assert.equal((await stream.final()).choices[0].message.content, "one two");
  });

  test("options of the call override the client's one by one", async () => {
    const limited = client({ timeouts: { totalMs: 50, firstChunkMs: 60_000 } });
    await assert.rejects(
      limited.stream(ask("simhang"), { timeouts: { firstChunkMs: 20, totalMs: 60_000 } }).next(),
      failsWith("timeout", /firstChunkMs/),
    );
    await assert.rejects(limited.stream(ask("simhang"), { timeouts: {} }).next(), failsWith("timeout", /totalMs/));
    assert.ok(await client({ timeouts: { totalMs: 1 } }).chat(ask("simgeneric"), { timeouts: { totalMs: 60_000 } }));
  });

  test("a limit beyond 2^31-1 ms does not run out at once", async () => {
    for (const ms of [2 ** 31, 2 ** 32, 2 ** 53]) {
      const { fetch } = fakeService([textEvent("one"), textEvent(" two"), FINISH]);
      const timeouts = { totalMs: ms, firstChunkMs: ms, chunkMs: ms };
      const slow = async (...args) => {
        await sleep(20);
        return fetch(...args);
      };
      const stream = client({ fetch: slow, timeouts }).stream(ask("simgeneric"));
      await stream.next();
      await sleep(20);
      assert.equal((await stream.final()).choices[0].message.content, "one two");
    }
  });

  test("a limit beyond 2^31-1 ms runs out in the end", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const limited = client({ fetch: () => new Promise(() => {}), timeouts: { totalMs: 2 ** 31 + 1000 } });
    let failure;
    limited.chat(ask("simgeneric")).catch((error) => (failure = error));
    await Promise.resolve();
    context.mock.timers.tick(2 ** 31 - 1);
    context.mock.timers.tick(1000);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.equal(failure, undefined);
    context.mock.timers.tick(1);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    failsWith("timeout", /totalMs/)(failure);
  });

  test("chunkMs of two readers: each network chunk lets it begin anew, and a stall ends both", async () => {
    let controller;
    const body = new ReadableStream({ start: (it) => (controller = it) });
    const push = (text) => controller.enqueue(new TextEncoder().encode(text));
    push(textEvent("0"));
    const limited = client({ fetch: async () => new Response(body), timeouts: { chunkMs: 400 } });
    const stream = limited.stream(ask("simgeneric"));
    await stream.next();
    const reader = stream.toReadableStream().getReader();
    const ends = [];
    for (const read of [
      async () => {
        for (;;) await stream.next().then(({ done }) => done && assert.fail("ended"));
      },
      async () => {
        for (;;) {
          const { value } = await reader.read();
          const text = new TextDecoder().decode(value);
          if (text.includes('"error"')) throw Object.assign(new Error(), JSON.parse(text.slice(6)).error);
        }
      },
    ]) {
      ends.push(assert.rejects(read(), { code: "timeout" }));
    }
    let hasEnded = false;
    Promise.race(ends).then(() => (hasEnded = true));
    for (let at = 1; at < 8; at++) {
      await sleep(100);
      assert.equal(hasEnded, false);
      push(textEvent(`${at}`));
    }
    await Promise.all(ends);
  });

  test("a timeout in the middle of a response is an event with the error", async () => {
    const { fetch } = fakeService([textEvent("one")], { hang: true });
    const response = await client({ fetch, timeouts: { chunkMs: 50 } })
      .stream(ask("simgeneric"))
      .toResponse();
    const text = await response.text();
    assert.equal(JSON.parse(eventData(text).at(-1)).error.code, "timeout");
    assert.ok(!text.includes("[DONE]"));
  });

  test("a call that has ended leaves no timer: the process exits by itself", async () => {
    const script = `
      import { OciGenAI } from "oci-genai-edge";
      const timeouts = { totalMs: 3_600_000, firstChunkMs: 3_600_000, chunkMs: 3_600_000 };
      const options = { compartmentId: "c", timeouts, retry: { maxAttempts: 1 } };
      const body = ${JSON.stringify(textEvent("a") + FINISH)};
      const oci = new OciGenAI({ ...options, fetch: async () => new Response(body) });
      const failing = new OciGenAI({ ...options, fetch: async () => new Response("no", { status: 400 }) });
      const messages = [{ role: "user", content: "x" }];
      const request = { model: "ocid1.generativeaiendpoint.oc1.iad.example", messages };
      await oci.stream(request).final();
      const stream = oci.stream(request);
      await stream.next();
      await stream.cancel();
      await failing.chat(request).catch((error) => console.log(error.code));
    `;
    assert.equal(await runScript(script, { timeout: 20_000 }), "bad_request");
  });
});

describe("limits", () => {
  test("maxResponseBytes, for a completion and a stream", async () => {
    const limited = client({ limits: { maxResponseBytes: 300 } });
    await assert.rejects(
      limited.chat(ask("simgeneric", "tokens=200")),
      failsWith("limit_exceeded", /300.*maxResponseBytes/),
    );
    const { seen, fetch } = fakeService(Array.from({ length: 1000 }, (_, at) => textEvent(` ${at}`)));
    const stream = client({ fetch, limits: { maxResponseBytes: 300 } }).stream(ask("simgeneric"));
    await assert.rejects(
      stream.final(),
      failsWith("limit_exceeded", /maxResponseBytes/, (error) => {
        assert.match(error.partial.choices[0].message.content, /^ 0 1/);
        assert.equal(error.retryable, false);
      }),
    );
    assert.ok(seen.pulls < 10, `${seen.pulls} chunks were read`);
    assert.ok(seen.cancelled);
  });

  test("maxEventBytes", async () => {
    for (const long of [
      textEvent("x".repeat(500)),
      `data: ${"x".repeat(500)}`,
      `: ${"y".repeat(100)}\n\ndata: {"a":"${"x".repeat(500)}`,
    ]) {
      const { seen, fetch } = fakeService([
        textEvent("ok"),
        long,
        ...Array.from({ length: 50 }, () => "x".repeat(100)),
      ]);
      const stream = client({ fetch, limits: { maxEventBytes: 200 } }).stream(ask("simgeneric"));
      await assert.rejects(
        stream.final(),
        failsWith("limit_exceeded", /200.*maxEventBytes/, (error) => {
          assert.equal(error.partial.choices[0].message.content, "ok");
        }),
      );
      assert.ok(seen.cancelled && seen.pulls < 10);
    }
    // The limit is for one event, and comments do not count.
    const { fetch } = fakeService([
      ...Array.from({ length: 50 }, () => textEvent("x")),
      `: ${"y".repeat(5000)}\n\n`,
      FINISH,
    ]);
    const stream = client({ fetch, limits: { maxEventBytes: 200 } }).stream(ask("simgeneric"));
    assert.equal((await stream.final()).choices[0].message.content.length, 50);
  });

  test("maxToolCalls", async () => {
    const call = (id) =>
      event({
        index: 0,
        message: { role: "ASSISTANT", toolCalls: [{ type: "FUNCTION", id, name: "f", arguments: "{}" }] },
      });
    const chunks = [call("a"), call("b"), call("c"), FINISH];
    const fine = await client({ fetch: fakeService(chunks).fetch, limits: { maxToolCalls: 3 } })
      .stream(ask("simgeneric"))
      .final();
    assert.equal(fine.choices[0].message.tool_calls.length, 3);
    await assert.rejects(
      client({ fetch: fakeService(chunks).fetch, limits: { maxToolCalls: 2 } })
        .stream(ask("simgeneric"))
        .final(),
      failsWith("limit_exceeded"),
    );
  });

  test("maxErrorBytes: reads no more of an error's body, and still reports it", async () => {
    const body = JSON.stringify({ code: "x", message: "broken" });
    const { seen, fetch } = fakeService([body, ...Array.from({ length: 1000 }, () => " ".repeat(100))], {
      status: 400,
      contentType: "application/json",
    });
    await assert.rejects(
      client({ fetch, limits: { maxErrorBytes: 500 } }).chat(ask("simgeneric")),
      failsWith("bad_request", /broken/),
    );
    assert.ok(seen.pulls < 20, `${seen.pulls} chunks were read`);
    assert.ok(seen.cancelled);
  });

  test("stops reading an error page that never ends", { timeout: 20_000 }, async () => {
    let pulls = 0;
    const source = {
      pull(controller) {
        pulls++;
        controller.enqueue(new Uint8Array(65_536).fill(60));
      },
    };
    const fetch = async () => new Response(new ReadableStream(source), { status: 502 });
    await assert.rejects(client({ fetch }).chat(ask("simgeneric")), failsWith("service_unavailable"));
    assert.ok(pulls < 50);
  });
});
