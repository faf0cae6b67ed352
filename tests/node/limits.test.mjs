// Limits on time and size.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { OciError, OciGenAI } from "oci-genai-edge";
import { endpointId, startSimulator } from "../simulator/server.mjs";

const simulator = await startSimulator({ verify: false });
const paced = await startSimulator({ verify: false, pace: 5 });
after(() => Promise.all([simulator.close(), paced.close()]));

const { compartmentId } = simulator;
const client = (options) => new OciGenAI({ endpoint: simulator.url, compartmentId, retry: { maxAttempts: 1 }, ...options });
const ask = (name, question = "Hello?", more = {}) => ({ model: endpointId(name), messages: [{ role: "user", content: question }], ...more });
const failsWith = (code, said = /./, also = () => {}) => (error) => {
  assert.ok(error instanceof OciError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(`${error.message} ${error.hint}`, said);
  also(error);
  return true;
};

const encoder = new TextEncoder();
const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
const said = (text) => event({ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text }] } });
const FINISH = event({ finishReason: "stop" });

/** A service whose body is given piece by piece; it tells how it was read, and how the request ended. */
function scripted(pieces, { status = 200, type = "text/event-stream", thenHang = false } = {}) {
  const seen = { pulls: 0, cancelled: undefined, signal: undefined, requests: 0 };
  const fetch = async (_, { signal }) => {
    seen.requests++;
    seen.signal = signal;
    let at = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          seen.pulls++;
          if (at < pieces.length) controller.enqueue(encoder.encode(pieces[at++]));
          else if (!thenHang) controller.close();
          else return new Promise(() => {});
        },
        cancel: (reason) => void (seen.cancelled = { reason }),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status, headers: { "content-type": type } });
  };
  return { seen, fetch };
}

