// A host whose promises never settle, or settle after the call has ended: the call ends with its abort, nothing of it
// stays in wasm, and a body that comes late is cancelled.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OciGenAI } from "oci-genai-edge";
import { failsWith, rejectsWithReason } from "./support/assertions.mjs";
import { FINISH, textEvent } from "./support/fake-service.mjs";
import { memoryPages } from "./support/wasm-memory.mjs";

const DAC = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const LONG = "x".repeat(20_000);
const request = { model: DAC, messages: [{ role: "user", content: LONG }] };
const REASON = new Error("the user left");
const OPTIONS = { compartmentId: "c", retry: { maxAttempts: 1 }, fallback: "never" };

/** Promises that the host keeps, so that no collector settles the matter. */
const kept = [];

function never() {
  const promise = new Promise(() => {});
  kept.push(promise);
  return promise;
}

const hungBody = () => ({
  status: 200,
  headers: new Headers({ "content-type": "text/event-stream" }),
  body: { getReader: () => ({ read: never, cancel: never }) },
});

const HOSTS = {
  "fetch never settles": { fetch: never },
  "the body never comes": { fetch: async () => hungBody() },
  "the signer never settles": { fetch: never, sign: never },
  "the API key never comes": { fetch: never, apiKey: never, transport: "openai", models: { m: "xai.grok-4" } },
};

const READERS = {
  chat: (oci, model, signal) => oci.chat({ ...request, model }, { signal }),
  next: (oci, model, signal) => oci.stream({ ...request, model }, { signal }).next(),
  toResponse: (oci, model, signal) => oci.stream({ ...request, model }, { signal }).toResponse(),
  fetch: (oci, model, signal) => {
    const body = JSON.stringify({ ...request, model, stream: true });
    return oci.fetch("https://oci.invalid/v1/chat/completions", { method: "POST", body, signal });
  },
};

