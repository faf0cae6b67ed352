// The size of whole Workers: bundled, minified, gzipped at level 9, with the wasm.
import { bundle, FOR_WORKERD, isWasm } from "../bundle.mjs";

/** @import { BundledFile } from "../bundle.mjs" */
/** @import { BundleSize } from "../types.d.ts" */

const WORKERS = [
  { name: "with the signer", entry: "size/with-signer.mjs", hasTarget: true },
  { name: "without a signer", entry: "size/without-signer.mjs" },
  { name: "the gateway", entry: "size/gateway.mjs" },
  { name: "openai 7 alone", entry: "size/openai.mjs" },
];

/** @returns {Promise<BundleSize[]>} */
export async function measureSizes() {
  const sizes = [];
  for (const { name, entry, hasTarget = false } of WORKERS) {
    const files = await bundle(`size/${name.replaceAll(" ", "-")}`, entry, FOR_WORKERD);
    const wasm = gzippedSize(files.filter(isWasm));
    const whole = gzippedSize(files);
    sizes.push({ name, hasTarget, script: whole - wasm, wasm, whole });
  }
  return sizes;
}

function gzippedSize(/** @type {BundledFile[]} */ files) {
  return files.reduce((sum, { gzipped }) => sum + gzipped, 0);
}
