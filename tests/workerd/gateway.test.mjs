// The Worker in workerd, in front of the simulator: the whole path of a request over HTTP.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI, { BadRequestError } from "openai";
import { demoModels } from "../../scripts/demo-models.mjs";
import { startStage } from "../../scripts/stage.mjs";
import { WEATHER_TOOL } from "../node/support/chat-request.mjs";
import { collect, contentOf } from "../node/support/streams.mjs";
import { embeddingOf } from "../simulator/operations.mjs";
import { endpointId } from "../simulator/server.mjs";

/** Aliases of endpoints that fail. */
const failing = {
  unknown: endpointId("simunknown"),
  redirect: endpointId("simredirect"),
  blocked: endpointId("simblocklist"),
  broken: endpointId("simerrorevent"),
};
/** Aliases of models that do not chat. */
const others = { vectors: endpointId("simembed"), ranker: endpointId("simrerank") };
const PAGE = "https://app.example";
const MAX_BODY_BYTES = 100_000;

let stage;
before(async () => {
  const bindings = {
    OCI_MODELS: JSON.stringify({ ...demoModels, ...failing, ...others }),
    OCI_REGION: "us-chicago-1",
    GATEWAY_ORIGINS: PAGE,
    GATEWAY_MAX_BODY_BYTES: `${MAX_BODY_BYTES}`,
  };
  stage = await startStage({ bindings });
});
after(() => stage?.stop());

const messages = [{ role: "user", content: "What streams from a cluster? tokens=12" }];

/** Posts a request, with the token by default. */
function post(body, { token = stage.token, path = "/v1/chat/completions", signal, headers: more } = {}) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }), ...more };
  const init = { method: "POST", headers, body: JSON.stringify({ messages, ...body }), signal };
  return fetch(`${stage.origin}${path}`, init);
}

/** Requests a stream, and reads it to its end. */
async function stream(model, parameters = {}) {
  const response = await post({ model, stream: true, ...parameters });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const events = text
    .split("\n\n")
    .filter(Boolean)
    .map((event) => event.replace(/^data: /, ""));
  const done = events.at(-1) === "[DONE]";
  const chunks = events.filter((data) => data !== "[DONE]").map((data) => JSON.parse(data));
  const route = JSON.parse(response.headers.get("oci-route"));
  const finish = chunks.map((chunk) => chunk.choices?.[0]?.finish_reason).find(Boolean);
  return { chunks, content: contentOf(chunks), done, route, finish };
}

const lastRequest = () => stage.simulator.requests.at(-1);

describe("the same request to every kind of model", () => {
  const dedicated = (apiFormat) => ({ transport: "native", servingType: "DEDICATED", apiFormat });
  const rows = [
    ["DAC GENERIC, streaming", "dac-generic", dedicated("GENERIC")],
    ["DAC COHERE, streaming", "dac-cohere", dedicated("COHERE")],
    ["DAC COHEREV2, streaming", "dac-cohere-v2", dedicated("COHEREV2")],
    [
      "on-demand Command R",
      "on-demand-command-r",
      { transport: "native", servingType: "ON_DEMAND", apiFormat: "COHERE" },
    ],
    ["on-demand vendor.model", "on-demand-llama", { transport: "openai" }],
    ["DAC of unknown format", "dac-unknown-format", dedicated("COHERE")],
  ];
  let expected;
  for (const [name, model, route] of rows) {
    test(name, async () => {
      const answer = await stream(model);
      assert.ok(answer.chunks.length >= 10, "token by token");
      assert.ok(answer.content.includes("What streams from a cluster?"));
      expected ??= answer.content;
      assert.equal(answer.content, expected, "every format yields the same text");
      assert.equal(answer.done, true);
      assert.ok(["stop", "length"].includes(answer.finish));
      const { transport, servingType, apiFormat } = answer.route;
      assert.deepEqual(JSON.parse(JSON.stringify({ transport, servingType, apiFormat })), route);
      assert.equal(lastRequest().rejected, undefined);
    });
  }

  test("DAC that rejects streaming: one chunk with the reason", async () => {
    const answer = await stream("dac-no-stream");
    assert.equal(answer.content, expected);
    assert.equal(answer.chunks.filter((chunk) => chunk.choices[0]?.delta.content).length, 1);
    assert.match(answer.chunks[0].oci.fallback, /bad_request/);
    assert.ok(answer.chunks[0].usage.total_tokens > 0);
    assert.equal(answer.done, true);
    assert.equal(lastRequest().body.chatRequest.isStream, undefined);
  });

  test("model ids without an alias can't be called, and nothing is sent", async () => {
    const { length } = stage.simulator.requests;
    for (const model of [endpointId("simgeneric"), "oci:cohere.command-r-08-2024", "gpt-4o"]) {
      const response = await post({ model, stream: true });
      assert.equal(response.status, 404);
      const { error } = await response.json();
      assert.deepEqual([error.code, error.param], ["invalid_model", "model"]);
      assert.ok(error.message.includes("dac-generic, dac-cohere"), error.message);
    }
    assert.equal(stage.simulator.requests.length, length);
  });

  test("unstreamed", async () => {
    for (const model of ["dac-generic", "dac-cohere", "on-demand-llama"]) {
      const completion = await (await post({ model })).json();
      assert.equal(completion.object, "chat.completion");
      assert.equal(completion.choices[0].message.content, expected);
    }
  });
});

