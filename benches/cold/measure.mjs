// Cold start: fresh Node processes, ours and plain JavaScript by turns, each a bundle made in the same manner.
import { fork } from "node:child_process";
import { cpSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { bundle } from "../bundle.mjs";
import { summary } from "../statistics.mjs";

const LAUNCH = fileURLToPath(new URL("child.mjs", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../../pkg/", import.meta.url));

/** Milliseconds until the bundle is imported, the first chunk is there, and the answer has ended: medians of each side. */
export async function measureCold({ rounds = 41 }) {
  const sides = [];
  for (const name of ["ours", "plain"]) {
    const [script] = await bundle(`cold/${name}`, `cold/${name}.mjs`, { platform: "node" });
    // The entry for Node reads the wasm from beside itself.
    if (name === "ours") cpSync(`${PACKAGE}wasm/oci_genai_edge_bg.wasm`, `${dirname(script.path)}/wasm/oci_genai_edge_bg.wasm`);
    sides.push({ name, url: pathToFileURL(script.path).href, times: [] });
  }
  for (let round = -1; round < rounds; round++) {
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      const times = await launched(side.url);
      // The first of each side reads its files from the disk.
      if (round >= 0) side.times.push(times);
    }
  }
  return Object.fromEntries(sides.map(({ name, times }) => [name, summarised(times)]));
}

function launched(url) {
  return new Promise((resolve, reject) => {
    const child = fork(LAUNCH, [url]);
    child.on("message", resolve);
    child.on("exit", (code) => reject(new Error(`the cold process ended with ${code}`)));
  });
}

function summarised(times) {
  return Object.fromEntries(["import", "first", "end"].map((until) => [until, summary(times.map((time) => time[until]))]));
}
