// A stream as bytes: OpenAI's events, at the reader's pace.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { OciError, OciGenAI } from "oci-genai-edge";
import { endpointId, startSimulator } from "../simulator/server.mjs";

const simulator = await startSimulator({ verify: false });
after(() => simulator.close());

const { compartmentId } = simulator;
const client = (options) => new OciGenAI({ endpoint: simulator.url, compartmentId, apiKey: "sk-any", retry: { maxAttempts: 1 }, ...options });
const oci = client();
const ask = (name = "simgeneric", question = "tokens=60", more = {}) => ({
  model: name.includes(".") ? name : endpointId(name),
  messages: [{ role: "user", content: question }],
  ...more,
});

/** The data of each event. Every event is one data line and a blank line. */
function eventsOf(text) {
  assert.ok(text.endsWith("\n\n"), "the last event is complete");
  return text.slice(0, -2).split("\n\n").map((event) => {
    assert.match(event, /^data: [^\n]+$/);
    return event.slice("data: ".length);
  });
}
async function collected(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
// The openai transport passes the service's events as they are: whether a chunk without usage says null is its own matter.
const sansIds = (chunks) => chunks.map(({ id, created, oci, usage, ...rest }) => (usage ? { ...rest, usage } : rest));

const encoder = new TextEncoder();
const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
const said = (text) => event({ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text }] } });

/** A service that never ends by itself and counts how much is read of it. */
function endless() {
  const seen = { pulls: 0, cancelled: undefined, signal: undefined };
  const fetch = async (_, { signal }) => {
    seen.signal = signal;
    const body = new ReadableStream(
      {
        pull: (controller) => controller.enqueue(encoder.encode(said(` ${seen.pulls++}`))),
        cancel: (reason) => void (seen.cancelled = { reason }),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  return { seen, fetch };
}
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
};

describe("toResponse", { timeout: 30_000 }, () => {
  test("is a response of events that ends with [DONE], the same chunks as of a loop", async () => {
    const TOOL = { type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } };
    for (const request of [
      ask(),
      ask("simgeneric", "tokens=60", { stream_options: { include_usage: true } }),
      ask("simgeneric", "Hello?", { n: 2 }),
      ask("simgpt", "The weather in Oslo and Lima, parallel?", { tools: [TOOL] }),
      ask("cohere.command-r-08-2024"),
      ask("meta.llama-3.3-70b-instruct", "tokens=60", { stream_options: { include_usage: true } }),
      ask("simgeneric", 'quotes " \\ \u2028 \u0001 \u{1f600} </script>'),
      ask("simsplit"),
    ]) {
      const response = await oci.stream(request).toResponse();
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
      assert.equal(response.headers.get("cache-control"), "no-cache");
      const events = eventsOf(await response.text());
      assert.equal(events.pop(), "[DONE]");
      const chunks = events.map((json) => JSON.parse(json));
      assert.deepEqual(sansIds(chunks), sansIds(await collected(oci.stream(request))));
      assert.equal(new Set(chunks.map(({ id }) => id)).size, 1);
    }
  });

  test("takes what a Response takes, and its headers over the usual ones", async () => {
    const response = await oci.stream(ask()).toResponse({ status: 201, headers: { "cache-control": "no-store", "x-a": "b", "Content-Type": "text/event-stream" } });
    const { status, headers } = response;
    assert.deepEqual([status, headers.get("cache-control"), headers.get("x-a"), headers.get("content-type")], [201, "no-store", "b", "text/event-stream"]);
    await response.body.cancel();
    const plain = await oci.stream(ask()).toResponse({ headers: new Headers({ "x-a": "b" }) });
    assert.equal(plain.headers.get("x-a"), "b");
    await plain.body.cancel();
  });

  test("a failure before the first chunk rejects: no response says 200 for it", async () => {
    for (const [name, code] of [["simdown", "service_unavailable"], ["simblocklist", "content_filtered"], ["simredirect", "redirected"]]) {
      const stream = oci.stream(ask(name));
      await assert.rejects(stream.toResponse(), (error) => error instanceof OciError && error.code === code);
      await assert.rejects(stream.final(), { code });
    }
    await assert.rejects(oci.stream({ model: "nothing" }).toResponse(), OciError);
  });

  test("a failure after it is an event with OpenAI's error, and no [DONE]", async () => {
    for (const [name, code] of [["simcut", "stream_truncated"], ["simnofinish", "stream_truncated"], ["simerrorevent", "stream_error"]]) {
      const stream = oci.stream(ask(name));
      const events = eventsOf(await (await stream.toResponse()).text()).map((json) => JSON.parse(json));
      const { error } = events.pop();
      assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"]);
      assert.equal(error.code, code);
      assert.equal(error.type, "server_error");
      const text = events.map(({ choices }) => choices[0].delta.content ?? "").join("");
      assert.ok(text.length > 0);
      await assert.rejects(stream.final(), (failure) => failure.code === code && failure.partial.choices[0].message.content === text);
    }
  });

  test("final() and report tell what passed, even while it passes", async () => {
    const stream = oci.stream(ask());
    const response = await stream.toResponse();
    const [text, final] = await Promise.all([response.text(), stream.final()]);
    const streamed = eventsOf(text).slice(0, -1).map((json) => JSON.parse(json).choices[0].delta.content ?? "").join("");
    assert.equal(final.choices[0].message.content, streamed);
    assert.ok(streamed.length > 100 && final.usage.total_tokens > 0);
    assert.equal(stream.report.finishReason, "stop");
  });

  test("after some chunks were read: the rest", async () => {
    for (const reads of [1, 5]) {
      const stream = oci.stream(ask("simgeneric", "tokens=60", { stream_options: { include_usage: true } }));
      const before = [];
      for (let read = 0; read < reads; read++) before.push((await stream.next()).value);
      const events = eventsOf(await (await stream.toResponse()).text());
      assert.equal(events.pop(), "[DONE]");
      const chunks = [...before, ...events.map((json) => JSON.parse(json))];
      assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""), (await stream.final()).choices[0].message.content);
      assert.ok(chunks.at(-1).usage.total_tokens > 0);
      assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
    }
  });

  test("after the end: [DONE] alone", async () => {
    const stream = oci.stream(ask());
    await stream.final();
    assert.equal(await (await stream.toResponse()).text(), "data: [DONE]\n\n");
  });
});

