// The command line in a process of its own, with a home directory of its own.

import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { root } from "./run-node.mjs";

/** The program. */
export const BIN = join(root, "pkg/bin.js");

/** @typedef {{ code: number | string, stdout: string, stderr: string }} Ended */
/** @typedef {{ env?: Record<string, string>, input?: string, bin?: string }} CliOptions */

/**
 * Makes a home directory, with the files of its `.oci`. They are readable by their owner alone.
 *
 * @param {Record<string, string>} files
 */
export function makeHome(files = {}) {
  const home = mkdtempSync(join(tmpdir(), "oci-cli-"));
  after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, ".oci"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(home, ".oci", name), content, { mode: 0o600 });
  }
  return home;
}

/**
 * The files of a profile DEFAULT that signs with a key of the simulator.
 *
 * @param {{ tenancy: string, user: string, fingerprint: string, privateKey: string }} key
 * @param {Record<string, string>} [more] more lines of the profile, or other values
 */
export function profileFiles({ tenancy, user, fingerprint, privateKey }, more = {}) {
  const lines = { tenancy, user, fingerprint, region: "us-chicago-1", key_file: "~/.oci/key.pem", ...more };
  const config = Object.entries(lines).map(([name, value]) => `${name}=${value}`);
  return { config: `[DEFAULT]\n${config.join("\n")}\n`, "key.pem": privateKey };
}

/**
 * Runs a command to its end. Of the environment it has `PATH` and what is given.
 *
 * @param {string[]} args
 * @param {CliOptions} [options]
 * @returns {Promise<Ended>}
 */
export function runCli(args, { env = {}, input = "", bin = BIN } = {}) {
  return new Promise((resolve) => {
    const options = { env: environment(env), timeout: 60_000 };
    const child = execFile(process.execPath, [bin, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? `${error.signal}`) : 0, stdout, stderr });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

/**
 * Starts a command. `until` waits for its output, `ended` for its end.
 *
 * @param {string[]} args
 * @param {CliOptions} [options]
 */
export function startCli(args, { env = {}, bin = BIN } = {}) {
  const child = spawn(process.execPath, [bin, ...args], { env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  let isRunning = true;
  /** @type {Set<() => void>} */
  const waiting = new Set();
  const wake = () => waiting.forEach((each) => each());
  for (const name of /** @type {const} */ (["stdout", "stderr"])) {
    child[name].setEncoding("utf8").on("data", (text) => {
      output[name] += text;
      wake();
    });
  }
  /** @type {Promise<Ended>} */
  const ended = new Promise((resolve) => {
    child.once("close", (code, signal) => {
      isRunning = false;
      resolve({ code: code ?? `${signal}`, ...output });
      wake();
    });
  });
  after(() => child.kill("SIGKILL"));
  return {
    child,
    ended,

    /**
     * Resolves to the match of a pattern in what was printed.
     *
     * @param {RegExp} pattern
     * @param {"stdout" | "stderr"} [name]
     * @returns {Promise<RegExpExecArray>}
     */
    async until(pattern, name = "stdout") {
      for (;;) {
        const match = pattern.exec(output[name]);
        if (match) return match;
        if (!isRunning) throw new Error(`it ended without ${pattern}: ${output.stdout}${output.stderr}`);
        await new Promise((resolve) => {
          const done = () => {
            waiting.delete(done);
            resolve(undefined);
          };
          waiting.add(done);
        });
      }
    },
  };
}

/** @param {Record<string, string>} env */
function environment(env) {
  return { PATH: process.env.PATH, HOME: join(tmpdir(), "no-such-home"), ...env };
}
