// Keeps the processors from sleeping, at the lowest priority. A process that waits for the network
// then does not pay for waking them, and gets them when it needs them.

import { availableParallelism } from "node:os";
import { startChild } from "./child-process.mjs";

/** Starts it, and returns a function that ends it. */
export function keepAwake() {
  const spin = () => startChild("nice", ["-n", "19", process.execPath, "-e", "for (;;);"], { stdio: "ignore" });
  const spinners = Array.from({ length: availableParallelism() }, spin);
  return () => spinners.forEach((child) => child.kill("SIGKILL"));
}
