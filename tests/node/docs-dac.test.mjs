// The examples of docs/dac.md run as programs, with OCI's host played by the simulator.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { makeSessionToken } from "../simulator/server.mjs";
import { startExamples } from "./support/examples.mjs";

const { text, blocks, path, run } = await startExamples("docs/dac.md");
const { token, privateKey } = makeSessionToken();
writeFileSync(path("token"), `${token}\n`);
writeFileSync(path("key.pem"), privateKey);
const profile = ["[SESSION]", `security_token_file=${path("token")}`, `key_file=${path("key.pem")}`];
writeFileSync(path("config"), profile.join("\n"));

test("there are four examples", () => assert.equal(blocks.length, 4));

test("a client with aliases", async () => {
  const { stdout } = await run(0);
  assert.match(stdout, /servingType: 'DEDICATED'/);
  assert.match(stdout, /You asked: "What is an endpoint\?"/);
});

test("a session token", async () => {
  const { stdout, request } = await run(1, { OCI_CLI_CONFIG_FILE: path("config"), OCI_CLI_PROFILE: "SESSION" });
  assert.match(stdout, /Who signed this\?/);
  assert.ok(request.headers.authorization.includes(`keyId="ST$${token}"`));
});

test("a resource principal, by value and by file", async () => {
  for (const [rpst, pem] of [
    [token, privateKey],
    [path("token"), path("key.pem")],
  ]) {
    const { stdout, request } = await run(2, {
      OCI_RESOURCE_PRINCIPAL_VERSION: "2.2",
      OCI_RESOURCE_PRINCIPAL_RPST: rpst,
      OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: pem,
    });
    assert.match(stdout, /Who signed this\?/);
    assert.ok(request.headers.authorization.includes(`keyId="ST$${token}"`));
  }
});

test("a stream, its fallback, and its failure", async () => {
  const endpoints = ["simgeneric", "simnostream", "simblocklist"];
  const [streamed, unstreamed, failed] = await Promise.all(endpoints.map((endpoint) => run(3, { endpoint })));
  assert.match(streamed.stdout, /Does this endpoint stream\?/);
  assert.doesNotMatch(streamed.stderr, /in one piece/);
  assert.match(unstreamed.stdout, /Does this endpoint stream\?/);
  assert.match(unstreamed.stderr, /^in one piece: bad_request: the service answered with status 400/);
  assert.match(failed.stderr, /^content_filtered /);
});

test("names only error codes that exist, and only invented OCIDs", () => {
  const declarations = readFileSync(new URL("../../pkg/index.d.ts", import.meta.url), "utf8");
  const { 1: codes } = /export type OciErrorCode =([^;]*);/.exec(declarations);
  const rows = text
    .split("## What goes wrong")[1]
    .split("\n## ")[0]
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1);
  const named = rows.flatMap((row) =>
    [
      ...row
        .split("|")
        .at(-2)
        .matchAll(/`(\w+)`/g),
    ].map((match) => match[1]),
  );
  assert.ok(named.length >= 18);
  for (const code of named) assert.ok(codes.includes(`"${code}"`), code);
  for (const [ocid] of text.matchAll(/ocid1\.\w+\.oc1\.[\w.-]+/g)) assert.match(ocid, /\.example$/);
});
