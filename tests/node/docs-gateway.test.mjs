// docs/gateway.md, docs/deploy.md and wrangler.toml against the code: what can be configured, its defaults, and that
// the examples run.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { dataPointOf, recordOf } from "../../pkg/lib/gateway-usage.js";
import { VARIABLES, readSettings } from "../../pkg/lib/gateway-settings.js";
import { freePort } from "../../scripts/stage.mjs";

const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const docs = read("docs/gateway.md");
const declarations = read("pkg/gateway.d.ts");

/** The rows of the table of everything that can be configured. */
const rows = docs
  .slice(docs.indexOf("| binding | option |"))
  .split("\n\n", 1)[0]
  .split("\n")
  .slice(2)
  .map((row) => row.split(" | ").map((cell) => cell.replaceAll(/^\||\|$|`/g, "").trim()))
  .map(([binding, option, fallback]) => ({ binding, option, fallback }));

/** The members of an interface of gateway.d.ts. */
function membersOf(name) {
  const pattern = new RegExp(`interface ${name}(?:<[^>]*>)?(?: extends [^{]+)? \\{\\n([^]*?)\\n\\}`);
  const body = pattern.exec(declarations)?.[1];
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, member]) => member);
}

describe("the table of docs/gateway.md", () => {
  test("has every binding of GatewayEnv, and nothing else", () => {
    assert.deepEqual(rows.map(({ binding }) => binding).toSorted(), membersOf("GatewayEnv").toSorted());
  });

  test("has every variable that the gateway knows", () => {
    const names = new Set(rows.map(({ binding }) => binding));
    for (const name of VARIABLES) assert.ok(names.has(name), name);
    const known = [...names].filter((name) => /^(?:OCI|GATEWAY)_/.test(name));
    assert.deepEqual(known.toSorted(), VARIABLES.toSorted());
  });

  test("has every option of GatewayConfiguration", () => {
    const options = new Set(rows.map(({ option }) => option.split(".")[0]));
    for (const member of membersOf("GatewayConfiguration")) assert.ok(options.has(member), member);
  });

  test("has the defaults of the code", () => {
    const settings = readSettings({});
    const values = { ...settings, ...settings.options, telemetry: {} };
    for (const { option, fallback } of rows.filter((row) => /^\d+$/.test(row.fallback))) {
      const value = option.split(".").reduce((object, name) => object[name], values);
      assert.equal(value, Number(fallback), option);
    }
  });

  test("and the guide name the same defaults", () => {
    const guide = read("docs/guide.md");
    let compared = 0;
    for (const { binding, fallback } of rows.filter((row) => /^\d+$/.test(row.fallback))) {
      const row = new RegExp(`^\\| \`${binding}\` \\| (\\d+) \\|`, "m").exec(guide);
      if (!row) continue;
      assert.equal(row[1], fallback, binding);
      compared += 1;
    }
    assert.ok(compared > 3, "the guide has rows with defaults");
  });
});

describe("the server of docs/deploy.md", () => {
  const [, program] = /```js\n(import gateway from "oci-genai-edge\/gateway";\n[^]*?)```/.exec(read("docs/deploy.md"));
  const folder = fileURLToPath(new URL("../out/serve/", import.meta.url));
  const tool = (name) => fileURLToPath(new URL(`../matrix/node_modules/.bin/${name}`, import.meta.url));
  const serve = ["serve", "--no-check", "--allow-env", "--allow-net", "--host", "127.0.0.1"];
  const runtimes = [
    ["deno", (port) => [...serve, "--port", port, "server.js"]],
    ["bun", () => ["run", "server.js"]],
  ];
  for (const [name, argumentsOf] of runtimes) {
    const skip = !existsSync(tool(name)) && "make matrix installs it";
    test(`runs in ${name}`, { skip, timeout: 60_000 }, async () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${folder}server.js`, program);
      const port = String(await freePort());
      const settings = { GATEWAY_TOKEN: "token", OCI_REGION: "ord", OCI_MODELS: '{"ours": "cohere.command-r"}' };
      const env = { ...process.env, PORT: port, ...settings };
      const server = spawn(tool(name), argumentsOf(port), { cwd: folder, env, stdio: "ignore" });
      try {
        const headers = { authorization: "Bearer token" };
        let models;
        while (!models) {
          models = await fetch(`http://127.0.0.1:${port}/v1/models`, { headers }).catch(() => undefined);
          if (!models) await sleep(100);
        }
        assert.equal((await models.json()).data[0].id, "ours");
        assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
      } finally {
        server.kill();
      }
    });
  }
});

test("wrangler.toml shows everything", () => {
  const toml = read("wrangler.toml");
  const unusual = new Set(["OCI_REALM", "OCI_ENDPOINT"]);
  for (const { binding } of rows) assert.ok(unusual.has(binding) || toml.includes(binding), binding);
});

test("the lists of fields are those of a record", () => {
  const report = { model: "a", attempts: [], streamed: true, totalMs: 2, firstChunkMs: 1, phase: "complete" };
  const about = { key: "k", mode: 0, startedAt: 0, aliases: new Set(["a"]) };
  const record = recordOf({ report, target: null }, about);
  const message = JSON.parse(/The message of the queue:\n\n```json\n([^]*?)```/.exec(docs)[1]);
  assert.deepEqual(Object.keys(message), Object.keys(record));
  assert.deepEqual(Object.keys(record), membersOf("UsageRecord"));
  // Each field has a value of its own, which shows where it stands.
  const names = Object.keys(record);
  const marked = Object.fromEntries(
    names.map((name, index) => [name, typeof record[name] === "string" ? name : index + 1]),
  );
  const { blobs, doubles } = dataPointOf({ ...marked, streamed: true });
  const listed = (kind, index) => new RegExp(`\`${kind}${index + 1}\` \\| \`(\\w+)\``).exec(docs)[1];
  blobs.forEach((blob, index) => assert.equal(listed("blob", index), blob));
  doubles.slice(0, -1).forEach((value, index) => assert.equal(listed("double", index), names[value - 1]));
  assert.equal(listed("double", doubles.length - 1), "streamed");
});

test("the span in docs/gateway.md has the names of the conventions", () => {
  const { attributes } = JSON.parse(read("tests/expectations/gen-ai-conventions.json"));
  const names = [...docs.matchAll(/^ {2}((?:gen_ai|server|error)\.[\w.]+) /gm)].map(([, name]) => name);
  assert.ok(names.length > 8);
  for (const name of names) assert.ok(attributes[name], name);
});
