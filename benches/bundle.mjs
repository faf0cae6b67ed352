// Bundles as wrangler does: minified, for workerd, and the wasm beside it.
import { readFileSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const OUT = fileURLToPath(new URL("out/", import.meta.url));

/** Bundles an entry into a folder of its own. Gives the files, the script first: name, path, size and gzipped size. */
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
    metafile: true,
    logLevel: "error",
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    ...options,
  });
  const files = Object.keys(metafile.outputs).map((path) => {
    const from = fileURLToPath(new URL(`../${path}`, import.meta.url));
    const bytes = readFileSync(from);
    return { name: basename(path), path: from, size: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
  });
  return files.sort((one, other) => Number(one.name.endsWith(".wasm")) - Number(other.name.endsWith(".wasm")));
}

/** As wrangler resolves packages. */
export const FOR_WORKERD = { conditions: ["workerd", "worker", "browser"], platform: "browser" };
