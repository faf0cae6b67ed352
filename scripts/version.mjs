// The version, in every file that has it. Without an argument: fails unless they agree. With one: sets it.
//
//   node scripts/version.mjs 0.2.0

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Where the version stands: in the second group of the first match.
 *
 * @type {Record<string, RegExp>}
 */
const PLACES = {
  "Cargo.toml": /^(version = ")([^"]+)/m,
  "Cargo.lock": /(name = "oci-genai-edge"\nversion = ")([^"]+)/,
  "benches/native/Cargo.lock": /(name = "oci-genai-edge"\nversion = ")([^"]+)/,
  "fuzz/Cargo.lock": /(name = "oci-genai-edge"\nversion = ")([^"]+)/,
  "pkg/package.json": /("version": ")([^"]+)/,
  "package-lock.json": /("pkg": \{\s*"name": "oci-genai-edge",\s*"version": ")([^"]+)/,
};
/** What npm and Cargo both take. https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string */
const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[\da-z-]+(\.[\da-z-]+)*)?$/i;

const [wanted] = process.argv.slice(2);
if (wanted === undefined) check();
else set(wanted);

function check() {
  const versions = Object.keys(PLACES).map((file) => ({ file, version: versionIn(file) }));
  const [{ version: expected }] = versions;
  for (const { file, version } of versions) {
    if (version === expected) continue;
    console.error(`${file} has version ${version}, Cargo.toml has ${expected}: node scripts/version.mjs ${expected}`);
    process.exitCode = 1;
  }
  // A release is described; what comes next is under "Unreleased".
  const changelog = read("CHANGELOG.md");
  if (!changelog.includes(`## [${expected}]`) && !changelog.includes("## [Unreleased]")) {
    console.error(`CHANGELOG.md has neither ${expected} nor Unreleased`);
    process.exitCode = 1;
  }
}

/** @param {string} version */
function set(version) {
  if (!SEMVER.test(version)) throw new Error(`${version} is not a version: https://semver.org/`);
  for (const [file, place] of Object.entries(PLACES)) {
    versionIn(file);
    writeFileSync(root + file, read(file).replace(place, `$1${version}`));
  }
}

/** @param {string} file */
function versionIn(file) {
  const found = PLACES[file]?.exec(read(file));
  if (!found) throw new Error(`${file} has no version where it should be`);
  return found[2];
}

/** @param {string} file */
function read(file) {
  return readFileSync(root + file, "utf8");
}
