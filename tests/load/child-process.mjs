// Processes that end with this one, whatever ends it.
import { spawn } from "node:child_process";

/** Each with the signal that ends it. */
const running = new Map();

/** A child that has children of its own must hear SIGTERM, so that it can end them. */
export function spawned(command, args, options, signal = "SIGKILL") {
  const child = spawn(command, args, options);
  running.set(child, signal);
  child.on("exit", () => running.delete(child));
  return child;
}

process.on("exit", () => {
  for (const [child, signal] of running) child.kill(signal);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
