// The package in bundles that carry no file along, run from a folder that has nothing else.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runInNewContext } from "node:vm";
// Installed with wrangler.
import { build } from "esbuild";
import { root, runNode } from "./support/run-node.mjs";

/** Streams from a service in memory, and gives the text. */
const PROGRAM = (entry) => `
  import { OciGenAI } from "${entry}";
  export async function run() {
    const events = [{ index: 0, message: { content: [{ type: "TEXT", text: "Hello" }] } }, { finishReason: "stop" }];
    const body = events.map((event) => "data: " + JSON.stringify(event) + "\\n\\n").join("");
    const fetch = async () => new Response(body);
    const oci = new OciGenAI({ compartmentId: "ocid1.compartment.oc1..example", fetch });
    const messages = [{ role: "user", content: "Hi" }];
    const model = "ocid1.generativeaiendpoint.oc1.iad.example";
    let text = "";
    for await (const piece of oci.stream({ model, messages }).text()) text += piece;
    return text;
  }
`;

describe("bundles", { timeout: 60_000 }, () => {
  let folder;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "oci-genai-edge-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  /** The one file that esbuild makes. */
  const bundle = async (entry, options) => {
    const { outputFiles, warnings } = await build({
      stdin: { contents: PROGRAM(entry), resolveDir: root },
      bundle: true,
      minify: true,
      write: false,
      logLevel: "silent",
      ...options,
    });
    assert.equal(outputFiles.length, 1);
    return { text: outputFiles[0].text, warnings };
  };

  for (const [format, extension] of Object.entries({ esm: "mjs", cjs: "cjs" })) {
    test(`for Node, as ${format}`, async () => {
      const { text } = await bundle("oci-genai-edge", { platform: "node", format });
      const file = join(folder, `bundle.${extension}`);
      await writeFile(file, text);
      const script = `import(${JSON.stringify(file)}).then(async (bundle) => console.log(await bundle.run()))`;
      const { stdout } = await runNode(["--input-type=module", "-e", script], { cwd: folder });
      assert.equal(stdout.trim(), "Hello");
    });
  }

  test("for browsers, as a classic script, without what Node adds", async () => {
    const options = { platform: "browser", format: "iife", globalName: "bundle" };
    const { text } = await bundle("oci-genai-edge/inline", options);
    const encodings = { atob, TextDecoder, TextEncoder, URL, WebAssembly };
    const fetching = { Headers, ReadableStream, ReadableStreamDefaultReader, Request, Response };
    const waiting = { AbortController, AbortSignal, DOMException, clearTimeout, performance, setTimeout };
    const context = { ...encodings, ...fetching, ...waiting };
    runInNewContext(`${text}; globalThis.run = bundle.run;`, context);
    assert.equal(await context.run(), "Hello");
  });

  test("without top-level await, so that any format can hold it", async () => {
    await assert.rejects(bundle("oci-genai-edge", { platform: "browser", format: "iife" }), /[Tt]op-level await/);
    await bundle("oci-genai-edge/inline", { platform: "browser", format: "iife" });
  });
});
