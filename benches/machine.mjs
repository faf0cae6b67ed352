// The machine and the versions that a run was made with.
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

/** @returns {import("./types.d.ts").Machine} */
export function machine() {
  const [{ model }] = cpus();
  return {
    cpu: `${model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${process.arch}`,
    node: `${process.version} (V8 ${process.versions.v8})`,
    packages: PACKAGES.map((name) => [name, versionOf(name)]),
  };
}

/**
 * From the package's own file: not every package exports its package.json.
 *
 * @param {string} name
 * @returns {string}
 */
function versionOf(name) {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`${name} is not installed`);
}
