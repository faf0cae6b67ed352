// `npm pack` and `npm publish` in pkg/: the package holds what `make build` makes, so that a clean clone is built
// first. Not for those who install it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const BUILT = [
  "pkg/wasm/oci_genai_edge_bg.wasm",
  "pkg/wasm/oci_genai_edge.js",
  "pkg/wasm/inline.js",
  "pkg/simulator/server.mjs",
  "pkg/README.md",
];

if (!BUILT.every((path) => existsSync(`${root}${path}`))) {
  // npm reads the package's name and files from standard output.
  const { status } = spawnSync("make", ["build"], { cwd: root, stdio: ["ignore", process.stderr.fd, "inherit"] });
  if (status !== 0) {
    console.error("prepack: the package is not built, and `make build` failed");
    process.exitCode = 1;
  }
}
