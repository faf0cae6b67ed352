// Streams that are started and then forgotten, without a cancel: the collector finds them, and they are let go.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { OciGenAI } from "oci-genai-edge";
import initWasm from "../../pkg/wasm/oci_genai_edge.js";
import { endpointId } from "../simulator/server.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

const COUNT = 100;
const event = { index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text: "x".repeat(20_000) }] } };
const bytes = new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`);
let cancelled = 0;
// One event, and then silence.
const source = { start: (controller) => controller.enqueue(bytes), cancel: () => void cancelled++ };
const fetch = async () => new Response(new ReadableStream(source));
const oci = new OciGenAI({ compartmentId: "c", fetch });
const request = { model: endpointId("x"), messages: [{ role: "user", content: "?" }], stream: true };
const longLived = new AbortController();

/** Starts a stream each time, and leaves nothing behind that holds it. */
const WAYS = {
  "for await": () => oci.stream(request).next(),
  "text()": () => oci.stream(request).text().next(),
  "toReadableStream()": () => oci.stream(request).toReadableStream().getReader().read(),
  "fetch": async () => {
    const init = { method: "POST", body: JSON.stringify(request) };
    const response = await oci.fetch("https://oci.invalid/v1/chat/completions", init);
    return response.body.getReader().read();
  },
  "a signal that outlives the call": () => oci.stream(request, { signal: longLived.signal }).next(),
};

async function collect(until, most = 100) {
  for (let tries = 0; tries < most && !until(); tries++) {
    gc();
    await sleep(10);
  }
}

describe("dropped streams", { timeout: 60_000 }, () => {
  for (const [name, start] of Object.entries(WAYS)) {
    test(`${name}: freed, and cancelled at OCI`, async () => {
      const { memory } = await initWasm();
      const round = async () => {
        const wanted = cancelled + COUNT;
        for (let at = 0; at < COUNT; at++) await start();
        await collect(() => cancelled === wanted);
        assert.equal(cancelled, wanted);
      };
      await round();
      const warm = memory.buffer.byteLength;
      for (let rounds = 0; rounds < 3; rounds++) await round();
      assert.equal(memory.buffer.byteLength, warm, "wasm memory grew");
    });
  }

  test("one that somebody waits for is not taken for dropped: its signal still wakes him", async () => {
    const stop = new AbortController();
    const before = cancelled;
    const waiting = (async () => {
      for await (const chunk of oci.stream(request, { signal: stop.signal })) assert.ok(chunk);
    })();
    await collect(() => false, 20);
    assert.equal(cancelled, before);
    const reason = new Error("enough");
    stop.abort(reason);
    await assert.rejects(waiting, reason);
  });
});
