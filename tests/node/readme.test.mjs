// The examples of the README run as modules, with OCI's host played by the simulator.

import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointId, makeCredentials } from "../simulator/server.mjs";
import { installAiSdk, withoutAiSdk } from "./support/ai-sdk.mjs";
import { startExamples } from "./support/examples.mjs";
import { chunksOf, contentOf } from "./support/streams.mjs";

const olderNode = Number(process.versions.node.split(".")[0]) < 22;
const { blocks, compartmentId, lastRequest, load, path, preload, run } = await startExamples("README.md");
await preload();

test("there are six examples", () => assert.equal(blocks.length, 6));

test("a Worker that streams from a DAC", async () => {
  const { default: worker } = await load(0);
  const key = makeCredentials();
  const env = {
    OCI_COMPARTMENT_ID: compartmentId,
    OCI_DAC_ENDPOINT_OCID: endpointId("simgeneric"),
    OCI_TENANCY: key.tenancy,
    OCI_USER: key.user,
    OCI_FINGERPRINT: key.fingerprint,
    OCI_PRIVATE_KEY: key.privateKey,
  };
  const request = new Request("https://worker.example/", { method: "POST", body: "Is this README true?" });
  const response = await worker.fetch(request, env);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.match(contentOf(chunksOf(await response.text())), /Is this README true\?/);
  assert.match(lastRequest().headers.authorization, /^Signature version="1"/);
});

test("the other ways to call", async () => {
  const { stdout } = await run(1);
  assert.equal(stdout.match(/You asked/g)?.length, 3);
});

test("the openai package", { skip: olderNode && "openai 7 needs Node 22" }, async () => {
  assert.match((await run(2)).stdout, /You asked/);
});

test("the AI SDK", { skip: withoutAiSdk }, async () => {
  await installAiSdk(path("node_modules"));
  const { stdout } = await run(3);
  assert.match(stdout, /You asked: "What is a cluster\?"[^]*end of the answer\.$/);
});

test("embeddings, reranking, moderation", async () => {
  assert.match((await run(4)).stdout, /^2 1 true\n$/);
});

test("a gateway in one line", async () => {
  const { default: gateway } = await load(5);
  const env = { GATEWAY_TOKEN: "secret", OCI_MODELS: JSON.stringify({ ours: endpointId("simgeneric") }) };
  const headers = { authorization: "Bearer secret" };
  const models = await (await gateway.fetch(new Request("https://gateway.example/v1/models", { headers }), env)).json();
  assert.equal(models.data[0].id, "ours");
  assert.equal((await gateway.fetch(new Request("https://gateway.example/v1/models"), env)).status, 401);
});
