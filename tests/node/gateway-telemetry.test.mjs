// Traces and metrics, as a collector on this machine receives them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { endpointId } from "../simulator/server.mjs";
import { errorOf, logged, startGateway } from "./support/gateway.mjs";
import { startCollector } from "./support/collector.mjs";

const conventions = JSON.parse(
  readFileSync(new URL("../expectations/gen-ai-conventions.json", import.meta.url), "utf8"),
);
const { simulator, bindings, call, send } = await startGateway();
const collector = await startCollector();
after(() => collector.close());

const OCI_MODELS = {
  ours: endpointId("simgeneric"),
  cut: endpointId("simcut"),
  blocked: endpointId("simblocklist"),
  vectors: endpointId("simembed"),
  command: "cohere.command-r-08-2024",
};
const env = bindings({
  OCI_MODELS,
  OCI_REGION: "us-chicago-1",
  OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
  OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20otel, x-team = a",
  OTEL_SERVICE_NAME: "our gateway",
  OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
});

/** The span and the metrics of one call. */
async function exportsOf(options) {
  collector.clear();
  const response = await call(env, options);
  const text = await response.text().catch(() => "");
  await collector.receives(2);
  const { spans, metrics, resources } = collector;
  return { response, text, span: spans[0], spans, metrics, resources };
}

const KINDS = { string: "stringValue", int: "intValue", double: "doubleValue", boolean: "boolValue" };

/** Attributes by name, each held against the conventions; ours are apart. */
function attributesOf(attributes) {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [kind] = Object.keys(value);
      if (key.startsWith("oci_genai_edge.")) return [key, value[kind]];
      const type = conventions.attributes[key];
      assert.ok(type, `${key} is in the conventions`);
      if (type === "string[]") return [key, value.arrayValue.values.map(({ stringValue }) => stringValue)];
      assert.equal(kind, KINDS[type], key);
      return [key, value[kind]];
    }),
  );
}

test("a chat: one span and measurements, by the conventions", async () => {
  const parameters = { stream: true, max_tokens: 50, temperature: 0.5, n: 1, seed: 7, top_p: 1 };
  const { span, spans, metrics, resources } = await exportsOf({ parameters });
  assert.equal(spans.length, 1);
  assert.equal(span.name, "chat ours");
  assert.equal(span.kind, 3);
  assert.deepEqual(span.status, {});
  assert.equal(span.parentSpanId, undefined);
  assert.match(span.traceId, /^[\da-f]{32}$/);
  assert.match(span.spanId, /^[\da-f]{16}$/);
  assert.match(span.startTimeUnixNano, /^\d{19}$/);
  assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
  const attributes = attributesOf(span.attributes);
  for (const name of conventions.span.required) assert.ok(attributes[name], name);
  assert.equal(attributes["gen_ai.provider.name"], "oracle_cloud.generative_ai");
  assert.equal(attributes["gen_ai.request.model"], "ours");
  assert.equal(attributes["gen_ai.request.stream"], true);
  assert.deepEqual(attributes["gen_ai.response.finish_reasons"], ["stop"]);
  assert.ok(Number(attributes["gen_ai.usage.input_tokens"]) > 0);
  assert.ok(Number(attributes["gen_ai.usage.output_tokens"]) > 0);
  assert.equal(attributes["gen_ai.request.max_tokens"], "50");
  assert.equal(attributes["gen_ai.request.temperature"], 0.5);
  assert.equal(attributes["gen_ai.request.choice.count"], undefined);
  assert.equal(attributes["server.address"], "127.0.0.1");
  assert.equal(attributes["server.port"], String(simulator.port));
  assert.equal(attributes["oci_genai_edge.key"], "gateway");
  assert.ok(attributes["gen_ai.response.time_to_first_chunk"] >= 0);

  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  assert.deepEqual([...byName.keys()].toSorted(), Object.keys(conventions.metrics).toSorted());
  for (const [name, { unit, bounds, required, optional }] of Object.entries(conventions.metrics)) {
    const metric = byName.get(name);
    assert.equal(metric.unit, unit);
    assert.equal(metric.histogram.aggregationTemporality, 1);
    for (const point of metric.histogram.dataPoints) {
      const found = attributesOf(point.attributes);
      for (const key of required) assert.ok(found[key], `${name} has ${key}`);
      for (const key of Object.keys(found)) assert.ok([...required, ...optional].includes(key), `${name}: ${key}`);
      assert.deepEqual(point.explicitBounds, bounds);
      assert.equal(point.bucketCounts.length, bounds.length + 1);
      assert.equal(point.bucketCounts.filter((count) => count === "1").length, 1);
      const bucket = point.bucketCounts.indexOf("1");
      assert.ok(bucket === bounds.length || point.sum <= bounds[bucket]);
      assert.ok(bucket === 0 || point.sum > bounds[bucket - 1]);
    }
  }
  const types = byName.get("gen_ai.client.token.usage").histogram.dataPoints.map(({ attributes: list }) => {
    return attributesOf(list)["gen_ai.token.type"];
  });
  assert.deepEqual(types, conventions["token types"]);
  for (const resource of resources) {
    const named = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue]));
    assert.deepEqual(named, { "service.name": "our gateway", "deployment.environment": "test" });
  }
  for (const headers of collector.headers) {
    assert.deepEqual([headers.authorization, headers["x-team"]], ["Bearer otel", "a"]);
  }
});

