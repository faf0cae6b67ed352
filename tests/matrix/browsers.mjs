// The cells of browsers without a bundler, and how a page is opened in each.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { installDebian, launch } from "../browser/chromium.mjs";
import { INLINE, MAIN, write } from "./places.mjs";
import { page, program, serviceWorker, startsServiceWorker, startsWorker } from "./programs.mjs";

/** @import { Cell, Place } from "./cells.d.ts" */

/**
 * @typedef {object} Browser
 * @property {string} name
 * @property {string} [skipped]
 * @property {boolean} [core]
 * @property {(url: string) => Promise<() => Promise<void>>} open resolves to what closes the page
 */

const TOP_LEVEL_AWAIT = "service workers allow no top-level await: take `oci-genai-edge/inline`";

/** @returns {Promise<Cell[]>} */
export async function browserCells() {
  const browsers = [await chromium(), firefox()];
  return browsers.flatMap((browser) => {
    const { name, skipped, core } = browser;
    const pages = /** @type {[string, string, (place: Place) => Promise<void>][]} */ ([
      ["page", MAIN, (place) => plainPage(browser, MAIN, place)],
      ["page", INLINE, (place) => plainPage(browser, INLINE, place)],
      ["Web Worker", MAIN, (place) => plainWorker(browser, startsWorker, program, place)],
      ["Web Worker", INLINE, (place) => bundledWorker(browser, startsWorker, program, place)],
      ["service worker", MAIN, (place) => plainWorker(browser, startsServiceWorker, serviceWorker, place)],
      ["service worker", INLINE, (place) => bundledWorker(browser, startsServiceWorker, serviceWorker, place)],
    ]);
    return pages.map(([kind, entry, run]) => {
      const advice = kind === "service worker" && entry === MAIN ? TOP_LEVEL_AWAIT : undefined;
      return { where: `${name}, ${kind}`, entry, core, skipped, advice, run };
    });
  });
}

/**
 * Opens the page of a hub in Chromium, and resolves when it has told its results.
 *
 * @param {Place["hub"]} hub
 */
export async function showIn({ results }, url = "", browser = chromiumBrowser) {
  if (browser === undefined) throw new Error("no browser was started");
  const close = await browser.open(url);
  try {
    await results;
  } finally {
    await close();
  }
}

// ---------------------------------------------------------------- pages

/** The package as it is, by an import map. @param {Browser} browser @param {string} entry @param {Place} place */
async function plainPage(browser, entry, { hub, folder }) {
  const imports = {
    [MAIN]: "/package/browser.js",
    [INLINE]: "/package/inline.js",
    [`${MAIN}/signer`]: "/package/signer.js",
  };
  write(folder, "main.mjs", program({ entry, baseUrl: hub.origin }));
  const scripts = `<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="./main.mjs"></script>`;
  write(folder, "index.html", page(hub.origin, scripts));
  await showIn(hub, `${hub.origin}/`, browser);
}

/**
 * A worker that is a module, and imports the package as it is: import maps are for pages.
 *
 * @param {Browser} browser
 * @param {(type: "module") => string} starting
 * @param {typeof program} programOf
 * @param {Place} place
 */
async function plainWorker(browser, starting, programOf, { hub, folder }) {
  const loading = { entry: "/package/browser.js", baseUrl: hub.origin };
  write(folder, "worker.js", programOf(loading, "/package/signer.js"));
  write(folder, "index.html", page(hub.origin, starting("module")));
  await showIn(hub, `${hub.origin}/`, browser);
}

/**
 * A worker that is a classic script, which holds everything.
 *
 * @param {Browser} browser
 * @param {(type: "classic") => string} starting
 * @param {typeof program} programOf
 * @param {Place} place
 */
async function bundledWorker(browser, starting, programOf, { hub, folder }) {
  const { build } = await import("esbuild");
  const script = write(folder, "main.mjs", programOf({ entry: INLINE, baseUrl: hub.origin }));
  const outfile = join(folder, "worker.js");
  await build({ entryPoints: [script], outfile, bundle: true, format: "iife", logLevel: "silent" });
  write(folder, "index.html", page(hub.origin, starting("classic")));
  await showIn(hub, `${hub.origin}/`, browser);
}

// ---------------------------------------------------------------- Chromium

/** @type {Browser | undefined} */
let chromiumBrowser;
/** @type {(() => Promise<void>) | undefined} */
let closeChromium;

/** @returns {Promise<Browser>} */
async function chromium() {
  const { context, close } = await launch();
  closeChromium = close;
  chromiumBrowser = {
    name: `Chromium ${context.browser()?.version() ?? ""}`.trim(),
    core: true,
    open: async (url) => {
      const opened = await context.newPage();
      await opened.goto(url);
      return () => opened.close();
    },
  };
  return chromiumBrowser;
}

export async function closeBrowsers() {
  await closeChromium?.();
}

// ---------------------------------------------------------------- Firefox

const FIREFOX = [process.env.FIREFOX_PATH, "/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** Firefox asks nobody and fetches nothing but the page. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.newtabpage.enabled": false,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "http://127.0.0.1:9/",
  "toolkit.telemetry.enabled": false,
};

/** Driven by nothing: the page itself tells what it found. @returns {Browser} */
function firefox() {
  const find = () => FIREFOX.find((path) => path && existsSync(path));
  const executable = find() ?? (installFirefox(), find());
  if (executable === undefined) {
    const skipped = "no Firefox here: set FIREFOX_PATH";
    return { name: "Firefox", skipped, open: () => Promise.reject(new Error(skipped)) };
  }
  const version = /\d[\w.]*/.exec(String(spawnSync(executable, ["--version"]).stdout))?.[0] ?? "";
  return { name: `Firefox ${version}`, open: (url) => openFirefox(executable, url) };
}

function installFirefox() {
  const isDebian = process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0;
  if (!isDebian) return;
  try {
    installDebian("firefox-esr");
  } catch {
    // Its rows say that there is none.
  }
}

/**
 * Firefox with a new profile, for one page.
 *
 * @param {string} executable
 * @param {string} url
 */
async function openFirefox(executable, url) {
  const profile = mkdtempSync(join(tmpdir(), "oci-genai-edge-"));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
  write(profile, "user.js", `${lines.join("\n")}\n`);
  const env = { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" };
  const args = ["--headless", "--no-remote", "--new-instance", "--profile", profile, url];
  const child = spawn(executable, args, { stdio: "ignore", env, detached: true });
  const ended = new Promise((resolve) => {
    child.on("error", resolve);
    child.on("exit", resolve);
  });
  return async () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
}
