// Usage events: one record of each call, whatever became of it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointId } from "../simulator/server.mjs";
import { makeKey, makeNamespace } from "./support/engines.mjs";
import { logged, startGateway } from "./support/gateway.mjs";

const { bindings, call, send, ask } = await startGateway();
const OCI_MODELS = {
  ours: endpointId("simgeneric"),
  cohere: endpointId("simcohere"),
  down: endpointId("simdown"),
  cut: endpointId("simcut"),
  blocked: endpointId("simblocklist"),
  vectors: endpointId("simembed"),
  hang: endpointId("simhang"),
};

/** Longer than an index may be, with a character of two bytes at its end. */
const LONG_NAME = `${"t".repeat(95)}é`;

/** Both sinks, and what they have received. */
function sinks() {
  const points = [];
  const records = [];
  return {
    points,
    records,
    env: {
      USAGE: { writeDataPoint: (point) => points.push(point) },
      USAGE_QUEUE: { send: async (record) => records.push(record) },
    },
  };
}

/** The record of one call. */
async function recordOf(options, more) {
  const { points, records, env } = sinks();
  const response = await call(bindings({ OCI_MODELS, ...env, ...more }), options);
  await response.text().catch(() => {});
  assert.deepEqual([points.length, records.length], [1, 1]);
  return { record: records[0], point: points[0], response };
}

test("a record of a chat: who, where, how much, how long", async () => {
  for (const stream of [true, false]) {
    const { record, point, response } = await recordOf({ parameters: { stream } });
    const { time, first_chunk_ms, total_ms, host, request_id, ...rest } = record;
    assert.equal(new Date(time).toISOString(), time);
    assert.ok(host.startsWith("127.0.0.1:"));
    assert.equal(request_id, response.headers.get("x-request-id"));
    assert.ok(first_chunk_ms >= 0 && total_ms >= first_chunk_ms);
    const { prompt_tokens, completion_tokens, total_tokens, ...others } = rest;
    assert.ok(prompt_tokens > 0 && completion_tokens > 0);
    assert.equal(total_tokens, prompt_tokens + completion_tokens);
    assert.deepEqual(others, {
      key: "gateway",
      alias: "ours",
      operation: "chat",
      region: "us-chicago-1",
      serving_type: "DEDICATED",
      streamed: stream,
      status: 200,
      outcome: "complete",
      error: "",
      finish_reason: "stop",
      attempts: 1,
      cached_tokens: 0,
      reasoning_tokens: 0,
    });
    const { key, alias, operation, region, serving_type, outcome, error, finish_reason } = others;
    assert.deepEqual(point, {
      indexes: ["gateway"],
      blobs: [key, alias, operation, host, region, serving_type, outcome, error, finish_reason, request_id],
      doubles: [200, prompt_tokens, completion_tokens, total_tokens, 0, 0, first_chunk_ms, total_ms, 1, Number(stream)],
    });
  }
});

