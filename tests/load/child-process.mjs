// Child processes that end with this one, however it ends.

import { spawn } from "node:child_process";

/** @import { ChildProcess, SpawnOptions } from "node:child_process" */

/**
 * The running children, each with the signal that ends it.
 *
 * @type {Map<ChildProcess, NodeJS.Signals>}
 */
const running = new Map();

/**
 * Starts a child. One with children of its own needs SIGTERM, so that it can end them.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {SpawnOptions} options
 * @param {NodeJS.Signals} [signal]
 */
export function startChild(command, args, options, signal = "SIGKILL") {
  const child = spawn(command, args, options);
  running.set(child, signal);
  child.on("exit", () => running.delete(child));
  return child;
}

process.on("exit", () => {
  for (const [child, signal] of running) child.kill(signal);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
