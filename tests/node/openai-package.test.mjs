// The npm package `openai`, pointed at OCI by nothing but `fetch: oci.fetch`.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const supported = Number(process.versions.node.split(".")[0]) >= 22;
const skip = supported ? false : `openai 7 needs Node 22, this is ${process.version}: run these tests in a newer one`;

if (skip) test("the npm package openai", { skip });

describe("openai", { skip, timeout: 30_000 }, () => {
  let OpenAI;
  let simulator;
  let openai;
  let oci;
  before(async () => {
    ({ default: OpenAI } = await import("openai"));
    const key = makeCredentials();
    simulator = await startSimulator({ credentials: [key], pace: 1 });
    oci = new OciGenAI({
      endpoint: simulator.url,
      compartmentId: simulator.compartmentId,
      sign: apiKeySigner(key),
      retry: { maxAttempts: 1 },
      models: { house: endpointId("simgeneric") },
    });
    openai = new OpenAI({ baseURL: "https://gateway.example/v1", apiKey: "sk-of-nobody", fetch: oci.fetch });
  });
  after(() => simulator?.close());

  const messages = [{ role: "user", content: "Is it 東京?" }];

  test("streams from a dedicated endpoint", async () => {
    const stream = await openai.chat.completions.create({ model: endpointId("simgeneric"), messages, stream: true, stream_options: { include_usage: true } });
    let text = "";
    let usage;
    let finish;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    const completion = await openai.chat.completions.create({ model: endpointId("simgeneric"), messages });
    assert.equal(text, completion.choices[0].message.content);
    assert.match(text, /^You asked: "Is it 東京\?"/);
    assert.equal(finish, "stop");
    assert.deepEqual(usage, completion.usage);
    const { authorization } = simulator.requests.at(-1).headers;
    assert.match(authorization, /^Signature /);
  });

  test("the request id and the raw response", async () => {
    const { data, response, request_id } = await openai.chat.completions.create({ model: "house", messages }).withResponse();
    assert.equal(request_id, data.oci.opc_request_id);
    assert.equal(data._request_id, request_id);
    assert.equal(response.status, 200);
  });

  test("tool calls, streamed and put together by its own helper", async () => {
    const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } } }];
    const request = { model: endpointId("simgpt"), messages: [{ role: "user", content: "The weather in Oslo and Lima, parallel?" }], tools };
    const stream = openai.chat.completions.stream(request);
    const completion = await stream.finalChatCompletion();
    const [{ message, finish_reason }] = completion.choices;
    assert.equal(finish_reason, "tool_calls");
    assert.deepEqual(message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments).city]), [["get_weather", "Oslo"], ["get_weather", "Lima"]]);

    const results = message.tool_calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "sun" }));
    const next = await openai.chat.completions.create({ ...request, messages: [...request.messages, message, ...results] });
    assert.match(next.choices[0].message.content, /sun/);
  });

  test("an endpoint that can't stream", async () => {
    const stream = await openai.chat.completions.create({ model: endpointId("simnostream"), messages, stream: true });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.equal(chunks.length, 2);
    assert.match(chunks[0].oci.fallback, /not supported/);
  });

  test("errors are its own classes, and it does not try again", async () => {
    for (const [model, Class, status, code] of [
      ["nothing", OpenAI.NotFoundError, 404, "invalid_model"],
      [endpointId("nosuchendpoint"), OpenAI.NotFoundError, 404, "not_found_or_unauthorized"],
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
        const tries = stream && !["invalid_model", "rate_limited", "not_found_or_unauthorized"].includes(code) ? 2 : 1;
        assert.equal(simulator.requests.length - length, code === "invalid_model" ? 0 : tries, code);
      }
    }
    const stranger = new OpenAI({ baseURL: "https://gateway.example/v1", apiKey: "x", fetch: new OciGenAI({ endpoint: simulator.url, compartmentId: simulator.compartmentId }).fetch });
    await assert.rejects(stranger.chat.completions.create({ model: "meta.llama-3.3-70b-instruct", messages }), OpenAI.AuthenticationError);
    await assert.rejects(openai.chat.completions.create({ model: "house", messages, temperature: "hot" }), (error) => error instanceof OpenAI.BadRequestError && error.param === "temperature");
  });

  test("a stream that breaks throws", async () => {
    const stream = await openai.chat.completions.create({ model: endpointId("simerrorevent"), messages, stream: true });
    let text = "";
    await assert.rejects(
      async () => {
        for await (const chunk of stream) text += chunk.choices[0].delta.content ?? "";
      },
      (error) => error instanceof OpenAI.APIError && /stopped unexpectedly/.test(error.message),
    );
    assert.notEqual(text, "");
  });

  test("an abort, and a break, end the request upstream", async () => {
    const { length } = simulator.requests;
    const long = { model: "house", messages: [{ role: "user", content: "tokens=5000" }], stream: true };
    const stream = await openai.chat.completions.create(long);
    for await (const _ of stream) break;

    const stop = new AbortController();
    const aborted = await openai.chat.completions.create(long, { signal: stop.signal });
    for await (const _ of aborted) stop.abort();

    const waiting = openai.chat.completions.create({ ...long, model: endpointId("simslow"), stream: false }, { signal: stop.signal });
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

  test("models", async () => {
    const ids = [];
    for await (const { id } of openai.models.list()) ids.push(id);
    assert.deepEqual(ids, ["house"]);
  });
});
