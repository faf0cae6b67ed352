// The cells of runtimes outside of browsers.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ENTRIES,
  MAIN,
  PACKAGE,
  bin,
  freePort,
  here,
  pinnedNode,
  root,
  run,
  serve,
  versionIn,
  write,
} from "./places.mjs";
import { commonJs, program, worker } from "./programs.mjs";

/** @import { Cell, Place } from "./cells.d.ts" */

// Deno must neither fetch nor look for the packages of another project.
const DENO = ["run", "--no-prompt", "--node-modules-dir=manual", "--allow-net=127.0.0.1"];

/** @returns {Promise<Cell[]>} */
export async function runtimeCells() {
  const cells = await Promise.all([nodeCells(), otherCells(), bundledForNode(), jestCells()]);
  return [...cells.flat(), ...workerCells(), ...edgeRuntimeCells()];
}

// ---------------------------------------------------------------- Node

/** @returns {Promise<Cell[]>} */
async function nodeCells() {
  // `require` of a module is an option before Node 20.19 and 22.12: nobody needs it with these.
  const nodes = [join(here, "node_modules/node20/bin/node"), join(here, "node_modules/node22/bin/node"), pinnedNode];
  const present = [...nodes.filter(existsSync), process.execPath];
  const byVersion = new Map();
  for (const node of present) {
    const version = await versionOf(node);
    if (!byVersion.has(version)) byVersion.set(version, node);
  }
  return [...byVersion].flatMap(([version, node]) =>
    ENTRIES.flatMap((entry) => [
      {
        where: `Node ${version}, import`,
        entry,
        core: true,
        run: ({ hub, folder }) => run(node, [write(folder, "main.mjs", program({ entry, baseUrl: hub.origin }))]),
      },
      {
        where: `Node ${version}, require`,
        entry,
        core: true,
        run: ({ hub, folder }) =>
          run(node, ["--no-warnings", write(folder, "main.cjs", commonJs({ entry, baseUrl: hub.origin }))]),
      },
    ]),
  );
}

/** @param {string} node */
async function versionOf(node) {
  return (await run(node, ["--version"], { cwd: root })).replace("v", "");
}

// ---------------------------------------------------------------- Deno and Bun

/** @returns {Cell[]} */
function otherCells() {
  const main = (/** @type {string} */ entry, /** @type {Place} */ { hub, folder }) =>
    write(folder, "main.mjs", program({ entry, baseUrl: hub.origin }));
  return ENTRIES.flatMap((entry) => [
    {
      where: `Deno ${versionIn("deno")}, --allow-net alone`,
      entry,
      core: true,
      run: (place) => run(bin("deno"), [...DENO, main(entry, place)]),
    },
    {
      where: `Bun ${versionIn("bun")}`,
      entry,
      core: true,
      run: (place) => run(bin("bun"), ["run", main(entry, place)]),
    },
    {
      where: `Bun ${versionIn("bun")}, build --compile`,
      entry,
      core: true,
      run: async (place) => {
        const outfile = join(place.folder, "compiled");
        await run(bin("bun"), ["build", "--compile", main(entry, place), "--outfile", outfile]);
        // Elsewhere, without the packages.
        await run(outfile, [], { cwd: "/" });
      },
    },
  ]);
}

/** @returns {Cell[]} */
function bundledForNode() {
  const builders = /** @type {[string, "esm" | "cjs", (script: string, outfile: string) => Promise<unknown>][]} */ ([
    [`esbuild ${versionIn("esbuild")}, for Node`, "esm", esbuildForNode("esm")],
    [`esbuild ${versionIn("esbuild")}, for Node, CommonJS`, "cjs", esbuildForNode("cjs")],
    [
      `Bun ${versionIn("bun")}'s bundler, for Node`,
      "esm",
      (script, outfile) => run(bin("bun"), ["build", "--target=node", script, "--outfile", outfile]),
    ],
  ]);
  return builders.flatMap(([where, format, build]) =>
    ENTRIES.map((entry) => ({
      where,
      entry,
      core: where.startsWith("esbuild"),
      run: async ({ hub, folder }) => {
        const outfile = join(folder, `bundle.${format === "esm" ? "mjs" : "cjs"}`);
        await build(write(folder, "main.mjs", program({ entry, baseUrl: hub.origin })), outfile);
        await run(pinnedNode, [outfile], { cwd: "/" });
      },
    })),
  );
}

/** @param {"esm" | "cjs"} format */
function esbuildForNode(format) {
  return async (/** @type {string} */ script, /** @type {string} */ outfile) => {
    const { build } = await import("esbuild");
    await build({ entryPoints: [script], outfile, bundle: true, platform: "node", format, logLevel: "silent" });
  };
}

// ---------------------------------------------------------------- Jest

/** @returns {Cell[]} */
function jestCells() {
  const where = `Jest ${versionIn("jest")}, CommonJS`;
  return ENTRIES.map((entry) => ({
    where,
    entry,
    advice: "`NODE_OPTIONS=--experimental-vm-modules`, and `await import(…)` in the test",
    run: (place) => jest(entry, place, (text) => text),
    cure: (place) => jest(entry, place, dynamic, { NODE_OPTIONS: "--experimental-vm-modules" }),
  }));
}

/** @param {string} text */
const dynamic = (text) => text.replaceAll("require(", "await import(");

/**
 * @param {string} entry
 * @param {Place} place
 * @param {(text: string) => string} change
 * @param {Record<string, string>} [env]
 */