describe("other operations", () => {
  test("the npm package openai embeds and moderates", async () => {
    const openai = new OpenAI({ baseURL: `${stage.origin}/v1`, apiKey: stage.token });
    const input = Array.from({ length: 800 }, (_, index) => `text ${index}`);
    const { data, usage } = await openai.embeddings.create({ model: "vectors", input, encoding_format: "float" });
    assert.deepEqual(data.map(({ embedding }) => embedding), input.map((text) => embeddingOf(text)));
    assert.equal(usage.total_tokens, 1600);
    const { results } = await openai.moderations.create({ input: ["rain", "I hate it"] });
    assert.deepEqual(results.map(({ flagged }) => flagged), [false, true]);
    await assert.rejects(openai.embeddings.create({ model: "vectors", input: [1] }), BadRequestError);
  });

  test("reranks", async () => {
    const body = { model: "ranker", query: "rain", documents: ["sun", "rain"], messages: undefined };
    const response = await post(body, { path: "/v1/rerank" });
    const { results } = await response.json();
    assert.deepEqual(results.map(({ index, relevance_score }) => [index, relevance_score]), [
      [1, 1],
      [0, 0],
    ]);
    assert.equal((await post(body, { path: "/v1/rerank", token: "wrong" })).status, 401);
  });
});

describe("tool calls", () => {
  for (const model of [
    "dac-generic",
    "dac-cohere",
    "dac-cohere-v2",
    "dac-unknown-format",
    "dac-qwen",
    "on-demand-command-r",
    "on-demand-llama",
  ]) {
    test(model, async () => {
      const weather = [{ role: "user", content: "What is the weather in Oslo?" }];
      const { chunks, content, finish } = await stream(model, { messages: weather, tools: [WEATHER_TOOL] });
      const calls = [];
      for (const delta of chunks.flatMap((chunk) => chunk.choices?.[0]?.delta.tool_calls ?? [])) {
        const call = (calls[delta.index] ??= { arguments: "" });
        call.name ??= delta.function.name;
        call.id ??= delta.id;
        call.arguments += delta.function.arguments ?? "";
      }
      assert.equal(calls.length, 1);
      assert.equal(calls[0].name, "get_weather");
      assert.ok(calls[0].id);
      assert.equal(typeof JSON.parse(calls[0].arguments).city, "string");
      assert.equal(finish, "tool_calls");
      assert.doesNotMatch(content, /tool_call/);
    });
  }
});

test("streams have usage when it was asked for", async () => {
  const { chunks } = await stream("dac-generic", { stream_options: { include_usage: true } });
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.completion_tokens > 0);
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));
});

