// What a process has used of the processors, as Linux counts it.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export const CAN_MEASURE = process.platform === "linux";

const TICKS = CAN_MEASURE ? Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 100;

/** User and system time of all of its threads, in seconds. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** How often its threads have gone to sleep because there was nothing to do. */
export function sleeps(pid) {
  const folder = `/proc/${pid}/task`;
  const one = (task) => Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`${folder}/${task}/status`, "utf8"))[1]);
  return readdirSync(folder).reduce((sum, task) => sum + one(task), 0);
}