describe("other calls", () => {
  test("whole answers have no time to the first chunk, and a vendor's model has its name", async () => {
    const { span, metrics } = await exportsOf({ model: "command" });
    const attributes = attributesOf(span.attributes);
    assert.equal(attributes["gen_ai.response.model"], "cohere.command-r-08-2024");
    assert.equal(attributes["gen_ai.request.stream"], undefined);
    assert.ok(!metrics.some(({ name }) => name.endsWith("time_to_first_chunk")));
  });

  test("embeddings", async () => {
    collector.clear();
    const body = JSON.stringify({ model: "vectors", input: ["a"] });
    assert.equal((await send("/v1/embeddings", env, { method: "POST", body })).status, 200);
    await collector.receives(2);
    assert.equal(collector.spans[0].name, "embeddings vectors");
    assert.ok(conventions["operation names"].includes("embeddings"));
  });

  test("failures have their code, on the span and on the duration", async () => {
    for (const [model, stream, code] of [["blocked", false, "content_filtered"], ["cut", true, "stream_truncated"]]) {
      const { span, metrics } = await exportsOf({ model, parameters: { stream } });
      assert.deepEqual(span.status, { code: 2, message: code });
      assert.equal(attributesOf(span.attributes)["error.type"], code);
      const [point] = metrics.find(({ name }) => name.endsWith("duration")).histogram.dataPoints;
      assert.equal(attributesOf(point.attributes)["error.type"], code);
    }
  });
});

describe("traceparent", () => {
  const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  const PARENT = "00f067aa0ba902b7";
  const upstream = () => simulator.requests.at(-1).headers.traceparent;

  test("is taken up, and handed on", async () => {
    const { span } = await exportsOf({ headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
    assert.deepEqual([span.traceId, span.parentSpanId], [TRACE, PARENT]);
    assert.equal(upstream(), `00-${TRACE}-${span.spanId}-01`);
  });

  test("that is not sampled: measurements, and no span", async () => {
    collector.clear();
    await call(env, { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
    await collector.receives(1);
    await sleep(50);
    assert.deepEqual([collector.spans.length, collector.metrics.length > 0], [0, true]);
    assert.match(upstream(), new RegExp(`^00-${TRACE}-[\\da-f]{16}-00$`));
  });

  test("that is malformed begins a trace", async () => {
    for (const traceparent of ["", "x", `ff-${TRACE}-${PARENT}-01`, `00-${"0".repeat(32)}-${PARENT}-01`]) {
      const { span } = await exportsOf({ headers: { traceparent } });
      assert.notEqual(span.traceId, TRACE);
      assert.equal(span.parentSpanId, undefined);
    }
  });

  test("without a collector nothing is added to a request", async () => {
    await call(bindings({ OCI_MODELS }), { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
    assert.equal(upstream(), undefined);
  });
});

test("a collector that fails never fails a call, and is logged once", async () => {
  const failing = createServer((_request, response) => response.writeHead(500).end());
  await new Promise((resolve) => failing.listen(0, "127.0.0.1", resolve));
  const addresses = [`http://127.0.0.1:${failing.address().port}`, "http://127.0.0.1:1"];
  for (const OTEL_EXPORTER_OTLP_ENDPOINT of addresses) {
    const { lines } = await logged(async () => {
      const broken = bindings({ OCI_MODELS, OTEL_EXPORTER_OTLP_ENDPOINT });
      for (let count = 0; count < 3; count++) assert.equal((await call(broken)).status, 200);
      for (let wait = 0; wait < 100 && console.error.mock.callCount() === 0; wait++) await sleep(20);
      await sleep(100);
    });
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0], /OTEL_EXPORTER_OTLP_ENDPOINT/);
  }
  await new Promise((resolve) => failing.close(resolve));
});

test("variables that can't be used are named, without their value", async () => {
  for (const [name, value] of [
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "planted"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://planted.example"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "planted"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=%planted"],
    ["OTEL_RESOURCE_ATTRIBUTES", "=planted"],
  ]) {
    const { result, lines } = await logged(() => call({ ...env, [name]: value }));
    assert.equal(result.status, 500);
    assert.match(lines.join(), new RegExp(name));
    assert.doesNotMatch(`${lines.join()} ${(await errorOf(result)).message}`, /planted/);
  }
});