describe("toReadableStream", { timeout: 30_000 }, () => {
  test("reads when it is read from, and no further", async () => {
    const { seen, fetch } = endless();
    const stream = client({ fetch }).stream(ask());
    const body = stream.toReadableStream();
    await settle();
    assert.equal(seen.signal, undefined, "nothing is sent before the first read");
    const reader = body.getReader();
    for (let read = 1; read <= 5; read++) {
      const { value } = await reader.read();
      assert.ok(value instanceof Uint8Array && value.length > 0);
      await settle();
      assert.ok(seen.pulls <= read + 1, `${seen.pulls} pieces were read for ${read}`);
    }
    await reader.cancel();
  });

  test("a response that nobody reads stands still", async () => {
    const { seen, fetch } = endless();
    const response = await client({ fetch }).stream(ask()).toResponse();
    await settle();
    const { pulls } = seen;
    assert.ok(pulls <= 2, `${pulls} pieces were read`);
    await settle();
    assert.equal(seen.pulls, pulls);
    await response.body.cancel();
  });

  test("a loop, text() and next() read no further either", async () => {
    const { seen, fetch } = endless();
    const stream = client({ fetch }).stream(ask());
    const words = stream.text();
    for (let read = 1; read <= 5; read++) {
      await (read % 2 ? stream.next() : words.next());
      await settle();
      assert.ok(seen.pulls <= read + 1, `${seen.pulls} pieces were read for ${read}`);
    }
    await stream.cancel();
    assert.ok(seen.cancelled);
  });

  test("its cancel reaches the body and the signal of the request, at once", async () => {
    for (const leave of [
      async (stream) => {
        const reader = stream.toReadableStream().getReader();
        await reader.read();
        await reader.cancel(new Error("enough"));
      },
      async (stream) => (await stream.toResponse()).body.cancel(),
      async (stream) => {
        for await (const _ of stream.toReadableStream()) break;
      },
    ]) {
      const { seen, fetch } = endless();
      await leave(client({ fetch }).stream(ask()));
      await settle();
      assert.ok(seen.cancelled, "the body is cancelled");
      assert.equal(seen.signal.aborted, true);
      const { pulls } = seen;
      await settle();
      assert.equal(seen.pulls, pulls);
    }
  });

  test("can be piped, and a pipe that breaks cancels", async () => {
    const text = await new Response(oci.stream(ask()).toReadableStream().pipeThrough(new TransformStream())).text();
    assert.equal(eventsOf(text).at(-1), "[DONE]");

    const { seen, fetch } = endless();
    const sink = new WritableStream({
      write() {
        throw new Error("full");
      },
    });
    await assert.rejects(client({ fetch }).stream(ask()).toReadableStream().pipeTo(sink), /full/);
    await settle();
    assert.ok(seen.cancelled);
  });

  test("a failure before the first chunk errors it", async () => {
    await assert.rejects(oci.stream(ask("simblocklist")).toReadableStream().getReader().read(), { code: "content_filtered" });
  });
});
