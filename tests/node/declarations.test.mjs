// The hand-written declarations, compiled as users compile them: with the types of three runtimes,
// and with every example in their documentation.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root, runNode } from "./support/run-node.mjs";

/** Compiles a project, and resolves to the compiler's messages: "" if there are none. */
async function compile(project) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await runNode([tsc, "--project", project], { timeout: 120_000 }).catch((error) => error);
  return stdout;
}

describe("declarations", { concurrency: true }, () => {
  for (const [name, project] of [
    ["a browser", "."],
    ["Node alone", "node"],
    ["Cloudflare Workers", "worker"],
  ]) {
    test(`compile with the types of ${name}`, async () => {
      assert.equal(await compile(join("tests/types", project)), "");
    });
  }

  test("every example in the documentation compiles", async () => {
    const folder = await makeScratchFolder();
    try {
      let examples = 0;
      for (const entry of ["index", "slim", "gateway"]) {
        const text = await readFile(join(root, `pkg/${entry}.d.ts`), "utf8");
        for (const code of examplesOf(text)) {
          await writeFile(join(folder, `${entry}-${++examples}.ts`), `${code}\nexport {};\n`);
        }
      }
      assert.ok(examples >= 10, `only ${examples} examples were found`);
      const compilerOptions = { noUnusedLocals: false };
      const settings = { extends: "../../types/tsconfig.json", compilerOptions, include: ["*.ts"] };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
      await writeFile(join(folder, "globals.d.ts"), GLOBALS);
      assert.equal(await compile(folder), "");

      // An example that must not compile proves that the others were compiled.
      await writeFile(join(folder, "wrong.ts"), "oci.chat({ model });\nexport {};\n");
      assert.match(await compile(folder), /wrong\.ts.*TS2741/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function makeScratchFolder() {
  await mkdir(join(root, "tests/out"), { recursive: true });
  return mkdtemp(join(root, "tests/out/examples-"));
}

/** The blocks marked `ts` in doc comments. */
function examplesOf(text) {
  const blocks = text.matchAll(/^ *\* ```ts\n([^]*?)^ *\* ```$/gm);
  return Array.from(blocks, ([, block]) => block.replaceAll(/^ *\* ?/gm, ""));
}

// Names that examples use without declaring them. An example that declares one itself shadows it.
const GLOBALS = `import type * as edge from "oci-genai-edge";
declare global {
  const OciGenAI: typeof edge.OciGenAI;
  const OciError: typeof edge.OciError;
  type RequestSigner = edge.RequestSigner;
  type TypedChatRequest = edge.TypedChatRequest;
  const oci: edge.OciGenAI;
  const mySigner: edge.RequestSigner;
  const model: string;
  const messages: unknown[];
}
`;
