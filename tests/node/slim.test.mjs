// `oci-genai-edge/slim`: the host loads the wasm. Each test runs in its own process, because
// loading happens once.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { startServer } from "./support/local-server.mjs";
import { runScript } from "./support/run-node.mjs";

const wasm = await readFile(new URL("../../pkg/wasm/oci_genai_edge_bg.wasm", import.meta.url));
const origin = await startServer((request, response) => {
  if (request.url !== "/core.wasm" && request.url !== "/plain") return response.writeHead(404).end();
  const type = request.url === "/plain" ? "application/octet-stream" : "application/wasm";
  response.writeHead(200, { "content-type": type }).end(wasm);
});

const PRELUDE = `
  import { readFileSync } from "node:fs";
  import * as slim from "oci-genai-edge/slim";
  const { init, OciGenAI, OciError, ChatStream } = slim;
  const bytes = () => readFileSync("pkg/wasm/oci_genai_edge_bg.wasm");
  const origin = ${JSON.stringify(origin)};
  const route = () => new OciGenAI({ region: "us-chicago-1" }).route("meta.llama").transport;
  const codeOf = (action) => {
    try {
      return action();
    } catch (error) {
      return error instanceof OciError ? error.code : String(error);
    }
  };
`;
const inProcess = (script) => runScript(PRELUDE + script);

describe("slim", { concurrency: 4, timeout: 60_000 }, () => {
  test("rejects a client before init, with a hint", async () => {
    const output = await inProcess("try { new OciGenAI({}); } catch (error) { console.log(error.code, error.hint); }");
    assert.match(output, /^invalid_options .*init/);
  });

  for (const [name, source] of Object.entries({
    "a Buffer": "bytes()",
    "a Uint8Array": "new Uint8Array(bytes())",
    "an ArrayBuffer": "new Uint8Array(bytes()).buffer",
    "a module": "await WebAssembly.compile(bytes())",
    "a promise of a module": "WebAssembly.compile(bytes())",
    "a string": "`${origin}/core.wasm`",
    "a URL": "new URL(`${origin}/core.wasm`)",
    "a Request": "new Request(`${origin}/core.wasm`)",
    "a Response": "await fetch(`${origin}/core.wasm`)",
    "a promise of a Response": "fetch(`${origin}/core.wasm`)",
    "a Response of another type": "await fetch(`${origin}/plain`)",
  })) {
    test(`init from ${name}`, async () => {
      assert.equal(await inProcess(`await init(${source}); console.log(route());`), "openai");
    });
  }

  test("the first successful init counts, later ones have no effect", async () => {
    const output = await inProcess(`
      for (const invalid of [new Uint8Array([1, 2, 3]), \`\${origin}/missing\`]) {
        await init(invalid).then(() => console.log("?"), () => console.log("rejected", codeOf(route)));
      }
      await init(bytes());
      console.log(route());
      await init(new Uint8Array([1, 2, 3]));
      await Promise.all([init(bytes()), init(\`\${origin}/core.wasm\`)]);
      console.log(route());
    `);
    assert.equal(output, "rejected invalid_options\nrejected invalid_options\nopenai\nopenai");
  });

  test("concurrent calls of init load one instance", async () => {
    const output = await inProcess(`
      await Promise.all([init(\`\${origin}/core.wasm\`), init(fetch(\`\${origin}/core.wasm\`)), init(bytes())]);
      console.log(route());
    `);
    assert.equal(output, "openai");
  });

  test("exports the classes of the main entry", async () => {
    const output = await inProcess(`
      const main = await import("oci-genai-edge");
      console.log(main.OciGenAI === OciGenAI, main.OciError === OciError, main.ChatStream === ChatStream, route());
      console.log(Object.keys(main).toSorted().join(), Object.keys(slim).toSorted().join());
    `);
    const names = "ChatStream,OciError,OciGenAI,warmUp ChatStream,OciError,OciGenAI,init,warmUp";
    assert.equal(output, `true true true openai\n${names}`);
  });
});
