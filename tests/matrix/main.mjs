// `make matrix`: the package, packed as npm publishes it, in every runtime and from every bundler. Prints a table, and
// writes it into docs/runtimes.md. Everything listens on 127.0.0.1.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { launch } from "../browser/chromium.mjs";
import { BUNDLERS } from "./bundlers.mjs";
import { EXPECTED, posting, printing, requiring, serving, titling } from "./programs.mjs";

/** @import { BrowserContext } from "playwright-core" */

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
/** Inside this folder, so that everything finds the packages of its node_modules. */
const OUT = join(here, "out");
const PACKAGE = join(here, "node_modules/oci-genai-edge");
const DOCUMENT = join(root, "docs/runtimes.md");
const LIMIT_MS = 60_000;
const TYPES = /** @type {Record<string, string>} */ ({
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
});

/**
 * A row: where, which entry, and whether it works or how it fails.
 *
 * @typedef {{ where: string, entry: string, fault?: string, expects?: string }} Row `expects`: why it is known to fail
 */

const ENTRIES = ["oci-genai-edge", "oci-genai-edge/inline"];

/** Before Node 20.19 an option. */
const REQUIRE_ESM = ["--no-warnings", "--experimental-require-module"];
const DENO = ["run", "--no-prompt", "--node-modules-dir=manual"];

/** What keeps a bundler from the main entry, and what to do. */
const KNOWN = /** @type {Record<string, string>} */ ({
  esbuild: "leaves the wasm behind: take `oci-genai-edge/inline`",
  rollup: "leaves the wasm behind: take `oci-genai-edge/inline`",
  rolldown: "leaves the wasm behind: take `oci-genai-edge/inline`",
  vite6: '`build.target: "es2022"`, for top-level await, or `oci-genai-edge/inline`',
});

await main();

async function main() {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  await install();
  /** @type {Row[]} */
  const rows = [];
  for (const row of [...(await inProcesses()), ...(await inBrowser())]) rows.push(row);
  const faults = rows.filter(({ fault, expects }) => (fault === undefined) !== (expects === undefined));
  write(rows);
  for (const { where, entry, fault } of faults) {
    console.error(`${where}, ${entry}: ${fault ?? "works, though documented not to"}`);
  }
  process.exitCode = faults.length > 0 ? 1 : 0;
}

/** Packs the package, and unpacks it where the bundlers find it. */
async function install() {
  const flags = ["--json", "--pack-destination", OUT, "--loglevel=error"];
  const { stdout } = await run("npm", ["pack", ...flags], { cwd: join(root, "pkg") });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("[")));
  rmSync(PACKAGE, { recursive: true, force: true });
  mkdirSync(PACKAGE, { recursive: true });
  await run("tar", ["-xzf", join(OUT, filename), "-C", PACKAGE, "--strip-components=1"]);
}

// ---------------------------------------------------------------- runtimes

