// The JavaScript blocks of a document as files that can be imported and run, with OCI's host played
// by a simulator.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { endpointId } from "../../simulator/server.mjs";
import { startHarness } from "./harness.mjs";
import { runNode } from "./run-node.mjs";

const preload = new URL("preload-simulator.mjs", import.meta.url).href;

/**
 * Writes the blocks of a document into a folder that is removed after the tests.
 *
 * @param {string} document a path from the repository's folder
 */
export async function startExamples(document) {
  const text = readFileSync(new URL(`../../../${document}`, import.meta.url), "utf8");
  const blocks = Array.from(text.matchAll(/^```js\n([\s\S]*?)^```/gm), ([, block = ""]) => block);
  const folder = new URL(`../../out/${document.replaceAll(/\W/g, "-")}-${process.version}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  after(() => rmSync(folder, { recursive: true, force: true }));
  blocks.forEach((block, index) => writeFileSync(new URL(`${index}.mjs`, folder), block));
  // The examples sign for OCI's host, which the simulator is not. Other tests check signatures.
  const harness = await startHarness({ verify: false });

  return {
    ...harness,
    text,
    blocks,

    /** @param {string} name of a file in the folder */
    path: (name) => fileURLToPath(new URL(name, folder)),

    /**
     * The exports of a block.
     * @param {number} index
     */
    load: (index) => import(new URL(`${index}.mjs`, folder).href),

    /**
     * Runs a block as a program: what it printed, and its last request.
     * @param {number} index
     * @param {{ endpoint?: string } & NodeJS.ProcessEnv} [env] `endpoint` is the name of a simulated one
     */
    async run(index, { endpoint = "simgeneric", ...env } = {}) {
      const output = await runNode(["--import", preload, fileURLToPath(new URL(`${index}.mjs`, folder))], {
        env: { PATH: process.env.PATH, ...environment(harness, endpoint), ...env },
      });
      return { ...output, request: harness.lastRequest() };
    },

    /** Makes this process one in which blocks can be loaded: OCI's host is the simulator. */
    async preload() {
      Object.assign(process.env, environment(harness, "simgeneric"));
      await import(preload);
    },
  };
}

/**
 * @param {{ url: string, compartmentId: string }} harness
 * @param {string} endpoint
 */
function environment({ url, compartmentId }, endpoint) {
  return { SIMULATOR: url, OCI_COMPARTMENT_ID: compartmentId, OCI_DAC_ENDPOINT_OCID: endpointId(endpoint) };
}
