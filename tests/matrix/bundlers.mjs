// The bundlers: each builds a page as its documentation says, without a setting that this package asks for.

import { join } from "node:path";

/**
 * @typedef {object} Bundler
 * @property {string} name
 * @property {string} module the npm package, for its version
 * @property {(page: { folder: string, script: string, out: string }) => Promise<unknown>} build writes `page.js`, or a
 *   page of its own, into `out`
 */

// Their types differ from one major version to the next.
/** @type {(specifier: string) => Promise<any>} */
const load = (specifier) => import(specifier);

/** @type {Bundler[]} */
export const BUNDLERS = [
  {
    name: "esbuild",
    module: "esbuild",
    build: async ({ script, out }) => {
      const { build } = await load("esbuild");
      const outfile = join(out, "page.js");
      await build({ bundle: true, format: "esm", entryPoints: [script], outfile, logLevel: "silent" });
    },
  },
  ...["vite8", "vite7", "vite6"].map((module) => ({ name: "Vite", module, build: viteWith(module) })),
  {
    name: "Rollup",
    module: "rollup",
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
        defaultTargetOptions: { distDir: out, sourceMaps: false },
      });
      await parcel.run();
    },
  },
];

/**
 * @param {string} module
 * @returns {Bundler["build"]}
 */
function viteWith(module) {
  return async ({ folder, out }) => {
    const { build } = await load(module);
    await build({ root: folder, logLevel: "silent", configFile: false, build: { outDir: out, emptyOutDir: true } });
  };
}

/**
 * @param {string} module
 * @returns {Bundler["build"]}
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