/** Programs in processes of their own. */
async function inProcesses() {
  const folder = join(OUT, "programs");
  mkdirSync(folder);
  const file = (/** @type {string} */ name, /** @type {string} */ text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const bin = (/** @type {string} */ name) => join(here, "node_modules/.bin", name);
  const node = join(root, "node_modules/.bin/node");
  const other = process.execPath;
  /** @type {Row[]} */
  const rows = [];
  for (const entry of ENTRIES) {
    const suffix = entry.endsWith("inline") ? "-inline" : "";
    const esm = file(`esm${suffix}.mjs`, printing(entry));
    const cjs = file(`cjs${suffix}.cjs`, requiring(entry));
    const binary = join(folder, `compiled${suffix}`);
    /** @type {[where: string, command: () => Promise<string>][]} */
    const commands = [
      [`Node ${await versionOf(node)}, import`, () => output(node, [esm])],
      [`Node ${await versionOf(node)}, require`, () => output(node, [cjs])],
      [`Node ${await versionOf(other)}, import`, () => output(other, [esm])],
      [`Node ${await versionOf(other)}, require`, () => output(other, [...REQUIRE_ESM, cjs])],
      [`Deno ${versionIn("deno")}, no permission`, () => output(bin("deno"), [...DENO, esm])],
      [`Bun ${versionIn("bun")}`, () => output(bin("bun"), ["run", esm])],
      [`Bun ${versionIn("bun")}, build --compile`, () => compiled(bin("bun"), esm, binary)],
      [`esbuild ${versionIn("esbuild")}, for Node`, () => bundledForNode(node, esm, `${binary}.mjs`, "esm")],
      [`esbuild ${versionIn("esbuild")}, for Node, CommonJS`, () => bundledForNode(node, esm, `${binary}.cjs`, "cjs")],
    ];
    for (const [where, command] of commands) rows.push(await attempt({ where, entry }, command));
  }
  return rows;
}

/**
 * @param {string} program
 * @param {string[]} args
 */
async function output(program, args) {
  const { stdout } = await run(program, args, { cwd: OUT, timeout: LIMIT_MS });
  return stdout.trim();
}

/**
 * @param {string} bun
 * @param {string} script
 * @param {string} binary
 */
async function compiled(bun, script, binary) {
  await run(bun, ["build", "--compile", script, "--outfile", binary], { cwd: OUT, timeout: LIMIT_MS });
  return output(binary, []);
}

/**
 * @param {string} node
 * @param {string} script
 * @param {string} outfile
 * @param {"esm" | "cjs"} format
 */
async function bundledForNode(node, script, outfile, format) {
  const { build } = await import("esbuild");
  await build({ entryPoints: [script], outfile, bundle: true, platform: "node", format, logLevel: "silent" });
  return output(node, [outfile]);
}

/** @param {string} program */
async function versionOf(program) {
  return (await output(program, ["--version"])).replace("v", "");
}

/** @param {string} name */
function versionIn(name) {
  return JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8")).version;
}

// ---------------------------------------------------------------- the browser

/** Pages of every bundler, and without one. */
async function inBrowser() {
  const { context, close } = await launch();
  /** @type {Row[]} */
  const rows = [];
  const chromium = `Chromium ${context.browser()?.version() ?? ""}`.trim();
  try {
    for (const bundler of BUNDLERS) {
      for (const entry of ENTRIES) {
        const where = `${bundler.name} ${versionIn(bundler.module)}, page`;
        const expects = entry === ENTRIES[0] ? KNOWN[bundler.module] : undefined;
        rows.push(await attempt({ where, entry, expects }, () => bundledPage(context, bundler, entry)));
      }
    }
    const own = { where: `${chromium}, page without a bundler`, entry: "oci-genai-edge" };
    rows.push(await attempt(own, () => ownPage(context)));
    for (const [kind, program] of Object.entries({ "Web Worker": posting, "service worker": serving })) {
      const where = `${chromium}, ${kind}`;
      rows.push(await attempt({ where, entry: "oci-genai-edge/inline" }, () => inWorker(context, kind, program)));
    }
  } finally {
    await close();
  }
  return rows;
}

/**
 * @param {BrowserContext} context
 * @param {import("./bundlers.mjs").Bundler} bundler
 * @param {string} entry
 */
async function bundledPage(context, bundler, entry) {
  const folder = join(OUT, `${bundler.module.replaceAll(/\W/g, "")}-${ENTRIES.indexOf(entry)}`);
  const out = join(folder, "dist");
  mkdirSync(out, { recursive: true });
  const script = join(folder, "page.mjs");
  writeFileSync(script, titling(entry));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="./page.mjs"></script>\n');
  await bundler.build({ folder, script, out });
  if (!existsSync(join(out, "index.html"))) {
    writeFileSync(join(out, "index.html"), '<!doctype html><script type="module" src="./page.js"></script>\n');
  }
  return titleOf(context, out);
}

/** The package as it is, by an import map. @param {BrowserContext} context */
async function ownPage(context) {
  const folder = join(OUT, "own");
  mkdirSync(folder);
  const map = JSON.stringify({ imports: { "oci-genai-edge": "/package/browser.js" } });
  writeFileSync(join(folder, "page.mjs"), titling("oci-genai-edge"));
  const scripts = `<script type="importmap">${map}</script><script type="module" src="./page.mjs"></script>`;
  const html = `<!doctype html>${scripts}\n`;
  writeFileSync(join(folder, "index.html"), html);
  return titleOf(context, folder);
}

/**
 * @param {BrowserContext} context
 * @param {string} kind
 * @param {(entry: string) => string} program
 */
async function inWorker(context, kind, program) {
  const { build } = await import("esbuild");
  const folder = join(OUT, kind.replace(" ", "-"));
  mkdirSync(folder);
  const contents = program("oci-genai-edge/inline");
  const stdin = { contents, resolveDir: here };
  await build({ stdin, outfile: join(folder, "worker.js"), bundle: true, format: "iife", logLevel: "silent" });
  const page =
    kind === "Web Worker"
      ? 'new Worker("./worker.js").onmessage = ({ data }) => (document.title = data);'
      : `await navigator.serviceWorker.register("./worker.js");
await navigator.serviceWorker.ready;
if (!navigator.serviceWorker.controller) {
  await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
}
document.title = await (await fetch("/answer")).text();`;
  writeFileSync(join(folder, "index.html"), `<!doctype html><script type="module">${page}</script>\n`);
  return titleOf(context, folder);
}

/**
 * The title that a page sets.
 *
 * @param {BrowserContext} context
 * @param {string} folder
 */
async function titleOf(context, folder) {
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const path = pathname.startsWith("/package/") ? join(PACKAGE, pathname.slice(9)) : join(folder, pathname);
    const file = path.endsWith("/") ? `${path}index.html` : path;
    if (!existsSync(file)) return response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type }).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = server.address();
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  try {
    await page.goto(`http://127.0.0.1:${port}/`);
    // An error of the page ends the wait at once.
    for (let waited = 0; waited < LIMIT_MS && errors.length === 0; waited += 50) {
      const title = await page.title();
      if (title !== "") return title;
      await page.waitForTimeout(50);
    }
    throw new Error(errors[0] ?? "the page showed nothing");
  } finally {
    await page.close();
    server.closeAllConnections();
    server.close();
  }
}