describe("a host that never answers", { timeout: 120_000 }, () => {
  for (const [name, host] of Object.entries(HOSTS)) {
    test(`${name}: an abort ends the call, and its memory is released`, async () => {
      const reports = [];
      const onFinish = (report) => reports.push(report);
      const oci = new OciGenAI({ region: "us-chicago-1", ...OPTIONS, ...host, onFinish });
      const model = host.models ? "m" : DAC;
      const abortAll = async () => {
        for (const read of Object.values(READERS)) {
          const stop = new AbortController();
          const ends = Array.from({ length: 25 }, () => rejectsWithReason(read(oci, model, stop.signal), REASON));
          await sleep(0);
          stop.abort(REASON);
          await Promise.all(ends);
        }
      };
      for (let round = 0; round < 3; round++) await abortAll();
      const pages = memoryPages();
      for (let round = 0; round < 20; round++) await abortAll();
      // One call that stays would be 2,000 of more than 100 KB each.
      assert.ok(memoryPages() <= pages + 4, `${pages} pages became ${memoryPages()}`);
      assert.equal(reports.length, 23 * 4 * 25);
      assert.ok(reports.every(({ error }) => error === undefined));
    });

    test(`${name}: a time limit ends the call`, async () => {
      const oci = new OciGenAI({ region: "us-chicago-1", ...OPTIONS, ...host, timeouts: { totalMs: 20 } });
      const model = host.models ? "m" : DAC;
      for (const read of Object.values(READERS)) {
        const end = read(oci, model).then(async (response) => {
          assert.equal(response.status, 504);
          throw Object.assign(new Error(), (await response.json()).error);
        });
        await assert.rejects(end, { code: "timeout" });
      }
    });
  }

  test("a response that comes after the abort is cancelled", async () => {
    for (const read of Object.values(READERS)) {
      let respond;
      let cancelled = 0;
      const oci = new OciGenAI({ ...OPTIONS, fetch: () => new Promise((resolve) => (respond = resolve)) });
      const stop = new AbortController();
      const call = read(oci, DAC, stop.signal);
      await sleep(1);
      stop.abort(REASON);
      await rejectsWithReason(call, REASON);
      const body = new ReadableStream({ cancel: () => void cancelled++ });
      respond(new Response(body, { headers: { "content-type": "text/event-stream" } }));
      await sleep(1);
      assert.equal(cancelled, 1);
    }
  });

  test("an abort at any moment of the opening ends that call alone", async () => {
    const other = new OciGenAI({ ...OPTIONS, fetch: async () => new Response(new ReadableStream(source)) });
    let push;
    const source = { start: (controller) => (push = (text) => controller.enqueue(new TextEncoder().encode(text))) };
    const live = other.stream(request);
    const first = live.next();
    await sleep(1);
    push(textEvent("one"));
    await first;
    let unfinished = 0;
    const answer = () => {
      const chunks = [textEvent("fine"), FINISH];
      unfinished++;
      const pull = (controller) => {
        if (chunks.length > 0) return controller.enqueue(new TextEncoder().encode(chunks.shift()));
        unfinished--;
        return controller.close();
      };
      const body = new ReadableStream({ pull, cancel: () => void unfinished-- }, { highWaterMark: 0 });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    let reports = 0;
    const oci = new OciGenAI({
      ...OPTIONS,
      fetch: async () => answer(),
      sign: async () => ({ authorization: "x" }),
      onFinish: () => void reports++,
    });
    const ends = new Set();
    for (const read of Object.values(READERS)) {
      for (let turns = 0; turns < 80; turns++) {
        const stop = new AbortController();
        const call = read(oci, DAC, stop.signal).then(
          () => "complete",
          (error) => error,
        );
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        stop.abort(REASON);
        ends.add(await call);
      }
    }
    assert.deepEqual(ends, new Set([REASON, "complete"]));
    await sleep(5);
    assert.equal(unfinished, 0);
    assert.equal(reports, Object.keys(READERS).length * 80);
    push(textEvent("two"));
    assert.equal((await live.next()).value.choices[0].delta.content, "two");
    await live.cancel();
  });

  test("a body whose first chunk does not come is cancelled by the abort", async () => {
    for (const read of Object.values(READERS)) {
      const reasons = [];
      const body = new ReadableStream({ cancel: (reason) => void reasons.push(reason) });
      const response = new Response(body, { headers: { "content-type": "text/event-stream" } });
      const oci = new OciGenAI({ ...OPTIONS, fetch: async () => response });
      const stop = new AbortController();
      const call = read(oci, DAC, stop.signal);
      await sleep(1);
      stop.abort(REASON);
      await rejectsWithReason(call, REASON);
      assert.deepEqual(reasons, [REASON]);
    }
  });

  test("late rejections of the host are nobody's", async () => {
    const unhandled = [];
    const onUnhandled = (reason) => unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    try {
      for (const late of ["fetch", "sign"]) {
        let fail;
        const hook = () => new Promise((_, reject) => (fail = reject));
        const oci = new OciGenAI({ ...OPTIONS, fetch: async () => new Response(""), [late]: hook });
        const stop = new AbortController();
        const call = oci.chat(request, { signal: stop.signal });
        await sleep(1);
        stop.abort(REASON);
        await rejectsWithReason(call, REASON);
        fail(new Error("late"));
        await sleep(1);
      }
      assert.deepEqual(unhandled, []);
    } finally {
      process.off("unhandledRejection", onUnhandled);
    }
  });
});

test("a live stream does not keep its request", async () => {
  const bodies = [];
  const source = { start: (controller) => void bodies.push(controller) };
  const oci = new OciGenAI({ ...OPTIONS, fetch: async () => new Response(new ReadableStream(source)) });
  const streams = [];
  const open = async () => {
    const stream = oci.stream({ model: DAC, messages: [{ role: "user", content: "x".repeat(2_000_000) }] });
    const first = stream.next();
    while (bodies.length <= streams.length) await sleep(0);
    bodies.at(-1).enqueue(new TextEncoder().encode(textEvent("Hi")));
    await first;
    streams.push(stream);
  };
  for (let at = 0; at < 3; at++) await open();
  const pages = memoryPages();
  for (let at = 0; at < 20; at++) await open();
  // Twenty requests that stay would be more than 600 pages; room for two may be in pieces.
  assert.ok(memoryPages() <= pages + 100, `${pages} pages became ${memoryPages()}`);
  for (const stream of streams) await stream.cancel();
});

describe("a connection that stays open", { timeout: 60_000 }, () => {
  /** A response with this text whose body then stays open. */
  function openBody(text, { status = 200, type = "application/json" } = {}) {
    const seen = { cancelled: 0 };
    const source = {
      start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
      cancel: () => void seen.cancelled++,
    };
    const fetch = async () => new Response(new ReadableStream(source), { status, headers: { "content-type": type } });
    return { seen, oci: new OciGenAI({ ...OPTIONS, fetch }) };
  }

  test("after a whole answer: the answer is taken, and the body is cancelled", async () => {
    const answer = JSON.stringify({
      chatResponse: {
        apiFormat: "GENERIC",
        choices: [
          { index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "Hi" }] }, finishReason: "stop" },
        ],
      },
    });
    const { seen, oci } = openBody(answer);
    assert.equal((await oci.chat(request)).choices[0].message.content, "Hi");
    while (seen.cancelled === 0) await sleep(20);
  });

  test("after an error: the error is what there is of it, and the body is cancelled", async () => {
    const { seen, oci } = openBody('{"code":"400","message":"broken"}', { status: 400 });
    await assert.rejects(oci.chat(request), failsWith("bad_request"));
    while (seen.cancelled === 0) await sleep(20);
  });

  test("after a stream's end: the answer is complete, and the body is cancelled", async () => {
    const text = `${textEvent("Hi")}${FINISH}data: [DONE]\n\n`;
    const { seen, oci } = openBody(text, { type: "text/event-stream" });
    assert.equal((await oci.stream(request).final()).choices[0].message.content, "Hi");
    while (seen.cancelled === 0) await sleep(20);
  });

  test("half an answer is waited for", async () => {
    let controller;
    const body = new ReadableStream({ start: (it) => (controller = it) });
    const fetch = async () => new Response(body, { headers: { "content-type": "application/json" } });
    const oci = new OciGenAI({ ...OPTIONS, fetch });
    const call = oci.chat(request, { apiFormat: "COHERE" });
    controller.enqueue(new TextEncoder().encode('{"chatResponse":{"apiFormat":"COHERE",'));
    await sleep(2500);
    controller.enqueue(new TextEncoder().encode('"text":"Hi","finishReason":"COMPLETE"}}'));
    controller.close();
    assert.equal((await call).choices[0].message.content, "Hi");
  });
});

test("a reader of the host's own that stops after the first chunk: an abort ends the reads", async () => {
  let reads = 0;
  const first = { done: false, value: new TextEncoder().encode(textEvent("a")) };
  const read = () => (reads++ === 0 ? Promise.resolve(first) : never());
  const fetch = async () => ({ ...hungBody(), body: { getReader: () => ({ read, cancel: never }) } });
  const stop = new AbortController();
  const stream = new OciGenAI({ ...OPTIONS, fetch }).stream(request, { signal: stop.signal });
  assert.equal((await stream.next()).value.choices[0].delta.content, "a");
  const end = rejectsWithReason(stream.next(), REASON);
  await sleep(1);
  stop.abort(REASON);
  await end;
});
