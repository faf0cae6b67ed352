// All contenders on one core: on a shared machine, one core can be slower than another for seconds.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * Keeps the main thread of a process on the last core. The other threads, which compile and collect garbage, stay free.
 * Without `taskset` this does nothing.
 */
export function pinToLastCore(pid = process.pid) {
  const core = `${availableParallelism() - 1}`;
  spawnSync("taskset", ["--pid", "--cpu-list", core, `${pid}`], { stdio: "ignore" });
}
