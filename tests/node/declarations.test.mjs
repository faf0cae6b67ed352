// The hand-written types, compiled as their users would: three sets of runtime types, and every example of the documentation.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** Compiles a project and resolves to what the compiler says: "" if nothing. */
async function compile(project) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "--project", project], { cwd: root }).catch((failed) => failed);
  return stdout;
}

describe("types", { concurrency: true }, () => {
  for (const [name, project] of [["a browser", "."], ["Node alone", "node"], ["Cloudflare Workers", "worker"]]) {
    test(`compile with the types of ${name}`, async () => {
      assert.equal(await compile(join("tests/types", project)), "");
    });
  }

  test("every example in their documentation compiles", async () => {
    const folder = await scratch();
    try {
      let examples = 0;
      for (const entry of ["index", "slim", "gateway"]) {
        const text = await readFile(join(root, `pkg/${entry}.d.ts`), "utf8");
        for (const code of examplesOf(text)) await writeFile(join(folder, `${entry}-${++examples}.ts`), `${code}\nexport {};\n`);
      }
      assert.ok(examples >= 10, `only ${examples} examples were found`);
      const settings = { extends: "../../types/tsconfig.json", compilerOptions: { noUnusedLocals: false }, include: ["*.ts"] };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
      await writeFile(join(folder, "names.d.ts"), NAMES);
      assert.equal(await compile(folder), "");

      // And one that must not: the compiler did look.
      await writeFile(join(folder, "wrong.ts"), "oci.chat({ model });\nexport {};\n");
      assert.match(await compile(folder), /wrong\.ts.*TS2741/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function scratch() {
  await mkdir(join(root, "tests/out"), { recursive: true });
  return mkdtemp(join(root, "tests/out/examples-"));
}

/** The blocks marked `ts` in doc comments. */
function examplesOf(text) {
  const blocks = text.matchAll(/^ *\* ```ts\n([^]*?)^ *\* ```$/gm);
  return Array.from(blocks, ([, block]) => block.replace(/^ *\* ?/gm, ""));
}

// What an example takes for granted; one that declares a name itself hides it.
const NAMES = `import type * as edge from "oci-genai-edge";
declare global {
  const OciGenAI: typeof edge.OciGenAI;
  const OciError: typeof edge.OciError;
  type RequestSigner = edge.RequestSigner;
  const oci: edge.OciGenAI;
  const mySigner: edge.RequestSigner;
  const model: string;
  const messages: unknown[];
}
`;
