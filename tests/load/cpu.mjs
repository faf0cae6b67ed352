// The CPU time of a process, as Linux counts it.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export const CAN_MEASURE = process.platform === "linux";

const TICKS = CAN_MEASURE ? Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 100;

/**
 * User and system time of all threads, in seconds.
 *
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in brackets, may have spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/**
 * The same of all processes of a name in a process group.
 *
 * @param {number} group
 * @param {string} name
 */
export function cpuSecondsOfGroup(group, name) {
  let seconds = 0;
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(fields[2]) === group && stat.includes(`(${name})`)) seconds += cpuSeconds(Number(pid));
    } catch {
      // It has ended.
    }
  }
  return seconds;
}

/**
 * How often threads went to sleep because they had nothing to do.
 *
 * @param {number} pid
 */
export function sleeps(pid) {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).reduce((sum, task) => {
    const status = readFileSync(`${folder}/${task}/status`, "utf8");
    return sum + Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]);
  }, 0);
}
