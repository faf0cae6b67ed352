// All contenders on one core: on a shared machine one core may be slower than another for seconds on end.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * Keeps a process' main thread on the last core. The other threads, which compile and collect garbage, go where they like. Where
 * there is no taskset, nothing happens.
 */
export function pin(pid = process.pid) {
  spawnSync("taskset", ["--pid", "--cpu-list", `${availableParallelism() - 1}`, `${pid}`], { stdio: "ignore" });
}
