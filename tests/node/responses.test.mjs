// The Responses API: how its streams end, what it is on each wire, and what is not served.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { endpointId } from "../simulator/server.mjs";
import { errorOf, logged, startGateway } from "./support/gateway.mjs";

const { simulator, client, bindings, send } = await startGateway();

const ENDPOINTS = {
  generic: endpointId("simgeneric"),
  cohere: endpointId("simcohere"),
  coherev2: endpointId("simcoherev2"),
  openai: { model: "openai.gpt-oss-120b", transport: "openai" },
};
const oci = client({ region: "us-chicago-1", retry: { maxAttempts: 1 }, models: ENDPOINTS });

/** Posts a request to `oci.fetch`. */
function post(request, init) {
  const body = JSON.stringify({ input: "Is it 東京?", ...request });
  return oci.fetch("https://oci.example/v1/responses", { method: "POST", body, ...init });
}

/** The events of a response: each has its type as its name, and a number. */
async function eventsOf(response) {
  const lines = (await response.text()).split("\n\n");
  assert.deepEqual(lines.splice(-2), ["data: [DONE]", ""]);
  return lines.map((event, number) => {
    const [, name, data] = /^event: (\S+)\ndata: (.+)$/.exec(event);
    const json = JSON.parse(data);
    assert.deepEqual([json.type, json.sequence_number], [name, number]);
    return json;
  });
}

test("a response is the same on every wire, streamed or whole", async () => {
  for (const model of Object.keys(ENDPOINTS)) {
    const request = { model, instructions: "Be brief.", metadata: { a: "b" } };
    const whole = await (await post(request)).json();
    const events = await eventsOf(await post({ ...request, stream: true }));
    const deltas = events.filter(({ type }) => type === "response.output_text.delta").map(({ delta }) => delta);
    const [{ content }] = whole.output;
    assert.match(content[0].text, /^You asked: "Is it 東京\?"/, model);
    assert.equal(deltas.join(""), content[0].text, model);
    const { type, response } = events.at(-1);
    assert.equal(type, "response.completed");
    assert.deepEqual(response.usage, whole.usage, model);
    assert.ok(whole.usage.input_tokens > 0);
    const { instructions, metadata, store, status, error } = response;
    const expected = ["Be brief.", { a: "b" }, false, "completed", null];
    assert.deepEqual([instructions, metadata, store, status, error], expected);
  }
});

test("a stream that fails keeps what it has, and ends with response.failed", async () => {
  for (const [name, code, message] of [
    ["simerrorevent", "stream_error", /stopped unexpectedly/],
    ["simcut", "stream_truncated", /connection broke/],
    ["simnofinish", "stream_truncated", /ended before/],
  ]) {
    const answer = await post({ model: endpointId(name), stream: true });
    assert.equal(answer.status, 200);
    const events = await eventsOf(answer);
    const { type, response } = events.at(-1);
    assert.deepEqual([type, response.status], ["response.failed", "failed"], name);
    assert.equal(response.error.code, code, name);
    assert.match(response.error.message, message);
    const [item] = response.output;
    assert.equal(item.status, "incomplete");
    assert.notEqual(item.content[0].text, "");
    assert.deepEqual(events.at(-2).item, item);
  }
});

test("callers of the gateway get its own words for a stream that fails", async () => {
  const body = JSON.stringify({ model: "errorevent", input: "null", stream: true });
  const env = bindings({ OCI_REGION: "us-chicago-1" });
  const { result } = await logged(() => send("/v1/responses", env, { method: "POST", body }));
  const { response } = (await eventsOf(result)).at(-1);
  assert.equal(response.error.code, "stream_error");
  assert.match(response.error.message, /^the service reported an error before/);
  assert.doesNotMatch(JSON.stringify(response), /stopped unexpectedly/);
});

test("a failure before the first event is an error with a status", async () => {
  for (const [model, status, code] of [
    ["nothing", 404, "invalid_model"],
    [endpointId("simunknown"), 404, "not_found_or_unauthorized"],
    [endpointId("simthrottled"), 429, "rate_limited"],
    [endpointId("simblocklist"), 400, "content_filtered"],
  ]) {
    for (const stream of [false, true]) {
      const answer = await post({ model, stream });
      assert.equal(answer.status, status, code);
      assert.equal((await errorOf(answer)).code, code);
    }
  }
  const { param } = await errorOf(await post({ model: "cohere", reasoning: { effort: "low" } }));
  assert.equal(param, "reasoning.effort");
});

test("an endpoint that can't stream answers in events all the same", async () => {
  const { response } = (await eventsOf(await post({ model: endpointId("simnostream"), stream: true }))).at(-1);
  assert.match(response.oci.fallback, /^bad_request: /);
  assert.equal(response.output[0].status, "completed");
});

test("an answer that reaches its limit is incomplete", async () => {
  const request = { model: "generic", input: "tokens=50", max_output_tokens: 20 };
  const whole = await (await post(request)).json();
  const { type, response } = (await eventsOf(await post({ ...request, stream: true }))).at(-1);
  assert.equal(type, "response.incomplete");
  for (const { status, incomplete_details: details, output, completed_at: at } of [whole, response]) {
    assert.deepEqual([status, details, at], ["incomplete", { reason: "max_output_tokens" }, null]);
    assert.equal(output[0].status, "incomplete");
  }
});

test("an abort cancels the request to OCI", async () => {
  const { length } = simulator.requests;
  const stop = new AbortController();
  const answer = await post({ model: "generic", input: "tokens=5000", stream: true }, { signal: stop.signal });
  const reader = answer.body.getReader();
  await reader.read();
  stop.abort();
  await assert.rejects(async () => {
    for (;;) if ((await reader.read()).done) return;
  }, { name: "AbortError" });
  while (simulator.requests.length === length) await sleep(2);
  const record = simulator.requests[length];
  await record.done;
  assert.equal(record.clientGone, true);
});

test("what refers to a stored response is not found, and told what to do", async () => {
  for (const [method, path] of [
    ["GET", "/responses/resp_1"],
    ["DELETE", "/responses/resp_1"],
    ["POST", "/responses/resp_1/cancel"],
    ["POST", "/responses/compact"],
  ]) {
    const direct = await oci.fetch(`https://oci.example/v1${path}`, { method });
    const behind = await send(`/v1${path}`, bindings(), { method });
    for (const answer of [direct, behind]) {
      assert.equal(answer.status, 404, path);
      assert.match((await errorOf(answer)).message, /send the whole conversation/);
    }
  }
  assert.equal((await oci.fetch("https://oci.example/v1/responses")).status, 405);
});
