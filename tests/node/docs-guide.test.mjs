// The examples of docs/guide.md run as modules, with OCI's host played by the simulator.

import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointId } from "../simulator/server.mjs";
import { installAiSdk, withoutAiSdk } from "./support/ai-sdk.mjs";
import { startExamples } from "./support/examples.mjs";

const olderNode = Number(process.versions.node.split(".")[0]) < 22;
const { blocks, load, path, preload, run } = await startExamples("docs/guide.md");
await preload();

test("there are five examples", () => assert.equal(blocks.length, 5));

test("the other ways to call", async () => {
  const { stdout } = await run(0);
  assert.equal(stdout.match(/You asked/g)?.length, 3);
});

test("the openai package", { skip: olderNode && "openai 7 needs Node 22" }, async () => {
  assert.match((await run(1)).stdout, /You asked/);
});

test("the AI SDK", { skip: withoutAiSdk }, async () => {
  await installAiSdk(path("node_modules"));
  const { stdout } = await run(2);
  assert.match(stdout, /You asked: "What is a cluster\?"[^]*end of the answer\.$/);
});

test("embeddings, reranking, moderation", async () => {
  assert.match((await run(3)).stdout, /^2 1 true\n$/);
});

test("a gateway in one line", async () => {
  const { default: gateway } = await load(4);
  const env = { GATEWAY_TOKEN: "secret", OCI_MODELS: JSON.stringify({ ours: endpointId("simgeneric") }) };
  const headers = { authorization: "Bearer secret" };
  const models = await (await gateway.fetch(new Request("https://gateway.example/v1/models", { headers }), env)).json();
  assert.equal(models.data[0].id, "ours");
  assert.equal((await gateway.fetch(new Request("https://gateway.example/v1/models"), env)).status, 401);
});
