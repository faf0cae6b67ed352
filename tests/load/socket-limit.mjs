// The limit on open files: each stream needs two sockets of a Worker's process.

import { execFileSync } from "node:child_process";

/**
 * The number of streams at once, reduced to what the limit allows. Node raises its own limit as far
 * as it may, and its children inherit it.
 *
 * @param {number} wanted
 */
export function maxConcurrent(wanted) {
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? wanted : Math.min(wanted, Math.floor((Number(limit) - 200) / 2));
}
