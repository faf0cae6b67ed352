// `make examples`: installs each folder of examples/ with the package as npm packs it, builds it and runs it against a
// simulated OCI. EXAMPLES names some. Everything listens on 127.0.0.1.

import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";
import { ANSWER, EXAMPLES, environmentOf, textOf } from "./examples.mjs";

/** @import { Example } from "./examples.mjs" */

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const OUT = fileURLToPath(new URL("../out/examples/", import.meta.url));
const INSTALL_MS = 300_000;
const RUN_MS = 400_000;
const POLL_MS = 200;

const wanted = process.env.EXAMPLES?.split(",");
const key = makeCredentials();
const simulator = await startSimulator({ credentials: [key] });
const env = {
  ...process.env,
  ...environmentOf(simulator, key, endpointId("simgpt")),
  // Next's, which would be sent.
  NEXT_TELEMETRY_DISABLED: "1",
};
let failed = 0;
try {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const tarball = await packed();
  for (const example of EXAMPLES.filter(({ name }) => wanted?.includes(name) ?? true)) {
    const started = performance.now();
    let fault;
    try {
      await runExample(example, tarball);
    } catch (error) {
      failed += 1;
      const { stderr, stdout, message } = /** @type {Error & Record<string, string>} */ (error);
      fault = [message, stdout, stderr].filter(Boolean).join("\n");
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${fault === undefined ? "works" : "fails"}  examples/${example.name} (${seconds} s)`);
    if (fault !== undefined) console.error(fault);
  }
} finally {
  await simulator.close();
}
process.exitCode = failed > 0 ? 1 : 0;

/** The tarball of the package. */
async function packed() {
  const flags = ["--json", "--pack-destination", OUT, "--loglevel=error"];
  const { stdout } = await run("npm", ["pack", ...flags], { cwd: join(root, "pkg") });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("[")));
  return join(OUT, filename);
}

/**
 * @param {Example} example
 * @param {string} tarball
 */
async function runExample({ name, requests }, tarball) {
  const cwd = join(OUT, name);
  cpSync(join(root, "examples", name), cwd, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const manifest = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  manifest.dependencies["oci-genai-edge"] = `file:${tarball}`;
  writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest, null, 2));
  await run("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    timeout: INSTALL_MS,
  });
  // As when it is built elsewhere: without the secrets.
  if (manifest.scripts.build) await run("npm", ["run", "build"], { cwd, env: withoutSecrets(), timeout: RUN_MS });
  if (requests === undefined) {
    const { stdout } = await run("npm", ["start", "--silent"], { cwd, env, timeout: RUN_MS });
    requireAnswer(stdout);
    return;
  }
  await serving(cwd, async (origin) => {
    for (const { path, body } of requests) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${origin}${path}`, { method: "POST", headers, body });
      const text = await response.text();
      const type = response.headers.get("content-type") ?? "";
      if (!type.startsWith("text/event-stream")) throw new Error(`${path}: ${response.status} ${type} ${text}`);
      requireAnswer(textOf(text));
    }
  });
}

/** @param {string} text */
function requireAnswer(text) {
  if (!ANSWER.test(text)) throw new Error(`no answer: ${JSON.stringify(text)}`);
}

function withoutSecrets() {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("OCI_")));
}

/**
 * Starts a server, and stops it when an action has ended.
 *
 * @param {string} cwd
 * @param {(origin: string) => Promise<void>} action
 */
async function serving(cwd, action) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  // In a process group of its own, so that a signal reaches what npm starts.
  const options = { cwd, env: { ...env, PORT: `${port}`, HOST: "127.0.0.1", ORIGIN: origin }, detached: true };
  const server = spawn("npm", ["start", "--silent"], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => (output += data));
  let ended = false;
  const exit = new Promise((resolve) => {
    server.once("exit", () => {
      ended = true;
      resolve(undefined);
    });
  });
  try {
    for (let waited = 0; !(await isListening(origin)); waited += POLL_MS) {
      if (ended || waited > RUN_MS) throw new Error("the server did not start");
      await sleep(POLL_MS);
    }
    await action(origin);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${output}`, { cause: error });
  } finally {
    if (!ended && server.pid !== undefined) process.kill(-server.pid, "SIGKILL");
    await exit;
  }
}

/** @param {string} origin */
async function isListening(origin) {
  const response = await fetch(`${origin}/favicon.ico`).catch(() => undefined);
  await response?.body?.cancel();
  return response !== undefined;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
