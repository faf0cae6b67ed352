// `keys`: what it has wrangler write, and what it prints. tests/workerd/engines.test.mjs runs it with wrangler itself.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, describe, test } from "node:test";
import { runCli } from "./support/cli.mjs";

/** What stands in for `npx`: a namespace in a file, and the arguments of each run in another. */
const NPX = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const [, , , , , action, name, value, , metadata] = process.argv;
appendFileSync(join(__dirname, "runs"), JSON.stringify(process.argv.slice(2)) + "\\n");
const file = join(__dirname, "state.json");
const state = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
if (process.env.FAILS) {
  console.error("no such namespace");
  process.exit(1);
}
if (action === "put") state[name] = { value, metadata: JSON.parse(metadata) };
if (action === "delete") delete state[name];
if (action === "list") {
  const keys = Object.entries(state).map(([name, { metadata }]) => ({ name, metadata }));
  console.log("a notice\\n" + JSON.stringify(keys));
}
writeFileSync(file, JSON.stringify(state));
`;

/** Runs the command with a namespace of its own. */
function makeNamespace() {
  const folder = mkdtempSync(join(tmpdir(), "oci-keys-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "npx"), NPX);
  chmodSync(join(folder, "npx"), 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  const lines = (name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean);
  return {
    keys: (...args) => runCli(["keys", ...args], { env }),
    failing: (...args) => runCli(["keys", ...args], { env: { ...env, FAILS: "1" } }),
    runs: () => lines("runs").map((line) => JSON.parse(line)),
    state: () => JSON.parse(readFileSync(join(folder, "state.json"), "utf8")),
    write: (state) => writeFileSync(join(folder, "state.json"), JSON.stringify(state)),
  };
}

describe("keys", { concurrency: true }, () => {
  test("add prints the key once, and stores its digest and what it may do", async () => {
    const { keys, runs, state } = makeNamespace();
    const limits = ["--requests-per-minute", "60", "--tokens-per-day", "1000"];
    const may = ["--models", "a, b", "--expires", "2999-01-31", ...limits];
    const { code, stdout, stderr } = await keys("add", "team a", ...may);
    assert.equal(code, 0, stderr);
    const key = stdout.trim();
    assert.match(key, /^oge-[\w-]{43}$/);
    const name = `sha256:${createHash("sha256").update(key).digest("hex")}`;
    assert.match(stderr, new RegExp(`added ${name.slice(0, 19)} for team a`));
    assert.deepEqual(JSON.parse(state()[name].value), {
      name: "team a",
      models: ["a", "b"],
      expires: "2999-01-31T00:00:00.000Z",
      requests_per_minute: 60,
      tokens_per_day: 1000,
    });
    assert.ok(!JSON.stringify([runs(), state()]).includes(key.slice(4)), "the key is given to nobody");
    assert.deepEqual(runs()[0].slice(0, 5), ["wrangler", "kv", "key", "put", name]);
    assert.deepEqual(runs()[0].slice(-3), ["--binding", "GATEWAY_KEYS", "--remote"]);
    const other = await keys("add", "team a");
    assert.notEqual(other.stdout, stdout);
  });

  test("list shows whose each is, and what it may do", async () => {
    const { keys, write } = makeNamespace();
    assert.deepEqual(await keys("list"), { code: 0, stdout: "", stderr: "there are no keys\n" });
    await keys("add", "team a", "--models", "a,b", "--expires", "90d");
    await keys("add", "team b", "--tokens-per-day", "5");
    const { stdout } = await keys("list");
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, 2);
    assert.match(lines[0], /^sha256:[0-9a-f]{12} {2}team a {2}models a, b; expires \d{4}-/);
    assert.match(lines[1], /^sha256:[0-9a-f]{12} {2}team b {2}5 tokens a day$/);
    const json = JSON.parse((await keys("list", "--json")).stdout);
    assert.deepEqual(json.map(({ name }) => name), ["team a", "team b"]);
    assert.match(json[0].key, /^sha256:[0-9a-f]{64}$/);
    write({ "sha256:0123456789abcdef": {} });
    assert.match((await keys("list")).stdout, /^sha256:0123456789ab {2}\(not added by this command\)$/m);
  });

  test("revoke deletes by name or digest, and nothing where that is not one key", async () => {
    const { keys, state } = makeNamespace();
    for (const name of ["team a", "team b", "team b"]) await keys("add", name);
    const names = Object.keys(state());
    const missing = await keys("revoke", "team c");
    assert.deepEqual([missing.code, Object.keys(state()).length], [1, 3]);
    assert.match(missing.stderr, /no key of team c\n {2}`oci-genai-edge keys list`/);
    const several = await keys("revoke", "team b");
    assert.equal(several.code, 1);
    const [one, other] = names.slice(1).map((name) => name.slice(0, 19));
    assert.match(several.stderr, new RegExp(`2 keys of team b\n {2}.*${one}, ${other}`));
    assert.equal(Object.keys(state()).length, 3);
    assert.equal((await keys("revoke", "team a")).code, 0);
    assert.equal((await keys("revoke", names[1].slice(0, 19))).code, 0);
    assert.equal((await keys("revoke", names[2].slice("sha256:".length))).code, 0);
    assert.deepEqual(state(), {});
    // Too short to mean one.
    assert.equal((await keys("revoke", "sha256:")).code, 1);
  });

  test("passes on where the namespace is", async () => {
    const { keys, runs } = makeNamespace();
    await keys("list", "--local", "--config", "a.toml", "--env", "staging", "--persist-to", "state");
    await keys("list", "--namespace-id", "0123");
    const [local, remote] = runs();
    const flags = "--binding GATEWAY_KEYS --local --config a.toml --env staging --persist-to state";
    assert.deepEqual(local.slice(6), flags.split(" "));
    assert.deepEqual(remote.slice(6), ["--namespace-id", "0123", "--remote"]);
  });

  test("rejects what makes no record, before anything is written", async () => {
    const { keys, state } = makeNamespace();
    await keys("list");
    for (const [args, pattern] of [
      [[], /usage: oci-genai-edge keys add NAME/],
      [["add"], /usage/],
      [["list", "team a"], /usage/],
      [["revoke"], /usage/],
      [["rename", "team a"], /usage/],
      [["add", "team", "a"], /usage/],
      [["add", " "], /name must be/],
      [["add", "a", "--models", ","], /models must be/],
      [["add", "a", "--expires", "soon"], /--expires must be a time/],
      [["add", "a", "--expires", "2020-01-01"], /--expires must be in the future/],
      [["add", "a", "--requests-per-minute", "0"], /--requests-per-minute must be/],
      [["add", "a", "--tokens-per-day", "1.5"], /--tokens-per-day must be/],
    ]) {
      const { code, stdout, stderr } = await keys(...args);
      assert.deepEqual([code, stdout], [2, ""], `${args}: ${stderr}`);
      assert.match(stderr, pattern);
    }
    assert.deepEqual(state(), {});
  });

  test("prints what wrangler says where it fails, and no key", async () => {
    const { failing } = makeNamespace();
    const { code, stdout, stderr } = await failing("add", "team a");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /wrangler failed\n {2}no such namespace/);
  });
});
