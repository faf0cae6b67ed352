// Keeps the processors from sleeping, at the lowest priority: a process that waits for the network then pays nothing for their
// waking up, and gets them when it wants them.
import { availableParallelism } from "node:os";

import { spawned } from "./child-process.mjs";

/** Returns what ends it. */
export function keepAwake() {
  const spin = () => spawned("nice", ["-n", "19", process.execPath, "-e", "for (;;);"], { stdio: "ignore" });
  const spinners = Array.from({ length: availableParallelism() }, spin);
  return () => spinners.forEach((child) => child.kill("SIGKILL"));
}
