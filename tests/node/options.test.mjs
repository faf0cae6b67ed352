// The options of a client and of a call: invalid ones are rejected with their name, before anything
// is sent.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { failsWith, OFFLINE } from "./support/assertions.mjs";
import { chatRequest } from "./support/chat-request.mjs";

const namesOption = (name) =>
  failsWith("invalid_options", ({ message }) => assert.ok(message.includes(name), `${message} does not name ${name}`));

/** Invalid values of each option. A path has whole options objects. */
const INVALID = {
  region: [5, "", {}],
  realm: ["oc99", 1],
  compartmentId: ["", 5],
  apiFormat: ["generic", "COHERE3", 1],
  transport: ["grpc", true],
  fallback: [true, "always"],
  toolCallText: [false, "on"],
  reasoningText: [true, "on"],
  endpoint: [
    "",
    "proxy.example",
    "ftp://x.example",
    "http://x.example",
    "https://u:p@x.example",
    "https://x.example/?a",
    "https://x.example/#a",
    {},
  ],
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
  for (const [name, values] of Object.entries(INVALID)) {
    test(`rejects an invalid ${name} with its name`, () => {
      for (const value of values) {
        const options = name.includes(".") ? value : { [name]: value };
        assert.throws(
          () => new OciGenAI(options),
          namesOption(name.startsWith("endpoint") ? "endpoint" : name),
          JSON.stringify(options),
        );
      }
    });
  }

  test("rejects options that are not an object", () => {
    for (const options of [null, 5, "us-chicago-1"]) assert.throws(() => new OciGenAI(options), namesOption("options"));
  });

  test("rejects options that can't be serialized", () => {
    const cyclic = {};
    cyclic.a = cyclic;
    assert.throws(() => new OciGenAI({ models: cyclic }), failsWith("invalid_options"));
  });

  test("ignores options that are undefined or null", () => {
    const names = [
      "compartmentId",
      "region",
      "realm",
      "endpoint",
      "sign",
      "apiKey",
      "models",
      "headers",
      "fetch",
      "retry",
      "timeouts",
      "limits",
      "fallback",
      "toolCallText",
      "reasoningText",
      "onFinish",
      "apiFormat",
      "transport",
    ];
    const undefinedOptions = Object.fromEntries(names.map((name) => [name, undefined]));
    assert.ok(new OciGenAI(undefinedOptions).route("ocid1.generativeaiendpoint.oc1.iad.example"));
    assert.ok(
      new OciGenAI({ region: null, models: null, retry: null }).route("ocid1.generativeaiendpoint.oc1.iad.example"),
    );
    assert.ok(new OciGenAI().route("ocid1.generativeaiendpoint.oc1.iad.example"));
  });

  test("reads options once: later changes to the object have no effect", () => {
    const options = { region: "us-chicago-1", models: { a: "meta.llama" } };
    const oci = new OciGenAI(options);
    options.region = "us-ashburn-1";
    options.models.a = "xai.grok";
    assert.deepEqual([oci.route("a").model, oci.route("a").region], ["meta.llama", "us-chicago-1"]);
  });

  test("rejects invalid options of a call with their name, before anything is sent", async () => {
    const oci = new OciGenAI({ region: "us-chicago-1", fetch: OFFLINE.fetch });
    const request = chatRequest("meta.llama");
    for (const [name, options] of [
      ["signal", { signal: new AbortController() }],
      ["timeouts.totalMs", { timeouts: { totalMs: "1" } }],
      ["headers.authorization", { headers: { authorization: "x" } }],
      ["fallback", { fallback: "sometimes" }],
      ["apiFormat", { apiFormat: "cohere" }],
      ["transport", { transport: "grpc" }],
    ]) {
      await assert.rejects(oci.chat(request, options), namesOption(name));
      await assert.rejects(oci.stream(request, options).next(), namesOption(name));
    }
  });
});
