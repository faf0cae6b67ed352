// Streams that are started and then abandoned, without a cancel: they are freed, and cancelled at
// OCI, when the garbage collector finds them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { OciGenAI } from "oci-genai-edge";
import { chatRequest } from "./support/chat-request.mjs";
import { textEvent } from "./support/fake-service.mjs";
import { memoryPages } from "./support/wasm-memory.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

const COUNT = 100;
const bytes = new TextEncoder().encode(textEvent("x".repeat(20_000)));
let cancelled = 0;
// One event, and then nothing.
const source = { start: (controller) => controller.enqueue(bytes), cancel: () => void cancelled++ };
const fetch = async () => new Response(new ReadableStream(source));
const oci = new OciGenAI({ compartmentId: "c", fetch });
const request = chatRequest("simx", "?", { stream: true });
const longLived = new AbortController();

/** Each starts a stream, reads once, and keeps no reference to it. */
const STARTS = {
  "for await": () => oci.stream(request).next(),
  "text()": () => oci.stream(request).text().next(),
  "toReadableStream()": () => oci.stream(request).toReadableStream().getReader().read(),
  fetch: async () => {
    const init = { method: "POST", body: JSON.stringify(request) };
    const response = await oci.fetch("https://oci.invalid/v1/chat/completions", init);
    return response.body.getReader().read();
  },
  "a signal that outlives the call": () => oci.stream(request, { signal: longLived.signal }).next(),
};

/** Collects garbage until a condition holds, or a number of times. */
async function collectGarbage(until, limit = 100) {
  for (let count = 0; count < limit && !until(); count++) {
    gc();
    await sleep(10);
  }
}

describe("abandoned streams", { timeout: 60_000 }, () => {
  for (const [name, start] of Object.entries(STARTS)) {
    test(`${name}: freed, and cancelled at OCI`, async () => {
      const round = async () => {
        const wanted = cancelled + COUNT;
        for (let at = 0; at < COUNT; at++) await start();
        await collectGarbage(() => cancelled === wanted);
        assert.equal(cancelled, wanted);
      };
      await round();
      const warm = memoryPages();
      for (let rounds = 0; rounds < 3; rounds++) await round();
      assert.equal(memoryPages(), warm, "wasm memory grew");
    });
  }

  test("a stream with a pending read is not abandoned: its signal still ends it", async () => {
    const stop = new AbortController();
    const before = cancelled;
    const waiting = (async () => {
      for await (const chunk of oci.stream(request, { signal: stop.signal })) assert.ok(chunk);
    })();
    await collectGarbage(() => false, 20);
    assert.equal(cancelled, before);
    const reason = new Error("enough");
    stop.abort(reason);
    await assert.rejects(waiting, reason);
  });
});
