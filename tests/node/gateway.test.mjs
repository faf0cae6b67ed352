// The gateway as a handler: its bindings, its guard, and whose fault a failure is.
import assert from "node:assert/strict";
import { after, before, describe, mock, test } from "node:test";

import gateway, { createGateway } from "oci-genai-edge/gateway";

import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const credentials = makeCredentials();
let simulator;
before(async () => (simulator = await startSimulator({ credentials: [credentials] })));
after(() => simulator.close());

const bindings = () => ({
  GATEWAY_TOKEN: "right",
  OCI_ENDPOINT: simulator.url,
  OCI_COMPARTMENT_ID: simulator.compartmentId,
  OCI_TENANCY: credentials.tenancy,
  OCI_USER: credentials.user,
  OCI_FINGERPRINT: credentials.fingerprint,
  OCI_PRIVATE_KEY: credentials.privateKey,
  OCI_MODELS: { ours: endpointId("simgeneric") },
});

function ask(env, { handler = gateway, token = "right", model = "ours" } = {}) {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello?" }] });
  const headers = { authorization: `Bearer ${token}` };
  return handler.fetch(new Request("https://gateway.example/v1/chat/completions", { method: "POST", headers, body }), env);
}

test("bindings make a client, and signed requests", async () => {
  for (const env of [bindings(), { ...bindings(), OCI_MODELS: JSON.stringify(bindings().OCI_MODELS), OCI_PRIVATE_KEY: credentials.privateKey.replaceAll("\n", "\\n") }]) {
    const response = await ask(env);
    const completion = await response.json();
    assert.equal(response.status, 200, JSON.stringify(completion));
    assert.equal(completion.model, "ours", "the alias, not the OCID");
    const route = JSON.parse(response.headers.get("oci-route"));
    assert.deepEqual([route.servingType, route.apiFormat, route.region], ["DEDICATED", "GENERIC", "us-chicago-1"]);
    assert.doesNotMatch(response.headers.get("oci-route"), /ocid1/);
  }
});

test("a caller without the token is refused before anything else is looked at", async () => {
  const seen = simulator.requests.length;
  for (const token of ["wrong", "", "right "]) {
    const { status } = await ask(bindings(), { token: `${token}${token === "right " ? "x" : ""}` });
    assert.equal(status, 401);
  }
  assert.equal(simulator.requests.length, seen);
});

test("OCI's refusal of the gateway's own credentials is no refusal of the caller's", async () => {
  const stranger = makeCredentials();
  const response = await ask({ ...bindings(), OCI_FINGERPRINT: stranger.fingerprint });
  assert.equal(response.status, 502);
  assert.equal((await response.json()).error.code, "unauthorized");
});

describe("bindings that can't be used", () => {
  const rows = [
    ["no token", { GATEWAY_TOKEN: undefined }, /GATEWAY_TOKEN/],
    ["models that are no JSON", { OCI_MODELS: "{nonsense" }, /OCI_MODELS/],
    ["a tenancy that is none", { OCI_TENANCY: "me" }, /tenancy/i],
    ["an endpoint over plain http", { OCI_ENDPOINT: "http://oci.example" }, /endpoint/],
  ];
  for (const [name, wrong, said] of rows) {
    test(name, async () => {
      const log = mock.method(console, "error", () => {});
      const response = await ask({ ...bindings(), ...wrong });
      log.mock.restore();
      assert.equal(response.status, 500);
      assert.match(log.mock.calls.map((call) => call.arguments.join(" ")).join(), said, "the operator reads what is wrong");
      assert.doesNotMatch(await response.text(), /tenancy|nonsense|oci\.example/, "the caller does not");
    });
  }
});

test("configure may say it all", async () => {
  const handler = createGateway({
    configure: (env) => ({ token: env.SECRET, endpoint: simulator.url, compartmentId: simulator.compartmentId, sign: () => ({ authorization: "none" }) }),
  });
  assert.equal((await ask({ SECRET: "other" }, { handler, token: "other", model: endpointId("simgeneric") })).status, 502);
  assert.equal((await ask({ SECRET: "other" }, { handler })).status, 401);
});

test("what is not the API goes to the assets, where there are any", async () => {
  const ASSETS = { fetch: async (request) => new Response(`asset ${new URL(request.url).pathname}`) };
  const at = (path, env) => gateway.fetch(new Request(`https://gateway.example${path}`), env);
  assert.equal(await (await at("/style.css", { ASSETS })).text(), "asset /style.css");
  assert.equal((await at("/style.css", {})).status, 404);
  assert.equal((await at("/v1/models", { ...bindings(), ASSETS })).status, 401);
  assert.equal((await at("/openai/v1/models", { ...bindings(), ASSETS })).status, 401);
});
