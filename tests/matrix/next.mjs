// The cells of Next.js: one application per bundler, with a route in each of its runtimes and a page.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { showIn } from "./browsers.mjs";
import { ENTRIES, answers, freePort, here, newFolder, pinnedNode, run, serve, versionIn, write } from "./places.mjs";

/** @import { Cell } from "./cells.d.ts" */

/** @typedef {{ origin: string, stop: () => Promise<void> }} App */

const NEXT = join(here, "node_modules/next/dist/bin/next");

const BUILD_LIMIT_MS = 480_000;

/** @type {Map<string, Promise<App>>} */
const apps = new Map();

/** @returns {Cell[]} */
export function nextCells() {
  return ["Turbopack", "webpack"].flatMap((bundler) =>
    ["edge route", "Node route", "client page"].flatMap((kind) =>
      ENTRIES.map((entry) => ({
        where: `Next ${versionIn("next")} with ${bundler}, ${kind}`,
        entry,
        run: async ({ hub }) => {
          const { origin } = await appOf(bundler, entry);
          const query = `?baseUrl=${hub.origin}`;
          if (kind === "client page") return showIn(hub, `${origin}/${query}`);
          const response = await fetch(`${origin}/${kind === "edge route" ? "edge" : "node"}${query}`);
          if (!response.ok) throw new Error(`the route answered ${response.status}`);
        },
      })),
    ),
  );
}

export async function closeApps() {
  for (const app of apps.values()) await app.then(({ stop }) => stop()).catch(() => {});
}

/**
 * @param {string} bundler
 * @param {string} entry
 */
function appOf(bundler, entry) {
  const key = `Next ${bundler} ${entry}`;
  const app = apps.get(key) ?? startApp(newFolder(key), bundler, entry);
  apps.set(key, app);
  return app;
}

/**
 * @param {string} folder
 * @param {string} bundler
 * @param {string} entry
 * @returns {Promise<App>}
 */
async function startApp(folder, bundler, entry) {
  for (const path of ["app/edge", "app/node"]) mkdirSync(join(folder, path), { recursive: true });
  const importing = (/** @type {string} */ up) => `import { OciError, OciGenAI } from "${entry}";
import { apiKeySigner } from "oci-genai-edge/signer";
import { reportSuite } from "${up}/suite.mjs";
`;
  const route = (/** @type {string} */ runtime) => `${importing("../..")}
export const runtime = "${runtime}";
export const dynamic = "force-dynamic";
export async function GET(request) {
  const baseUrl = new URL(request.url).searchParams.get("baseUrl");
  await reportSuite({ OciGenAI, OciError, apiKeySigner, baseUrl });
  return new Response("done");
}
`;
  write(folder, "app/edge/route.js", route("edge"));
  write(folder, "app/node/route.js", route("nodejs"));
  write(
    folder,
    "app/page.js",
    `"use client";
import { useEffect } from "react";
${importing("..")}
export default function Page() {
  useEffect(() => {
    const baseUrl = new URLSearchParams(location.search).get("baseUrl");
    reportSuite({ OciGenAI, OciError, apiKeySigner, baseUrl });
  }, []);
  return null;
}
`,
  );
  const layout = "export default ({ children }) => <html><body>{children}</body></html>;\n";
  write(folder, "app/layout.js", layout);
  // The packages are in a folder above.
  const settings = { turbopack: { root: here }, outputFileTracingRoot: here };
  write(folder, "next.config.mjs", `export default ${JSON.stringify(settings)};\n`);
  const build = [NEXT, "build", bundler === "webpack" ? "--webpack" : "--turbopack"];
  await run(pinnedNode, build, { cwd: folder, timeout: BUILD_LIMIT_MS });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const args = [NEXT, "start", "--hostname", "127.0.0.1", "--port", `${port}`];
  const { stop } = await serve(pinnedNode, args, { cwd: folder, isReady: () => answers(origin) });
  return { origin, stop };
}
