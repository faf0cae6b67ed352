// Where a run was made, and of what.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";

const require = createRequire(import.meta.url);
const PACKAGES = [
  "openai",
  "eventsource-parser",
  "@oracle/langchain-oci",
  "@langchain/core",
  "@ai-sdk/provider-utils",
  "esbuild",
  "workerd",
];

export function machine() {
  const [{ model }] = cpus();
  return {
    cpu: `${model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${process.arch}`,
    node: `${process.version} (V8 ${process.versions.v8})`,
    packages: PACKAGES.map((name) => [name, versionOf(name)]),
  };
}

/** By the package's own file: not every package lets it be imported. */
function versionOf(name) {
  const found = require.resolve.paths(name).map((folder) => `${folder}/${name}/package.json`);
  for (const path of found) {
    try {
      return JSON.parse(readFileSync(path, "utf8")).version;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`${name} is not installed`);
}
