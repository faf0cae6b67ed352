// The package as npm ships it: packed, installed into an empty project, and imported.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const pkg = fileURLToPath(new URL("../../pkg/", import.meta.url));
const FLAGS = ["--offline", "--no-audit", "--no-fund", "--loglevel=error"];

describe("package", { timeout: 120_000 }, () => {
  let folder;
  let project;
  let manifest;
  let files;
  const env = () => ({ ...process.env, npm_config_cache: join(folder, "cache"), npm_config_update_notifier: "false" });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "oci-genai-edge-"));
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder, ...FLAGS], { cwd: pkg, env: env() });
    const [packed] = JSON.parse(stdout);
    files = packed.files.map(({ path }) => path).sort();
    project = join(folder, "project");
    await mkdir(project);
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
    await run("npm", ["install", join(folder, packed.filename), ...FLAGS], { cwd: project, env: env() });
    manifest = JSON.parse(await readFile(join(project, "node_modules/oci-genai-edge/package.json"), "utf8"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const inProject = async (script, ...flags) =>
    (await run(process.execPath, [...flags, "--input-type=module", "-e", script], { cwd: project, timeout: 30_000 })).stdout.trim();

  test("holds what it needs", () => {
    for (const file of [
      "package.json",
      "node.js",
      "browser.js",
      "workerd.js",
      "slim.js",
      "signer.js",
      "gateway.js",
      "index.d.ts",
      "slim.d.ts",
      "signer.d.ts",
      "gateway.d.ts",
      "README.md",
      "LICENSE-MIT",
      "LICENSE-APACHE",
      "wasm/oci_genai_edge.js",
      "wasm/oci_genai_edge_bg.wasm",
    ]) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  test("holds nothing else", () => {
    const known = /^(package\.json|README\.md|LICENSE-(MIT|APACHE)|[a-z-]+\.js|[a-z-]+\.d\.ts|lib\/[a-z-]+\.js|wasm\/oci_genai_edge(\.js|_bg\.wasm))$/;
    assert.deepEqual(files.filter((file) => !known.test(file)), []);
  });

  test("has no dependencies and runs no scripts at install", () => {
    for (const field of ["dependencies", "peerDependencies", "optionalDependencies", "bundledDependencies"]) assert.equal(manifest[field], undefined, field);
    for (const script of ["preinstall", "install", "postinstall", "prepare"]) assert.equal(manifest.scripts?.[script], undefined, script);
  });

  test("every target of exports is there, types first", async () => {
    const targets = [];
    for (const [entry, target] of Object.entries(manifest.exports)) {
      if (typeof target === "string") targets.push(target);
      else {
        assert.equal(Object.keys(target)[0], "types", `${entry}: conditions are matched in order`);
        assert.equal(Object.keys(target).at(-1), "default", entry);
        targets.push(...Object.values(target));
      }
    }
    for (const target of targets) {
      const { size } = await stat(join(project, "node_modules/oci-genai-edge", target));
      assert.ok(size > 0, target);
    }
  });

  test("each entry can be imported, and exports what it says", async () => {
    const told = await inProject(`
      for (const entry of ["", "/slim", "/signer", "/gateway"]) {
        console.log(Object.keys(await import("oci-genai-edge" + entry)).sort().join());
      }
      const { default: json } = await import("oci-genai-edge/package.json", { with: { type: "json" } });
      console.log(json.name);
    `, "--no-warnings");
    assert.deepEqual(told.split("\n"), [
      "ChatStream,OciError,OciGenAI",
      "ChatStream,OciError,OciGenAI,init",
      "apiKeySigner,signingString,tokenSigner",
      "createGateway,default",
      "oci-genai-edge",
    ]);
  });

  test("works where it is installed", async () => {
    const told = await inProject(`
      import { OciGenAI } from "oci-genai-edge";
      const body = 'data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hello"}]}}\\n\\ndata: {"finishReason":"stop"}\\n\\n';
      const oci = new OciGenAI({ compartmentId: "ocid1.compartment.oc1..example", fetch: async () => new Response(body) });
      const request = { model: "ocid1.generativeaiendpoint.oc1.iad.example", messages: [{ role: "user", content: "Hi" }] };
      for await (const text of oci.stream(request).text()) console.log(text);
    `);
    assert.equal(told, "Hello");
  });

  test("what is inside is not for import", async () => {
    const told = await inProject(`await import("oci-genai-edge/lib/core.js").catch((error) => console.log(error.code));`);
    assert.equal(told, "ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("its wasm can be found by name", async () => {
    const told = await inProject(`
      import { readFileSync } from "node:fs";
      import { init, OciGenAI } from "oci-genai-edge/slim";
      await init(readFileSync(new URL(import.meta.resolve("oci-genai-edge/wasm"))));
      console.log(new OciGenAI().route("ocid1.generativeaiendpoint.oc1.iad.example").region);
    `);
    assert.equal(told, "us-ashburn-1");
  });

  test("without type: module too", async () => {
    const script = `import("oci-genai-edge").then(({ OciGenAI }) => console.log(typeof OciGenAI))`;
    const { stdout } = await run(process.execPath, ["--input-type=commonjs", "-e", script], { cwd: project });
    assert.equal(stdout.trim(), "function");
  });
});
