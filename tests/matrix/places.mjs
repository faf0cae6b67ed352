// What the cells share: the packed package, folders, processes and versions.

import { execFile, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** @import { AddressInfo } from "node:net" */

const execute = promisify(execFile);

export const here = fileURLToPath(new URL(".", import.meta.url));
export const root = fileURLToPath(new URL("../../", import.meta.url));
/** Inside this folder, so that everything finds the packages of its node_modules. */
export const OUT = join(here, "out");
/** The unpacked package. */
export const PACKAGE = join(here, "node_modules/oci-genai-edge");

export const MAIN = "oci-genai-edge";
export const INLINE = "oci-genai-edge/inline";
export const ENTRIES = [MAIN, INLINE];

const LIMIT_MS = 120_000;

/** The Node that package.json pins, which wrangler and workerd need. */
export const pinnedNode = join(root, "node_modules/.bin/node");

/** Packs the package as npm publishes it, and unpacks it where everything finds it. Resolves to the tarball. */
export async function installPackage() {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const flags = ["--json", "--pack-destination", OUT, "--loglevel=error"];
  const { stdout } = await execute("npm", ["pack", ...flags], { cwd: join(root, "pkg") });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("[")));
  const tarball = join(OUT, filename);
  rmSync(PACKAGE, { recursive: true, force: true });
  mkdirSync(PACKAGE, { recursive: true });
  await execute("tar", ["-xzf", tarball, "-C", PACKAGE, "--strip-components=1"]);
  return tarball;
}

/**
 * A new folder with the suite in it.
 *
 * @param {string} name
 */
export function newFolder(name) {
  const folder = join(OUT, name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(here, "suite.mjs"), join(folder, "suite.mjs"));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  return folder;
}

/**
 * Writes a file, and gives its path.
 *
 * @param {string} folder
 * @param {string} name
 * @param {string} text
 */
export function write(folder, name, text) {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Of a package that is installed here. @param {string} name */
export function versionIn(name) {
  const found = [here, root].map((folder) => join(folder, "node_modules", name, "package.json")).find(existsSync);
  return found === undefined ? "" : JSON.parse(readFileSync(found, "utf8")).version;
}

/** Of a program here. @param {string} name */
export const bin = (name) => join(here, "node_modules/.bin", name);

/**
 * Runs a program to its end, and resolves to what it printed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").ExecFileOptions} [options]
 */
export async function run(command, args, options = {}) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1", CI: "1", ...options.env };
  const { stdout } = await execute(command, args, { cwd: OUT, timeout: LIMIT_MS, ...options, env });
  return String(stdout).trim();
}

/**
 * Starts a server in a process group of its own, and resolves when `isReady` does. `failed` rejects if it ends by
 * itself.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, isReady: () => Promise<boolean> }} options
 * @returns {Promise<{ stop: () => Promise<void>, failed: Promise<never> }>}
 */
export async function serve(command, args, { cwd, isReady }) {
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", CI: "1" };
  const child = spawn(command, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...env, NEXT_TELEMETRY_DISABLED: "1" },
    detached: true,
  });
  let output = "";
  for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (data) => (output = (output + data).slice(-4000)));
  let isRunning = true;
  const ended = new Promise((resolve) => {
    child.on("error", resolve);
    child.on("exit", resolve);
  }).then(() => (isRunning = false));
  const stop = async () => {
    if (isRunning && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  const failed = ended.then(() => {
    throw new Error(`it ended: ${output}`);
  });
  // Who stops it does not wait for that.
  failed.catch(() => {});
  const until = Date.now() + LIMIT_MS;
  while (isRunning && Date.now() < until) {
    if (await isReady()) return { stop, failed };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  throw new Error(`it did not start: ${output}`);
}

/** Whether something answers there. @param {string} url */
export async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  await response?.body?.cancel();
  return response !== undefined;
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
    server.on("error", reject);
  });
}
