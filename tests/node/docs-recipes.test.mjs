// The recipes of docs/recipes.md are files of examples/, and run with OCI played by the simulator. `make examples`
// also installs each example from the packed package, and runs Next, SvelteKit, Deno and Bun themselves.

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ANSWER, EXAMPLES, QUESTION, environmentOf, textOf } from "../examples/examples.mjs";
import { endpointId } from "../simulator/server.mjs";
import { withoutAiSdk } from "./support/ai-sdk.mjs";
import { startHarness } from "./support/harness.mjs";
import { root, runNode } from "./support/run-node.mjs";

const folder = `${root}tests/out/recipes-${process.version}`;
const clients = fileURLToPath(new URL("../clients/node_modules", import.meta.url));
const more = fileURLToPath(new URL("../clients/more/node_modules", import.meta.url));
const withoutMore =
  withoutAiSdk || (!existsSync(`${more}/@langchain`) && "LangChain is not installed: run tests/clients/setup.sh");

const { simulator, key } = await startHarness();
const env = environmentOf(simulator, key, endpointId("simgpt"));
Object.assign(process.env, env);
after(() => rmSync(folder, { recursive: true, force: true }));

const read = (/** @type {string} */ path) => readFileSync(`${root}${path}`, "utf8");

/**
 * Copies an example to where the packages that it needs can be found.
 *
 * @param {string} name
 * @param {string} [modules]
 */
function copied(name, modules = clients) {
  const copy = `${folder}/${name}`;
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  cpSync(`${root}examples/${name}`, copy, { recursive: true, filter: (path) => !path.includes("node_modules") });
  symlinkSync(modules, `${copy}/node_modules`, "dir");
  return copy;
}

/** @param {Response} response */
async function assertStreams(response) {
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.match(textOf(await response.text()), ANSWER);
}

const post = (/** @type {unknown} */ body) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Request("https://example.invalid/", { method: "POST", body: text });
};

test("each block is a file of an example", () => {
  const blocks = Array.from(read("docs/recipes.md").matchAll(/^```js\n([\s\S]*?)^```/gm), ([, block]) => block);
  const shown = EXAMPLES.flatMap(({ name, sources }) => sources.map((source) => read(`examples/${name}/${source}`)));
  assert.deepEqual(blocks, [read("examples/hono/oci.js"), ...shown]);
});

test("every example is listed, makes its client in the same way, and has exact versions that were tested", () => {
  const { dependencies: light } = JSON.parse(read("tests/clients/package.json"));
  const { dependencies: heavy } = JSON.parse(read("tests/clients/more/package.json"));
  const { version } = JSON.parse(read("pkg/package.json"));
  const tested = { ...light, ...heavy, "oci-genai-edge": version };
  for (const { name, oci } of EXAMPLES) {
    assert.equal(read(`examples/${name}/${oci}`), read("examples/hono/oci.js"), name);
    const { dependencies, devDependencies } = JSON.parse(read(`examples/${name}/package.json`));
    for (const [dependency, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.match(wanted, /^\d+\.\d+\.\d+$/, dependency);
      assert.equal(wanted, tested[dependency] ?? wanted, dependency);
    }
    assert.match(read(`examples/${name}/README.md`), /^.+\n$/, "one line");
  }
  // Those in Rust have no package.json.
  const folders = readdirSync(`${root}examples`).filter((name) => existsSync(`${root}examples/${name}/package.json`));
  const names = EXAMPLES.map(({ name }) => name);
  assert.deepEqual(folders.filter((name) => !existsSync(`${root}examples/${name}/Cargo.toml`)), names.toSorted());
});

test("one client for all requests", async () => {
  const { oci } = await import(`${copied("hono")}/oci.js`);
  assert.equal(oci(), oci());
});

test("Hono", { skip: withoutAiSdk }, async () => {
  const { default: app } = await import(`${copied("hono")}/app.js`);
  await assertStreams(await app.request("/ask", { method: "POST", body: QUESTION }));
  const body = JSON.stringify({ model: "house", messages: [{ role: "user", content: QUESTION }], stream: true });
  await assertStreams(await app.request("/v1/chat/completions", { method: "POST", body }));
});

test("a route handler of Next.js, an endpoint of SvelteKit", async () => {
  const messages = [{ role: "user", content: QUESTION }];
  const route = await import(`${copied("next")}/app/api/chat/route.js`);
  await assertStreams(await route.POST(post({ messages })));
  const endpoint = await import(`${copied("sveltekit")}/src/routes/api/chat/+server.js`);
  await assertStreams(await endpoint.POST({ request: post({ messages }) }));
});

for (const [name, reason, modules] of [
  ["ai-sdk", withoutAiSdk, clients],
  ["agents", withoutAiSdk, clients],
  ["langchain", withoutMore, more],
]) {
  test(name, { skip: reason }, async () => {
    const { stdout } = await runNode([`${copied(name, modules)}/main.js`], { env: { PATH: process.env.PATH, ...env } });
    assert.match(stdout, ANSWER);
  });
}

test("Deno and Bun", async () => {
  /** @type {any} */
  let handler;
  Object.assign(globalThis, {
    Deno: { serve: (_, handle) => (handler = handle) },
    Bun: { serve: ({ fetch }) => (handler = fetch) },
  });
  for (const name of ["deno", "bun"]) {
    await import(`${copied(name)}/main.js`);
    await assertStreams(await handler(post(QUESTION)));
  }
});
