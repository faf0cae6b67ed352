// The cells of bundlers: each builds a page as its documentation says, without a setting that this package asks for,
// and Chromium shows it.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { showIn } from "./browsers.mjs";
import { ENTRIES, MAIN, answers, bin, freePort, here, pinnedNode, run, serve, versionIn, write } from "./places.mjs";
import { page, program } from "./programs.mjs";

/** @import { Cell, Place } from "./cells.d.ts" */

/**
 * @typedef {object} Bundler
 * @property {string} name
 * @property {string} module the npm package, for its version
 * @property {boolean} [core]
 * @property {string} [advice] what to do with the main entry
 * @property {Build} [cure] the build that does it; without, the advice is the other entry
 * @property {Build} build
 *
 * @typedef {(page: { folder: string, script: string, out: string }) => Promise<unknown>} Build writes `page.js`, or a
 *   page of its own, into `out`
 */

// Their types differ from one major version to the next.
/** @type {(specifier: string) => Promise<any>} */
const load = (specifier) => import(specifier);

const LEAVES_BEHIND = "leaves the wasm behind: take `oci-genai-edge/inline`";

/** @type {Bundler[]} */
const BUNDLERS = [
  {
    name: "esbuild",
    module: "esbuild",
    core: true,
    advice: LEAVES_BEHIND,
    build: async ({ script, out }) => {
      const { build } = await load("esbuild");
      const outfile = join(out, "page.js");
      await build({ bundle: true, format: "esm", entryPoints: [script], outfile, logLevel: "silent" });
    },
  },
  { name: "Vite", module: "vite8", core: true, build: viteWith("vite8") },
  { name: "Vite", module: "vite7", build: viteWith("vite7") },
  {
    name: "Vite",
    module: "vite6",
    build: viteWith("vite6"),
    advice: '`build.target: "es2022"`, for top-level await, or `oci-genai-edge/inline`',
    cure: viteWith("vite6", { target: "es2022" }),
  },
  {
    name: "Rollup",
    module: "rollup",
    advice: LEAVES_BEHIND,
    build: async ({ script, out }) => {
      const { rollup } = await load("rollup");
      const { nodeResolve } = await load("@rollup/plugin-node-resolve");
      const bundle = await rollup({ input: script, plugins: [nodeResolve({ browser: true })], onwarn: () => {} });
      await bundle.write({ file: join(out, "page.js"), format: "es" });
    },
  },
  {
    name: "rolldown",
    module: "rolldown",
    advice: LEAVES_BEHIND,
    build: async ({ script, out }) => {
      const { rolldown } = await load("rolldown");
      const bundle = await rolldown({ input: script, platform: "browser", logLevel: "silent" });
      await bundle.write({ file: join(out, "page.js"), format: "es" });
    },
  },
  { name: "webpack", module: "webpack", build: webpackWith("webpack") },
  { name: "Rspack", module: "@rspack/core", build: webpackWith("@rspack/core") },
  {
    name: "Parcel",
    module: "parcel",
    build: async ({ folder, out }) => {
      const { Parcel } = await load("@parcel/core");
      const parcel = new Parcel({
        entries: join(folder, "index.html"),
        defaultConfig: "@parcel/config-default",
        mode: "production",
        shouldDisableCache: true,
        shouldAutoInstall: false,
        defaultTargetOptions: { distDir: out, publicUrl: "./", sourceMaps: false },
      });
      await parcel.run();
    },
  },
  {
    name: "Bun's bundler",
    module: "bun",
    advice: LEAVES_BEHIND,
    build: ({ script, out }) =>
      run(bin("bun"), ["build", "--target=browser", script, "--outfile", join(out, "page.js")]),
  },
];

/** @returns {Cell[]} */
export function bundlerCells() {
  const built = BUNDLERS.flatMap(({ name, module, core, advice, build, cure }) =>
    ENTRIES.map((entry) => {
      const known = entry === MAIN ? { advice, cure: cure && pageOf(cure, entry) } : {};
      return { where: `${name} ${versionIn(module)}, page`, entry, core, ...known, run: pageOf(build, entry) };
    }),
  );
  const served = ["vite8", "vite7", "vite6"].flatMap((module) =>
    ENTRIES.map((entry) => ({
      where: `Vite ${versionIn(module)}, dev server`,
      entry,
      run: (/** @type {Place} */ place) => devServer(module, entry, place),
      ...(module === "vite8" || entry !== MAIN
        ? {}
        : {
            advice: '`optimizeDeps: { exclude: ["oci-genai-edge"] }`, or `oci-genai-edge/inline`',
            cure: (/** @type {Place} */ place) => devServer(module, entry, place, { exclude: [MAIN] }),
          }),
    })),
  );
  return [...built, ...served];
}

/**
 * @param {Build} build
 * @param {string} entry
 * @returns {Cell["run"]}
 */
function pageOf(build, entry) {
  return async ({ hub, folder }) => {
    const out = join(folder, "dist");
    mkdirSync(out, { recursive: true });
    const script = source(entry, { hub, folder });
    await build({ folder, script, out });
    if (!existsSync(join(out, "index.html"))) {
      write(out, "index.html", page(hub.origin, '<script type="module" src="./page.js"></script>'));
    }
    await showIn(hub, `${hub.origin}/dist/`);
  };
}

/**
 * The page before it is built, and its script.
 *
 * @param {string} entry
 * @param {Place} place
 */
function source(entry, { hub, folder }) {
  write(folder, "index.html", page(hub.origin, '<script type="module" src="./page.mjs"></script>'));
  return write(folder, "page.mjs", program({ entry, baseUrl: hub.origin }));
}

/**
 * @param {string} module
 * @param {object} [options]
 * @returns {Build}
 */
function viteWith(module, options = {}) {
  return async ({ folder, out }) => {
    const { build } = await load(module);
    const output = { outDir: out, emptyOutDir: true, ...options };
    await build({ root: folder, base: "./", logLevel: "silent", configFile: false, build: output });
  };
}

/**
 * In a process of its own, which a failure of the optimizer ends.
 *
 * @param {string} module
 * @param {string} entry
 * @param {Place} place
 * @param {object} [optimizeDeps]
 */
async function devServer(module, entry, { hub, folder }, optimizeDeps = {}) {
  source(entry, { hub, folder });
  // The packages are in a folder above, which a project's are not.
  const server = { fs: { allow: [here] } };
  write(folder, "vite.config.mjs", `export default ${JSON.stringify({ optimizeDeps, server, cacheDir: ".vite" })};\n`);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const args = [join(here, "node_modules", module, "bin/vite.js"), "--host", "127.0.0.1", "--port", `${port}`];
  const { stop, failed } = await serve(pinnedNode, args, { cwd: folder, isReady: () => answers(origin) });
  try {
    await Promise.race([showIn(hub, origin), failed]);
  } finally {
    await stop();
  }
}

/**
 * @param {string} module
 * @returns {Build}
 */
function webpackWith(module) {
  return async ({ script, out }) => {
    const imported = await load(module);
    const compile = imported.default ?? imported.rspack;
    const output = { path: out, filename: "page.js", publicPath: "auto" };
    const stats = await new Promise((resolve, reject) => {
      /** @type {(error: unknown, result: unknown) => void} */
      const onEnd = (error, result) => (error ? reject(error) : resolve(result));
      compile({ mode: "production", entry: script, output }, onEnd);
    });
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  };
}
