// The core as a Rust library: runs the crate in benches/native, where there is one, and reads the JSON lines that it prints:
// {"group","contender","chunking","corpus","ns_per_event"}, and {"group":"linear","contender":"ours","ratio"}.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const CRATE = fileURLToPath(new URL("native/", import.meta.url));

export function measureNative() {
  if (!existsSync(`${CRATE}Cargo.toml`)) return [];
  const { status, stdout } = spawnSync("cargo", ["run", "--release", "--locked", "--quiet"], {
    cwd: CRATE,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`benches/native ended with ${status}`);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}
