// Cold start: fresh Node processes, ours and plain JavaScript in turns, each with a bundle made in the same way.
import { fork } from "node:child_process";
import { cpSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { bundle } from "../bundle.mjs";
import { summary } from "../statistics.mjs";

/** @import { ColdResult, Options } from "../types.d.ts" */

/** @typedef {{ import: number, first: number, end: number }} Times Milliseconds since before the import. */

const CHILD = fileURLToPath(new URL("child.mjs", import.meta.url));
const WASM = fileURLToPath(new URL("../../pkg/wasm/oci_genai_edge_bg.wasm", import.meta.url));

/**
 * Until the bundle is imported, the first chunk is there, and the answer has ended, on each side.
 *
 * @param {Pick<Options, "rounds">} options
 * @returns {Promise<{ ours: ColdResult, plain: ColdResult }>}
 */
export async function measureCold({ rounds = 41 }) {
  const ours = await bundleSide("ours");
  const plain = await bundleSide("plain");
  // The entry point for Node reads the wasm from its own folder.
  cpSync(WASM, `${dirname(ours.path)}/wasm/oci_genai_edge_bg.wasm`);
  for (let round = -1; round < rounds; round++) {
    for (const side of round % 2 === 0 ? [ours, plain] : [plain, ours]) {
      const times = await startProcess(pathToFileURL(side.path).href);
      // The first process of each side reads its files from the disk.
      if (round >= 0) side.times.push(times);
    }
  }
  return { ours: summarize(ours.times), plain: summarize(plain.times) };
}

async function bundleSide(/** @type {"ours" | "plain"} */ name) {
  const [{ path }] = await bundle(`cold/${name}`, `cold/${name}.mjs`, { platform: "node" });
  /** @type {Times[]} */
  const times = [];
  return { path, times };
}

/**
 * @param {string} url
 * @returns {Promise<Times>}
 */
function startProcess(url) {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [url]);
    child.on("message", (times) => resolve(/** @type {Times} */ (times)));
    child.on("exit", (code) => reject(new Error(`the process of a cold start exited with ${code}`)));
  });
}

/**
 * @param {Times[]} times
 * @returns {ColdResult}
 */
function summarize(times) {
  const summaryOf = (/** @type {keyof Times} */ until) => summary(times.map((each) => each[until]));
  return { import: summaryOf("import"), first: summaryOf("first"), end: summaryOf("end") };
}