// ---------------------------------------------------------------- the table

/**
 * @param {Row} row
 * @param {() => Promise<string>} command
 * @returns {Promise<Row>}
 */
async function attempt(row, command) {
  const started = performance.now();
  let fault;
  try {
    const text = await command();
    if (text !== EXPECTED) fault = `it text ${JSON.stringify(text.slice(0, 80))}`;
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
    fault = (stderr || message).trim().split("\n").find((line) => /error/i.test(line)) ?? message.split("\n")[0];
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = fault === undefined ? "works" : "fails";
  console.log(`${verdict}  ${row.where}, ${row.entry} (${seconds} s)${fault ? `: ${fault}` : ""}`);
  return { ...row, fault };
}

/** @param {Row[]} rows */
function write(rows) {
  const places = [...new Set(rows.map(({ where }) => where))];
  const cell = (/** @type {string} */ where, /** @type {string} */ entry) => {
    const row = rows.find((each) => each.where === where && each.entry === entry);
    if (row === undefined) return "";
    if (row.fault === undefined) return "✓";
    return row.expects ?? `✗ ${row.fault}`;
  };
  const lines = places.map((where) => `| ${[where, ...ENTRIES.map((entry) => cell(where, entry))].join(" | ")} |`);
  const head = `| where | ${ENTRIES.map((entry) => `\`${entry}\``).join(" | ")} |`;
  const table = [head, "|---|---|---|", ...lines].join("\n");
  const text = readFileSync(DOCUMENT, "utf8");
  const [start, end] = ["<!-- matrix: written by `make matrix` -->", "<!-- end of matrix -->"];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error("docs/runtimes.md has no table");
  writeFileSync(DOCUMENT, `${text.slice(0, from)}${start}\n\n${table}\n\n${text.slice(to)}`);
}
