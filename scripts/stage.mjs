// The whole path on this machine, for the demo and the tests: a simulated OCI, and the Worker with the page in workerd.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { makeCredentials, startSimulator } from "../tests/simulator/server.mjs";
import { demoModels } from "./demo-models.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const POLL_MS = 250;
const MAX_POLLS = 480;
const KILL_AFTER_MS = 5000;

/**
 * @typedef {object} RunningWorker
 * @property {string} origin
 * @property {number} pid of wrangler, and of its process group
 * @property {Promise<number>} ended Resolves to the exit code of wrangler.
 * @property {() => Promise<void>} stop
 * @property {() => string} output What wrangler has printed so far.
 *
 * @typedef {object} Simulation
 * @property {string} token
 * @property {import("../tests/simulator/types.d.ts").Simulator} simulator
 * @property {Record<string, string>} bindings The Worker's variables.
 *
 * @typedef {RunningWorker & Simulation} Stage
 */

/**
 * Starts both and resolves when the Worker answers. `pace` is the simulated model's time per token in milliseconds;
 * `bindings` adds to the Worker's variables and replaces some of them.
 *
 * @param {{ pace?: number, port?: number, bindings?: Record<string, string> }} [options]
 * @returns {Promise<Stage>}
 */
export async function startStage({ pace = 0, port, bindings = {} } = {}) {
  const credentials = makeCredentials();
  const token = `demo-${randomBytes(12).toString("hex")}`;
  const simulator = await startSimulator({ credentials: [credentials], pace });
  const all = {
    GATEWAY_TOKEN: token,
    OCI_ENDPOINT: simulator.url,
    OCI_COMPARTMENT_ID: simulator.compartmentId,
    OCI_TENANCY: credentials.tenancy,
    OCI_USER: credentials.user,
    OCI_FINGERPRINT: credentials.fingerprint,
    OCI_PRIVATE_KEY: credentials.privateKey.replaceAll("\n", "\\n"),
    OCI_MODELS: JSON.stringify(demoModels),
    ...bindings,
  };
  const worker = await startWorker(all, { port });
  const stop = async () => {
    await worker.stop();
    await simulator.close();
  };
  return { ...worker, token, simulator, bindings: all, stop };
}

/**
 * Runs the Worker of wrangler.toml, or of another configuration, by `wrangler dev --local`. It has to answer 401 to
 * whoever has no token.
 *
 * @param {Record<string, string>} bindings
 * @param {{ port?: number, flags?: string[] }} [options] `flags`: they name other files than wrangler.toml, and where
 *   state is kept
 * @returns {Promise<RunningWorker>}
 */
export async function startWorker(bindings, { port: wanted, flags: more = [] } = {}) {
  const port = wanted ?? (await freePort());
  const origin = `http://127.0.0.1:${port}`;
  const vars = Object.entries(bindings).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const ports = ["--ip", "127.0.0.1", "--port", `${port}`, "--inspector-port", `${await freePort()}`];
  const quiet = ["--log-level", "warn", "--show-interactive-dev-session=false"];
  const flags = ["--local", ...more, ...ports, ...quiet];
  // wrangler needs a newer Node than the machine may have: the one of package.json. In a process group of its own, so
  // that a signal to the group also reaches workerd.
  const command = [`${root}node_modules/wrangler/bin/wrangler.js`, "dev", ...flags, ...vars];
  const wrangler = spawn(`${root}node_modules/.bin/node`, command, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", CI: "1" },
    detached: true,
  });
  let output = "";
  for (const stream of [wrangler.stdout, wrangler.stderr]) stream.on("data", (data) => (output += data));

  let running = true;
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => {
    wrangler.on("exit", (code) => {
      running = false;
      resolve(code ?? 1);
    });
  });
  /** @param {NodeJS.Signals} signal */
  const kill = (signal) => {
    if (running && wrangler.pid !== undefined) process.kill(-wrangler.pid, signal);
  };
  const stop = async () => {
    if (!running) return;
    kill("SIGTERM");
    const timer = setTimeout(kill, KILL_AFTER_MS, "SIGKILL");
    await ended;
    clearTimeout(timer);
  };

  for (let poll = 0; poll < MAX_POLLS && running; poll++) {
    const response = await fetch(`${origin}/v1/models`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    await response?.body?.cancel();
    // Without a token, the gateway answers 401 as soon as it runs.
    if (response?.status === 401) return { origin, pid: wrangler.pid ?? 0, ended, stop, output: () => output };
    await sleep(POLL_MS);
  }
  await stop();
  throw new Error(`the Worker did not start:\n${output}`);
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
    server.on("error", reject);
  });
}
