// The gateway as a fetch handler: its bindings, its token, its paths, and what may be called.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import gateway, { createGateway } from "oci-genai-edge/gateway";
import { endpointId } from "../simulator/server.mjs";
import { ALIASES, errorOf, logged, startGateway } from "./support/gateway.mjs";

const { simulator, key, url, compartmentId, ask: chatRequest, bindings, send, call } = await startGateway();

test("configures a client that signs from its bindings", async () => {
  const asText = {
    OCI_MODELS: JSON.stringify(bindings().OCI_MODELS),
    OCI_PRIVATE_KEY: key.privateKey.replaceAll("\n", "\\n"),
  };
  for (const env of [bindings(), bindings(asText)]) {
    const response = await call(env);
    const completion = await response.json();
    assert.equal(response.status, 200, JSON.stringify(completion));
    assert.equal(completion.model, "ours", "the alias, not the OCID");
    const route = JSON.parse(response.headers.get("oci-route"));
    assert.deepEqual([route.servingType, route.apiFormat, route.region], ["DEDICATED", "GENERIC", "us-chicago-1"]);
    assert.doesNotMatch(response.headers.get("oci-route"), /ocid1/);
  }
});

describe("the token", () => {
  test("a caller without it is rejected before anything else is read", async () => {
    const before = simulator.requests.length;
    for (const token of ["wrong", "", "right x"]) {
      const { status } = await call(bindings(), { token });
      assert.equal(status, 401);
    }
    assert.equal(simulator.requests.length, before);
  });

  test("may have white space around it, as the output of a command has", async () => {
    for (const GATEWAY_TOKEN of ["right\n", "right\r\n", " right "]) {
      assert.equal((await call(bindings({ GATEWAY_TOKEN }))).status, 200);
      assert.equal((await call(bindings({ GATEWAY_TOKEN }), { token: "wrong" })).status, 401);
    }
    const handler = createGateway({ configure: () => ({ token: "right\n", endpoint: url }) });
    assert.equal((await send("/v1/models", {}, { handler })).status, 200);
  });

  test("that can't be sent is logged, and not shown", async () => {
    for (const GATEWAY_TOKEN of ["right\nright", "ri ght", "rïght"]) {
      const { result, lines } = await logged(() => call(bindings({ GATEWAY_TOKEN })));
      assert.equal(result.status, 500);
      assert.match(lines.join(), /token contains a character/);
      assert.doesNotMatch(`${lines.join()} ${await result.text()}`, /r[iï]\s?ght/);
    }
  });
});

describe("models that are not an alias", () => {
  const raw = ["meta.llama-3.3-70b-instruct", endpointId("simgeneric"), "oci:cohere.command-r-08-2024", "Ours"];

  test("can't be called: 404 with the aliases, and nothing is sent", async () => {
    const before = simulator.requests.length;
    for (const model of [...raw, "nonsense"]) {
      for (const stream of [true, false]) {
        const response = await call(bindings(), { model, parameters: { stream } });
        assert.equal(response.status, 404);
        const { message, ...error } = await errorOf(response);
        assert.deepEqual(error, { type: "invalid_request_error", param: "model", code: "invalid_model" });
        assert.ok(message.includes(model) && message.includes(`ours, ${ALIASES.join(", ")}`), message);
      }
    }
    assert.equal(simulator.requests.length, before);
  });

  test("nor without any alias: the answer and the log name the variables", async () => {
    for (const OCI_MODELS of [undefined, "", {}, "{}"]) {
      const { result, lines } = await logged(() => call(bindings({ OCI_MODELS }), { model: raw[1] }));
      assert.equal(result.status, 404);
      assert.match((await errorOf(result)).message, /OCI_MODELS[^]*OCI_ALLOW_ANY_MODEL/);
      assert.equal(lines.length, 1);
      assert.match(lines[0], /OCI_MODELS[^]*OCI_ALLOW_ANY_MODEL/);
    }
  });

  test("can be called with OCI_ALLOW_ANY_MODEL", async () => {
    for (const OCI_ALLOW_ANY_MODEL of ["true", true]) {
      const env = bindings({ OCI_ALLOW_ANY_MODEL, OCI_MODELS: undefined, OCI_REGION: "us-chicago-1" });
      assert.equal((await call(env, { model: raw[1] })).status, 200);
      assert.equal((await call(env, { model: raw[2] })).status, 200);
      const response = await call(env, { model: "nonsense" });
      assert.equal(response.status, 404);
      assert.match((await errorOf(response)).message, /nonsense/);
    }
    for (const OCI_ALLOW_ANY_MODEL of ["false", false, ""]) {
      assert.equal((await call(bindings({ OCI_ALLOW_ANY_MODEL }), { model: raw[1] })).status, 404);
    }
  });
});

