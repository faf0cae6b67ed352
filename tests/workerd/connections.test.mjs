// Callers that disconnect, and bodies that are not read to their end, in workerd itself: the proxies of
// `wrangler dev` do not pass them on.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { request as httpRequest } from "node:http";
import { demoModels } from "../../scripts/demo-models.mjs";
import { makeCredentials, startSimulator } from "../simulator/server.mjs";
import { bindingsOf, startWorkerd } from "./support/workerd.mjs";

const MAX_BODY_BYTES = 100_000;

let simulator;
let worker;
let origin;

before(async () => {
  const credentials = makeCredentials();
  simulator = await startSimulator({ credentials: [credentials] });
  worker = await startWorkerd({
    ...bindingsOf(simulator, credentials),
    OCI_MODELS: JSON.stringify(demoModels),
    GATEWAY_MAX_BODY_BYTES: `${MAX_BODY_BYTES}`,
    GATEWAY_BODY_TIMEOUT_MS: "500",
  });
  origin = worker.origin;
});

after(async () => {
  worker?.stop();
  await simulator?.close();
});

/** Asks a model. `leave()` resets the connection: of one that only ends, a server may still answer to. */
function post(model) {
  const headers = { authorization: "Bearer token" };
  const request = httpRequest(`${origin}/v1/chat/completions`, { method: "POST", headers });
  request.on("error", () => {});
  const data = new Promise((resolve) => {
    request.on("response", (response) => response.on("error", () => {}).once("data", resolve));
  });
  request.end(JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "tokens=100000" }] }));
  return { data, leave: () => request.socket.resetAndDestroy() };
}

test("a caller that disconnects before its answer: the call is not retried", async () => {
  const { leave } = post("dac-throttled");
  while (simulator.requests.length === 0) await sleep(5);
  // The service asks for a wait of a second before each of two more attempts.
  leave();
  await sleep(2500);
  assert.equal(simulator.requests.length, 1);
});

test("a caller that disconnects while it waits or reads: the request to the service is cancelled", async () => {
  for (const model of ["dac-slow", "dac-generic"]) {
    const { length } = simulator.requests;
    const { data, leave } = post(model);
    while (simulator.requests.length === length) await sleep(5);
    if (model === "dac-generic") await data;
    leave();
    const record = simulator.requests[length];
    await record.done;
    assert.equal(record.clientGone, true, model);
    assert.equal(simulator.requests.length, length + 1);
  }
});

describe("a body of a request", () => {
  /** Sends the start of a body, and resolves to the status of the response. */
  const send = (text, headers) =>
    new Promise((resolve, reject) => {
      const all = { authorization: "Bearer token", ...headers };
      const request = httpRequest(`${origin}/v1/chat/completions`, { method: "POST", headers: all });
      request.on("error", reject);
      request.on("response", (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.write(text);
    });

  test("that is too large is 413, whether its length is announced or not", async () => {
    const { length } = simulator.requests;
    const large = "x".repeat(MAX_BODY_BYTES + 1);
    assert.equal(await send(large), 413);
    assert.equal(await send(large.slice(0, 10), { "content-length": large.length }), 413);
    assert.equal(simulator.requests.length, length);
  });

  test("that does not end is 408", async () => {
    const { length } = simulator.requests;
    assert.equal(await send('{"model":'), 408);
    assert.equal(await send('{"model":', { "content-length": 100 }), 408);
    assert.equal(simulator.requests.length, length);
  });
});