async function jest(entry, { hub, folder }, change, env = {}) {
  const [loading, reporting = ""] = commonJs({ entry, baseUrl: hub.origin }).split(/(?=^reportSuite)/m);
  const text = `test("the suite", async () => {\n${change(loading ?? "")}await ${reporting}}, 60_000);\n`;
  write(folder, "package.json", '{ "private": true }\n');
  write(folder, "suite.test.js", text);
  write(folder, "jest.config.json", '{ "testEnvironment": "node" }\n');
  await run(pinnedNode, [join(here, "node_modules/jest/bin/jest.js"), "--rootDir", folder], { cwd: folder, env });
}

// ---------------------------------------------------------------- workerd

/** @returns {Cell[]} */
function workerCells() {
  const where = `workerd ${versionIn("workerd")}, without a bundler`;
  /** @type {Cell[]} */
  const cells = [{ where, entry: MAIN, core: true, run: workerd }];
  for (const entry of ENTRIES) {
    cells.push({ where: `wrangler ${versionIn("wrangler")}`, entry, run: (place) => wrangler(entry, place) });
  }
  return cells;
}

/** @param {Place} place */
async function workerd({ hub, folder }) {
  const loading = { entry: "./package/workerd.js", baseUrl: hub.origin };
  write(folder, "worker.mjs", worker(loading, "./package/signer.js"));
  const files = readdirSync(PACKAGE, { recursive: true, encoding: "utf8" }).filter((file) => /\.(js|wasm)$/.test(file));
  const modules = [
    '(name = "worker.mjs", esModule = embed "worker.mjs")',
    '(name = "suite.mjs", esModule = embed "suite.mjs")',
    ...files.map((file) => {
      const kind = file.endsWith(".wasm") ? "wasm" : "esModule";
      return `(name = "package/${file}", ${kind} = embed "../../node_modules/oci-genai-edge/${file}")`;
    }),
  ];
  const port = await freePort();
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "internet", network = (allow = ["local"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "${compatibilityDate()}",
);
`;
  const args = ["serve", write(folder, "config.capnp", config)];
  await trigger(join(root, "node_modules/.bin/workerd"), args, { cwd: folder, port });
}

/**
 * @param {string} entry
 * @param {Place} place
 */
async function wrangler(entry, { hub, folder }) {
  write(folder, "worker.mjs", worker({ entry, baseUrl: hub.origin }));
  const config = { name: "matrix", main: "worker.mjs", compatibility_date: compatibilityDate() };
  write(folder, "wrangler.json", JSON.stringify(config));
  const [port, inspector] = [await freePort(), await freePort()];
  const flags = ["--local", "--ip", "127.0.0.1", "--port", `${port}`, "--inspector-port", `${inspector}`];
  const args = [join(root, "node_modules/wrangler/bin/wrangler.js"), "dev", ...flags, "--log-level", "error"];
  await trigger(pinnedNode, [...args, "--show-interactive-dev-session=false"], { cwd: folder, port });
}

/**
 * Starts a server that runs the suite for a request.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, port: number }} options
 */
async function trigger(command, args, { cwd, port }) {
  const url = `http://127.0.0.1:${port}/`;
  let isDone = false;
  const isReady = async () => {
    const response = await fetch(url).catch(() => undefined);
    isDone = (await response?.text()) !== undefined;
    return isDone;
  };
  const { stop } = await serve(command, args, { cwd, isReady });
  await stop();
}

function compatibilityDate() {
  return /compatibility_date = "(.*)"/.exec(readFileSync(join(root, "wrangler.toml"), "utf8"))?.[1];
}

// ---------------------------------------------------------------- edge-runtime

/** @returns {Cell[]} */
function edgeRuntimeCells() {
  const where = `edge-runtime ${versionIn("edge-runtime")}`;
  return ENTRIES.map((entry) => ({ where, entry, run: (place) => edgeRuntime(entry, place) }));
}

/**
 * As Vercel's tools do it: a script, and the wasm compiled beside it.
 *
 * @param {string} entry
 * @param {Place} place
 */
async function edgeRuntime(entry, { hub, folder }) {
  const { build } = await import("esbuild");
  const wasm = join(PACKAGE, "wasm/oci_genai_edge_bg.wasm");
  /** @type {import("esbuild").Plugin} */
  const plugin = {
    name: "wasm",
    setup(plugins) {
      plugins.onResolve({ filter: /\.wasm\?module$/ }, () => ({ path: wasm, namespace: "wasm" }));
      const contents = "export default globalThis.compiledModule;";
      plugins.onLoad({ filter: /^/, namespace: "wasm" }, () => ({ contents }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: [write(folder, "main.mjs", program({ entry, baseUrl: hub.origin }))],
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["edge-light"],
    define: { "import.meta.url": '"file:///script.js"' },
    plugins: [plugin],
    logLevel: "silent",
  });
  const script = write(folder, "script.js", `(async () => {${outputFiles[0]?.text}})();`);
  const host = `import { readFileSync } from "node:fs";
import { EdgeRuntime } from "edge-runtime";
const compiledModule = await WebAssembly.compile(readFileSync(${JSON.stringify(wasm)}));
const extend = (context) => Object.assign(context, { compiledModule });
const runtime = new EdgeRuntime({ extend });
await runtime.evaluate(readFileSync(${JSON.stringify(script)}, "utf8"));
`;
  await run(pinnedNode, [write(folder, "host.mjs", host)], { cwd: folder });
}