describe("timeouts", { timeout: 30_000 }, () => {
  test("totalMs ends a call that hangs, whatever it waits for", async () => {
    const limited = client({ timeouts: { totalMs: 50 } });
    for (const start of [() => limited.chat(ask("simslow")), () => limited.stream(ask("simhang")).next(), () => limited.stream(ask("simslow")).final()]) {
      const { length } = simulator.requests;
      await assert.rejects(start, failsWith("timeout", /totalMs/, (error) => {
        assert.equal(error.retryable, true);
        assert.equal(error.attempts.length, 1);
        assert.equal(error.attempts[0].code, "timeout");
      }));
      const record = simulator.requests[length];
      await record.done;
      assert.equal(record.clientGone, true);
      assert.equal(simulator.requests.length, length + 1, "a timeout is not tried again");
    }
  });

  test("totalMs ends a stream in the middle, with what there was", async () => {
    const limited = client({ endpoint: paced.url, timeouts: { totalMs: 150 } });
    const stream = limited.stream(ask("simgeneric", "tokens=5000"));
    let text = "";
    await assert.rejects(
      async () => {
        for await (const piece of stream.text()) text += piece;
      },
      failsWith("timeout", /totalMs/, (error) => assert.equal(error.partial.choices[0].message.content, text)),
    );
    assert.notEqual(text, "");
    const record = paced.requests.at(-1);
    await record.done;
    assert.equal(record.clientGone, true);
  });

  test("totalMs counts the waits between attempts", async () => {
    const limited = client({ retry: { maxAttempts: 3, baseDelayMs: 60_000, maxDelayMs: 60_000 }, timeouts: { totalMs: 50 } });
    await assert.rejects(limited.chat(ask("simdown")), failsWith("timeout", /totalMs/, (error) => {
      assert.deepEqual(error.attempts.map(({ status }) => status), [503]);
    }));
  });

  test("firstChunkMs ends what has not begun, and leaves alone what has", async () => {
    const limited = client({ timeouts: { firstChunkMs: 100 } });
    await assert.rejects(limited.stream(ask("simslow")).next(), failsWith("timeout", /firstChunkMs/));
    await assert.rejects(limited.stream(ask("simhang")).toResponse(), failsWith("timeout", /firstChunkMs/));

    const begun = client({ endpoint: paced.url, timeouts: { firstChunkMs: 2000 } });
    const stream = begun.stream(ask("simgeneric", "tokens=600"));
    assert.equal((await stream.final()).usage.completion_tokens, 600);
  });

  test("firstChunkMs leaves a begun stream alone although it stalls for longer", async () => {
    let release;
    const stalled = new Promise((resolve) => (release = resolve));
    const fetch = async () =>
      new Response(
        ReadableStream.from(
          (async function* () {
            yield encoder.encode(said("one"));
            await stalled;
            yield encoder.encode(said(" two") + FINISH);
          })(),
        ),
      );
    const stream = client({ fetch, timeouts: { firstChunkMs: 30 } }).stream(ask("simgeneric"));
    await stream.next();
    await sleep(60);
    release();
    assert.equal((await stream.final()).choices[0].message.content, "one two");
  });

  test("chunkMs ends a stream that stalls, with what there was", async () => {
    const { seen, fetch } = scripted([said("one"), said(" two")], { thenHang: true });
    const stream = client({ fetch, timeouts: { chunkMs: 50 } }).stream(ask("simgeneric"));
    let text = "";
    await assert.rejects(
      async () => {
        for await (const piece of stream.text()) text += piece;
      },
      failsWith("timeout", /chunkMs/, (error) => assert.equal(error.partial.choices[0].message.content, "one two")),
    );
    assert.equal(text, "one two");
    assert.equal(seen.requests, 1);
    assert.ok(seen.cancelled, "the body is cancelled");
    assert.equal(seen.signal.aborted, true);
  });

  test("chunkMs is not used up by a slow reader", async () => {
    const { fetch } = scripted([said("one"), said(" two"), FINISH]);
    const stream = client({ fetch, timeouts: { chunkMs: 20 } }).stream(ask("simgeneric"));
    await stream.next();
    await sleep(60);
    assert.equal((await stream.final()).choices[0].message.content, "one two");
  });

  test("the call's own go over the client's, one by one", async () => {
    const limited = client({ timeouts: { totalMs: 50, firstChunkMs: 60_000 } });
    await assert.rejects(limited.stream(ask("simhang"), { timeouts: { firstChunkMs: 20, totalMs: 60_000 } }).next(), failsWith("timeout", /firstChunkMs/));
    await assert.rejects(limited.stream(ask("simhang"), { timeouts: {} }).next(), failsWith("timeout", /totalMs/));
    assert.ok(await client({ timeouts: { totalMs: 1 } }).chat(ask("simgeneric"), { timeouts: { totalMs: 60_000 } }));
  });

  test("one that runs out while the body is sent as bytes is an event with the error", async () => {
    const { fetch } = scripted([said("one")], { thenHang: true });
    const response = await client({ fetch, timeouts: { chunkMs: 50 } }).stream(ask("simgeneric")).toResponse();
    const text = await response.text();
    assert.equal(JSON.parse(text.trim().split("\n\n").at(-1).slice(6)).error.code, "timeout");
    assert.ok(!text.includes("[DONE]"));
  });

  test("a call that ended keeps no timer: the process ends by itself", async () => {
    const script = `
      import { OciGenAI } from "oci-genai-edge";
      const timeouts = { totalMs: 3_600_000, firstChunkMs: 3_600_000, chunkMs: 3_600_000 };
      const body = ${JSON.stringify(said("a") + FINISH)};
      const oci = new OciGenAI({ compartmentId: "c", timeouts, retry: { maxAttempts: 1 }, fetch: async () => new Response(body) });
      const failing = new OciGenAI({ compartmentId: "c", timeouts, retry: { maxAttempts: 1 }, fetch: async () => new Response("no", { status: 400 }) });
      const request = { model: "ocid1.generativeaiendpoint.oc1.iad.example", messages: [{ role: "user", content: "x" }] };
      await oci.stream(request).final();
      const stream = oci.stream(request);
      await stream.next();
      await stream.cancel();
      await failing.chat(request).catch((error) => console.log(error.code));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { cwd: new URL("../../", import.meta.url), timeout: 20_000 });
    assert.equal(stdout.trim(), "bad_request");
  });
});

describe("limits", () => {
  test("maxResponseBytes: a whole answer, and a stream", async () => {
    const limited = client({ limits: { maxResponseBytes: 300 } });
    await assert.rejects(limited.chat(ask("simgeneric", "tokens=200")), failsWith("limit_exceeded", /300.*maxResponseBytes/));
    const { seen, fetch } = scripted(Array.from({ length: 1000 }, (_, at) => said(` ${at}`)));
    const stream = client({ fetch, limits: { maxResponseBytes: 300 } }).stream(ask("simgeneric"));
    await assert.rejects(stream.final(), failsWith("limit_exceeded", /maxResponseBytes/, (error) => {
      assert.match(error.partial.choices[0].message.content, /^ 0 1/);
      assert.equal(error.retryable, false);
    }));
    assert.ok(seen.pulls < 10, `${seen.pulls} pieces were read`);
    assert.ok(seen.cancelled);
  });

  test("maxEventBytes", async () => {
    for (const long of [said("x".repeat(500)), `data: ${"x".repeat(500)}`, `: ${"y".repeat(100)}\n\ndata: {"a":"${"x".repeat(500)}`]) {
      const { seen, fetch } = scripted([said("ok"), long, ...Array.from({ length: 50 }, () => "x".repeat(100))]);
      const stream = client({ fetch, limits: { maxEventBytes: 200 } }).stream(ask("simgeneric"));
      await assert.rejects(stream.final(), failsWith("limit_exceeded", /200.*maxEventBytes/, (error) => {
        assert.equal(error.partial.choices[0].message.content, "ok");
      }));
      assert.ok(seen.cancelled && seen.pulls < 10);
    }
    // Many small events are no large one, and a comment is none at all.
    const { fetch } = scripted([...Array.from({ length: 50 }, () => said("x")), `: ${"y".repeat(5000)}\n\n`, FINISH]);
    const stream = client({ fetch, limits: { maxEventBytes: 200 } }).stream(ask("simgeneric"));
    assert.equal((await stream.final()).choices[0].message.content.length, 50);
  });

  test("maxToolCalls", async () => {
    const call = (id) => event({ index: 0, message: { role: "ASSISTANT", toolCalls: [{ type: "FUNCTION", id, name: "f", arguments: "{}" }] } });
    const pieces = [call("a"), call("b"), call("c"), FINISH];
    const fine = await client({ fetch: scripted(pieces).fetch, limits: { maxToolCalls: 3 } }).stream(ask("simgeneric")).final();
    assert.equal(fine.choices[0].message.tool_calls.length, 3);
    await assert.rejects(client({ fetch: scripted(pieces).fetch, limits: { maxToolCalls: 2 } }).stream(ask("simgeneric")).final(), failsWith("limit_exceeded"));
  });

  test("maxErrorBytes: the rest of an error is not read, and it still is that error", async () => {
    const body = JSON.stringify({ code: "x", message: "broken" });
    const { seen, fetch } = scripted([body, ...Array.from({ length: 1000 }, () => " ".repeat(100))], { status: 400, type: "application/json" });
    await assert.rejects(client({ fetch, limits: { maxErrorBytes: 500 } }).chat(ask("simgeneric")), failsWith("bad_request", /broken/));
    assert.ok(seen.pulls < 20, `${seen.pulls} pieces were read`);
    assert.ok(seen.cancelled);
  });

  test("an error page without end ends", { timeout: 20_000 }, async () => {
    let pulls = 0;
    const fetch = async () => new Response(new ReadableStream({ pull: (controller) => (pulls++, controller.enqueue(new Uint8Array(65_536).fill(60))) }), { status: 502 });
    await assert.rejects(client({ fetch }).chat(ask("simgeneric")), failsWith("service_unavailable"));
    assert.ok(pulls < 50);
  });
});
