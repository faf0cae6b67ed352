// A trap of the wasm instance (a panic, the stack, the memory): every live call ends once, with what it received, and
// the next call works on a new instance.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OciError, OciGenAI } from "oci-genai-edge";
import { FINISH, textEvent } from "./support/fake-service.mjs";
import { runScript } from "./support/run-node.mjs";
import { TRAPS, trapping } from "./support/traps.mjs";

const LIVE_STREAMS = 1000;

const unhandled = [];
const onUnhandled = (reason) => unhandled.push(reason);
process.on("unhandledRejection", onUnhandled);
process.on("uncaughtException", onUnhandled);
after(() => {
  process.off("unhandledRejection", onUnhandled);
  process.off("uncaughtException", onUnhandled);
});

const DAC = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const request = { model: DAC, messages: [{ role: "user", content: "Hello?" }] };
const OPTIONS = { compartmentId: "c", retry: { maxAttempts: 1 }, fallback: "never" };
const encoder = new TextEncoder();

/** A host whose answers go on as `push` and `close` say. */
function host() {
  const bodies = [];
  const reports = [];
  const counts = { cancelled: 0, aborted: 0 };
  const fetch = (_, init) => {
    init.signal.addEventListener("abort", () => counts.aborted++);
    let controller;
    const source = { start: (it) => (controller = it), cancel: () => void counts.cancelled++ };
    const body = new ReadableStream(source);
    bodies.push({ push: (text) => controller.enqueue(encoder.encode(text)), close: () => controller.close() });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
  };
  const onFinish = (report) => reports.push(report);
  const oci = new OciGenAI({ ...OPTIONS, fetch, sign: () => ({ authorization: "x" }), onFinish });
  return { oci, bodies, counts, reports };
}

const whole = () => new Response(textEvent("fine") + FINISH, { headers: { "content-type": "text/event-stream" } });

/** Asserts that a client works. */
async function assertWorks(oci) {
  assert.equal(oci.route(DAC).transport, "native");
  const completion = await oci.stream(request).final();
  assert.equal(completion.choices[0].message.content, "fine");
}

function isInternal(error) {
  assert.ok(error instanceof OciError, `${error}`);
  assert.equal(error.code, "internal");
  return true;
}

/** Makes the core trap in a call of its own. */
async function trapOnce(kind) {
  const oci = new OciGenAI({ ...OPTIONS, fetch: async () => whole() });
  // A call reads the clock when it is made, before it is sent, at its response and at its first bytes.
  const { times } = await trapping(kind, () => assert.rejects(oci.stream(request).final(), isInternal), 4);
  assert.equal(times, 1);
  return oci;
}

