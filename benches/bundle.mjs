// Bundles as wrangler does: minified, for workerd, and the wasm in a file of its own.
import { readFileSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = fileURLToPath(new URL("out/", import.meta.url));

/** @typedef {{ name: string, path: string, size: number, gzipped: number }} BundledFile */

/**
 * Resolves packages as wrangler does.
 *
 * @type {import("esbuild").BuildOptions}
 */
export const FOR_WORKERD = { conditions: ["workerd", "worker", "browser"], platform: "browser" };

/**
 * Bundles an entry point into a folder of its own. Gives the files, the script first.
 *
 * @param {string} name
 * @param {string} entry
 * @param {import("esbuild").BuildOptions} options
 * @returns {Promise<BundledFile[]>}
 */
export async function bundle(name, entry, options) {
  const outdir = `${OUT}${name}`;
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outdir,
    entryNames: "[name]",
    assetNames: "[name]",
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    loader: { ".wasm": "copy" },
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
    absWorkingDir: ROOT,
    ...options,
    metafile: true,
  });
  const files = Object.keys(metafile.outputs).map((output) => {
    const path = `${ROOT}${output}`;
    const content = readFileSync(path);
    return { name: basename(output), path, size: content.length, gzipped: gzipSync(content, { level: 9 }).length };
  });
  return files.toSorted((one, other) => Number(isWasm(one)) - Number(isWasm(other)));
}

export function isWasm(/** @type {{ name: string }} */ { name }) {
  return name.endsWith(".wasm");
}
