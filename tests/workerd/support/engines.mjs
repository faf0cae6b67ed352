// Two gateways in isolates of their own that share Cloudflare's engines, as wrangler runs them locally: those of
// wrangler.toml, as they are there in comments.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { freePort, startWorker } from "../../../scripts/stage.mjs";
import { makeCredentials, startSimulator } from "../../simulator/server.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What is in front of both: the first part of the path chooses one. */
const ROUTER = `export default {
  fetch(request, env) {
    const [, name, path] = /^https?:\\/\\/[^/]*\\/(a|b)(\\/.*)$/.exec(request.url) ?? [, "a", new URL(request.url).pathname];
    return env[name].fetch(new Request(new URL(path, request.url), request));
  },
};
`;

/**
 * The text of wrangler.toml with the engines that stand in it as comments.
 *
 * @param {string} text
 */
export function withEngines(text) {
  const at = text.indexOf("# Engines ");
  const lines = text.slice(at).split("\n");
  const isSetting = /^# (?:\[\[?[a-z_.]+\]\]?|[a-z_]+ = .*)$/;
  return text.slice(0, at) + lines.map((line) => (isSetting.test(line) ? line.slice(2) : line)).join("\n");
}

/**
 * @param {object} options
 * @param {Record<string, string>} options.variables of both gateways
 * @param {(text: string) => string} [options.adapt] changes the configuration
 */
export async function startEngines({ variables, adapt = (text) => text }) {
  const credentials = makeCredentials();
  const simulator = await startSimulator({ credentials: [credentials] });
  await mkdir(`${root}tests/out`, { recursive: true });
  const folder = await mkdtemp(`${root}tests/out/engines-`);
  const all = {
    OCI_ENDPOINT: simulator.url,
    OCI_COMPARTMENT_ID: simulator.compartmentId,
    OCI_TENANCY: credentials.tenancy,
    OCI_USER: credentials.user,
    OCI_FINGERPRINT: credentials.fingerprint,
    OCI_PRIVATE_KEY: credentials.privateKey.replaceAll("\n", "\\n"),
    ...variables,
  };
  const values = Object.entries(all).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  const toml = withEngines(await readFile(`${root}wrangler.toml`, "utf8"))
    .replace(/\[assets\][^]*?\n\n/, "")
    .replace(/\[vars\][^]*?\n\n/, `[vars]\n${values.join("")}\n`)
    .replace("pkg/gateway.js", `${root}pkg/gateway.js`);
  const first = adapt(toml.replace('"oci-genai-edge"', '"gateway-a"'));
  const second = adapt(toml.replace('"oci-genai-edge"', '"gateway-b"'))
    .replace(/\[\[migrations\]\][^[]*/, "")
    .replaceAll(/^class_name = .*$/gm, '$&\nscript_name = "gateway-a"');
  const router = `name = "router"
main = "router.js"
compatibility_date = "2026-07-30"
services = [{ binding = "a", service = "gateway-a" }, { binding = "b", service = "gateway-b" }]
`;
  await writeFile(`${folder}/router.js`, ROUTER);
  const files = { router, first, second };
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}.toml`, text);
  const state = ["--persist-to", `${folder}/state`];

  /**
   * Runs wrangler on the gateways' configuration and state.
   *
   * @param {string[]} args
   */
  const wrangler = async (...args) => {
    const command = [`${root}node_modules/wrangler/bin/wrangler.js`, ...args, "--config", `${folder}/first.toml`, "--local", ...state];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
    const { stdout } = await promisify(execFile)(`${root}node_modules/.bin/node`, command, { cwd: folder, env });
    return stdout;
  };
  const configs = Object.keys(files).flatMap((name) => ["--config", `${folder}/${name}.toml`]);
  const start = async () => startWorker(await freePort(), {}, [...configs, ...state]);
  const stop = async () => {
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { simulator, folder, wrangler, start, stop };
}
