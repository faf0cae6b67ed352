// `make size`: which crate the wasm's bytes come from. Builds the wasm with function names and without wasm-opt, and
// adds up the sizes of its functions.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const OUT = "target/size";

// A function belongs to the first crate of this list whose name is in its symbol. A generic function's symbol names the
// crate that instantiates it as well as its own, so the crates that define generic functions come first.
const CRATES = [
  "serde_wasm_bindgen",
  "serde_json",
  "serde",
  "web_sys",
  "js_sys",
  "wasm_bindgen",
  "futures",
  "memchr",
  "oci_genai_edge",
  "hashbrown",
  "indexmap",
  "dlmalloc",
  "itoa",
  "zmij",
];

/** Section and subsection ids, and kinds of imports, of the WebAssembly binary format. */
const SECTION = { custom: 0, import: 2, code: 10 };
const FUNCTION_NAMES = 1;
const IMPORT = { function: 0, table: 1, global: 3 };

/** Reads a wasm module from the beginning to the end. */
class WasmReader {
  #bytes;
  position = 8; // after the magic number and the version

  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  get isAtEnd() {
    return this.position >= this.#bytes.length;
  }

  byte() {
    return this.#bytes[this.position++];
  }

  /** An unsigned LEB128 number. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  text() {
    const length = this.number();
    const start = this.position;
    this.position += length;
    return this.#bytes.toString("utf8", start, this.position);
  }

  /** Reads a length, and gives the position behind what follows. */
  end() {
    const length = this.number();
    return this.position + length;
  }
}

buildWithNames();
printTotals(readFunctions(readFileSync(`${OUT}/named_bg.wasm`)));

function buildWithNames() {
  const options = ["--target", "web", "--profiling", "--no-opt", "--no-pack", "--no-typescript"];
  const command = ["build", ...options, "--out-dir", OUT, "--out-name", "named", ".", "--", "--locked"];
  execFileSync("wasm-pack", command, { stdio: ["ignore", "ignore", "inherit"] });
}

/**
 * The functions that the module defines.
 *
 * @param {Buffer} bytes
 * @returns {{ name: string, size: number }[]}
 */
function readFunctions(bytes) {
  const reader = new WasmReader(bytes);
  /** @type {number[]} */
  let sizes = [];
  /** @type {Map<number, string>} */
  let names = new Map();
  let imported = 0;
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const end = reader.end();
    if (id === SECTION.import) imported = countImportedFunctions(reader);
    if (id === SECTION.code) sizes = readSizes(reader);
    if (id === SECTION.custom && reader.text() === "name") names = readNames(reader, end);
    reader.position = end;
  }
  // Functions are numbered from the imported ones on.
  return sizes.map((size, index) => ({ name: names.get(imported + index) ?? "", size }));
}

/** @param {WasmReader} reader */
function countImportedFunctions(reader) {
  let functions = 0;
  for (let left = reader.number(); left > 0; left--) {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind === IMPORT.function) {
      reader.number();
      functions++;
    } else if (kind === IMPORT.global) {
      reader.position += 2;
    } else {
      if (kind === IMPORT.table) reader.byte();
      const hasMaximum = (reader.byte() & 1) === 1;
      reader.number();
      if (hasMaximum) reader.number();
    }
  }
  return functions;
}

/** @param {WasmReader} reader */
function readSizes(reader) {
  return Array.from({ length: reader.number() }, () => {
    const size = reader.number();
    reader.position += size;
    return size;
  });
}

/**
 * @param {WasmReader} reader
 * @param {number} end
 */
function readNames(reader, end) {
  /** @type {Map<number, string>} */
  const names = new Map();
  while (reader.position < end) {
    const kind = reader.byte();
    const next = reader.end();
    if (kind === FUNCTION_NAMES) {
      for (let left = reader.number(); left > 0; left--) names.set(reader.number(), reader.text());
    }
    reader.position = next;
  }
  return names;
}

/** @param {{ name: string, size: number }[]} functions */
function printTotals(functions) {
  /** @type {Map<string, number>} */
  const totals = new Map();
  for (const { name, size } of functions) {
    const owner = CRATES.find((crate) => name.includes(crate)) ?? "std";
    totals.set(owner, (totals.get(owner) ?? 0) + size);
  }
  const all = functions.reduce((sum, { size }) => sum + size, 0);
  for (const [crate, size] of [...totals].toSorted(([, one], [, other]) => other - one)) {
    const share = ((100 * size) / all).toFixed(1);
    console.log(`${crate.padEnd(20)} ${`${size}`.padStart(8)} bytes  ${share.padStart(5)} %`);
  }
  console.log(`${"all code".padEnd(20)} ${`${all}`.padStart(8)} bytes, before wasm-opt`);
}
