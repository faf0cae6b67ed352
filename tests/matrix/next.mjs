// The cells of Next.js: an application for each bundler and entry, so that one that does not build hides no other.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { showIn } from "./browsers.mjs";
import { ENTRIES, answers, freePort, here, newFolder, pinnedNode, run, serve, versionIn, write } from "./places.mjs";

/** @import { Cell } from "./cells.d.ts" */

/** @typedef {{ origin: string, stop: () => Promise<void> }} App */

const NEXT = join(here, "node_modules/next/dist/bin/next");

/** "Failed to collect page data", with a route that imports nothing. */
const NO_EDGE_ROUTES = "Next's webpack builds no edge route, not even an empty one: take Turbopack or a Node route";
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
        advice: bundler === "webpack" && kind === "edge route" ? NO_EDGE_ROUTES : undefined,
        run: async ({ hub }) => {
          const { origin } = await appOf(bundler, kind, entry);
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
 * The edge route is an application of its own.
 *
 * @param {string} bundler
 * @param {string} kind
 * @param {string} entry
 */
function appOf(bundler, kind, entry) {
  const isEdge = kind === "edge route";
  const key = `Next ${bundler} ${isEdge ? "edge" : "node"} ${entry}`;
  const app = apps.get(key) ?? startApp(newFolder(key), { bundler, entry, isEdge });
  apps.set(key, app);
  return app;
}

/**
 * @param {string} folder
 * @param {{ bundler: string, entry: string, isEdge: boolean }} options
 * @returns {Promise<App>}
 */
async function startApp(folder, { bundler, entry, isEdge }) {
  const path = isEdge ? "edge" : "node";
  mkdirSync(join(folder, "app", path), { recursive: true });
  const importing = (/** @type {string} */ up) => `import { OciError, OciGenAI } from "${entry}";
import { apiKeySigner } from "oci-genai-edge/signer";
import { reportSuite } from "${up}/suite.mjs";
`;
  const route = `${importing("../..")}
export const runtime = "${isEdge ? "edge" : "nodejs"}";
export const dynamic = "force-dynamic";
export async function GET(request) {
  const baseUrl = new URL(request.url).searchParams.get("baseUrl");
  await reportSuite({ OciGenAI, OciError, apiKeySigner, baseUrl });
  return new Response("done");
}
`;
  write(folder, `app/${path}/route.js`, route);
  const empty = "export default function Page() {\n  return null;\n}\n";
  const page = `"use client";
import { useEffect } from "react";
${importing("..")}
export default function Page() {
  useEffect(() => {
    const baseUrl = new URLSearchParams(location.search).get("baseUrl");
    reportSuite({ OciGenAI, OciError, apiKeySigner, baseUrl });
  }, []);
  return null;
}
`;
  write(folder, "app/page.js", isEdge ? empty : page);
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
