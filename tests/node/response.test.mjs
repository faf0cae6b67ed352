// A stream as a Response or a ReadableStream: OpenAI's events, read at the reader's pace.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { OciError } from "oci-genai-edge";
import { failsWith } from "./support/assertions.mjs";
import { WEATHER_TOOL } from "./support/chat-request.mjs";
import { endlessText, fakeService } from "./support/fake-service.mjs";
import { startHarness } from "./support/harness.mjs";
import { chunksOf, collect, contentOf, eventData } from "./support/streams.mjs";

const { client, ask } = await startHarness({
  verify: false,
  question: "tokens=60",
  client: { retry: { maxAttempts: 1 } },
});
const oci = client();

/**
 * Chunks without what differs from call to call. The openai transport passes the service's events
 * through, which may leave out a usage of null.
 */
const comparable = (chunks) =>
  chunks.map(({ id, created, oci: _, usage, ...rest }) => (usage ? { ...rest, usage } : rest));

/** Lets everything run that needs no I/O. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

describe("toResponse", { timeout: 30_000 }, () => {
  test("has the same chunks as the iterator, as events that end with [DONE]", async () => {
    for (const request of [
      ask("simgeneric"),
      ask("simgeneric", "tokens=60", { stream_options: { include_usage: true } }),
      ask("simgeneric", "Hello?", { n: 2 }),
      ask("simgpt", "The weather in Oslo and Lima, parallel?", { tools: [WEATHER_TOOL] }),
      ask("cohere.command-r-08-2024"),
      ask("meta.llama-3.3-70b-instruct", "tokens=60", { stream_options: { include_usage: true } }),
      ask("simgeneric", 'quotes " \\ \u2028 \u0001 \u{1f600} </script>'),
      ask("simsplit"),
    ]) {
      const response = await oci.stream(request).toResponse();
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
      assert.equal(response.headers.get("cache-control"), "no-cache");
      const chunks = chunksOf(await response.text());
      assert.deepEqual(comparable(chunks), comparable(await collect(oci.stream(request))));
      assert.equal(new Set(chunks.map(({ id }) => id)).size, 1);
    }
  });

  test("accepts a ResponseInit, whose headers override the default ones", async () => {
    const init = {
      status: 201,
      headers: { "cache-control": "no-store", "x-a": "b", "Content-Type": "text/event-stream" },
    };
    const response = await oci.stream(ask("simgeneric")).toResponse(init);
    const { status, headers } = response;
    assert.deepEqual(
      [status, headers.get("cache-control"), headers.get("x-a"), headers.get("content-type")],
      [201, "no-store", "b", "text/event-stream"],
    );
    await response.body.cancel();
    const plain = await oci.stream(ask("simgeneric")).toResponse({ headers: new Headers({ "x-a": "b" }) });
    assert.equal(plain.headers.get("x-a"), "b");
    await plain.body.cancel();
  });

  test("rejects when the stream fails before its first chunk", async () => {
    for (const [name, code] of [
      ["simdown", "service_unavailable"],
      ["simblocklist", "content_filtered"],
      ["simredirect", "redirected"],
    ]) {
      const stream = oci.stream(ask(name));
      await assert.rejects(stream.toResponse(), failsWith(code));
      await assert.rejects(stream.final(), { code });
    }
    await assert.rejects(oci.stream({ model: "nothing" }).toResponse(), OciError);
  });

  test("a failure after the first chunk is an event with OpenAI's error, without [DONE]", async () => {
    for (const [name, code] of [
      ["simcut", "stream_truncated"],
      ["simnofinish", "stream_truncated"],
      ["simerrorevent", "stream_error"],
    ]) {
      const stream = oci.stream(ask(name));
      const events = eventData(await (await stream.toResponse()).text()).map((json) => JSON.parse(json));
      const { error } = events.pop();
      assert.deepEqual(Object.keys(error).toSorted(), ["code", "message", "param", "type"]);
      assert.equal(error.code, code);
      assert.equal(error.type, "server_error");
      const text = contentOf(events);
      assert.ok(text.length > 0);
      await assert.rejects(
        stream.final(),
        failsWith(code, ({ partial }) => assert.equal(partial.choices[0].message.content, text)),
      );
    }
  });

  test("final() and report describe the response, even while it is read", async () => {
    const stream = oci.stream(ask("simgeneric"));
    const response = await stream.toResponse();
    const [text, final] = await Promise.all([response.text(), stream.final()]);
    const streamed = contentOf(chunksOf(text));
    assert.equal(final.choices[0].message.content, streamed);
    assert.ok(streamed.length > 100 && final.usage.total_tokens > 0);
    assert.equal(stream.report.finishReason, "stop");
  });

  test("after some chunks were read, has the rest", async () => {
    for (const reads of [1, 5]) {
      const stream = oci.stream(ask("simgeneric", "tokens=60", { stream_options: { include_usage: true } }));
      const before = [];
      for (let read = 0; read < reads; read++) before.push((await stream.next()).value);
      const chunks = [...before, ...chunksOf(await (await stream.toResponse()).text())];
      assert.equal(contentOf(chunks), (await stream.final()).choices[0].message.content);
      assert.ok(chunks.at(-1).usage.total_tokens > 0);
      assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
    }
  });

  test("after the end, has [DONE] alone", async () => {
    const stream = oci.stream(ask("simgeneric"));
    await stream.final();
    assert.equal(await (await stream.toResponse()).text(), "data: [DONE]\n\n");
  });
});

describe("toReadableStream", { timeout: 30_000 }, () => {
  test("reads the service only when it is read", async () => {
    const { seen, fetch } = fakeService(endlessText());
    const stream = client({ fetch }).stream(ask("simgeneric"));
    const body = stream.toReadableStream();
    await settle();
    assert.equal(seen.signal, undefined, "nothing is sent before the first read");
    const reader = body.getReader();
    for (let read = 1; read <= 5; read++) {
      const { value } = await reader.read();
      assert.ok(value instanceof Uint8Array && value.length > 0);
      await settle();
      assert.ok(seen.pulls <= read + 1, `${seen.pulls} network chunks were read for ${read}`);
    }
    await reader.cancel();
  });

  test("an unread response does not read ahead", async () => {
    const { seen, fetch } = fakeService(endlessText());
    const response = await client({ fetch }).stream(ask("simgeneric")).toResponse();
    await settle();
    const { pulls } = seen;
    assert.ok(pulls <= 2, `${pulls} network chunks were read`);
    await settle();
    assert.equal(seen.pulls, pulls);
    await response.body.cancel();
  });

  test("next() and text() do not read ahead", async () => {
    const { seen, fetch } = fakeService(endlessText());
    const stream = client({ fetch }).stream(ask("simgeneric"));
    const words = stream.text();
    for (let read = 1; read <= 5; read++) {
      await (read % 2 ? stream.next() : words.next());
      await settle();
      assert.ok(seen.pulls <= read + 1, `${seen.pulls} network chunks were read for ${read}`);
    }
    await stream.cancel();
    assert.ok(seen.cancelled);
  });

  test("cancelling it cancels the service's body and aborts the request, at once", async () => {
    for (const cancel of [
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
      const { seen, fetch } = fakeService(endlessText());
      await cancel(client({ fetch }).stream(ask("simgeneric")));
      await settle();
      assert.ok(seen.cancelled, "the body is cancelled");
      assert.equal(seen.signal.aborted, true);
      const { pulls } = seen;
      await settle();
      assert.equal(seen.pulls, pulls);
    }
  });

  test("can be piped, and a failing pipe cancels it", async () => {
    const text = await new Response(
      oci.stream(ask("simgeneric")).toReadableStream().pipeThrough(new TransformStream()),
    ).text();
    assert.equal(eventData(text).at(-1), "[DONE]");

    const { seen, fetch } = fakeService(endlessText());
    const sink = new WritableStream({
      write() {
        throw new Error("full");
      },
    });
    await assert.rejects(client({ fetch }).stream(ask("simgeneric")).toReadableStream().pipeTo(sink), /full/);
    await settle();
    assert.ok(seen.cancelled);
  });

  test("a failure before the first chunk is its error", async () => {
    await assert.rejects(oci.stream(ask("simblocklist")).toReadableStream().getReader().read(), {
      code: "content_filtered",
    });
  });
});
