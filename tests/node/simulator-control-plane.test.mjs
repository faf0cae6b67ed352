// The simulator's control plane, asked by the package's own signer.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointId, startSimulator } from "../simulator/server.mjs";
import { startHarness } from "./support/harness.mjs";

describe("control plane", async () => {
  const { url, sign, key, compartmentId, lastRequest } = await startHarness();

  /** Asks for a path; `change` may spoil the headers. */
  async function get(path, { origin = url, change = (headers) => headers } = {}) {
    const target = `${origin}/20231130/${path}`;
    const headers = await sign({ method: "GET", url: target, headers: {}, body: new Uint8Array(0), attempt: 1 });
    const response = await fetch(target, { headers: change(headers) });
    return { status: response.status, body: await response.json() };
  }

  test("shows an endpoint, its state and its model", async () => {
    const { status, body } = await get(`endpoints/${endpointId("simgeneric")}`);
    assert.equal(status, 200);
    assert.equal(body.lifecycleState, "ACTIVE");
    assert.equal(body.compartmentId, compartmentId);
    const { body: model } = await get(`models/${body.modelId}`);
    assert.deepEqual([model.vendor, model.capabilities], ["meta", ["CHAT"]]);
    assert.equal((await get(`endpoints/${endpointId("simcreating")}`)).body.lifecycleState, "CREATING");
  });

  test("shows an imported model at its own path only", async () => {
    const { body } = await get(`endpoints/${endpointId("simqwen")}`);
    assert.match(body.modelId, /^ocid1\.generativeaiimportedmodel\./);
    assert.equal((await get(`importedModels/${body.modelId}`)).body.vendor, "qwen");
    assert.equal((await get(`models/${body.modelId}`)).status, 404);
  });

  test("does not tell what is missing from what is not allowed", async () => {
    const closed = await startSimulator({ credentials: [key], policies: ["chat"] });
    try {
      const [missing, denied] = await Promise.all([
        get(`endpoints/${endpointId("nothing")}`),
        get(`endpoints/${endpointId("simgeneric")}`, { origin: closed.url }),
      ]);
      assert.deepEqual([missing.status, denied.status], [404, 404]);
      assert.deepEqual(missing.body, denied.body);
    } finally {
      await closed.close();
    }
  });

  test("rejects a signature that is old, of another path, or of headers that are not sent", async () => {
    const path = `endpoints/${endpointId("simgeneric")}`;
    const { status } = await get(path, { change: ({ authorization }) => ({ authorization }) });
    assert.equal(status, 401);
    assert.match(lastRequest().rejected, /x-date is signed but was not sent/);
    const withLength = ({ authorization, ...rest }) => {
      return { ...rest, authorization: authorization.replace(" host", " host content-length") };
    };
    assert.equal((await get(path, { change: withLength })).status, 401);
    const late = await startSimulator({ credentials: [key], now: () => Date.now() + 600_000 });
    try {
      assert.equal((await get(path, { origin: late.url })).status, 401);
      assert.match(late.requests.at(-1).rejected, /more than 5 minutes/);
    } finally {
      await late.close();
    }
  });
});
