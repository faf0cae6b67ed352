// What no other linter looks for: words, addresses and files that must not be committed, and sizes that nobody reads.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { encoding: "utf8" }).split("\0").filter(Boolean);
const problems = [];

const FORBIDDEN = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{60}/, "a private key"],
  [/registry\.npmjs\.org|static\.crates\.io|index\.crates\.io/, "the host of a registry"],
  [/ocid1\.[a-z]+\.oc\d+\.[a-z0-9-]*\.amaaaaaa[a-z2-7]{52}\b/, "what looks like a real OCID"],
  [/(^|[\s"'(=])\/(home|root|Users|work)\/[\w.]/m, "an absolute path"],
];

for (const file of files) {
  if (/\.(png|ico|wasm)$/.test(file) || file === "scripts/check-repository.mjs") continue;
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    continue; // deleted in the work tree
  }
  for (const [pattern, what] of FORBIDDEN) {
    if (pattern.test(text)) problems.push(`${file}: ${what}`);
  }
  if (/\.(mjs|js|rs|ts|sh|css|html|toml|md)$/.test(file)) {
    const at = text.split("\n").findIndex((line) => /[ \t]+$/.test(line));
    if (at >= 0) problems.push(`${file}:${at + 1}: white space at the end of the line`);
    if (text !== "" && !text.endsWith("\n")) problems.push(`${file}: no newline at the end`);
  }
}

// Versions that must agree.
const cargo = readFileSync("Cargo.toml", "utf8");
const version = /^version = "(.*)"/m.exec(cargo)[1];
const packaged = JSON.parse(readFileSync("pkg/package.json", "utf8")).version;
if (version !== packaged) problems.push(`Cargo.toml is ${version} and pkg/package.json is ${packaged}`);

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
