// The npm package `openai`, which needs nothing but `fetch: oci.fetch` to call OCI.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { embeddingOf } from "../simulator/operations.mjs";
import { endpointId } from "../simulator/server.mjs";
import { WEATHER_TOOL } from "./support/chat-request.mjs";
import { startHarness } from "./support/harness.mjs";
import { collect, collectUntilError, contentOf } from "./support/streams.mjs";

const supported = Number(process.versions.node.split(".")[0]) >= 22;
const skip = supported ? false : `openai 7 needs Node 22, this is ${process.version}: run these tests in a newer one`;

if (skip) test("the npm package openai", { skip });

describe("openai", { skip, timeout: 30_000 }, async () => {
  const { simulator, client, lastRequest } = await startHarness({
    pace: 1,
    client: {
      region: "us-chicago-1",
      retry: { maxAttempts: 1 },
      models: { house: endpointId("simgeneric"), vectors: endpointId("simembed") },
    },
  });
  let OpenAI;
  let openai;
  before(async () => {
    ({ default: OpenAI } = await import("openai"));
    openai = new OpenAI({ baseURL: "https://gateway.example/v1", apiKey: "sk-unused", fetch: client().fetch });
  });

  const messages = [{ role: "user", content: "Is it 東京?" }];

  test("streams from a dedicated endpoint", async () => {
    const model = endpointId("simgeneric");
    const streamed = { model, messages, stream: true, stream_options: { include_usage: true } };
    const chunks = await collect(await openai.chat.completions.create(streamed));
    const completion = await openai.chat.completions.create({ model, messages });
    const text = contentOf(chunks);
    assert.equal(text, completion.choices[0].message.content);
    assert.match(text, /^You asked: "Is it 東京\?"/);
    assert.equal(chunks.findLast(({ choices }) => choices[0]?.finish_reason).choices[0].finish_reason, "stop");
    assert.deepEqual(chunks.findLast(({ usage }) => usage).usage, completion.usage);
    assert.match(lastRequest().headers.authorization, /^Signature /);
  });

  test("exposes the request id and the raw response", async () => {
    const { data, response, request_id } = await openai.chat.completions
      .create({ model: "house", messages })
      .withResponse();
    assert.equal(request_id, data.oci.opc_request_id);
    assert.equal(data._request_id, request_id);
    assert.equal(response.status, 200);
  });

  test("accumulates streamed tool calls with its own helper", async () => {
    const question = { role: "user", content: "The weather in Oslo and Lima, parallel?" };
    const request = { model: endpointId("simgpt"), messages: [question], tools: [WEATHER_TOOL] };
    const stream = openai.chat.completions.stream(request);
    const completion = await stream.finalChatCompletion();
    const [{ message, finish_reason }] = completion.choices;
    assert.equal(finish_reason, "tool_calls");
    assert.deepEqual(
      message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments).city]),
      [
        ["get_weather", "Oslo"],
        ["get_weather", "Lima"],
      ],
    );

    const results = message.tool_calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "sun" }));
    const next = await openai.chat.completions.create({
      ...request,
      messages: [...request.messages, message, ...results],
    });
    assert.match(next.choices[0].message.content, /sun/);
  });

  test("receives the fallback of an endpoint that can't stream", async () => {
    const request = { model: endpointId("simnostream"), messages, stream: true };
    const chunks = await collect(await openai.chat.completions.create(request));
    assert.equal(chunks.length, 2);
    assert.match(chunks[0].oci.fallback, /^bad_request: /);
  });

  test("throws its own error classes, and retries only after a wait that the service asked for", async () => {
    for (const [model, Class, status, code] of [
      ["nothing", OpenAI.NotFoundError, 404, "invalid_model"],
      [endpointId("simunknown"), OpenAI.NotFoundError, 404, "not_found_or_unauthorized"],
      [endpointId("simblocklist"), OpenAI.BadRequestError, 400, "content_filtered"],
      [endpointId("simthrottled"), OpenAI.RateLimitError, 429, "rate_limited"],
      [endpointId("simcreating"), OpenAI.ConflictError, 409, "conflict"],
      [endpointId("simdown"), OpenAI.InternalServerError, 503, "service_unavailable"],
    ]) {
      for (const stream of [false, true]) {
        const { length } = simulator.requests;
        await assert.rejects(openai.chat.completions.create({ model, messages, stream }), (error) => {
          assert.ok(error instanceof Class, `${code}: ${error.constructor.name}`);
          assert.deepEqual([error.status, error.code], [status, code]);
          return true;
        });
        const fallback = stream && ["conflict", "service_unavailable"].includes(code);
        const attempts = code === "invalid_model" ? 0 : code === "rate_limited" ? 3 : fallback ? 2 : 1;
        assert.equal(simulator.requests.length - length, attempts, code);
      }
    }
    const { fetch } = client({ sign: undefined });
    const unsigned = new OpenAI({ baseURL: "https://gateway.example/v1", apiKey: "x", fetch });
    await assert.rejects(
      unsigned.chat.completions.create({ model: "meta.llama-3.3-70b-instruct", messages }),
      OpenAI.AuthenticationError,
    );
    await assert.rejects(
      openai.chat.completions.create({ model: "house", messages, temperature: "hot" }),
      (error) => error instanceof OpenAI.BadRequestError && error.param === "temperature",
    );
  });

  test("throws when a stream fails after its first chunk", async () => {
    const request = { model: endpointId("simerrorevent"), messages, stream: true };
    const { items, error } = await collectUntilError(await openai.chat.completions.create(request));
    assert.ok(error instanceof OpenAI.APIError);
    assert.match(error.message, /stopped unexpectedly/);
    assert.notEqual(contentOf(items), "");
  });

  test("an abort or a break cancels the request to OCI", async () => {
    const { length } = simulator.requests;
    const long = { model: "house", messages: [{ role: "user", content: "tokens=5000" }], stream: true };
    const stream = await openai.chat.completions.create(long);
    for await (const _ of stream) break;

    const stop = new AbortController();
    const aborted = await openai.chat.completions.create(long, { signal: stop.signal });
    for await (const _ of aborted) stop.abort();

    const unstreamed = { ...long, model: endpointId("simslow"), stream: false };
    const waiting = openai.chat.completions.create(unstreamed, { signal: stop.signal });
    await assert.rejects(waiting, OpenAI.APIUserAbortError);

    const later = new AbortController();
    const hanging = openai.chat.completions.create({ ...long, model: endpointId("simhang") }, { signal: later.signal });
    hanging.catch(() => {});
    while (simulator.requests.length < length + 3) await sleep(2);
    later.abort();
    await assert.rejects(hanging, OpenAI.APIUserAbortError);
    for (const record of simulator.requests.slice(length)) {
      await record.done;
      assert.equal(record.clientGone, true);
    }
  });

  test("embeds: floats, base64, and what it decodes by itself", async () => {
    const input = Array.from({ length: 100 }, (_, index) => `text ${index}`);
    const request = { model: "vectors", input, dimensions: 256 };
    const exact = input.map((text) => embeddingOf(text, 256));
    const floats = await openai.embeddings.create({ ...request, encoding_format: "float" });
    assert.deepEqual(floats.data.map(({ embedding }) => embedding), exact);
    assert.deepEqual(floats.usage, { prompt_tokens: 200, total_tokens: 200 });
    // It asks for base64, and decodes it, unless the caller says otherwise.
    const decoded = await openai.embeddings.create(request);
    const rounded = exact.map((vector) => [...Float32Array.from(vector)]);
    assert.deepEqual(decoded.data.map(({ embedding, index }) => [index, embedding]), [...rounded.entries()]);
    const base64 = await openai.embeddings.create({ ...request, input: input[0], encoding_format: "base64" });
    assert.equal(base64.data[0].embedding, Buffer.from(Float32Array.from(exact[0]).buffer).toString("base64"));
    assert.match(base64._request_id, /^[0-9A-F/]+$/);

    for (const [more, param] of [
      [{ input: [1, 2] }, "input"],
      [{ dimensions: -1 }, "dimensions"],
    ]) {
      const isExpected = (error) => error instanceof OpenAI.BadRequestError && error.param === param;
      await assert.rejects(openai.embeddings.create({ ...request, ...more }), isExpected);
    }
    const unknown = { ...request, model: endpointId("simunknown") };
    await assert.rejects(openai.embeddings.create(unknown), OpenAI.NotFoundError);
  });

  test("moderates", async () => {
    const { results, model } = await openai.moderations.create({ input: ["rain", "I hate it"] });
    assert.deepEqual(results.map(({ flagged }) => flagged), [false, true]);
    assert.deepEqual(results[1].category_scores, { OVERALL: 1, BLOCKLIST: 0 });
    assert.equal(model, "oci-guardrails");
    const input = [{ type: "image_url", image_url: { url: "data:image/png;base64,unsafe" } }];
    const images = await openai.moderations.create({ model: "omni-moderation-latest", input });
    assert.deepEqual([images.model, images.results[0].flagged], ["omni-moderation-latest", true]);
    await assert.rejects(openai.moderations.create({ input: [] }), OpenAI.BadRequestError);
  });

  test("lists the models", async () => {
    const ids = [];
    for await (const { id } of openai.models.list()) ids.push(id);
    assert.deepEqual(ids, ["house", "vectors"]);
  });
});
