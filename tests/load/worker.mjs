// One Worker in one isolate of a workerd of its own, without wrangler between.
import { rmSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Both come with wrangler.
import { build } from "esbuild";
import workerd from "workerd";

import { spawned } from "./child-process.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const WASM = "oci_genai_edge_bg.wasm";
export const TOKEN = "load-token";

/**
 * Starts `workers/<name>.mjs` in front of an upstream.
 * @returns {Promise<{ name: string, pid: number, port: number, said(): string, stop(): Promise<void> }>}
 */
export async function startWorker(name, upstreamPort) {
  const folder = await mkdtemp(join(tmpdir(), "load-"));
  const forget = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", forget);
  await bundle(name, folder);
  await writeFile(join(folder, "config.capnp"), await config(upstreamPort));
  const args = ["serve", "--control-fd=3", join(folder, "config.capnp")];
  const child = spawned(workerd.default, args, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let said = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (data) => (said = (said + data).slice(-4000)));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    process.off("exit", forget);
    forget();
  };
  const port = await Promise.race([listening(child.stdio[3]), ended.then(() => undefined)]);
  if (port === undefined) {
    await stop();
    throw new Error(`workerd did not start:\n${said}`);
  }
  return { name, pid: child.pid, port, stop, said: () => said };
}

function listening(control) {
  return new Promise((resolve) => {
    let text = "";
    control.on("data", (data) => {
      text += data;
      const told = /\{"event":"listen".*?"port":(\d+)/.exec(text);
      if (told) resolve(Number(told[1]));
    });
  });
}

async function bundle(name, folder) {
  // workerd compiles the wasm ahead of time and gives it as a module, as Cloudflare does.
  const wasm = {
    name: "wasm",
    setup: (plugins) => plugins.onResolve({ filter: /\.wasm$/ }, () => ({ path: `./${WASM}`, external: true })),
  };
  await build({
    entryPoints: [`${root}tests/load/workers/${name}.mjs`],
    outfile: join(folder, "worker.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "esnext",
    conditions: ["workerd", "worker", "browser"],
    nodePaths: [`${root}benches/node_modules`],
    plugins: [wasm],
    logLevel: "error",
  });
  await writeFile(join(folder, WASM), await readFile(`${root}pkg/wasm/${WASM}`));
}

async function config(upstreamPort) {
  const [, date] = /compatibility_date = "(.*)"/.exec(await readFile(`${root}wrangler.toml`, "utf8"));
  const bindings = {
    GATEWAY_TOKEN: TOKEN,
    OCI_ENDPOINT: `http://127.0.0.1:${upstreamPort}`,
    OCI_COMPARTMENT_ID: "ocid1.compartment.oc1..load",
  };
  const listed = Object.entries(bindings).map(([key, value]) => `(name = "${key}", text = "${value}")`);
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
  bindings = [${listed.join(", ")}],
);
`;
}
