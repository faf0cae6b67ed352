// Giving up: by a signal at any moment, or by reading no further. The request upstream ends with it.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OciError, OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const key = makeCredentials();
const simulator = await startSimulator({ credentials: [key], pace: 5 });
after(() => simulator.close());

const { compartmentId, url: endpoint } = simulator;
const reports = [];
const client = (options) =>
  new OciGenAI({ endpoint, compartmentId, sign: apiKeySigner(key), onFinish: (report) => reports.push(report), ...options });
const oci = client();
// Longer than any test lasts.
const ask = (name, question = "tokens=2000") => ({ model: endpointId(name), messages: [{ role: "user", content: question }] });

/** The next request that arrives. */
async function arrival() {
  const { length } = simulator.requests;
  while (simulator.requests.length === length) await sleep(2);
  return simulator.requests[length];
}
/** The request was ended by its client, before the answer was complete. */
async function goneAt(record) {
  await record.done;
  assert.equal(record.clientGone, true, "the client must hang up");
  assert.ok(record.eventsSent < 2000, "the answer must not have been read to its end");
}
const rejectsWith = (promise, reason) => assert.rejects(promise, (thrown) => (assert.equal(thrown, reason), true));

describe("abort", { timeout: 30_000 }, () => {
  const REASON = new Error("the user left");

  test("before the start: nothing is signed or sent", async () => {
    const untouched = client({ sign: () => assert.fail("nothing may be signed"), fetch: () => assert.fail("nothing may be sent") });
    for (const reason of [REASON, "a string", 0, { any: "thing" }]) {
      const signal = AbortSignal.abort(reason);
      await rejectsWith(untouched.chat(ask("simgeneric"), { signal }), reason);
      await rejectsWith(untouched.stream(ask("simgeneric"), { signal }).next(), reason);
      await rejectsWith(untouched.stream(ask("simgeneric"), { signal }).final(), reason);
      await rejectsWith(untouched.stream(ask("simgeneric"), { signal }).text().next(), reason);
      await rejectsWith(untouched.stream(ask("simgeneric"), { signal }).toResponse(), reason);
      await rejectsWith(untouched.stream(ask("simgeneric"), { signal }).toReadableStream().getReader().read(), reason);
    }
    await assert.rejects(untouched.chat(ask("simgeneric"), { signal: AbortSignal.abort() }), { name: "AbortError" });
  });

  test("between the making of a stream and its first read", async () => {
    const stop = new AbortController();
    const stream = client({ fetch: () => assert.fail("nothing may be sent") }).stream(ask("simgeneric"), { signal: stop.signal });
    stop.abort(REASON);
    await rejectsWith(stream.next(), REASON);
    assert.deepEqual(await stream.next(), { value: undefined, done: true });
  });

  test("while signing, even if the signer never settles", async () => {
    for (const sign of [
      () => new Promise(() => {}),
      // One that heeds the signal, with an error of its own.
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("the signer's own")))),
    ]) {
      for (const start of [(oci, signal) => oci.chat(ask("simgeneric"), { signal }), (oci, signal) => oci.stream(ask("simgeneric"), { signal }).next()]) {
        const stop = new AbortController();
        let signing;
        const reached = new Promise((resolve) => (signing = resolve));
        const waiting = client({ sign: (request) => (signing(request), sign(request)), fetch: () => assert.fail("nothing may be sent") });
        const call = start(waiting, stop.signal);
        const { signal } = await reached;
        assert.equal(signal.aborted, false);
        stop.abort(REASON);
        await rejectsWith(call, REASON);
        assert.equal(signal.aborted, true);
      }
    }
  });

  test("while the answer is awaited", async () => {
    for (const start of [(signal) => oci.chat(ask("simslow"), { signal }), (signal) => oci.stream(ask("simhang"), { signal }).next()]) {
      const stop = new AbortController();
      const arriving = arrival();
      const call = start(stop.signal);
      const record = await arriving;
      stop.abort(REASON);
      await rejectsWith(call, REASON);
      await goneAt(record);
    }
  });

  test("while it waits to try again", async () => {
    const stop = new AbortController();
    const { length } = simulator.requests;
    const arriving = arrival();
    const call = oci.chat(ask("simthrottled"), { signal: stop.signal });
    await (await arriving).done;
    await sleep(20);
    stop.abort(REASON);
    await rejectsWith(call, REASON);
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
    test(`in the middle, read by ${reader}`, async () => {
      const stop = new AbortController();
      const arriving = arrival();
      const reading = read(oci.stream(ask("simgeneric"), { signal: stop.signal }));
      reading.catch(() => {});
      const record = await arriving;
      while (record.eventsSent < 3) await sleep(2);
      stop.abort(REASON);
      await rejectsWith(reading, REASON);
      await goneAt(record);
      assert.equal(getEventListeners(stop.signal, "abort").length, 0);
      const report = reports.at(-1);
      assert.equal(report.error, undefined);
      assert.equal(report.attempts.length, 1);
    });
  }

  test("in the middle, while nobody reads: the next read tells it", async () => {
    const stop = new AbortController();
    const arriving = arrival();
    const stream = oci.stream(ask("simgeneric"), { signal: stop.signal });
    await stream.next();
    const record = await arriving;
    stop.abort("because");
    await goneAt(record);
    await rejectsWith(stream.next(), "because");
    assert.deepEqual(await stream.next(), { value: undefined, done: true });
    await rejectsWith(stream.final(), "because");
  });

  test("a reason that is no error, and one that is undefined", async () => {
    for (const reason of [0, "", null, false]) {
      const stop = new AbortController();
      const stream = oci.stream(ask("simgeneric"), { signal: stop.signal });
      await stream.next();
      stop.abort(reason);
      await rejectsWith(stream.next(), reason);
      await rejectsWith(stream.final(), reason);
    }
    const stop = new AbortController();
    const stream = oci.stream(ask("simgeneric"), { signal: stop.signal });
    await stream.next();
    stop.abort();
    await assert.rejects(stream.next(), (thrown) => thrown === stop.signal.reason && thrown.name === "AbortError");
  });

  test("a timeout signal's reason passes as it is", async () => {
    const signal = AbortSignal.timeout(50);
    await assert.rejects(oci.stream(ask("simhang"), { signal }).next(), (thrown) => thrown === signal.reason && thrown.name === "TimeoutError" && !(thrown instanceof OciError));
  });

  test("after the end it changes nothing, and no listener is left", async () => {
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

  test("one signal for many calls ends them all", async () => {
    const stop = new AbortController();
    const streams = Array.from({ length: 20 }, () => oci.stream(ask("simgeneric"), { signal: stop.signal }));
    const { length } = simulator.requests;
    await Promise.all(streams.map((stream) => stream.next()));
    const ends = streams.map((stream) => rejectsWith(stream.final(), REASON));
    stop.abort(REASON);
    await Promise.all(ends);
    await Promise.all(simulator.requests.slice(length).map(goneAt));
  });
});

describe("reading no further", { timeout: 30_000 }, () => {
  const WAYS = {
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
      await rejectsWith(stream.throw(mine), mine);
    },
    "cancel()": async (stream) => {
      await stream.next();
      await stream.cancel();
      await stream.cancel("again");
    },
    "asyncDispose": async (stream) => {
      await stream.next();
      await stream[Symbol.asyncDispose]();
    },
    "cancel of its bytes": async (stream) => {
      const reader = stream.toReadableStream().getReader();
      assert.equal((await reader.read()).done, false);
      await reader.cancel("enough");
    },
    "cancel of its response": async (stream) => {
      const response = await stream.toResponse();
      const reader = response.body.getReader();
      await reader.read();
      await reader.cancel();
    },
    "cancel of an unread response": async (stream) => (await stream.toResponse()).body.cancel(),
  };
  for (const [name, leave] of Object.entries(WAYS)) {
    test(`${name} cancels the request`, async () => {
      const arriving = arrival();
      const stream = oci.stream(ask("simgeneric"));
      await leave(stream);
      await goneAt(await arriving);
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      await assert.rejects(stream.final(), { name: "AbortError" });
      const report = reports.at(-1);
      assert.equal(report.error, undefined);
      assert.deepEqual(stream.report, report);
    });
  }

  test("a read that waits settles when the stream is cancelled", async () => {
    for (const name of ["simhang", "simgeneric"]) {
      const stream = client({ fallback: "never" }).stream(ask(name));
      const arriving = arrival();
      if (name === "simgeneric") await stream.next();
      const pending = Array.from({ length: 30 }, () => stream.next());
      const record = await arriving;
      await sleep(10);
      await stream.cancel();
      await Promise.allSettled(pending);
      await goneAt(record);
    }
  });

  test("before the first read: nothing is ever sent", async () => {
    const untouched = client({ fetch: () => assert.fail("nothing may be sent") });
    const request = ask("simgeneric");
    for (const leave of [(stream) => stream.cancel(), (stream) => stream.return(), (stream) => stream[Symbol.asyncDispose](), (stream) => stream.toReadableStream().cancel()]) {
      const stream = untouched.stream(request);
      await leave(stream);
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      assert.deepEqual(await stream.text().next(), { value: undefined, done: true });
      await assert.rejects(stream.final(), { name: "AbortError" });
      assert.equal(stream.report, undefined);
    }
  });

  test("bytes of a stream that was cancelled are an AbortError too", async () => {
    const stream = oci.stream(ask("simgeneric"));
    await stream.cancel();
    await assert.rejects(new Response(stream.toReadableStream()).text(), { name: "AbortError" });
    await assert.rejects(async () => (await stream.toResponse()).text(), { name: "AbortError" });
  });

  test("after the end it is harmless, and the answer stays", async () => {
    const stream = oci.stream(ask("simgeneric", "Hello?"));
    const final = await stream.final();
    const report = stream.report;
    await stream.cancel();
    await stream.return();
    assert.deepEqual(await stream.final(), final);
    assert.deepEqual(stream.report, report);
  });
});
