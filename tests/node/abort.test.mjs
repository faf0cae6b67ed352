// Calls that end early: an aborted signal, or a stream that is not read to its end. Both cancel the
// request to OCI.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OciError } from "oci-genai-edge";
import { OFFLINE, rejectsWithReason } from "./support/assertions.mjs";
import { startHarness } from "./support/harness.mjs";

const reports = [];
const { simulator, client, ask, nextRequest } = await startHarness({
  pace: 5,
  question: "tokens=2000", // longer than any test runs
  client: { onFinish: (report) => reports.push(report) },
});
const oci = client();

/** Asserts that the client disconnected before the answer was complete. */
async function assertDisconnected(request) {
  await request.done;
  assert.equal(request.clientGone, true, "the client must disconnect");
  assert.ok(request.eventsSent < 2000, "the answer must not have been read to its end");
}

describe("abort", { timeout: 30_000 }, () => {
  const REASON = new Error("the user left");

  test("before the call: nothing is signed or sent", async () => {
    const offline = client(OFFLINE);
    for (const reason of [REASON, "a string", 0, { any: "thing" }]) {
      const signal = AbortSignal.abort(reason);
      await rejectsWithReason(offline.chat(ask("simgeneric"), { signal }), reason);
      await rejectsWithReason(offline.stream(ask("simgeneric"), { signal }).next(), reason);
      await rejectsWithReason(offline.stream(ask("simgeneric"), { signal }).final(), reason);
      await rejectsWithReason(offline.stream(ask("simgeneric"), { signal }).text().next(), reason);
      await rejectsWithReason(offline.stream(ask("simgeneric"), { signal }).toResponse(), reason);
      await rejectsWithReason(
        offline.stream(ask("simgeneric"), { signal }).toReadableStream().getReader().read(),
        reason,
      );
    }
    await assert.rejects(offline.chat(ask("simgeneric"), { signal: AbortSignal.abort() }), { name: "AbortError" });
  });

  test("by a signal of another realm, as that of a request is in Next's edge runtime", async () => {
    class ForeignSignal extends EventTarget {
      aborted = false;
      reason = undefined;
    }
    const signal = new ForeignSignal();
    const request = nextRequest();
    const stream = oci.stream(ask("simgeneric"), { signal });
    await stream.next();
    Object.assign(signal, { aborted: true, reason: REASON }).dispatchEvent(new Event("abort"));
    await rejectsWithReason(stream.final(), REASON);
    await assertDisconnected(await request);
  });

  test("between creating a stream and its first read", async () => {
    const stop = new AbortController();
    const stream = client({ fetch: OFFLINE.fetch }).stream(ask("simgeneric"), { signal: stop.signal });
    stop.abort(REASON);
    await rejectsWithReason(stream.next(), REASON);
    assert.deepEqual(await stream.next(), { value: undefined, done: true });
  });

  test("while signing, even if the signer never settles", async () => {
    for (const sign of [
      () => new Promise(() => {}),
      // A signer that listens to the signal and rejects with its own error.
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("from the signer")))),
    ]) {
      for (const start of [
        (waiting, signal) => waiting.chat(ask("simgeneric"), { signal }),
        (waiting, signal) => waiting.stream(ask("simgeneric"), { signal }).next(),
      ]) {
        const stop = new AbortController();
        let onSign;
        const signing = new Promise((resolve) => (onSign = resolve));
        const observed = (request) => {
          onSign(request);
          return sign(request);
        };
        const call = start(client({ sign: observed, fetch: OFFLINE.fetch }), stop.signal);
        const { signal } = await signing;
        assert.equal(signal.aborted, false);
        stop.abort(REASON);
        await rejectsWithReason(call, REASON);
        assert.equal(signal.aborted, true);
      }
    }
  });

  test("while waiting for the response", async () => {
    for (const start of [
      (signal) => oci.chat(ask("simslow"), { signal }),
      (signal) => oci.stream(ask("simhang"), { signal }).next(),
    ]) {
      const stop = new AbortController();
      const arriving = nextRequest();
      const call = start(stop.signal);
      const record = await arriving;
      stop.abort(REASON);
      await rejectsWithReason(call, REASON);
      await assertDisconnected(record);
    }
  });

  test("during the backoff before a retry", async () => {
    const stop = new AbortController();
    const { length } = simulator.requests;
    const arriving = nextRequest();
    const call = oci.chat(ask("simthrottled"), { signal: stop.signal });
    await (
      await arriving
    ).done;
    await sleep(20);
    stop.abort(REASON);
    await rejectsWithReason(call, REASON);
    assert.equal(simulator.requests.length, length + 1);
  });

  for (const [reader, read] of Object.entries({
    next: async (stream) => {
      for await (const _ of stream);
    },
    text: async (stream) => {
      for await (const _ of stream.text());
    },
    final: (stream) => stream.final(),
    toReadableStream: async (stream) => {
      for await (const _ of stream.toReadableStream());
    },
    toResponse: async (stream) => (await stream.toResponse()).text(),
  })) {
    test(`in the middle of a stream that is read by ${reader}`, async () => {
      const stop = new AbortController();
      const arriving = nextRequest();
      const reading = read(oci.stream(ask("simgeneric"), { signal: stop.signal }));
      reading.catch(() => {});
      const record = await arriving;
      while (record.eventsSent < 3) await sleep(2);
      stop.abort(REASON);
      await rejectsWithReason(reading, REASON);
      await assertDisconnected(record);
      assert.equal(getEventListeners(stop.signal, "abort").length, 0);
      const report = reports.at(-1);
      assert.equal(report.error, undefined);
      assert.equal(report.attempts.length, 1);
    });
  }

  test("in the middle of a stream without a pending read: the next read rejects", async () => {
    const stop = new AbortController();
    const arriving = nextRequest();
    const stream = oci.stream(ask("simgeneric"), { signal: stop.signal });
    await stream.next();
    const record = await arriving;
    stop.abort("because");
    await assertDisconnected(record);
    await rejectsWithReason(stream.next(), "because");
    assert.deepEqual(await stream.next(), { value: undefined, done: true });
    await rejectsWithReason(stream.final(), "because");
  });

  test("passes on reasons that are not errors, and the default reason", async () => {
    for (const reason of [0, "", null, false]) {
      const stop = new AbortController();
      const stream = oci.stream(ask("simgeneric"), { signal: stop.signal });
      await stream.next();
      stop.abort(reason);
      await rejectsWithReason(stream.next(), reason);
      await rejectsWithReason(stream.final(), reason);
    }
    const stop = new AbortController();
    const stream = oci.stream(ask("simgeneric"), { signal: stop.signal });
    await stream.next();
    stop.abort();
    await assert.rejects(stream.next(), (thrown) => thrown === stop.signal.reason && thrown.name === "AbortError");
  });

  test("rejects with the reason of a timeout signal", async () => {
    const signal = AbortSignal.timeout(50);
    await assert.rejects(
      oci.stream(ask("simhang"), { signal }).next(),
      (thrown) => thrown === signal.reason && thrown.name === "TimeoutError" && !(thrown instanceof OciError),
    );
  });

  test("after the end has no effect, and no listener is left", async () => {
    const stop = new AbortController();
    const completion = await oci.chat(ask("simgeneric", "Hello?"), { signal: stop.signal });
    const stream = oci.stream(ask("simgeneric", "Hello?"), { signal: stop.signal });
    const final = await stream.final();
    await assert.rejects(oci.chat(ask("simblocklist"), { signal: stop.signal }));
    assert.equal(getEventListeners(stop.signal, "abort").length, 0);
    stop.abort(REASON);
    assert.deepEqual(await stream.final(), final);
    assert.deepEqual(await stream.next(), { value: undefined, done: true });
    assert.equal(completion.choices[0].message.content, final.choices[0].message.content);
  });

  test("one signal cancels all of its calls", async () => {
    const stop = new AbortController();
    const streams = Array.from({ length: 20 }, () => oci.stream(ask("simgeneric"), { signal: stop.signal }));
    const { length } = simulator.requests;
    await Promise.all(streams.map((stream) => stream.next()));
    const ends = streams.map((stream) => rejectsWithReason(stream.final(), REASON));
    stop.abort(REASON);
    await Promise.all(ends);
    await Promise.all(simulator.requests.slice(length).map(assertDisconnected));
  });
});

