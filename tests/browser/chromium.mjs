// Finds Chromium, or installs it: Debian's package for root, playwright's download for others.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const PATHS = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

// Chromium must fetch nothing but the page under test.
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const STEP = fileURLToPath(new URL("../../scripts/step.sh", import.meta.url));

/** Starts Chromium with a new profile. `close()` ends it and removes the profile. */
export async function launch(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), "oci-genai-edge-"));
  const root = process.getuid?.() === 0;
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable(),
    headless: true,
    args: root ? ["--no-sandbox", ...FLAGS] : FLAGS,
    ...options,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

function executable() {
  const find = () => [...PATHS, playwrightPath()].find((path) => path && existsSync(path));
  return find() ?? (install(), find()) ?? fail();
}

function playwrightPath() {
  try {
    return chromium.executablePath();
  } catch {
    return undefined;
  }
}

function install() {
  const debian = process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0;
  if (debian) {
    installDebian("chromium");
  } else {
    console.error("chromium: downloading playwright's");
    const args = ["node_modules/playwright-core/cli.js", "install", "chromium"];
    execFileSync(process.execPath, args, { stdio: "inherit" });
  }
}

/** A package of Debian, for root. @param {string} name */
export function installDebian(name) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  /** @type {import("node:child_process").ExecFileSyncOptions} */
  const options = { stdio: ["ignore", 2, 2], env };
  const command = `apt-get -qq update && apt-get -qq install -y --no-install-recommends ${name}`;
  execFileSync(STEP, [`installing Debian's ${name}`, "sh", "-c", command], options);
}

/** @returns {never} */
function fail() {
  throw new Error("no Chromium was found or could be installed: set CHROMIUM_PATH");
}
