// How many streams fit into the limit on open files: each takes two sockets of a Worker's process.
import { execFileSync } from "node:child_process";

/** Node raises its own limit as far as it may, and its children inherit that. */
export function mostAtOnce(wanted) {
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? wanted : Math.min(wanted, Math.floor((Number(limit) - 200) / 2));
}
