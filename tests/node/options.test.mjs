// The options of a client: what can't be used is refused by name, at once.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";

const refused = (said) => (error) => {
  assert.ok(error instanceof OciError, String(error));
  assert.equal(error.code, "invalid_options");
  assert.ok(error.message.includes(said), `${error.message} does not name ${said}`);
  return true;
};

const WRONG = {
  region: [5, "", {}],
  realm: ["oc99", 1],
  compartmentId: ["", 5],
  apiFormat: ["generic", "COHERE3", 1],
  transport: ["grpc", true],
  fallback: [true, "always"],
  toolCallText: [false, "on"],
  endpoint: ["", "proxy.example", "ftp://x.example", "http://x.example", "https://u:p@x.example", "https://x.example/?a", "https://x.example/#a", {}],
  "headers.Authorization": [{ headers: { Authorization: "x" } }],
  "headers.Content-Type": [{ headers: { "Content-Type": "x" } }],
  "headers.host": [{ headers: { host: "x" } }],
  "headers.x-a": [{ headers: { "x-a": "a\r\nb: c" } }, { headers: { "x-a": 5 } }],
  "headers.x a": [{ headers: { "x a": "b" } }],
  "retry.maxAttempts": [{ retry: { maxAttempts: 0 } }, { retry: { maxAttempts: "3" } }],
  "retry.baseDelayMs": [{ retry: { baseDelayMs: -1 } }],
  "retry.maxDelayMs": [{ retry: { maxDelayMs: "1s" } }],
  retry: [3],
  "timeouts.totalMs": [{ timeouts: { totalMs: 0 } }, { timeouts: { totalMs: "1" } }],
  "timeouts.firstChunkMs": [{ timeouts: { firstChunkMs: -5 } }],
  "timeouts.chunkMs": [{ timeouts: { chunkMs: {} } }],
  "limits.maxEventBytes": [{ limits: { maxEventBytes: 0 } }],
  "limits.maxResponseBytes": [{ limits: { maxResponseBytes: "all" } }],
  "limits.maxErrorBytes": [{ limits: { maxErrorBytes: -1 } }],
  "limits.maxToolCalls": [{ limits: { maxToolCalls: true } }],
  models: [5, "a", []],
  "models.a": [{ models: { a: [] } }, { models: { a: 5 } }, { models: { a: [5] } }],
  "models.a.model": [{ models: { a: {} } }, { models: { a: { region: "us-chicago-1" } } }],
  "models.a.apiFormat": [{ models: { a: { model: "meta.llama", apiFormat: "x" } } }],
  sign: [5, {}, "x"],
  apiKey: [5, {}],
  fetch: ["x", {}],
  onFinish: [true],
};

describe("options", () => {
  for (const [name, values] of Object.entries(WRONG)) {
    test(`${name} is refused by name`, () => {
      for (const value of values) {
        const options = name.includes(".") ? value : { [name]: value };
        assert.throws(() => new OciGenAI(options), refused(name.startsWith("endpoint") ? "endpoint" : name), JSON.stringify(options));
      }
    });
  }

  test("what is no object is refused", () => {
    for (const options of [null, 5, "us-chicago-1"]) assert.throws(() => new OciGenAI(options), refused("options"));
  });

  test("options that can't be written down are refused as options", () => {
    const cyclic = {};
    cyclic.a = cyclic;
    assert.throws(() => new OciGenAI({ models: cyclic }), (error) => error instanceof OciError && error.code === "invalid_options");
  });

  test("undefined and null say nothing", () => {
    const names = ["compartmentId", "region", "realm", "endpoint", "sign", "apiKey", "models", "headers", "fetch", "retry", "timeouts", "limits", "fallback", "toolCallText", "onFinish", "apiFormat", "transport"];
    const undefinedOptions = Object.fromEntries(names.map((name) => [name, undefined]));
    assert.ok(new OciGenAI(undefinedOptions).route("ocid1.generativeaiendpoint.oc1.iad.example"));
    assert.ok(new OciGenAI({ region: null, models: null, retry: null }).route("ocid1.generativeaiendpoint.oc1.iad.example"));
    assert.ok(new OciGenAI().route("ocid1.generativeaiendpoint.oc1.iad.example"));
  });

  test("they are read once: a later change of the object changes nothing", () => {
    const options = { region: "us-chicago-1", models: { a: "meta.llama" } };
    const oci = new OciGenAI(options);
    options.region = "us-ashburn-1";
    options.models.a = "xai.grok";
    assert.deepEqual([oci.route("a").model, oci.route("a").region], ["meta.llama", "us-chicago-1"]);
  });

  test("options of a call are refused by name, before anything is sent", async () => {
    const oci = new OciGenAI({ region: "us-chicago-1", fetch: () => assert.fail("nothing may be sent") });
    const request = { model: "meta.llama", messages: [{ role: "user", content: "Hello" }] };
    for (const [name, options] of [
      ["signal", { signal: new AbortController() }],
      ["timeouts.totalMs", { timeouts: { totalMs: "1" } }],
      ["headers.authorization", { headers: { authorization: "x" } }],
      ["fallback", { fallback: "sometimes" }],
      ["apiFormat", { apiFormat: "cohere" }],
      ["transport", { transport: "grpc" }],
    ]) {
      await assert.rejects(oci.chat(request, options), refused(name));
      await assert.rejects(oci.stream(request, options).next(), refused(name));
    }
  });
});
