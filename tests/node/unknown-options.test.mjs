// Unknown options are errors: what JSON would drop from the options of a client or a call, and the gateway's variables.

import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";
import gateway from "oci-genai-edge/gateway";

const MODEL = "ocid1.generativeaiendpoint.oc1.iad.example";
const request = { model: MODEL, messages: [{ role: "user", content: "Hello" }] };

/** Checks for `invalid_options` that names the option, and for the hint if one is given. */
const rejects = (name, hint) => (error) => {
  assert.ok(error instanceof OciError, String(error));
  assert.equal(error.code, "invalid_options");
  assert.ok(error.message.includes(`option ${name} `), `${error.message} does not name ${name}`);
  if (hint) assert.match(error.hint, hint);
  else assert.equal(error.hint, undefined);
  return true;
};

describe("options of a client that JSON can't represent", () => {
  for (const [name, options, hint] of [
    ["onFinsh", { onFinsh: () => {} }, /onFinish/],
    ["Sign", { Sign: () => ({}) }, /sign/],
    ["apikey", { apikey: async () => "sk" }, /apiKey/],
    ["somethingElse", { somethingElse() {} }],
    ["region", { region: () => "us-chicago-1" }],
    ["models", { models: () => {} }],
    ["region", { region: Symbol("us-chicago-1") }],
    ["timeouts.totalMs", { timeouts: { totalMs: () => 5 } }],
    ["timeouts.totalMs", { timeouts: { totalMs: Infinity } }],
    ["retry.maxAttempts", { retry: { maxAttempts: NaN } }],
    ["headers", { headers: new Headers({ "x-a": "b" }) }],
    ["models", { models: new Map([["a", "meta.llama"]]) }],
    ["models.a.region", { models: { a: { model: "meta.llama", region: () => "us-chicago-1" } } }],
    ["models.a.1", { models: { a: ["meta.llama", () => "xai.grok"] } }],
  ]) {
    test(`${name}: ${typeof options[name.split(".")[0]]}`, () => {
      assert.throws(() => new OciGenAI(options), rejects(name, hint));
    });
  }

  test("a BigInt", () => {
    assert.throws(() => new OciGenAI({ timeouts: { totalMs: 5n } }), { code: "invalid_options" });
  });

  test("undefined under any name means not set", () => {
    const options = { region: undefined, anything: undefined, timeouts: { totalMs: undefined, anything: undefined } };
    assert.equal(new OciGenAI(options).route(MODEL).region, "us-ashburn-1");
  });

  test("inherited options are read", () => {
    const defaults = { region: "us-chicago-1", onFinish: () => {} };
    assert.equal(new OciGenAI(Object.create(defaults)).route("meta.llama").region, "us-chicago-1");
  });

  test("a URL is a valid endpoint", () => {
    const endpoint = new URL("https://oci.example");
    const models = { a: { model: MODEL, endpoint } };
    assert.match(new OciGenAI({ endpoint }).route(MODEL).url, /^https:\/\/oci\.example\//);
    assert.match(new OciGenAI({ models }).route("a").url, /^https:\/\/oci\.example\//);
  });
});

describe("options of a call that JSON can't represent", () => {
  const oci = new OciGenAI({ compartmentId: "c", fetch: () => assert.fail("nothing may be sent") });
  for (const [name, options, hint] of [
    ["onFinish", { onFinish: () => {} }, /client/],
    ["fetch", { fetch: async () => new Response() }, /client/],
    ["somethingElse", { somethingElse: () => {} }],
    ["headers", { headers: new Headers() }],
    ["timeouts.chunkMs", { timeouts: { chunkMs: NaN } }],
  ]) {
    test(name, async () => {
      await assert.rejects(oci.chat(request, options), rejects(name, hint));
      await assert.rejects(oci.stream(request, options).next(), rejects(name, hint));
      await assert.rejects(oci.stream(request, options).toResponse(), rejects(name, hint));
    });
  }

  test("overrides of a route", () => {
    assert.throws(() => oci.route(MODEL, { apiFormat: () => "COHERE" }), rejects("apiFormat"));
  });

  test("options that are not an object", async () => {
    for (const options of [5, "native", true, () => {}]) {
      const expected = { code: "invalid_options", message: /object/ };
      await assert.rejects(oci.chat(request, options), expected);
    }
  });
});

describe("variables of the gateway", () => {
  const bindings = { GATEWAY_TOKEN: "right", OCI_REGION: "us-chicago-1", OCI_MODELS: { ours: "meta.llama" } };
  const listModels = async (env) => {
    const log = mock.method(console, "error", () => {});
    const headers = { authorization: "Bearer right" };
    const response = await gateway.fetch(new Request("https://gateway.example/v1/models", { headers }), env);
    log.mock.restore();
    return { response, log: log.mock.calls.map((call) => call.arguments.join(" ")).join("\n") };
  };

  for (const [name, nearest] of [
    ["OCI_REGOIN", "OCI_REGION"],
    ["OCI_MODEL", "OCI_MODELS"],
    ["OCI_COMPARTMENT", "OCI_COMPARTMENT_ID"],
    ["OCI_Private_Key", "OCI_PRIVATE_KEY"],
    ["OCI_ALLOW_ANY_MODELS", "OCI_ALLOW_ANY_MODEL"],
    ["GATEWAY_TOKENS", "GATEWAY_TOKEN"],
    ["GATEWAY_ORIGIN", "GATEWAY_ORIGINS"],
    ["GATEWAY_MAX_BODY_BYTE", "GATEWAY_MAX_BODY_BYTES"],
    ["GATEWAY_LOG_ERROR", "GATEWAY_LOG_ERRORS"],
  ]) {
    test(`${name} is rejected, and the log names ${nearest}`, async () => {
      const { response, log } = await listModels({ ...bindings, [name]: "hunter2" });
      assert.equal(response.status, 500);
      assert.match(log, new RegExp(`${name} .*did you mean ${nearest}\\?`));
      const body = await response.text();
      assert.equal(JSON.parse(body).error.code, "invalid_options");
      assert.ok(!body.includes(name), "callers do not see the name");
      assert.ok(!`${log} ${body}`.includes("hunter2"), "the value is not shown");
    });
  }

  test("without a similar name, the log lists the variables", async () => {
    const { response, log } = await listModels({ ...bindings, OCI_QQQQQQQQQQQQ: "x" });
    assert.equal(response.status, 500);
    assert.match(log, /OCI_QQQQQQQQQQQQ .*OCI_REGION, .*OCI_MODELS/);
  });

  test("undefined variables and those with other prefixes are allowed", async () => {
    const others = { OCI_REGOIN: undefined, CF_ACCOUNT: "x", OCIS_REGION: "x" };
    const { response, log } = await listModels({ ...bindings, ...others });
    assert.equal(response.status, 200);
    assert.equal(log, "");
  });
});
