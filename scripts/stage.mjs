// The whole path on this machine: a simulated OCI and, in front of it, the Worker in workerd with the page. For the demo and the tests.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { makeCredentials, startSimulator } from "../tests/simulator/server.mjs";
import { demoModels } from "./demo-models.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Starts both. `pace` is the simulated model's time per token in milliseconds. Resolves when the Worker answers.
 * @returns {Promise<{ origin: string, token: string, simulator: object, ended: Promise<number>, stop(): Promise<void> }>}
 */
export async function startStage({ pace = 0, port, bindings = {} } = {}) {
  const credentials = makeCredentials();
  const token = `demo-${randomBytes(12).toString("hex")}`;
  const simulator = await startSimulator({ credentials: [credentials], pace });
  const worker = await startWorker({
    port,
    bindings: {
      GATEWAY_TOKEN: token,
      OCI_ENDPOINT: simulator.url,
      OCI_COMPARTMENT_ID: simulator.compartmentId,
      OCI_TENANCY: credentials.tenancy,
      OCI_USER: credentials.user,
      OCI_FINGERPRINT: credentials.fingerprint,
      OCI_PRIVATE_KEY: credentials.privateKey.replaceAll("\n", "\\n"),
      OCI_MODELS: JSON.stringify(demoModels),
      ...bindings,
    },
  });
  const stop = async () => {
    await worker.stop();
    await simulator.close();
  };
  return { ...worker, token, simulator, stop };
}

/** Starts the Worker of wrangler.toml by `wrangler dev --local`. */
async function startWorker({ port, bindings }) {
  const free = port ?? (await freePort());
  const origin = `http://127.0.0.1:${free}`;
  const vars = Object.entries(bindings).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const flags = ["--local", "--ip", "127.0.0.1", "--port", `${free}`, "--inspector-port", `${await freePort()}`, "--log-level", "warn", "--show-interactive-dev-session=false"];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", CI: "1" };
  // wrangler needs a newer Node than this machine may have: the pinned one. A group of its own, so that workerd ends with it.
  const wrangler = spawn(`${root}node_modules/.bin/node`, [`${root}node_modules/wrangler/bin/wrangler.js`, "dev", ...flags, ...vars], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env,
    detached: true,
  });
  let said = "";
  for (const output of [wrangler.stdout, wrangler.stderr]) output.on("data", (data) => (said += data));
  const ended = new Promise((resolve) => wrangler.on("exit", (code) => resolve(code ?? 1)));
  let running = true;
  ended.then(() => (running = false));
  const stop = async () => {
    if (running) {
      process.kill(-wrangler.pid, "SIGTERM");
      const stubborn = setTimeout(() => running && process.kill(-wrangler.pid, "SIGKILL"), 5000);
      await ended;
      clearTimeout(stubborn);
    }
  };
  for (let tries = 0; tries < 480 && running; tries++) {
    const response = await fetch(`${origin}/v1/models`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === 401) return { origin, ended, stop, said: () => said };
    await sleep(250);
  }
  await stop();
  throw new Error(`the Worker did not start:\n${said}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
    server.on("error", reject);
  });
}
