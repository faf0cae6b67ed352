// The gateway as a fetch handler: its bindings, its token, and which failures are the caller's.

import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import gateway, { createGateway } from "oci-genai-edge/gateway";
import { endpointId, makeCredentials } from "../simulator/server.mjs";
import { startHarness } from "./support/harness.mjs";

const { simulator, key, url, compartmentId, ask: chatRequest } = await startHarness();

const bindings = () => ({
  GATEWAY_TOKEN: "right",
  OCI_ENDPOINT: url,
  OCI_COMPARTMENT_ID: compartmentId,
  OCI_TENANCY: key.tenancy,
  OCI_USER: key.user,
  OCI_FINGERPRINT: key.fingerprint,
  OCI_PRIVATE_KEY: key.privateKey,
  OCI_MODELS: { ours: endpointId("simgeneric") },
});

/** Sends a request to the gateway. */
function call(env, { handler = gateway, token = "right", model = "ours" } = {}) {
  const body = JSON.stringify(chatRequest(model));
  const headers = { authorization: `Bearer ${token}` };
  return handler.fetch(
    new Request("https://gateway.example/v1/chat/completions", { method: "POST", headers, body }),
    env,
  );
}

test("configures a client that signs from its bindings", async () => {
  const asText = {
    OCI_MODELS: JSON.stringify(bindings().OCI_MODELS),
    OCI_PRIVATE_KEY: key.privateKey.replaceAll("\n", "\\n"),
  };
  for (const env of [bindings(), { ...bindings(), ...asText }]) {
    const response = await call(env);
    const completion = await response.json();
    assert.equal(response.status, 200, JSON.stringify(completion));
    assert.equal(completion.model, "ours", "the alias, not the OCID");
    const route = JSON.parse(response.headers.get("oci-route"));
    assert.deepEqual([route.servingType, route.apiFormat, route.region], ["DEDICATED", "GENERIC", "us-chicago-1"]);
    assert.doesNotMatch(response.headers.get("oci-route"), /ocid1/);
  }
});

test("rejects a caller without the token before anything else is read", async () => {
  const before = simulator.requests.length;
  for (const token of ["wrong", "", "right x"]) {
    const { status } = await call(bindings(), { token });
    assert.equal(status, 401);
  }
  assert.equal(simulator.requests.length, before);
});

test("answers 502 when OCI rejects the gateway's own credentials", async () => {
  const unknown = makeCredentials();
  const response = await call({ ...bindings(), OCI_FINGERPRINT: unknown.fingerprint });
  assert.equal(response.status, 502);
  assert.equal((await response.json()).error.code, "unauthorized");
});

describe("invalid bindings are logged, and are 500 for the caller:", () => {
  const rows = [
    ["no token", { GATEWAY_TOKEN: undefined }, /GATEWAY_TOKEN/],
    ["models that are not JSON", { OCI_MODELS: "{nonsense" }, /OCI_MODELS/],
    ["a tenancy that is not an OCID", { OCI_TENANCY: "me" }, /tenancy/i],
    ["an endpoint over plain http", { OCI_ENDPOINT: "http://oci.example" }, /endpoint/],
  ];
  for (const [name, invalid, logged] of rows) {
    test(name, async () => {
      const log = mock.method(console, "error", () => {});
      const response = await call({ ...bindings(), ...invalid });
      log.mock.restore();
      assert.equal(response.status, 500);
      assert.match(
        log.mock.calls.map((logging) => logging.arguments.join(" ")).join(),
        logged,
        "the log names the binding",
      );
      assert.doesNotMatch(await response.text(), /tenancy|nonsense|oci\.example/, "the response does not");
    });
  }
});

test("configure can replace every binding", async () => {
  const sign = () => ({ authorization: "none" });
  const handler = createGateway({ configure: (env) => ({ token: env.SECRET, endpoint: url, compartmentId, sign }) });
  assert.equal(
    (await call({ SECRET: "other" }, { handler, token: "other", model: endpointId("simgeneric") })).status,
    502,
  );
  assert.equal((await call({ SECRET: "other" }, { handler })).status, 401);
});

test("passes paths outside the API to the assets binding, if there is one", async () => {
  const ASSETS = { fetch: async (request) => new Response(`asset ${new URL(request.url).pathname}`) };
  const at = (path, env) => gateway.fetch(new Request(`https://gateway.example${path}`), env);
  assert.equal(await (await at("/style.css", { ASSETS })).text(), "asset /style.css");
  assert.equal((await at("/style.css", {})).status, 404);
  assert.equal((await at("/v1/models", { ...bindings(), ASSETS })).status, 401);
  assert.equal((await at("/openai/v1/models", { ...bindings(), ASSETS })).status, 401);
});
