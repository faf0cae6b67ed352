// Many streams in one instance: at once, and one after the other.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import initWasm from "../../pkg/wasm/oci_genai_edge.js";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const key = makeCredentials();
const simulator = await startSimulator({ credentials: [key], pace: 1 });
after(() => simulator.close());

const { compartmentId, url: endpoint } = simulator;
const oci = new OciGenAI({ endpoint, compartmentId, sign: apiKeySigner(key), retry: { baseDelayMs: 1 } });

describe("crowd", { timeout: 120_000 }, () => {
  test("200 streams at once, none of which hears another", async () => {
    const kinds = ["simgeneric", "simcohere", "simcoherev2", "simsplit", "simcrlf", "simnostream", "simjson", "simgpt"];
    const readers = [
      async (stream) => {
        let text = "";
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
        return text;
      },
      async (stream) => {
        let text = "";
        for await (const piece of stream.text()) text += piece;
        return text;
      },
      async (stream) => (await stream.final()).choices[0].message.content,
      async (stream) => {
        const events = (await (await stream.toResponse()).text()).trimEnd().split("\n\n");
        assert.equal(events.pop(), "data: [DONE]");
        return events.map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? "").join("");
      },
    ];
    const calls = Array.from({ length: 200 }, async (_, at) => {
      const question = `Question ${at} of ${at * 7919} (東京 😀)?`;
      const model = endpointId(kinds[at % kinds.length]);
      const stream = oci.stream({ model, messages: [{ role: "user", content: question }] });
      // Some leave early, which must not disturb the others.
      if (at % 10 === 9) {
        await stream.next();
        await stream.cancel();
        return;
      }
      const text = await readers[at % readers.length](stream);
      assert.equal(text, `You asked: "${question}".\n\nThat is a naïve question, but a good one — 東京 agrees 😀.\nHere is the end of the answer.`);
      const { id } = await stream.final();
      return id;
    });
    const ids = (await Promise.all(calls)).filter(Boolean);
    assert.equal(new Set(ids).size, 180);
  });

  test("the memory of wasm does not grow with the number of streams, however they end", async () => {
    // The glue of the one instance that all entries share: asked again, it gives what it has.
    const { memory } = await initWasm();
    const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
    const said = (text) => event({ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text }] } });
    const encoder = new TextEncoder();
    const bodies = {
      whole: said("x".repeat(20_000)) + said("y").repeat(50) + event({ finishReason: "stop" }),
      broken: said("x".repeat(20_000)) + event({ code: "500", message: "no" }),
      left: said("x".repeat(20_000)),
    };
    const fetch = async (_, { body }) => {
      const kind = JSON.parse(new TextDecoder().decode(body)).chatRequest.messages[0].content[0].text;
      if (kind === "refused") return Response.json({ code: "400", message: "z".repeat(20_000) }, { status: 400 });
      return new Response(new ReadableStream({
        start(controller) {
          controller.enqueue(encoder.encode(bodies[kind]));
          if (kind !== "left") controller.close();
        },
      }));
    };
    const own = new OciGenAI({ compartmentId: "c", fallback: "never", retry: { maxAttempts: 1 }, fetch });
    const stream = (kind) => own.stream({ model: endpointId("x"), messages: [{ role: "user", content: kind }] });
    const ways = [
      async () => assert.equal((await stream("whole").final()).choices[0].message.content.length, 20_050),
      async () => assert.rejects(stream("broken").final(), { code: "stream_error" }),
      async () => assert.rejects(stream("refused").next(), { code: "bad_request" }),
      async () => {
        for await (const _ of stream("left")) break;
      },
      async () => {
        const response = await stream("left").toResponse();
        await response.body.cancel();
      },
      async () => {
        const stop = new AbortController();
        const aborted = own.stream({ model: endpointId("x"), messages: [{ role: "user", content: "left" }] }, { signal: stop.signal });
        await aborted.next();
        stop.abort();
        await assert.rejects(aborted.next());
      },
      async () => assert.rejects(own.chat({ model: "nothing", messages: [] })),
    ];
    const round = async (count) => {
      for (let at = 0; at < count; at++) await ways[at % ways.length]();
    };
    await round(280);
    const warm = memory.buffer.byteLength;
    await round(2002);
    assert.equal(memory.buffer.byteLength, warm, "wasm memory grew");
  });
});
