// The Worker of wrangler.toml in workerd itself: the proxies of `wrangler dev` do not pass on who disconnects, and take
// more time than the gateway.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const out = `${root}tests/out/`;

/** @param {string} name */
const tool = (name) => `${root}node_modules/${name}`;

/**
 * The bindings of a gateway in front of a simulator, whose token is "token".
 *
 * @param {import("../../simulator/types.d.ts").Simulator} simulator
 * @param {ReturnType<typeof import("../../simulator/server.mjs").makeCredentials>} credentials
 * @returns {Record<string, string>}
 */
export function bindingsOf(simulator, credentials) {
  return {
    GATEWAY_TOKEN: "token",
    OCI_ENDPOINT: simulator.url,
    OCI_COMPARTMENT_ID: simulator.compartmentId,
    OCI_TENANCY: credentials.tenancy,
    OCI_USER: credentials.user,
    OCI_FINGERPRINT: credentials.fingerprint,
    OCI_PRIVATE_KEY: credentials.privateKey,
  };
}

/**
 * Starts it. `output` is what it has printed.
 *
 * @param {Record<string, string>} bindings
 */
export async function startWorkerd(bindings) {
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(`${out}workerd-`);
  bundle(folder);
  writeFileSync(`${folder}/config.capnp`, configOf(folder, bindings));
  const args = ["serve", `${folder}/config.capnp`, "--control-fd=3"];
  const worker = spawn(tool(".bin/workerd"), args, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [worker.stdout, worker.stderr]) stream.on("data", (data) => (output += data));
  const port = await new Promise((resolve, reject) => {
    worker.on("exit", (code) => reject(new Error(`workerd ended with ${code}: ${output}`)));
    worker.stdio[3]?.on("data", (data) => resolve(/"port":\s*(\d+)/.exec(data)?.[1]));
  });
  const stop = () => {
    worker.removeAllListeners("exit");
    worker.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { origin: `http://127.0.0.1:${port}`, port: Number(port), stop, output: () => output };
}

/**
 * Bundles the Worker of wrangler.toml.
 *
 * @param {string} folder
 */
function bundle(folder) {
  const args = [tool("wrangler/bin/wrangler.js"), "deploy", "--dry-run", `--outdir=${folder}`];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
  execFileSync(tool(".bin/node"), args, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
}

/**
 * A configuration of workerd with the bundle, the bindings and the compatibility of wrangler.toml.
 *
 * @param {string} folder
 * @param {Record<string, string>} bindings
 */
function configOf(folder, bindings) {
  const wrangler = readFileSync(`${root}wrangler.toml`, "utf8");
  const date = /^compatibility_date = (".*")$/m.exec(wrangler)?.[1];
  const flags = /^compatibility_flags = (\[.*\])$/m.exec(wrangler)?.[1];
  const wasm = readdirSync(folder).find((name) => name.endsWith(".wasm"));
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .gateway), (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const gateway :Workerd.Worker = (
  modules = [(name = "gateway.js", esModule = embed "gateway.js"), (name = "./${wasm}", wasm = embed "${wasm}")],
  compatibilityDate = ${date},
  compatibilityFlags = ${flags},
  bindings = [${texts.join(", ")}],
);
`;
}
