// What whole Workers weigh: bundled, minified, gzipped by the strongest level, wasm included.
import { bundle, FOR_WORKERD } from "../bundle.mjs";

const WORKERS = [
  { name: "with the signer", entry: "size/with-signer.mjs", bar: true },
  { name: "without a signer", entry: "size/without-signer.mjs" },
  { name: "the gateway", entry: "size/gateway.mjs" },
  { name: "openai 7 alone", entry: "size/openai.mjs" },
];

export async function measureSizes() {
  const sizes = [];
  for (const { name, entry, bar = false } of WORKERS) {
    const files = await bundle(`size/${name.replaceAll(" ", "-")}`, entry, FOR_WORKERD);
    const of = (isOne) => files.filter(isOne).reduce((sum, { gzipped }) => sum + gzipped, 0);
    const wasm = of((file) => file.name.endsWith(".wasm"));
    const script = of((file) => !file.name.endsWith(".wasm"));
    sizes.push({ name, bar, script, wasm, whole: script + wasm });
  }
  return sizes;
}
