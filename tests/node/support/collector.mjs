// An OpenTelemetry collector on this machine: OTLP over HTTP, in JSON.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const WAIT_MS = 20;
const WAITS = 500;

/** Starts one. What it has received is in `spans`, `metrics`, `resources`, `headers`, and as it came in `texts`. */
export async function startCollector() {
  const collector = {
    url: "",
    /** @type {any[]} */
    spans: [],
    /** @type {any[]} */
    metrics: [],
    /** @type {any[]} */
    resources: [],
    /** @type {import("node:http").IncomingHttpHeaders[]} */
    headers: [],
    /** @type {string[]} */
    texts: [],
    clear: () => {
      const { spans, metrics, resources, headers, texts } = collector;
      for (const list of [spans, metrics, resources, headers, texts]) list.length = 0;
    },
    /**
     * Waits until it has received so many exports.
     *
     * @param {number} count
     */
    receives: async (count) => {
      for (let wait = 0; wait < WAITS && collector.texts.length < count; wait++) await sleep(WAIT_MS);
      if (collector.texts.length < count) throw new Error(`the collector received ${collector.texts.length} exports`);
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(text);
    for (const { resource, scopeSpans } of resourceSpans) {
      collector.resources.push(resource);
      for (const { spans } of scopeSpans) collector.spans.push(...spans);
    }
    for (const { resource, scopeMetrics } of resourceMetrics) {
      collector.resources.push(resource);
      for (const { metrics } of scopeMetrics) collector.metrics.push(...metrics);
    }
    const isKnown = request.url === (resourceSpans.length > 0 ? "/v1/traces" : "/v1/metrics");
    collector.headers.push(request.headers);
    collector.texts.push(text);
    response.writeHead(isKnown ? 200 : 404, { "content-type": "application/json" }).end("{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  collector.url = `http://127.0.0.1:${port}`;
  return collector;
}