describe("a trap", { timeout: 120_000 }, () => {
  for (const kind of Object.keys(TRAPS)) {
    test(`${kind}: ${LIVE_STREAMS} live streams end with what they received, and the next call works`, async () => {
      const { oci, bodies, counts, reports } = host();
      const streams = Array.from({ length: LIVE_STREAMS }, () => oci.stream(request));
      const firsts = streams.map((stream) => stream.text().next());
      const responses = [];
      for (let at = 0; at < 20; at++) responses.push(oci.stream(request).toResponse());
      while (bodies.length < LIVE_STREAMS + 20) await sleep(1);
      for (const [at, { push }] of bodies.entries()) push(textEvent(`text ${at}`));
      assert.deepEqual(
        (await Promise.all(firsts)).map(({ value }) => value),
        streams.map((_, at) => `text ${at}`),
      );
      const texts = (await Promise.all(responses)).map((response) => response.text());
      // Half of them wait for the next chunk, the others are read later. Some are still to be opened.
      const waiting = streams.map((stream, at) => (at % 2 ? stream.next() : undefined));
      const opening = Array.from({ length: 20 }, () => oci.stream(request).next());
      for (const promise of [...waiting, ...opening]) promise?.catch(() => {});
      await sleep(5);

      const other = await trapOnce(kind);
      await assertWorks(other);

      for (const [at, stream] of streams.entries()) {
        await assert.rejects(waiting[at] ?? stream.next(), (error) => {
          isInternal(error);
          assert.equal(error.partial?.choices[0].message.content, `text ${at}`);
          assert.equal(error.attempts.length, 1);
          assert.equal(error.attempts[0].status, 200);
          return true;
        });
        assert.deepEqual(await stream.next(), { value: undefined, done: true });
        await assert.rejects(stream.final(), isInternal);
        assert.equal(stream.report.error, "internal");
      }
      for (const text of await Promise.all(texts)) {
        assert.match(text, /text \d+/);
        assert.match(text, /"code":"internal"/);
        assert.doesNotMatch(text, /\[DONE\]/);
      }
      for (const call of opening) await assert.rejects(call, isInternal);
      assert.equal(reports.length, LIVE_STREAMS + 40);
      assert.ok(reports.every(({ error }) => error === "internal"));
      assert.equal(counts.aborted, LIVE_STREAMS + 40);
      assert.equal(counts.cancelled, LIVE_STREAMS + 40);

      const next = oci.stream(request).final();
      while (bodies.length < LIVE_STREAMS + 41) await sleep(1);
      bodies.at(-1).push(textEvent("again") + FINISH);
      bodies.at(-1).close();
      assert.equal((await next).choices[0].message.content, "again");
      await sleep(5);
      assert.deepEqual(unhandled, []);
    });
  }

  test("wherever it happens: one end, and the next call works", async () => {
    const fetch = async () => whole();
    const oci = new OciGenAI({ ...OPTIONS, fetch });
    const readers = {
      chat: () => oci.chat(request),
      final: () => oci.stream(request).final(),
      text: async () => (await oci.stream(request).toResponse()).text(),
      fetch: async () => {
        const body = JSON.stringify({ ...request, stream: true });
        const response = await oci.fetch("https://oci.invalid/v1/chat/completions", { method: "POST", body });
        return response.text();
      },
    };
    let ends = 0;
    for (const [name, read] of Object.entries(readers)) {
      for (let skipped = 0; ; skipped++) {
        const end = async () => {
          try {
            return await read();
          } catch (error) {
            isInternal(error);
            return undefined;
          }
        };
        const { times } = await trapping("unreachable", end, skipped);
        await assertWorks(oci);
        if (times === 0) break;
        ends++;
        assert.ok(skipped < 100, name);
      }
    }
    assert.ok(ends > 12, `${ends} places`);
    assert.deepEqual(unhandled, []);
  });

  test("an abort, a cancel or a time limit that traps ends the call once", async () => {
    for (const end of ["abort", "cancel", "timeout"]) {
      const { oci, bodies, reports } = host();
      const stop = new AbortController();
      const timeouts = end === "timeout" ? { totalMs: 30 } : {};
      const stream = oci.stream(request, { signal: stop.signal, timeouts });
      const first = stream.next();
      while (bodies.length === 0) await sleep(1);
      bodies[0].push(textEvent("Hi"));
      await first;
      const pending = stream.next();
      const reason = new Error("the user left");
      const { times } = await trapping("unreachable", async () => {
        if (end === "abort") stop.abort(reason);
        if (end === "cancel") await stream.cancel();
        if (end === "abort") await assert.rejects(pending, (error) => error === reason);
        if (end === "cancel") assert.deepEqual(await pending, { value: undefined, done: true });
        if (end === "timeout") await assert.rejects(pending, isInternal);
      });
      assert.equal(times, 1);
      assert.equal(reports.length, 1);
      await assertWorks(await trapOnce("unreachable"));
    }
    assert.deepEqual(unhandled, []);
  });

  test("in options and requests: the client that was made before works", async () => {
    const oci = new OciGenAI({ compartmentId: "c", fetch: async () => whole() });
    const deep = () => {
      try {
        return deep();
      } catch {
        // Near the end of the stack, everything throws something typed.
        try {
          oci.route(DAC);
        } catch (error) {
          if (!(error instanceof RangeError)) isInternal(error);
        }
        return undefined;
      }
    };
    deep();
    await assertWorks(oci);
    assert.deepEqual(unhandled, []);
  });

  test("the end of the memory", async () => {
    const script = `
      import assert from "node:assert/strict";
      import { readFileSync } from "node:fs";
      import { OciGenAI, init } from "oci-genai-edge/slim";
      import { withMaxPages } from "./tests/node/support/limited-memory.mjs";
      const wasm = readFileSync("pkg/wasm/oci_genai_edge_bg.wasm");
      await init(withMaxPages(wasm, 200));
      const text = ${JSON.stringify(textEvent("fine"))};
      const finish = ${JSON.stringify(FINISH)};
      const bodies = [];
      const fetch = async () => new Response(new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(text));
          bodies.push(controller);
        },
      }), { headers: { "content-type": "text/event-stream" } });
      const oci = new OciGenAI({ compartmentId: "c", fetch });
      const ask = (content) => ({ model: ${JSON.stringify(DAC)}, messages: [{ role: "user", content }] });
      const live = oci.stream(ask("Hi"));
      await live.next();
      for (let round = 0; round < 20; round++) {
        await assert.rejects(oci.chat(ask("x".repeat(8_000_000))), { code: "internal" });
        const stream = oci.stream(ask("Hi"));
        assert.equal((await stream.next()).value.choices[0].delta.content, "fine");
        bodies.at(-1).enqueue(new TextEncoder().encode(finish));
        bodies.at(-1).close();
        await stream.final();
      }
      await assert.rejects(live.next(), (error) => {
        assert.equal(error.code, "internal");
        assert.equal(error.partial.choices[0].message.content, "fine");
        return true;
      });
      console.log("fine");
    `;
    assert.equal(await runScript(script, { timeout: 60_000 }), "fine");
  });
});
