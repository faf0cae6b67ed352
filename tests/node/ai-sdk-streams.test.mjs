// The provider for the AI SDK: the parts of streams, in their order. tests/clients runs `ai` on it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OciError } from "oci-genai-edge";
import { endpointId } from "../simulator/server.mjs";
import {
  PROMPT,
  TOOLS,
  UNKNOWN_USAGE,
  fakeModel,
  find,
  joined,
  order,
  partsOf,
  startProvider,
} from "./support/ai-sdk.mjs";
import { rejection } from "./support/assertions.mjs";
import { endlessText, event, textEvent } from "./support/fake-service.mjs";
import { collectUntilError } from "./support/streams.mjs";

const { lastRequest, model, observe } = await startProvider();

describe("streams", () => {
  test("a text", async () => {
    const parts = await partsOf(model("simgeneric"));
    assert.deepEqual(order(parts), [
      "stream-start",
      "response-metadata",
      "text-start",
      "text-delta",
      "text-end",
      "finish",
    ]);
    assert.deepEqual(parts[0].warnings, []);
    const { id, timestamp, modelId } = parts[1];
    assert.match(id, /^chatcmpl-/);
    assert.ok(timestamp instanceof Date);
    assert.equal(modelId, endpointId("simgeneric"));
    assert.match(joined(parts, "text-delta"), /^You asked: "How is the weather in Oslo\?"[^]*end of the answer\.$/);
    const { finishReason, usage, providerMetadata } = parts.at(-1);
    assert.deepEqual(finishReason, { unified: "stop", raw: "stop" });
    assert.ok(usage.inputTokens.total > 0 && usage.outputTokens.total > 0);
    const { opcRequestId, route } = providerMetadata.oci;
    assert.match(opcRequestId, /^[0-9A-F/]+$/);
    const expected = { transport: "native", servingType: "DEDICATED", apiFormat: "GENERIC", region: "us-chicago-1" };
    assert.deepEqual(route, expected);
  });

  test("reasoning before the text, with its tokens", async () => {
    const parts = await partsOf(model("simxai"), { reasoning: "low" });
    assert.deepEqual(order(parts).slice(2, -1), [
      "reasoning-start",
      "reasoning-delta",
      "reasoning-end",
      "text-start",
      "text-delta",
      "text-end",
    ]);
    assert.match(joined(parts, "reasoning-delta"), /step by step/);
    const { usage } = parts.at(-1);
    const { completion_tokens: text, completion_tokens_details: details, total_tokens: total } = usage.raw;
    // xAI counts reasoning in the total only.
    assert.ok(details.reasoning_tokens > 0 && total > usage.raw.prompt_tokens + text);
    const reasoning = details.reasoning_tokens;
    assert.deepEqual(usage.outputTokens, { total: text + reasoning, text, reasoning });
    assert.equal(lastRequest().body.chatRequest.reasoningEffort, "LOW");
  });

  for (const name of ["simgeneric", "simgpt", "simxai", "simgemini", "simqwen", "simoneevent", "cohere", "cohere2"]) {
    test(`two tool calls: ${name}`, async () => {
      const prompt = [{ role: "user", content: [{ type: "text", text: "Call get_weather and get_time for Oslo." }] }];
      const parts = await partsOf(model(name), { prompt, tools: TOOLS });
      const calls = parts.filter(({ type }) => type === "tool-call");
      assert.deepEqual(calls.map(({ toolName, input }) => [toolName, JSON.parse(input)]), [
        ["get_weather", { city: "Oslo" }],
        ["get_time", { city: "Oslo" }],
      ]);
      for (const { toolCallId, toolName, input } of calls) {
        const own = parts.filter(({ id, toolCallId: called }) => id === toolCallId || called === toolCallId);
        const expected = ["tool-input-start", "tool-input-delta", "tool-input-end", "tool-call"];
        assert.deepEqual(order(own), expected);
        assert.equal(own[0].toolName, toolName);
        assert.equal(joined(own, "tool-input-delta"), input);
      }
      assert.equal(new Set(calls.map(({ toolCallId }) => toolCallId)).size, 2);
      // Whatever the service says: Gemini and COHERE say that the model stopped.
      assert.equal(parts.at(-1).finishReason.unified, "tool-calls");
      assert.equal(parts.at(-1).type, "finish");
    });
  }

  test("a call without arguments has an empty object", async () => {
    const call = { type: "FUNCTION", id: "c1", name: "get_time", arguments: "" };
    const body = [event({ message: { role: "ASSISTANT", toolCalls: [call] }, finishReason: "stop" })];
    const { house } = fakeModel(body);
    assert.equal(find(await partsOf(house, { tools: TOOLS }), "tool-call").input, "{}");
  });

  test("an answer in one piece, of an endpoint that does not stream", async () => {
    const parts = await partsOf(model("simnostream"));
    assert.deepEqual(order(parts).slice(2), ["text-start", "text-delta", "text-end", "finish"]);
    assert.match(parts.at(-1).providerMetadata.oci.fallback, /bad_request/);
    assert.ok(parts.at(-1).usage.outputTokens.total > 0);
  });

  test("the route is that of the target that answered", async () => {
    const { result: parts, requests } = await observe(() => partsOf(model("backup")));
    assert.ok(requests.length > 1);
    assert.equal(parts.at(-1).providerMetadata.oci.route.servingType, "DEDICATED");
    assert.equal(requests.at(-1).body.servingMode.endpointId, endpointId("simgeneric"));
  });

  test("sources of documents, with their places in the text", async () => {
    const web = { id: "c", url: "https://c.example/", text: "…" };
    const file = { id: "d", name: "d.txt", url: "bucket/d.txt", text: "…" };
    const documents = [{ id: "a", title: "Rain", text: "…" }, { title: "Sun", text: "…" }, web, file];
    const providerOptions = { oci: { documents, citationQuality: "FAST" } };
    const parts = await partsOf(model("cohere"), { providerOptions });
    assert.deepEqual(order(parts).slice(-3), ["text-end", "source", "finish"]);
    const sources = parts.filter(({ type }) => type === "source");
    assert.deepEqual(sources, [
      { type: "source", sourceType: "document", id: "a", mediaType: "text/plain", title: "Rain" },
      { type: "source", sourceType: "document", id: "doc_1", mediaType: "text/plain", title: "Sun" },
      { type: "source", sourceType: "url", id: "c", url: "https://c.example/", title: "c" },
      { type: "source", sourceType: "document", id: "d", mediaType: "text/plain", title: "d.txt" },
    ]);
    const { citations } = find(parts, "text-end");
    assert.deepEqual(citations, sources.map((source) => ({ source, startIndex: 0, endIndex: 9 })));
    assert.equal(lastRequest().body.chatRequest.citationQuality, "FAST");
    assert.equal(parts.at(-1).providerMetadata.oci.citations.length, 1);

    const whole = await model("cohere").doGenerate({ prompt: PROMPT, providerOptions });
    assert.deepEqual(whole.content.slice(1), sources);
    assert.deepEqual(whole.content[0].citations, citations);
  });

  test("citations of COHEREV2, which come in pieces", async () => {
    const citation = (start, id, more) => {
      const document = { id, document: { title: `T ${id}` } };
      return { start, end: start + 1, text: "x", sources: [{ type: "DOCUMENT", document }], ...more };
    };
    const events = [
      { message: { content: [{ type: "TEXT", text: "Pine" }], citations: [citation(0, "a")] } },
      { message: { citations: [citation(1, "b"), citation(0, "a", { type: "PLAN" })] } },
      { message: { content: [] }, finishReason: "COMPLETE" },
      { message: { citations: [citation(2, "b")] } },
    ];
    const body = events.map((it) => event({ apiFormat: "COHEREV2", ...it }));
    const { house } = fakeModel(body, { alias: { apiFormat: "COHEREV2" } });
    const parts = await partsOf(house);
    assert.deepEqual(parts.filter(({ type }) => type === "source").map(({ id, title }) => [id, title]), [
      ["a", "T a"],
      ["b", "T b"],
    ]);
    assert.deepEqual(find(parts, "text-end").citations.map(({ source, startIndex }) => [source.id, startIndex]), [
      ["a", 0],
      ["b", 1],
      ["b", 2],
    ]);
    assert.equal(parts.at(-1).providerMetadata.oci.citations.length, 4);
  });

  test("addresses on the web", async () => {
    const url = { startIndex: 0, endIndex: 3, title: "There", url: "https://there.example/" };
    const annotations = [{ type: "URL_CITATION", urlCitation: url }];
    const groundingMetadata = { groundingChunks: [{ web: { uri: "https://a.example/", title: "A" } }] };
    const { house } = fakeModel([
      textEvent("See there"),
      event({ message: { annotations }, groundingMetadata, finishReason: "stop" }),
    ]);
    const parts = await partsOf(house);
    assert.deepEqual(parts.filter(({ type }) => type === "source").map(({ url: to, title }) => [to, title]), [
      ["https://there.example/", "There"],
      ["https://a.example/", "A"],
    ]);
    assert.equal(find(parts, "text-end").citations.length, 1);
  });

  test("a text in two blocks has no citations: their positions are those in all of it", async () => {
    const thought = event({ message: { role: "ASSISTANT", reasoningContent: "Hm" } });
    const urlCitation = { url: "https://a.example/", title: "A", startIndex: 0, endIndex: 1 };
    const annotations = [{ type: "URL_CITATION", urlCitation }];
    const end = event({ message: { annotations }, finishReason: "stop" });
    const parts = await partsOf(fakeModel([textEvent("a"), thought, textEvent("b"), end]).house);
    const kinds = ["text", "reasoning", "text"];
    const blocks = kinds.flatMap((kind) => ["start", "delta", "end"].map((it) => `${kind}-${it}`));
    assert.deepEqual(order(parts).slice(2), [...blocks, "source", "finish"]);
    assert.equal(new Set(parts.filter(({ type }) => type.endsWith("-end")).map(({ id }) => id)).size, 3);
    assert.ok(parts.every(({ citations }) => citations === undefined));
  });

  test("only the first of several choices", async () => {
    const providerOptions = { oci: { request: { n: 2 } } };
    const text = joined(await partsOf(model("simgeneric"), { providerOptions }), "text-delta");
    assert.equal(text, joined(await partsOf(model("simgeneric")), "text-delta"));
  });

  test("the plan of COHEREV2 before a tool call", async () => {
    const parts = await partsOf(model("cohere2"), { tools: TOOLS.slice(0, 1) });
    assert.match(parts.at(-1).providerMetadata.oci.toolPlan, /^I will use get_weather — one moment\.$/);
  });

  /** The parts of a stream of the openai transport with these deltas. */
  const openaiParts = async (deltas, { finish = "stop", created = 1, logprobs } = {}) => {
    const chunk = (delta, reason = null) => {
      const choices = [{ index: 0, delta, finish_reason: reason, ...(logprobs && !reason && { logprobs }) }];
      return event({ id: "c", object: "chat.completion.chunk", created, model: "m", choices });
    };
    const body = [...deltas.map((delta) => chunk(delta)), chunk({}, finish), "data: [DONE]\n\n"];
    return partsOf(fakeModel(body, { alias: { transport: "openai" } }).house);
  };

  test("reasoning by either of its names", async () => {
    for (const name of ["reasoning", "reasoning_content"]) {
      const parts = await openaiParts([{ [name]: "Hm" }, { content: "Yes" }]);
      assert.equal(joined(parts, "reasoning-delta"), "Hm", name);
      assert.equal(joined(parts, "text-delta"), "Yes", name);
    }
  });

  test("calls by the openai transport, also where the service says that the model stopped", async () => {
    const call = (index, more) => ({ tool_calls: [{ index, ...more }] });
    const open = (index, name) => call(index, { id: `c${index}`, type: "function", function: { name, arguments: "" } });
    const rest = call(1, { function: { arguments: '{"city":"Oslo"}' } });
    const parts = await openaiParts([open(0, "get_time"), open(1, "get_weather"), rest]);
    const calls = parts.filter(({ type }) => type === "tool-call");
    assert.deepEqual(calls.map(({ toolName, input }) => [toolName, input]), [
      ["get_time", "{}"],
      ["get_weather", '{"city":"Oslo"}'],
    ]);
    assert.equal(parts.at(-1).finishReason.unified, "tool-calls");
  });

  test("a refusal is text", async () => {
    const parts = await openaiParts([{ refusal: "I can" }, { refusal: "not" }], { finish: "content_filter" });
    assert.equal(joined(parts, "text-delta"), "I cannot");
    assert.equal(parts.at(-1).finishReason.unified, "content-filter");
  });

  test("log probabilities, and no timestamp where there is none", async () => {
    const token = (text) => ({ token: text, logprob: -1, bytes: null, top_logprobs: [] });
    const logprobs = { content: [token("a")], refusal: null };
    const parts = await openaiParts([{ content: "a" }, { content: "a" }], { logprobs, created: 0 });
    assert.deepEqual(parts.at(-1).providerMetadata.oci.logprobs, [token("a"), token("a")]);
    assert.deepEqual(Object.keys(find(parts, "response-metadata")), ["type", "id", "modelId"]);
  });

  test("raw chunks on request", async () => {
    const raw = (await partsOf(model("simgeneric"), { includeRawChunks: true })).filter(({ type }) => type === "raw");
    assert.ok(raw.every(({ rawValue }) => rawValue.object === "chat.completion.chunk"));
    assert.ok(!order(await partsOf(model("simgeneric"))).includes("raw"));
  });

  test("nothing is read ahead of its reader", async () => {
    const { house, seen } = fakeModel(endlessText());
    const { stream } = await house.doStream({ prompt: PROMPT });
    const reader = stream.getReader();
    let type;
    while (type !== "text-delta") ({ type } = (await reader.read()).value);
    await sleep(20);
    assert.equal(seen.pulls, 1);
    await reader.cancel();
  });

  test("leaving it cancels the request", async () => {
    const { house, seen } = fakeModel([textEvent("a")], { hang: true });
    const { stream } = await house.doStream({ prompt: PROMPT });
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel("enough");
    assert.ok(seen.cancelled !== undefined || seen.signal.aborted);
  });

  test("an abort rejects with its reason, before and after the first chunk", async () => {
    const reason = new Error("changed my mind");
    const { house } = fakeModel([], { hang: true });
    const early = new AbortController();
    const pending = house.doStream({ prompt: PROMPT, abortSignal: early.signal });
    early.abort(reason);
    assert.equal(await rejection(pending), reason);

    const { house: second, seen } = fakeModel([textEvent("a")], { hang: true });
    const late = new AbortController();
    const { stream } = await second.doStream({ prompt: PROMPT, abortSignal: late.signal });
    const reading = collectUntilError(stream);
    late.abort(reason);
    const { items, error } = await reading;
    assert.equal(error, reason);
    assert.ok(!order(items).includes("error"));
    assert.ok(seen.signal.aborted);
  });
});

