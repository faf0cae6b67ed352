// The JavaScript in the README runs: each block as a module of its own, with OCI's hosts played by the simulator.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const blocks = [...readFileSync(new URL("../../README.md", import.meta.url), "utf8").matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match) => match[1]);
const folder = new URL(`../out/readme-${process.version}/`, import.meta.url);
const olderNode = Number(process.versions.node.split(".")[0]) < 22;

let simulator;

before(async () => {
  // The signatures are made for OCI's host, which the simulator isn't: their own tests check them.
  simulator = await startSimulator({ verify: false });
  process.env.SIMULATOR = simulator.url;
  process.env.OCI_COMPARTMENT_ID = simulator.compartmentId;
  process.env.OCI_DAC_ENDPOINT_OCID = endpointId("simgeneric");
  await import("./support/preload-simulator.mjs");
  mkdirSync(folder, { recursive: true });
  blocks.forEach((block, index) => writeFileSync(new URL(`${index}.mjs`, folder), block));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await simulator?.close();
});

const load = (index) => import(new URL(`${index}.mjs`, folder));

/** Runs a block as a program, and gives what it printed. */
async function run(index) {
  const preload = new URL("support/preload-simulator.mjs", import.meta.url).href;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", preload, fileURLToPath(new URL(`${index}.mjs`, folder))]);
  return stdout;
}

test("there are four", () => assert.equal(blocks.length, 4));

test("a Worker that streams from a DAC", async () => {
  const { default: worker } = await load(0);
  const env = { ...makeCredentials(), OCI_COMPARTMENT_ID: simulator.compartmentId, OCI_DAC_ENDPOINT_OCID: endpointId("simgeneric") };
  Object.assign(env, { OCI_TENANCY: env.tenancy, OCI_USER: env.user, OCI_FINGERPRINT: env.fingerprint, OCI_PRIVATE_KEY: env.privateKey });
  const response = await worker.fetch(new Request("https://worker.example/", { method: "POST", body: "Is this README true?" }), env);
  const text = await response.text();
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const deltas = text.split("\n\n").filter((event) => event.startsWith("data: {")).map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? "");
  assert.match(deltas.join(""), /Is this README true\?/);
  assert.ok(text.endsWith("data: [DONE]\n\n"));
  assert.match(simulator.requests.at(-1).headers.authorization, /^Signature version="1"/);
});

test("the other ways to call", async () => {
  assert.equal((await run(1)).match(/You asked/g)?.length, 3);
});

test("the openai package", { skip: olderNode && "openai 7 needs Node 22" }, async () => {
  assert.match(await run(2), /You asked/);
});

test("a gateway in one line", async () => {
  const { default: gateway } = await load(3);
  const env = { GATEWAY_TOKEN: "secret", OCI_MODELS: JSON.stringify({ ours: endpointId("simgeneric") }) };
  const headers = { authorization: "Bearer secret" };
  const models = await (await gateway.fetch(new Request("https://gateway.example/v1/models", { headers }), env)).json();
  assert.equal(models.data[0].id, "ours");
  assert.equal((await gateway.fetch(new Request("https://gateway.example/v1/models"), env)).status, 401);
});
