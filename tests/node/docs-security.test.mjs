// SECURITY.md names tests and commands that exist, and every variable of the gateway is documented.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (file) => readFileSync(new URL(file, root), "utf8");
const security = read("SECURITY.md");

/** What a pattern's first group matches in a text. */
const matches = (text, pattern) => Array.from(text.matchAll(pattern), ([, group]) => group);

test("every file that SECURITY.md names exists", () => {
  const files = new Set(matches(security, /`((?:tests|src)\/[^`]+)`/g));
  assert.ok(files.size > 20);
  assert.deepEqual(
    [...files].filter((file) => !existsSync(new URL(file, root))),
    [],
  );
});

test("every command that SECURITY.md names exists", () => {
  const targets = new Set(matches(security, /`make (\w+)`/g));
  const makefile = read("Makefile");
  for (const target of targets) assert.ok(makefile.includes(`\n${target}: `), target);
});

test("the variables of the gateway are those of its declarations, of wrangler.toml and of docs/gateway.md", () => {
  const declared = matches(read("pkg/gateway.d.ts"), /^ {2}((?:OCI|GATEWAY)_\w+)\?:/gm).toSorted();
  const known = matches(read("pkg/lib/gateway-settings.js"), /^ {2}"((?:OCI|GATEWAY)_\w+)",$/gm).toSorted();
  assert.deepEqual(known, declared);
  const table = read("docs/gateway.md");
  const wrangler = read("wrangler.toml");
  for (const name of declared.filter((variable) => variable.startsWith("GATEWAY_"))) {
    assert.ok(table.includes(`| \`${name}\` |`), `${name} is not in docs/gateway.md`);
    assert.ok(wrangler.includes(name), `${name} is not in wrangler.toml`);
  }
});
