// The package as npm publishes it: packed, installed into an empty project, and imported.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { root, runNode, runScript } from "./support/run-node.mjs";

const run = promisify(execFile);
const pkg = join(root, "pkg");
const FLAGS = ["--offline", "--no-audit", "--no-fund", "--loglevel=error"];

describe("package", { timeout: 120_000 }, () => {
  let folder;
  let project;
  let manifest;
  let files;
  const env = () => ({ ...process.env, npm_config_cache: join(folder, "cache"), npm_config_update_notifier: "false" });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "oci-genai-edge-"));
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder, ...FLAGS], {
      cwd: pkg,
      env: env(),
    });
    const [packed] = JSON.parse(stdout);
    files = packed.files.map(({ path }) => path).toSorted();
    project = join(folder, "project");
    await mkdir(project);
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
    await run("npm", ["install", join(folder, packed.filename), ...FLAGS], { cwd: project, env: env() });
    manifest = JSON.parse(await readFile(join(project, "node_modules/oci-genai-edge/package.json"), "utf8"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const inProject = (script) => runScript(script, { cwd: project });

  test("contains the files that it needs", () => {
    for (const file of [
      "package.json",
      "inline.js",
      "browser.js",
      "workerd.js",
      "slim.js",
      "signer.js",
      "signer-node.js",
      "gateway.js",
      "ai-sdk.js",
      "lib/ai-sdk/provider.js",
      "gateway-node.js",
      "bin.js",
      "cli/main.js",
      "cli/checks/all.js",
      "simulator/server.mjs",
      "index.d.ts",
      "inline.d.ts",
      "slim.d.ts",
      "wasm-module.d.ts",
      "signer.d.ts",
      "signer-node.d.ts",
      "gateway.d.ts",
      "ai-sdk.d.ts",
      "gateway-node.d.ts",
      "README.md",
      "LICENSE-MIT",
      "LICENSE-APACHE",
      "wasm/inline.js",
      "wasm/oci_genai_edge.js",
      "wasm/oci_genai_edge_bg.wasm",
    ]) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  test("contains no other files", () => {
    const known = [
      /^(package\.json|README\.md|LICENSE-(MIT|APACHE))$/,
      /^([a-z-]+\.js|[a-z-]+\.d\.ts|lib\/(ai-sdk\/)?[a-z0-9-]+\.js)$/,
      /^cli\/(checks\/)?[a-z0-9-]+\.js$/,
      /^simulator\/[a-z0-9-]+\.mjs$/,
      /^wasm\/(inline\.js|oci_genai_edge(\.js|_bg\.wasm))$/,
    ];
    const unknown = files.filter((file) => !known.some((pattern) => pattern.test(file)));
    assert.deepEqual(unknown, []);
  });

  test("has no dependencies and runs no scripts at install", () => {
    for (const field of ["dependencies", "peerDependencies", "optionalDependencies", "bundledDependencies"]) {
      assert.equal(manifest[field], undefined, field);
    }
    for (const script of ["preinstall", "install", "postinstall", "prepare"]) {
      assert.equal(manifest.scripts?.[script], undefined, script);
    }
  });

  test("every target of exports exists, with types first", async () => {
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

  test("each entry can be imported, and has the documented exports", async () => {
    const output = await inProject(`
      const entries = ["/inline", "/slim", "/signer", "/signer/node", "/gateway", "/ai-sdk", "/gateway/node"];
      for (const entry of ["", ...entries]) {
        console.log(Object.keys(await import("oci-genai-edge" + entry)).toSorted().join());
      }
      const { default: json } = await import("oci-genai-edge/package.json", { with: { type: "json" } });
      console.log(json.name);
    `);
    assert.deepEqual(output.split("\n"), [
      "ChatStream,OciError,OciGenAI,warmUp",
      "ChatStream,OciError,OciGenAI,warmUp",
      "ChatStream,OciError,OciGenAI,init,warmUp",
      "apiKeySigner,signingString,tokenSigner",
      "instancePrincipalSigner,profileSigner,readProfile,resourcePrincipalSigner",
      "Budget,TargetHealth,createGateway,default",
      "createOci",
      "toNodeHandler",
      "oci-genai-edge",
    ]);
  });

  test("no entry but that of Node's signers imports a module of Node", async () => {
    const installed = join(project, "node_modules/oci-genai-edge");
    /** The modules that a file imports, and those that they import. */
    const importsOf = async (file, seen = new Set()) => {
      seen.add(file);
      // Types are imported in comments.
      const text = (await readFile(join(installed, file), "utf8")).replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, "");
      const names = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) => name);
      for (const name of names) {
        const path = name.startsWith(".") ? posix.join(posix.dirname(file), name) : name;
        if (seen.has(path)) continue;
        if (name.startsWith(".") && path.endsWith(".js")) await importsOf(path, seen);
        else seen.add(path);
      }
      return [...seen];
    };
    const entries = files.filter((file) => /^[a-z-]+\.js$/.test(file) && file !== "bin.js");
    for (const entry of entries) {
      const ofNode = (await importsOf(entry)).filter((name) => /^node:|^lib\/node-/.test(name));
      assert.equal(ofNode.length > 0, entry === "signer-node.js", `${entry}: ${ofNode}`);
    }
    assert.ok(entries.length >= 8);
  });

  test("works where it is installed", async () => {
    const output = await inProject(`
      import { OciGenAI } from "oci-genai-edge";
      const events = [{ index: 0, message: { content: [{ type: "TEXT", text: "Hello" }] } }, { finishReason: "stop" }];
      const body = events.map((event) => "data: " + JSON.stringify(event) + "\\n\\n").join("");
      const fetch = async () => new Response(body);
      const oci = new OciGenAI({ compartmentId: "ocid1.compartment.oc1..example", fetch });
      const messages = [{ role: "user", content: "Hi" }];
      const request = { model: "ocid1.generativeaiendpoint.oc1.iad.example", messages };
      for await (const text of oci.stream(request).text()) console.log(text);
    `);
    assert.equal(output, "Hello");
  });

  test("internal modules can't be imported", async () => {
    const output = await inProject(
      `await import("oci-genai-edge/lib/core.js").catch((error) => console.log(error.code));`,
    );
    assert.equal(output, "ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("the wasm file can be resolved by name", async () => {
    const output = await inProject(`
      import { readFileSync } from "node:fs";
      import { init, OciGenAI } from "oci-genai-edge/slim";
      await init(readFileSync(new URL(import.meta.resolve("oci-genai-edge/oci_genai_edge.wasm"))));
      console.log(new OciGenAI().route("ocid1.generativeaiendpoint.oc1.iad.example").region);
    `);
    assert.equal(output, "us-ashburn-1");
  });

  test("installs its command, which needs nothing else", async () => {
    const bin = join(project, "node_modules/.bin/oci-genai-edge");
    const model = "ocid1.generativeaiendpoint.oc1.iad.example";
    const { stdout } = await run(bin, ["route", model], { cwd: folder });
    assert.match(stdout, /us-ashburn-1/);
    const { stdout: answer } = await run(bin, ["chat", "--simulate", "--pace", "0", "Hi"], { cwd: folder });
    assert.match(answer, /^You asked: "Hi"/);
    // `npm publish` removes a path that begins with "./".
    assert.deepEqual(manifest.bin, { "oci-genai-edge": "bin.js" });
  });

  test("the simulator in it imports nothing from elsewhere", async () => {
    for (const file of files.filter((path) => path.startsWith("simulator/"))) {
      const text = await readFile(join(project, "node_modules/oci-genai-edge", file), "utf8");
      for (const [, name] of text.matchAll(/^(?:import|export) .*from "([^"]+)";$/gm)) {
        assert.match(name, /^(node:|\.\/[a-z0-9-]+\.mjs$)/, file);
      }
    }
  });

  test("can be imported from CommonJS", async () => {
    const script = `import("oci-genai-edge").then(({ OciGenAI }) => console.log(typeof OciGenAI))`;
    const { stdout } = await runNode(["--input-type=commonjs", "-e", script], { cwd: project });
    assert.equal(stdout.trim(), "function");
  });
});
