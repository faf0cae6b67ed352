// Streams that stay open, probes and usage events in workerd, behind a proxy that cuts silent connections.

import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { request as httpRequest } from "node:http";
import { startCollector } from "../node/support/collector.mjs";
import { demoModels } from "../../scripts/demo-models.mjs";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";
import { bindingsOf, startWorkerd } from "./support/workerd.mjs";

const SILENT_MS = 1000;
const STREAMS = 500;
const AT_ONCE = 25;
const messages = [{ role: "user", content: "Hello? tokens=12" }];
const OCI_MODELS = JSON.stringify({ ...demoModels, slow: endpointId("simslow") });

/** A proxy in front of a port that cuts a connection on which the server has been silent for a second. */
async function startProxy(port) {
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", end).on("close", () => {
        sockets.delete(socket);
        end();
      });
    }
    client.pipe(upstream);
    upstream.pipe(client);
    upstream.setTimeout(SILENT_MS, end);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port: server.address().port, stop };
}

/** The text of a stream through a proxy; undefined if it was cut. */
function streamThrough(port, model = "slow") {
  return new Promise((resolve) => {
    const headers = { authorization: "Bearer token", "content-type": "application/json" };
    const options = { port, path: "/v1/chat/completions", method: "POST", headers, agent: false };
    const request = httpRequest(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (data) => (text += data));
      response.on("error", () => resolve(undefined));
      response.on("end", () => resolve(text));
    });
    request.on("error", () => resolve(undefined));
    request.end(JSON.stringify({ model, stream: true, messages }));
  });
}

/** Leaves a stream once a text has come. */
function leaveAfter(port, { model, beginning }) {
  let text = "";
  return new Promise((resolve) => {
    const options = { port, path: "/v1/chat/completions", method: "POST", headers: { authorization: "Bearer token" } };
    const request = httpRequest({ ...options, agent: false }, (response) => {
      response.on("error", () => {});
      response.on("data", (data) => {
        text += data;
        if (!text.includes(beginning)) return;
        request.socket.resetAndDestroy();
        resolve(undefined);
      });
    });
    request.on("error", () => {});
    const long = [{ role: "user", content: "tokens=100000" }];
    request.end(JSON.stringify({ model, stream: true, messages: long }));
  });
}

/** Starts a gateway with bindings, and a proxy in front of it. */
async function start(bindings) {
  const credentials = makeCredentials();
  const simulator = await startSimulator({ credentials: [credentials] });
  const worker = await startWorkerd({ ...bindingsOf(simulator, credentials), OCI_MODELS, ...bindings });
  const proxy = await startProxy(worker.port);
  const stop = async () => {
    await proxy.stop();
    worker.stop();
    await simulator.close();
  };
  return { origin: worker.origin, port: worker.port, simulator, proxy, stop };
}

describe("behind a proxy that cuts after a silent second", { timeout: 300_000 }, () => {
  let kept;
  before(async () => {
    kept = await start({ GATEWAY_KEEP_ALIVE_MS: "100" });
    // Compiles, and imports the key.
    await streamThrough(kept.proxy.port, "dac-generic");
  });
  after(() => kept?.stop());

  test(`none of ${STREAMS} streams is cut whose first event takes two seconds`, async () => {
    let cut = 0;
    for (let count = 0; count < STREAMS; count += AT_ONCE) {
      const texts = await Promise.all(
        Array.from({ length: AT_ONCE }, () => streamThrough(kept.proxy.port)),
      );
      cut += texts.filter((text) => !text?.endsWith("data: [DONE]\n\n")).length;
      for (const text of texts) assert.ok(!text || text.startsWith(": keep-alive\n\n"), text);
    }
    assert.equal(cut, 0);
  });

  test("probes need no token", async () => {
    const up = await fetch(`${kept.origin}/healthz`);
    assert.deepEqual([up.status, await up.json()], [200, { status: "up" }]);
    const ready = await fetch(`${kept.origin}/readyz`);
    assert.deepEqual([ready.status, await ready.json()], [200, { status: "ready" }]);
    const headers = { authorization: "Bearer token" };
    const { targets } = await (await fetch(`${kept.origin}/readyz`, { headers })).json();
    assert.equal(targets.find(({ alias }) => alias === "slow").state, "ok");
  });
});

describe("a caller that leaves", { timeout: 60_000 }, () => {
  let collector;
  let gateway;
  before(async () => {
    collector = await startCollector();
    gateway = await start({ GATEWAY_KEEP_ALIVE_MS: "200", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  });
  after(async () => {
    await gateway?.stop();
    await collector?.close();
  });

  const cases = [
    ["a response that has begun with comments", "slow", ": keep-alive"],
    ["a stream", "dac-generic", "data: {"],
  ];
  for (const [name, model, beginning] of cases) {
    test(`${name}: the request ends, is not repeated, and has its span`, async () => {
      const { length } = gateway.simulator.requests;
      collector.clear();
      await leaveAfter(gateway.port, { model, beginning });
      const record = gateway.simulator.requests[length];
      await record.done;
      assert.equal(record.clientGone, true);
      await collector.receives(2);
      const outcome = collector.spans[0].attributes.find(({ key }) => key === "oci_genai_edge.outcome");
      assert.equal(outcome.value.stringValue, "cancelled");
      assert.equal(gateway.simulator.requests.length, length + 1);
    });
  }
});

test("without keep-alive the same streams are cut", { timeout: 60_000 }, async () => {
  const bare = await start({ GATEWAY_KEEP_ALIVE_MS: "0" });
  try {
    const texts = await Promise.all(
      Array.from({ length: 5 }, () => streamThrough(bare.proxy.port)),
    );
    assert.deepEqual(texts, Array.from({ length: 5 }, () => undefined));
    const fast = await streamThrough(bare.proxy.port, "dac-generic");
    assert.ok(fast.endsWith("data: [DONE]\n\n"));
  } finally {
    await bare.stop();
  }
});
