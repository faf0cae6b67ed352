// The core as a Rust library: runs the crate in benches/native and parses the JSON lines that it prints:
// {"group","contender","chunking","corpus","ns_per_event"}, and {"group":"linear","contender":"ours","ratio"}.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const CRATE = fileURLToPath(new URL("native/", import.meta.url));

/** @returns {import("./types.d.ts").NativeLine[]} */
export function measureNative() {
  const { status, stdout } = spawnSync("cargo", ["run", "--release", "--locked", "--quiet"], {
    cwd: CRATE,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`benches/native exited with ${status}`);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}
