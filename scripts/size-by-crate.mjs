// Which crate the wasm's bytes come from: builds it with names, unoptimised by wasm-opt, and adds up its functions. `make size`.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const OUT = "target/size";
execFileSync("wasm-pack", ["build", "--target", "web", "--profiling", "--no-opt", "--no-pack", "--no-typescript", "--out-dir", OUT, "--out-name", "named", ".", "--", "--locked"], { stdio: ["ignore", "ignore", "inherit"] });

const bytes = readFileSync(`${OUT}/named_bg.wasm`);
let at = 8;
const number = () => {
  for (let value = 0, shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
};
const text = () => {
  const length = number();
  return bytes.toString("utf8", at, (at += length));
};

const sizes = [];
const names = new Map();
let imported = 0;
while (at < bytes.length) {
  const id = bytes[at++];
  const end = number() + at;
  if (id === 2) imports();
  if (id === 10) code();
  if (id === 0 && text() === "name") functionNames(end);
  at = end;
}

function imports() {
  for (let left = number(); left > 0; left--) {
    text();
    text();
    const kind = bytes[at++];
    if (kind === 0) imported += number() >= 0 ? 1 : 0;
    else if (kind === 3) at += 2;
    else {
      if (kind === 1) at++;
      const bounded = bytes[at++] & 1;
      number();
      if (bounded) number();
    }
  }
}

function code() {
  for (let left = number(); left > 0; left--) {
    const size = number();
    sizes.push(size);
    at += size;
  }
}

function functionNames(end) {
  while (at < end) {
    const kind = bytes[at++];
    const next = number() + at;
    if (kind === 1) for (let left = number(); left > 0; left--) names.set(number(), text());
    at = next;
  }
}

// The first that a name mentions owns the function: a generic function belongs to the crate that is made to work for us.
const CRATES = ["serde_wasm_bindgen", "serde_json", "serde", "web_sys", "js_sys", "wasm_bindgen", "futures", "memchr", "oci_genai_edge", "hashbrown", "indexmap", "dlmalloc", "itoa", "zmij"];
const totals = new Map();
sizes.forEach((size, index) => {
  const name = names.get(index + imported) ?? "";
  const crate = CRATES.find((crate) => name.includes(crate)) ?? "std";
  totals.set(crate, (totals.get(crate) ?? 0) + size);
});
const all = sizes.reduce((sum, size) => sum + size, 0);
for (const [crate, size] of [...totals].sort((a, b) => b[1] - a[1])) {
  console.log(`${crate.padEnd(20)} ${String(size).padStart(8)} bytes  ${((100 * size) / all).toFixed(1).padStart(5)} %`);
}
console.log(`${"all code".padEnd(20)} ${String(all).padStart(8)} bytes, before wasm-opt`);
