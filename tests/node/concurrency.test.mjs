// Many streams in one instance of the package, at once and one after another.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { chatRequest } from "./support/chat-request.mjs";
import { event, FINISH, textEvent } from "./support/fake-service.mjs";
import { startHarness } from "./support/harness.mjs";
import { chunksOf, collect, contentOf } from "./support/streams.mjs";
import { memoryPages } from "./support/wasm-memory.mjs";

const { client, ask } = await startHarness({ pace: 1, client: { retry: { baseDelayMs: 1 } } });
const oci = client();

describe("concurrent streams", { timeout: 120_000 }, () => {
  test("200 streams at once each receive their own answer", async () => {
    const kinds = ["simgeneric", "simcohere", "simcoherev2", "simsplit", "simcrlf", "simnostream", "simjson", "simgpt"];
    const readers = [
      async (stream) => contentOf(await collect(stream)),
      async (stream) => (await collect(stream.text())).join(""),
      async (stream) => (await stream.final()).choices[0].message.content,
      async (stream) => contentOf(chunksOf(await (await stream.toResponse()).text())),
    ];
    const calls = Array.from({ length: 200 }, async (_, at) => {
      const question = `Question ${at} of ${at * 7919} (東京 😀)?`;
      const stream = oci.stream(ask(kinds[at % kinds.length], question));
      // Some are cancelled early, which must not affect the others.
      if (at % 10 === 9) {
        await stream.next();
        await stream.cancel();
        return;
      }
      const text = await readers[at % readers.length](stream);
      assert.equal(
        text,
        `You asked: "${question}".\n\n` +
          "That is a naïve question, but a good one — 東京 agrees 😀.\nHere is the end of the answer.",
      );
      const { id } = await stream.final();
      return id;
    });
    const ids = (await Promise.all(calls)).filter(Boolean);
    assert.equal(new Set(ids).size, 180);
  });

  test("the wasm memory does not grow with the number of streams, however they end", async () => {
    const encoder = new TextEncoder();
    const bodies = {
      complete: textEvent("x".repeat(20_000)) + textEvent("y").repeat(50) + FINISH,
      failing: textEvent("x".repeat(20_000)) + event({ code: "500", message: "no" }),
      open: textEvent("x".repeat(20_000)),
    };
    const fetch = async (_, { body }) => {
      const kind = JSON.parse(new TextDecoder().decode(body)).chatRequest.messages[0].content[0].text;
      if (kind === "rejected") return Response.json({ code: "400", message: "z".repeat(20_000) }, { status: 400 });
      return new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(encoder.encode(bodies[kind]));
            if (kind !== "open") controller.close();
          },
        }),
      );
    };
    const own = new OciGenAI({ compartmentId: "c", fallback: "never", retry: { maxAttempts: 1 }, fetch });
    const stream = (kind, options) => own.stream(chatRequest("simx", kind), options);
    const lives = [
      async () => assert.equal((await stream("complete").final()).choices[0].message.content.length, 20_050),
      async () => assert.rejects(stream("failing").final(), { code: "stream_error" }),
      async () => assert.rejects(stream("rejected").next(), { code: "bad_request" }),
      async () => {
        for await (const _ of stream("open")) break;
      },
      async () => {
        const response = await stream("open").toResponse();
        await response.body.cancel();
      },
      async () => {
        const stop = new AbortController();
        const aborted = stream("open", { signal: stop.signal });
        await aborted.next();
        stop.abort();
        await assert.rejects(aborted.next());
      },
      async () => assert.rejects(own.chat({ model: "nothing", messages: [] })),
    ];
    const round = async (count) => {
      for (let at = 0; at < count; at++) await lives[at % lives.length]();
    };
    await round(280);
    const warm = memoryPages();
    await round(2002);
    assert.equal(memoryPages(), warm, "wasm memory grew");
  });
});
