// The gateway: embeddings, reranking and moderation.

import assert from "node:assert/strict";
import { test } from "node:test";
import { embeddingOf } from "../simulator/operations.mjs";
import { endpointId } from "../simulator/server.mjs";
import { errorOf, logged, startGateway } from "./support/gateway.mjs";

const { simulator, bindings, send } = await startGateway();

const OCI_MODELS = {
  vectors: endpointId("simembed"),
  ranker: endpointId("simrerank"),
  down: endpointId("simdown"),
  chat: { model: "meta.llama-3.3-70b-instruct", transport: "openai" },
};
const REQUESTS = {
  embeddings: { model: "vectors", input: "rain" },
  rerank: { model: "ranker", query: "rain", documents: ["rain"] },
  moderations: { input: "rain" },
};

const env = bindings({ OCI_MODELS, OCI_REGION: "us-chicago-1" });
const post = (path, body, options) => {
  return send(`/v1/${path}`, env, { method: "POST", body: JSON.stringify(body), ...options });
};

test("answers each operation", async () => {
  const answers = {};
  for (const [path, request] of Object.entries(REQUESTS)) {
    const response = await post(path, request);
    answers[path] = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answers[path]));
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.match(response.headers.get("x-request-id"), /^[0-9A-F/]+$/);
    const route = JSON.parse(response.headers.get("oci-route"));
    const servingType = path === "moderations" ? undefined : "DEDICATED";
    assert.deepEqual([route.transport, route.servingType, route.region], ["native", servingType, "us-chicago-1"]);
    assert.doesNotMatch(response.headers.get("oci-route"), /ocid1/);
  }
  assert.deepEqual(answers.embeddings.data[0].embedding, embeddingOf("rain"));
  assert.equal(answers.embeddings.model, "vectors", "the alias, not the OCID");
  assert.deepEqual(answers.rerank.results, [{ index: 0, relevance_score: 1 }]);
  assert.equal(answers.moderations.results[0].flagged, false);
});

test("requires the token, POST, and an alias", async () => {
  const before = simulator.requests.length;
  for (const [path, request] of Object.entries(REQUESTS)) {
    const wrong = await post(path, request, { token: "wrong" });
    assert.equal(wrong.status, 401);
    const read = await send(`/v1/${path}`, env, { method: "GET" });
    assert.deepEqual([read.status, read.headers.get("allow")], [405, "POST"]);
    for (const model of [endpointId("simembed"), "cohere.embed-v4.0"]) {
      // Moderation calls no model: only an OCID says where it goes.
      if (path === "moderations" && !model.startsWith("ocid1.")) continue;
      const other = await post(path, { ...request, model });
      assert.equal(other.status, 404, path);
      assert.equal((await errorOf(other)).code, "invalid_model");
    }
    const unknown = await post(path, { ...request, nonsense: 1 });
    assert.equal(unknown.status, 400);
    assert.equal((await errorOf(unknown)).param, "nonsense");
    const none = await post(path, "text");
    assert.equal(none.status, 400);
  }
  assert.equal(simulator.requests.length, before);
});

test("failures are described in the gateway's words", async () => {
  const down = await post("embeddings", { model: "down", input: "a" });
  const error = await errorOf(down);
  assert.deepEqual([down.status, error.code], [503, "service_unavailable"]);
  assert.doesNotMatch(error.message, /currently/);
  const { result, lines } = await logged(() => post("rerank", { ...REQUESTS.rerank, model: "chat" }));
  assert.equal(result.status, 500);
  assert.doesNotMatch((await errorOf(result)).message, /transport/);
  assert.match(lines.join(), /invalid_options: .*openai transport.*native/);
});

test("a caller that leaves cancels every batch", async () => {
  const stop = new AbortController();
  const { length } = simulator.requests;
  const input = Array.from({ length: 150 }, () => "delay=60000");
  const response = post("embeddings", { model: "vectors", input }, { signal: stop.signal });
  while (simulator.requests.length < length + 2) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  assert.equal((await response).status, 499);
  for (const record of simulator.requests.slice(length)) {
    await record.done;
    assert.equal(record.clientGone, true);
  }
});