describe("leaving a stream early", { timeout: 30_000 }, () => {
  const EXITS = {
    break: async (stream) => {
      for await (const _ of stream) break;
    },
    "break of text()": async (stream) => {
      for await (const _ of stream.text()) break;
    },
    "an error in the loop": async (stream) => {
      await assert.rejects(async () => {
        for await (const _ of stream) throw new Error("mine");
      }, /mine/);
    },
    "return()": async (stream) => {
      await stream.next();
      assert.deepEqual(await stream.return("value"), { value: "value", done: true });
    },
    "throw()": async (stream) => {
      await stream.next();
      const mine = new Error("mine");
      await rejectsWithReason(stream.throw(mine), mine);
    },
    "cancel()": async (stream) => {
      await stream.next();
      await stream.cancel();
      await stream.cancel("again");
    },
    asyncDispose: async (stream) => {
      await stream.next();
      await stream[Symbol.asyncDispose]();
    },
    "cancelling its ReadableStream": async (stream) => {
      const reader = stream.toReadableStream().getReader();
      assert.equal((await reader.read()).done, false);
      await reader.cancel("enough");
    },
    "cancelling its response": async (stream) => {
      const response = await stream.toResponse();
      const reader = response.body.getReader();
      await reader.read();
      await reader.cancel();
    },
    "cancelling an unread response": async (stream) => (await stream.toResponse()).body.cancel(),
  };
  for (const [name, exit] of Object.entries(EXITS)) {
    test(`${name} cancels the request`, async () => {
      const arriving = nextRequest();
      const stream = oci.stream(ask("simgeneric"));
      await exit(stream);
      await assertDisconnected(await arriving);
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      await assert.rejects(stream.final(), { name: "AbortError" });
      const report = reports.at(-1);
      assert.equal(report.error, undefined);
      assert.deepEqual(stream.report, report);
    });
  }

  test("cancelling a stream settles its pending reads", async () => {
    for (const name of ["simhang", "simgeneric"]) {
      const stream = client({ fallback: "never" }).stream(ask(name));
      const arriving = nextRequest();
      if (name === "simgeneric") await stream.next();
      const pending = Array.from({ length: 30 }, () => stream.next());
      const record = await arriving;
      await sleep(10);
      await stream.cancel();
      await Promise.allSettled(pending);
      await assertDisconnected(record);
    }
  });

  test("before the first read: nothing is sent", async () => {
    const offline = client({ fetch: OFFLINE.fetch });
    const request = ask("simgeneric");
    for (const exit of [
      (stream) => stream.cancel(),
      (stream) => stream.return(),
      (stream) => stream[Symbol.asyncDispose](),
      (stream) => stream.toReadableStream().cancel(),
    ]) {
      const stream = offline.stream(request);
      await exit(stream);
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      assert.deepEqual(await stream.text().next(), { value: undefined, done: true });
      await assert.rejects(stream.final(), { name: "AbortError" });
      assert.equal(stream.report, undefined);
    }
  });

  test("the bytes of a cancelled stream are an AbortError", async () => {
    const stream = oci.stream(ask("simgeneric"));
    await stream.cancel();
    await assert.rejects(new Response(stream.toReadableStream()).text(), { name: "AbortError" });
    await assert.rejects(async () => (await stream.toResponse()).text(), { name: "AbortError" });
  });

  test("after the end has no effect, and final() still resolves", async () => {
    const stream = oci.stream(ask("simgeneric", "Hello?"));
    const final = await stream.final();
    const report = stream.report;
    await stream.cancel();
    await stream.return();
    assert.deepEqual(await stream.final(), final);
    assert.deepEqual(stream.report, report);
  });
});
