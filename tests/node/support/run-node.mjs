// Programs in processes of their own.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The repository's folder. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Runs this Node with arguments, and resolves to what it printed.
 *
 * @param {string[]} args
 * @param {import("node:child_process").ExecFileOptions} [options]
 * @returns {Promise<{ stdout: string, stderr: string }>}
 */
export async function runNode(args, options = {}) {
  const { stdout, stderr } = await run(process.execPath, args, { cwd: root, timeout: 30_000, ...options });
  return { stdout: String(stdout), stderr: String(stderr) };
}

/**
 * Runs a script as a module, and resolves to its trimmed output.
 *
 * @param {string} script
 * @param {import("node:child_process").ExecFileOptions} [options]
 */
export async function runScript(script, options) {
  const { stdout } = await runNode(["--no-warnings", "--input-type=module", "-e", script], options);
  return stdout.trim();
}
