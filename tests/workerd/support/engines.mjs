// Gateways in isolates of their own, as wrangler runs them locally: a and b share Cloudflare's engines, those of
// wrangler.toml, as they are there in comments; c has the keys alone.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { freePort, startWorker } from "../../../scripts/stage.mjs";
import { runCli } from "../../node/support/cli.mjs";
import { makeCredentials, startSimulator } from "../../simulator/server.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What is in front of them: the first part of the path chooses one. */
const ROUTER = `export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const [, name, path] = /^\\/(a|b|c)(\\/.*)$/.exec(pathname) ?? ["", "a", pathname];
    return env[name].fetch(new Request(new URL(path + search, request.url), request));
  },
};
`;

/** The router's configuration as the consumer of the queue. */
const CONSUMER = `[[queues.consumers]]
queue = "oci-genai-edge-usage"
max_batch_timeout = 1
`;

/**
 * The end of the router, with what hands on the messages of the queue.
 *
 * @param {string} url
 */
function consumerOf(url) {
  return `  async queue(batch) {
    const body = JSON.stringify(batch.messages.map((message) => message.body));
    await fetch(${JSON.stringify(url)}, { method: "POST", body });
  },
};
`;
}

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
 * @param {Record<string, string>} options.variables of all gateways
 * @param {(text: string) => string} [options.adapt] changes the configuration
 * @param {string} [options.consumer] a URL that gets the messages of the queue, as a JSON list
 */
export async function startEngines({ variables, adapt = (text) => text, consumer }) {
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
    .replace(/\[\[migrations\]\]\n(?:[a-z_]+ = .*\n)*/, "")
    .replaceAll(/^class_name = .*$/gm, '$&\nscript_name = "gateway-a"');
  const third = toml.replace('"oci-genai-edge"', '"gateway-c"').replace(/\[\[ratelimits\]\][^]*/, "");
  const router = `name = "router"
main = "router.js"
compatibility_date = "2026-07-30"
services = [${["a", "b", "c"].map((name) => `{ binding = "${name}", service = "gateway-${name}" }`).join(", ")}]
`;
  await writeFile(`${folder}/router.js`, consumer ? ROUTER.replace(/\};\n$/, consumerOf(consumer)) : ROUTER);
  const files = { router: consumer ? router + CONSUMER : router, first, second, third };
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}.toml`, text);
  const state = ["--persist-to", `${folder}/state`];

  /**
   * Runs wrangler on the configuration of a gateway with all engines.
   *
   * @param {string[]} args
   */
  const run = async (...args) => {
    const command = [`${root}node_modules/wrangler/bin/wrangler.js`, ...args, "--config", `${folder}/first.toml`];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
    const { stdout } = await promisify(execFile)(`${root}node_modules/.bin/node`, command, { cwd: folder, env });
    return stdout;
  };
  /**
   * Puts records of keys into the namespace.
   *
   * @param {Record<string, object>} records by the name of each key
   */
  const putKeys = async (records) => {
    const pairs = Object.entries(records).map(([key, record]) => ({ key, value: JSON.stringify(record) }));
    await writeFile(`${folder}/keys.json`, JSON.stringify(pairs));
    await run("kv", "bulk", "put", `${folder}/keys.json`, "--binding", "GATEWAY_KEYS", "--local", ...state);
  };
  /**
   * Runs the command `keys` on the local namespace.
   *
   * @param {string[]} args
   */
  const keys = async (...args) => {
    const env = { PATH: `${root}node_modules/.bin:${process.env.PATH}`, HOME: folder };
    const ended = await runCli(["keys", ...args, "--local", "--config", `${folder}/first.toml`, ...state], { env });
    if (ended.code !== 0) throw new Error(ended.stderr);
    return ended.stdout.trim();
  };
  const dryRun = () => run("deploy", "--dry-run", `--outdir=${folder}/bundle`);
  const configs = Object.keys(files).flatMap((name) => ["--config", `${folder}/${name}.toml`]);
  const start = async () => startWorker(await freePort(), {}, [...configs, ...state]);
  const stop = async () => {
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { simulator, folder, putKeys, keys, dryRun, start, stop };
}