describe("the token", () => {
  test("is required: a missing or wrong one is 401, and nothing is sent to OCI", async () => {
    const { length } = stage.simulator.requests;
    for (const token of [null, "wrong", `${stage.token}x`, stage.token.slice(0, -1)]) {
      const response = await post({ model: "dac-generic" }, { token });
      assert.equal(response.status, 401);
      assert.equal((await response.json()).error.type, "authentication_error");
    }
    assert.equal(stage.simulator.requests.length, length);
    assert.equal((await post({ model: "dac-generic" })).status, 200);
  });

  test("is required for the API, and not for the page", async () => {
    const page = await fetch(`${stage.origin}/`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<html/i);
    assert.equal((await fetch(`${stage.origin}/v1/models`)).status, 401);
  });
});

test("lists the aliases as models, without OCIDs", async () => {
  const response = await fetch(`${stage.origin}/v1/models`, { headers: { authorization: `Bearer ${stage.token}` } });
  const text = await response.text();
  assert.deepEqual(
    JSON.parse(text).data.map((model) => model.id),
    Object.keys({ ...demoModels, ...failing, ...others }),
  );
  assert.doesNotMatch(text, /ocid1/);
  const headers = { authorization: `Bearer ${stage.token}` };
  const model = await (await fetch(`${stage.origin}/v1/models/dac-generic`, { headers })).json();
  assert.deepEqual(model, JSON.parse(text).data[0]);
});

describe("failures", () => {
  const rows = [
    ["gpt-4o", 404, "invalid_model"],
    ["unknown", 404, "not_found_or_unauthorized"],
    ["redirect", 502, "redirected"],
    ["blocked", 400, "content_filtered"],
  ];
  for (const [model, status, code] of rows) {
    test(code, async () => {
      const response = await post({ model, stream: true });
      assert.equal(response.status, status);
      const { error } = await response.json();
      assert.equal(error.code, code);
      assert.doesNotMatch(error.message, /Authorization failed|Inappropriate|signature/);
      if (code !== "invalid_model") assert.match(response.headers.get("x-request-id"), /^[0-9A-F]{32}/);
    });
  }

  test("the operator's are logged, the service's words are not", async () => {
    await (await post({ model: "unknown" })).text();
    await (await post({ model: "blocked" })).text();
    while (!/not_found_or_unauthorized: /.test(stage.output())) await sleep(20);
    assert.doesNotMatch(stage.output(), /Inappropriate/);
  });

  test("a malformed request, another method, an unknown path", async () => {
    const headers = { authorization: `Bearer ${stage.token}` };
    const broken = await fetch(`${stage.origin}/v1/chat/completions`, { method: "POST", headers, body: "{" });
    assert.equal(broken.status, 400);
    assert.equal((await fetch(`${stage.origin}/v1/chat/completions`, { headers })).status, 405);
    for (const path of ["/v1/images", "/v1/x/chat/completions"]) {
      assert.equal((await fetch(`${stage.origin}${path}`, { headers })).status, 404);
    }
  });

  test("in the middle of a stream: an error event after the received chunks", async () => {
    const { chunks, content, done } = await stream("dac-cut");
    assert.ok(content.length > 0);
    assert.equal(done, false);
    assert.equal(chunks.at(-1).error.code, "stream_truncated");
    const { error } = (await stream("broken")).chunks.at(-1);
    assert.equal(error.code, "stream_error");
    assert.doesNotMatch(error.message, /The model stopped unexpectedly/);
  });
});

test("a body that is too large is 413, and nothing is sent", async () => {
  const { length } = stage.simulator.requests;
  const response = await post({ model: "dac-generic", user: "x".repeat(MAX_BODY_BYTES) });
  assert.equal(response.status, 413);
  assert.equal((await response.json()).error.code, "request_too_large");
  assert.equal(stage.simulator.requests.length, length);
  // The rest of the body is not read, so the connection ends, which wrangler's proxy may find out with its next
  // request: its own 500 is plain text.
  const next = await post({ model: "dac-generic" });
  const isProxys = next.status === 500 && !next.headers.get("content-type")?.includes("json");
  assert.equal((isProxys ? await post({ model: "dac-generic" }) : next).status, 200);
});

