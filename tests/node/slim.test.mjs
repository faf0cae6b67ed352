// `oci-genai-edge/slim`: the host brings the wasm. Each way of loading is tried in a process of its own, since one is for ever.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, describe, test } from "node:test";
import { promisify } from "node:util";

const root = new URL("../../", import.meta.url);
const wasm = await readFile(new URL("pkg/wasm/oci_genai_edge_bg.wasm", root));
const server = createServer((request, response) => {
  if (request.url !== "/core.wasm" && request.url !== "/plain") return response.writeHead(404).end();
  response.writeHead(200, { "content-type": request.url === "/plain" ? "application/octet-stream" : "application/wasm" }).end(wasm);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => server.close());
const origin = `http://127.0.0.1:${server.address().port}`;

const PRELUDE = `
  import { readFileSync } from "node:fs";
  import * as slim from "oci-genai-edge/slim";
  const { init, OciGenAI, OciError, ChatStream } = slim;
  const bytes = () => readFileSync("pkg/wasm/oci_genai_edge_bg.wasm");
  const origin = ${JSON.stringify(origin)};
  const route = () => new OciGenAI({ region: "us-chicago-1" }).route("meta.llama").transport;
  const codeOf = (action) => { try { return action(); } catch (error) { return error instanceof OciError ? error.code : String(error); } };
`;
async function inProcess(script) {
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", "--input-type=module", "-e", PRELUDE + script], { cwd: root, timeout: 30_000 });
  return stdout.trim();
}

describe("slim", { concurrency: 4, timeout: 60_000 }, () => {
  test("before init a client is refused, with what to do", async () => {
    const told = await inProcess("try { new OciGenAI({}); } catch (error) { console.log(error.code, error.hint); }");
    assert.match(told, /^invalid_options .*init/);
  });

  for (const [name, source] of Object.entries({
    "a Buffer": "bytes()",
    "a Uint8Array": "new Uint8Array(bytes())",
    "an ArrayBuffer": "new Uint8Array(bytes()).buffer",
    "a module": "await WebAssembly.compile(bytes())",
    "a promise of a module": "WebAssembly.compile(bytes())",
    "an address": "`${origin}/core.wasm`",
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

  test("only the first init counts, and one that failed does not", async () => {
    const told = await inProcess(`
      for (const bad of [new Uint8Array([1, 2, 3]), \`\${origin}/missing\`]) await init(bad).then(() => console.log("?"), () => console.log("refused", codeOf(route)));
      await init(bytes());
      console.log(route());
      await init(new Uint8Array([1, 2, 3]));
      await Promise.all([init(bytes()), init(\`\${origin}/core.wasm\`)]);
      console.log(route());
    `);
    assert.equal(told, "refused invalid_options\nrefused invalid_options\nopenai\nopenai");
  });

  test("two at once load one", async () => {
    const told = await inProcess(`
      await Promise.all([init(\`\${origin}/core.wasm\`), init(fetch(\`\${origin}/core.wasm\`)), init(bytes())]);
      console.log(route());
    `);
    assert.equal(told, "openai");
  });

  test("the classes are those of the main entry", async () => {
    const told = await inProcess(`
      const main = await import("oci-genai-edge");
      console.log(main.OciGenAI === OciGenAI, main.OciError === OciError, main.ChatStream === ChatStream, route());
      console.log(Object.keys(main).sort().join(), Object.keys(slim).sort().join());
    `);
    assert.equal(told, "true true true openai\nChatStream,OciError,OciGenAI ChatStream,OciError,OciGenAI,init");
  });
});