describe("outcomes", () => {
  const rows = [
    ["down", {}, { status: 503, outcome: "failed", error: "service_unavailable" }],
    ["blocked", {}, { status: 400, outcome: "failed", error: "content_filtered" }],
    ["cut", { stream: true }, { status: 200, outcome: "failed", error: "stream_truncated" }],
    ["ours", { n: "many" }, { status: 400, outcome: "failed", error: "invalid_request", attempts: 0 }],
  ];
  for (const [model, parameters, expected] of rows) {
    test(`${expected.error}: the status that the caller got`, async () => {
      const { record, response } = await recordOf({ model, parameters });
      assert.equal(response.status, expected.status);
      for (const [name, value] of Object.entries(expected)) assert.equal(record[name], value, name);
      assert.equal(record.alias, model);
    });
  }

  test("a caller that leaves, before the answer and in it", async () => {
    const controller = new AbortController();
    const before = sinks();
    const env = bindings({ OCI_MODELS, ...before.env });
    const asking = call(env, { model: "hang", parameters: { stream: true }, signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    assert.equal((await asking).status, 499);
    assert.deepEqual([before.records[0].status, before.records[0].outcome], [499, "cancelled"]);
    const within = sinks();
    const stream = await call(bindings({ OCI_MODELS, ...within.env }), {
      question: "tokens=20000",
      parameters: { stream: true },
    });
    const reader = stream.body.getReader();
    await reader.read();
    await reader.cancel();
    assert.deepEqual([within.records[0].status, within.records[0].outcome], [200, "cancelled"]);
  });
});

test("a model that is no alias is not repeated", async () => {
  for (const model of [endpointId("simgeneric"), "planted"]) {
    const { record, point } = await recordOf({ model }, { OCI_ALLOW_ANY_MODEL: "true", OCI_REGION: "us-chicago-1" });
    assert.equal(record.alias, "(no alias)");
    assert.doesNotMatch(JSON.stringify([record, point]), /ocid1|planted/);
  }
});

test("no prompt, answer, key, token, header or OCID is in a record or a data point", async () => {
  const { key, name } = makeKey();
  const { records, points, env } = sinks();
  const GATEWAY_KEYS = makeNamespace({ [name]: { name: "team" } });
  const all = bindings({ OCI_MODELS, GATEWAY_KEYS, GATEWAY_TOKEN: "planted-token", ...env });
  for (const model of [...Object.keys(OCI_MODELS).filter((alias) => alias !== "hang"), "planted-model"]) {
    for (const stream of [true, false]) {
      const parameters = { stream, user: "planted-user", metadata: { a: "planted-metadata" }, stop: ["planted-stop"] };
      const options = { model, question: "planted-prompt", parameters, headers: { "x-a": "planted-header" } };
      for (const token of [key, "planted-token"]) await (await call(all, { ...options, token })).text();
    }
  }
  assert.equal(records.length, points.length);
  assert.ok(records.length >= 24);
  const shown = JSON.stringify([records, points]);
  for (const secret of ["planted", key, "ocid1", "You asked"]) assert.ok(!shown.includes(secret), secret);
});

test("other operations, and the name of a key", async () => {
  const { key, name } = makeKey();
  const { records, points, env } = sinks();
  const GATEWAY_KEYS = makeNamespace({ [name]: { name: LONG_NAME } });
  const body = JSON.stringify({ model: "vectors", input: ["a", "b"] });
  const options = { method: "POST", body, token: key };
  const response = await send("/v1/embeddings", bindings({ OCI_MODELS, GATEWAY_KEYS, ...env }), options);
  assert.equal(response.status, 200);
  assert.deepEqual([records[0].operation, records[0].alias], ["embeddings", "vectors"]);
  assert.ok(records[0].total_tokens > 0);
  assert.equal(records[0].key, LONG_NAME);
  assert.equal(points[0].indexes[0], "t".repeat(95), "an index has at most 96 bytes");
});

test("a sink that fails never fails a call, and is logged once", async () => {
  const env = bindings({
    OCI_MODELS,
    USAGE: {
      writeDataPoint: () => {
        throw new Error("full");
      },
    },
    USAGE_QUEUE: { send: () => Promise.reject(new Error("gone")) },
  });
  const { lines } = await logged(async () => {
    for (let count = 0; count < 3; count++) assert.equal((await call(env)).status, 200);
    await new Promise((resolve) => setTimeout(resolve, 10));
  });
  assert.equal(lines.length, 2);
  assert.match(lines[0], /USAGE \(full\)/);
  assert.match(lines[1], /USAGE_QUEUE \(gone\)/);
});

test("a binding that can't be used is named", async () => {
  for (const wrong of [{ USAGE: "dataset" }, { USAGE_QUEUE: {} }]) {
    const { result, lines } = await logged(() => call(bindings({ OCI_MODELS, ...wrong })));
    assert.equal(result.status, 500);
    assert.match(lines.join(), /usage(?:Dataset|Queue) must be a binding/);
  }
});

test("sends after the response, in waitUntil", async () => {
  const works = [];
  const { env, records } = sinks();
  const request = new Request("https://gateway.example/v1/chat/completions", {
    method: "POST",
    headers: { authorization: "Bearer right" },
    body: JSON.stringify(ask("ours")),
  });
  const { default: gateway } = await import("oci-genai-edge/gateway");
  await gateway.fetch(request, bindings({ OCI_MODELS, ...env }), { waitUntil: (work) => works.push(work) });
  await Promise.all(works);
  assert.ok(works.length > 0);
  assert.equal(records.length, 1);
});