describe("CORS", () => {
  const cors = ({ headers }) => [headers.get("access-control-allow-origin"), headers.get("vary")];

  test("a preflight of an allowed page, and of another", async () => {
    const preflight = (origin) => {
      const asks = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
      const headers = { origin, ...asks };
      return fetch(`${stage.origin}/v1/chat/completions`, { method: "OPTIONS", headers });
    };
    const allowed = await preflight(PAGE);
    assert.equal(allowed.status, 204);
    assert.deepEqual(cors(allowed), [PAGE, "origin"]);
    assert.match(allowed.headers.get("access-control-allow-headers"), /^authorization, /);
    const other = await preflight("https://other.example");
    assert.equal(other.status, 204);
    assert.deepEqual(cors(other), [null, "origin"]);
  });

  test("streams and errors", async () => {
    for (const [model, status] of [
      ["dac-generic", 200],
      ["blocked", 400],
    ]) {
      const response = await post({ model, stream: true }, { headers: { origin: PAGE } });
      assert.equal(response.status, status);
      assert.deepEqual(cors(response), [PAGE, "origin"]);
      await response.text();
    }
  });
});

test("a caller that disconnects cancels the request to OCI", async () => {
  const controller = new AbortController();
  const long = [{ role: "user", content: "tokens=200000" }];
  const response = await post({ model: "dac-generic", stream: true, messages: long }, { signal: controller.signal });
  const reader = response.body.getReader();
  await reader.read();
  const record = lastRequest();
  controller.abort();
  await reader.read().catch(() => {});
  await record.done;
  assert.equal(record.clientGone, true);
});

test("no secret of the operator's, the caller's or the service's is in an answer or the log", async () => {
  const credentials = stage.bindings.OCI_PRIVATE_KEY.split("\\n").slice(1, 3);
  const secrets = [...credentials, "planted-prompt", "planted-header", "planted-token"];
  let shown = "";
  for (const model of [...Object.keys(failing), "dac-cut", "dac-throttled", "other"]) {
    for (const isStream of [true, false]) {
      const content = [{ role: "system", content: "planted-prompt" }, { role: "user", content: "Hello?" }];
      const headers = { "x-planted": "planted-header", cookie: "a=planted-header" };
      const response = await post({ model, stream: isStream, messages: content }, { headers });
      shown += `${JSON.stringify([...response.headers])} ${await response.text()}`;
    }
  }
  shown += await (await post({ model: "dac-generic" }, { token: "planted-token" })).text();
  for (const secret of [...secrets, stage.token]) {
    assert.ok(!shown.includes(secret), `the answers have ${secret}`);
    assert.ok(!stage.output().includes(secret), `the log has ${secret}`);
  }
});

test("the openai package streams through the Worker", async () => {
  const openai = new OpenAI({ baseURL: `${stage.origin}/v1`, apiKey: stage.token, maxRetries: 0 });
  const request = { model: "dac-generic", messages, stream: true };
  const chunks = await collect(await openai.chat.completions.create(request));
  assert.ok(contentOf(chunks).includes("What streams from a cluster?"));
  const throttled = { model: "dac-throttled", messages };
  await assert.rejects(openai.chat.completions.create(throttled), (error) => error.status === 429);
});

test("60 concurrent callers receive their own answers", async () => {
  const questions = Array.from({ length: 60 }, (_, index) => `question number ${index}?`);
  const models = ["dac-generic", "dac-cohere", "on-demand-command-r", "on-demand-llama", "dac-no-stream"];
  const answers = await Promise.all(
    questions.map((content, index) => stream(models[index % models.length], { messages: [{ role: "user", content }] })),
  );
  answers.forEach((answer, index) =>
    assert.ok(answer.content.includes(questions[index]), `${index}: ${answer.content}`),
  );
});
