// The JavaScript in docs/dac.md runs: each block as a program, with OCI's host played by the simulator.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { endpointId, makeSessionToken, startSimulator } from "../simulator/server.mjs";

const text = readFileSync(new URL("../../docs/dac.md", import.meta.url), "utf8");
const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match) => match[1]);
const folder = new URL(`../out/docs-${process.version}/`, import.meta.url);
const path = (name) => fileURLToPath(new URL(name, folder));
const { token, privateKey } = makeSessionToken();

let simulator;

before(async () => {
  // The signatures are made for OCI's host, which the simulator isn't: their own tests check them.
  simulator = await startSimulator({ verify: false });
  mkdirSync(folder, { recursive: true });
  blocks.forEach((block, index) => writeFileSync(path(`${index}.mjs`), block));
  writeFileSync(path("token"), `${token}\n`);
  writeFileSync(path("key.pem"), privateKey);
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await simulator?.close();
});

/** Runs a block and gives what it printed, and the last request that it made. */
async function run(index, { endpoint = "simgeneric", ...env } = {}) {
  const preload = new URL("support/preload-simulator.mjs", import.meta.url).href;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--import", preload, path(`${index}.mjs`)], {
    env: {
      PATH: process.env.PATH,
      SIMULATOR: simulator.url,
      OCI_COMPARTMENT_ID: simulator.compartmentId,
      OCI_DAC_ENDPOINT_OCID: endpointId(endpoint),
      ...env,
    },
  });
  return { stdout, stderr, request: simulator.requests.at(-1) };
}

test("there are four", () => assert.equal(blocks.length, 4));

test("a client with aliases", async () => {
  const { stdout } = await run(0);
  assert.match(stdout, /servingType: 'DEDICATED'/);
  assert.match(stdout, /You asked: "What is an endpoint\?"/);
});

test("a session token", async () => {
  const { stdout, request } = await run(1, { OCI_TOKEN_FILE: path("token"), OCI_KEY_FILE: path("key.pem") });
  assert.match(stdout, /Who signed this\?/);
  assert.ok(request.headers.authorization.includes(`keyId="ST$${token}"`));
});

test("a resource principal, by value and by file", async () => {
  for (const [rpst, pem] of [
    [token, privateKey],
    [path("token"), path("key.pem")],
  ]) {
    const { stdout, request } = await run(2, { OCI_RESOURCE_PRINCIPAL_RPST: rpst, OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: pem });
    assert.match(stdout, /Who signed this\?/);
    assert.ok(request.headers.authorization.includes(`keyId="ST$${token}"`));
  }
});

test("a stream, its fallback, and its failure", async () => {
  const [streamed, whole, broken] = await Promise.all(["simgeneric", "simnostream", "simblocklist"].map((endpoint) => run(3, { endpoint })));
  assert.match(streamed.stdout, /Does this endpoint stream\?/);
  assert.doesNotMatch(streamed.stderr, /in one piece/);
  assert.match(whole.stdout, /Does this endpoint stream\?/);
  assert.match(whole.stderr, /^in one piece: bad_request: Streaming is not supported/);
  assert.match(broken.stderr, /^content_filtered /);
});

test("every error code that it names exists, and every OCID is invented", () => {
  const { 1: codes } = /export type OciErrorCode =([^;]*);/.exec(readFileSync(new URL("../../pkg/index.d.ts", import.meta.url), "utf8"));
  const rows = text.split("## What goes wrong")[1].split("\n## ")[0].split("\n").filter((line) => line.startsWith("| ")).slice(1);
  const named = rows.flatMap((row) => [...row.split("|").at(-2).matchAll(/`(\w+)`/g)].map((match) => match[1]));
  assert.ok(named.length >= 18);
  for (const code of named) assert.ok(codes.includes(`"${code}"`), code);
  for (const [ocid] of text.matchAll(/ocid1\.\w+\.oc1\.[\w.-]+/g)) assert.match(ocid, /\.example$/);
});