describe("streams that fail", () => {
  test("before the first chunk: doStream rejects", async () => {
    const error = await rejection(model("simblocklist").doStream({ prompt: PROMPT }));
    assert.equal(error[Symbol.for("vercel.ai.error.AI_APICallError")], true);
  });

  for (const [name, settings, unified] of [
    ["V4", undefined, "interrupted"],
    ["V3", { specificationVersion: "v3" }, "error"],
  ]) {
    test(`a truncated stream has its text, an error, and no calls: ${name}`, async () => {
      const call = { type: "FUNCTION", id: "c1", name: "get_time", arguments: '{"ci' };
      const body = [textEvent("a"), event({ message: { role: "ASSISTANT", toolCalls: [call] } })];
      const { house } = fakeModel(body, { settings });
      const parts = await partsOf(house, { tools: TOOLS });
      const received = ["text-start", "text-delta", "tool-input-start", "tool-input-delta"];
      assert.deepEqual(order(parts).slice(2), [...received, "text-end", "error", "finish"]);
      const { error } = find(parts, "error");
      assert.ok(error.cause instanceof OciError);
      assert.equal(error.cause.code, "stream_truncated");
      const { finishReason, usage } = parts.at(-1);
      assert.deepEqual(finishReason, { unified, raw: "stream_truncated" });
      assert.deepEqual(usage, UNKNOWN_USAGE);
    });
  }

  test("an error of the service in the stream", async () => {
    const parts = await partsOf(model("simerrorevent"));
    assert.deepEqual(order(parts).slice(-3), ["text-end", "error", "finish"]);
    assert.deepEqual(parts.at(-1).finishReason, { unified: "error", raw: "stream_error" });
  });
});
