// One Worker in one isolate of its own workerd, without wrangler.

import { rmSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// Both are installed with wrangler.
import { build } from "esbuild";
import workerd from "workerd";
import { startChild } from "./child-process.mjs";

/** @import { Plugin } from "esbuild" */
/** @import { Readable } from "node:stream" */
/** @import { RunningWorker, WorkerEnv } from "./types.d.ts" */

const root = fileURLToPath(new URL("../../", import.meta.url));
const WASM = "oci_genai_edge_bg.wasm";
export const TOKEN = "load-token";

/**
 * Starts a Worker in front of an upstream.
 *
 * @param {string} name
 * @param {number} upstreamPort
 * @param {URL} [entry] its module
 * @returns {Promise<RunningWorker>}
 */
export async function startWorker(name, upstreamPort, entry = new URL(`workers/${name}.mjs`, import.meta.url)) {
  const folder = await mkdtemp(join(tmpdir(), "load-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  await bundle(fileURLToPath(entry), folder);
  await writeFile(join(folder, "config.capnp"), await config(upstreamPort));
  const args = ["serve", "--control-fd=3", join(folder, "config.capnp")];
  const started = performance.now();
  const child = startChild(workerd.default, args, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let output = "";
  for (const pipe of [child.stdout, child.stderr]) pipe?.on("data", (data) => (output = (output + data).slice(-4000)));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    process.off("exit", removeFolder);
    removeFolder();
  };
  const control = /** @type {Readable} */ (child.stdio[3]);
  const port = await Promise.race([listeningPort(control), ended.then(() => undefined)]);
  if (port === undefined || child.pid === undefined) {
    await stop();
    throw new Error(`workerd did not start:\n${output}`);
  }
  const startMs = performance.now() - started;
  return { name, pid: child.pid, port, startMs, stop, output: () => output };
}

/**
 * The port that workerd reports on its control pipe.
 *
 * @param {Readable} control
 * @returns {Promise<number>}
 */
function listeningPort(control) {
  return new Promise((resolve) => {
    let text = "";
    control.on("data", (data) => {
      text += data;
      const port = /\{"event":"listen".*?"port":(\d+)/.exec(text)?.[1];
      if (port) resolve(Number(port));
    });
  });
}

/**
 * Bundled Workers, by their entry.
 *
 * @type {Map<string, Promise<Uint8Array>>}
 */
const scripts = new Map();

/**
 * @param {string} entry
 * @param {string} folder
 */
async function bundle(entry, folder) {
  const script = scripts.get(entry) ?? bundleScript(entry);
  scripts.set(entry, script);
  await writeFile(join(folder, "worker.js"), await script);
  await writeFile(join(folder, WASM), await readFile(`${root}pkg/wasm/${WASM}`));
}

/** @param {string} entry */
async function bundleScript(entry) {
  // workerd compiles the wasm, and provides it as a module, as Cloudflare does.
  /** @type {Plugin} */
  const wasm = {
    name: "wasm",
    setup: (plugins) => plugins.onResolve({ filter: /\.wasm$/ }, () => ({ path: `./${WASM}`, external: true })),
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: "esnext",
    conditions: ["workerd", "worker", "browser"],
    nodePaths: [`${root}benches/node_modules`],
    alias: { "wasm-glue": `${root}pkg/wasm/oci_genai_edge.js` },
    plugins: [wasm],
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

/** @param {number} upstreamPort */
async function config(upstreamPort) {
  const date = /compatibility_date = "(.*)"/.exec(await readFile(`${root}wrangler.toml`, "utf8"))?.[1];
  /** @type {WorkerEnv} */
  const bindings = {
    GATEWAY_TOKEN: TOKEN,
    OCI_ENDPOINT: `http://127.0.0.1:${upstreamPort}`,
    OCI_COMPARTMENT_ID: "ocid1.compartment.oc1..load",
  };
  const list = Object.entries(bindings).map(([key, value]) => `(name = "${key}", text = "${value}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
  v8Flags = ["--expose-gc"],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "${WASM}", wasm = embed "${WASM}"),
  ],
  compatibilityDate = "${date}",
  bindings = [${list.join(", ")}],
);
`;
}
