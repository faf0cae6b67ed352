// A trap of the wasm in workerd, among 1,000 live streams of one isolate: each ends once, with what it received, and
// the next call works. tests/node/traps.test.mjs has the rest.

import assert from "node:assert/strict";
import { Agent, request as httpRequest } from "node:http";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EventReader } from "../chaos/event-reader.mjs";
import { textsOf } from "../load/answers.mjs";
import { maxConcurrent } from "../load/socket-limit.mjs";
import { startUpstream } from "../load/upstream.mjs";
import { startWorker, TOKEN } from "../load/worker.mjs";

const STREAMS = maxConcurrent(1000);
const TOKENS = 4;

let upstream;
let worker;
const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
before(async () => {
  upstream = await startUpstream();
  worker = await startWorker("trap", upstream.port, new URL("../chaos/trap-worker.mjs", import.meta.url));
});
after(async () => {
  agent.destroy();
  await worker?.stop();
  await upstream?.close();
});

/** Opens a stream: resolves, after its first text, to its events and to its end. */
function open(stream) {
  const content = JSON.stringify({ stream, tokens: TOKENS, mode: "step", batch: 1 });
  const body = JSON.stringify({ model: "house", messages: [{ role: "user", content }], stream: true });
  const headers = { "content-type": "application/json", authorization: `Bearer ${TOKEN}` };
  const url = `http://127.0.0.1:${worker.port}/v1/chat/completions`;
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: "POST", agent, headers }, (response) => {
      const events = new EventReader();
      const ended = new Promise((end) => response.on("close", () => end(response.complete)));
      response.on("error", () => {});
      response.on("end", () => events.push());
      response.on("data", (bytes) => {
        events.push(bytes);
        if (events.text !== "") resolve({ stream, events, ended });
      });
      ended.then(() => resolve({ stream, events, ended }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Reads a whole stream. */
async function readWhole(stream) {
  const opened = await open(stream);
  for (let step = upstream.steps.get(stream); step; step = upstream.steps.get(stream)) {
    step();
    await sleep(1);
  }
  assert.equal(await opened.ended, true);
  return opened.events;
}

describe("a trap in workerd", { timeout: 120_000 }, () => {
  let stream = 0;
  for (const kind of ["panic", "stack", "unreachable"]) {
    test(`${kind}: ${STREAMS} live streams end once, and the next call works`, async () => {
      const closedEarly = upstream.closedEarly;
      const live = await Promise.all(Array.from({ length: STREAMS }, () => open(stream++)));
      assert.equal(upstream.open, STREAMS);

      const trapped = await fetch(`http://127.0.0.1:${worker.port}/trap/${kind}`);
      assert.deepEqual(await trapped.json(), { times: 1, code: "internal" });
      const again = await fetch(`http://127.0.0.1:${worker.port}/trap/none`);
      assert.deepEqual(await again.json(), { times: 1, text: "fine" });

      // Streams that wait for a chunk may end at once, the others when it comes.
      for (const { stream: number } of live) upstream.steps.get(number)?.();
      for (const { stream: number, events, ended } of live) {
        assert.equal(await ended, true);
        const [first] = textsOf(number, TOKENS);
        assert.equal(events.text, first);
        assert.equal(events.ends, 1);
        assert.equal(events.failure?.code, "internal");
      }
      while (upstream.open > 0) await sleep(20);
      assert.equal(upstream.closedEarly - closedEarly, STREAMS);

      const next = await readWhole(stream++);
      assert.equal(next.text, textsOf(stream - 1, TOKENS).join(""));
      assert.deepEqual([next.ends, next.failure], [1, undefined]);
    });
  }
});