test("GET /v1/models/{alias} shows one model", async () => {
  const OCI_MODELS = { ours: endpointId("simgeneric"), "meta/llama 3": endpointId("simcut") };
  const show = (id) => send(`/v1/models/${id}`, bindings({ OCI_MODELS }));
  for (const [path, id] of [
    ["ours", "ours"],
    ["meta%2Fllama%203", "meta/llama 3"],
    ["meta/llama%203", "meta/llama 3"],
  ]) {
    const response = await show(path);
    assert.equal(response.status, 200);
    const { oci, ...model } = await response.json();
    assert.deepEqual(model, { id, object: "model", created: 0, owned_by: "oci" });
    assert.equal(oci.servingType, "DEDICATED");
  }
  for (const path of ["other", "", "ours/", "%", "__proto__"]) {
    const response = await show(path);
    assert.equal(response.status, 404, path);
    assert.equal((await errorOf(response)).code, "invalid_model");
  }
  assert.equal((await send("/v1/models/ours", bindings(), { method: "DELETE" })).status, 405);
});

test("serves the API under /v1 and /openai/v1 and nowhere else", async () => {
  for (const [path, status] of [
    ["/v1/chat/completions", 200],
    ["/openai/v1/chat/completions", 200],
    ["/v1/chat/completions?api-version=1", 200],
    ["/v1/chat/completions/", 404],
    ["/v1/x/chat/completions", 404],
    ["/v1/v1/chat/completions", 404],
    ["/v1/openai/v1/chat/completions", 404],
    ["/openai/openai/v1/chat/completions", 404],
    ["/x/v1/chat/completions", 404],
    ["/v1/x/models", 404],
    ["/v1/images", 404],
    ["/v1/", 404],
    ["/v1", 404],
  ]) {
    const before = simulator.requests.length;
    const body = JSON.stringify(chatRequest("ours"));
    const response = await send(path, bindings(), { method: "POST", body });
    assert.equal(response.status, status, path);
    assert.equal(simulator.requests.length - before, status === 200 ? 1 : 0, path);
    await response.text();
  }
});

describe("invalid bindings are logged, and are 500 for the caller:", () => {
  const rows = [
    ["no token", { GATEWAY_TOKEN: undefined }, /GATEWAY_TOKEN/],
    ["an empty token", { GATEWAY_TOKEN: " \n" }, /GATEWAY_TOKEN/],
    ["models that are not JSON", { OCI_MODELS: "{nonsense" }, /OCI_MODELS/],
    ["an alias of what can't be called", { OCI_MODELS: { a: "ocid1.tenancy.oc1..nonsense" } }, /model/],
    ["an alias in another region", { OCI_REGION: "uk-london-1" }, /region/],
    ["a tenancy that is not an OCID", { OCI_TENANCY: "me" }, /tenancy/i],
    ["an endpoint over plain http", { OCI_ENDPOINT: "http://oci.example" }, /endpoint/],
    ["a size that is not one", { GATEWAY_MAX_BODY_BYTES: "4 MiB" }, /GATEWAY_MAX_BODY_BYTES must be a whole number/],
    ["no size at all", { GATEWAY_MAX_BODY_BYTES: 0 }, /GATEWAY_MAX_BODY_BYTES/],
    ["a time that is not one", { GATEWAY_TOTAL_TIMEOUT_MS: "-1" }, /GATEWAY_TOTAL_TIMEOUT_MS/],
    ["a flag that is not one", { OCI_ALLOW_ANY_MODEL: "yes" }, /OCI_ALLOW_ANY_MODEL must be "true" or "false"/],
    ["a binding that is not a text", { OCI_REGION: { get: () => "x" } }, /OCI_REGION must be a string/],
    ["a misspelt variable", { GATEWAY_ORIGIN: "x" }, /GATEWAY_ORIGIN is not a variable.*GATEWAY_ORIGINS/],
    ["another misspelt variable", { OCI_ALLOW_ANY_MODELS: "x" }, /did you mean OCI_ALLOW_ANY_MODEL\?/],
    ["an unknown variable", { GATEWAY_WHATEVER_IT_IS: "x" }, /the variables are GATEWAY_TOKEN, /],
  ];
  for (const [name, invalid, pattern] of rows) {
    test(name, async () => {
      const { result, lines } = await logged(() => call(bindings(invalid)));
      assert.equal(result.status, 500);
      assert.match(lines.join(), pattern, "the log names the binding");
      assert.doesNotMatch(await result.text(), /tenancy|nonsense|oci\.example|MAX_BODY/, "the response does not");
    });
  }

  test("options of configure that can't be used", async () => {
    for (const invalid of [
      { maxBodyBytes: 0 },
      { maxBodyBytes: "5" },
      { bodyTimeoutMs: 1.5 },
      { logErrors: "true" },
      { allowAnyModel: 1 },
      { token: 5 },
      { timeouts: 5 },
      { maxBodyByte: 5 },
    ]) {
      const handler = createGateway({ configure: () => ({ token: "right", ...invalid }) });
      const { result, lines } = await logged(() => send("/v1/models", {}, { handler }));
      assert.deepEqual([result.status, lines.length], [500, 1], JSON.stringify(invalid));
    }
  });
});

test("configure can replace every binding", async () => {
  const unsigned = () => ({ authorization: "none" });
  const options = { endpoint: url, compartmentId, sign: unsigned, allowAnyModel: true };
  const configure = (env) => ({ token: env.SECRET, ...options });
  const handler = createGateway({ configure });
  const { result } = await logged(() =>
    call({ SECRET: "other" }, { handler, token: "other", model: endpointId("simgeneric") }),
  );
  assert.equal(result.status, 502);
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
