// What no linter looks for in the files of this repository: secrets and addresses that must not be committed, white
// space and line lengths (as in .editorconfig), and lock files that must agree.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const FORBIDDEN = [
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{60}/, what: "a private key" },
  { pattern: /registry\.npmjs\.org|static\.crates\.io|index\.crates\.io/, what: "the host of a package registry" },
  { pattern: /ocid1\.[a-z]+\.oc\d+\.[a-z0-9-]*\.amaaaaaa[a-z2-7]{52}\b/, what: "what looks like a real OCID" },
  { pattern: /(^|[\s"'(=])\/(home|root|Users|work)\/[\w.]/m, what: "an absolute path" },
];
const BINARY = /\.(png|ico|wasm)$/;
const TEXT = /\.(mjs|js|rs|ts|sh|css|html|toml|json|yml|md)$/;

/** Longest line, in characters, of files that nothing else formats. rustfmt leaves comments alone. */
const LINE_LENGTHS = [
  { files: /\.(mjs|js)$/, lines: /^/, max: 120 },
  { files: /\.rs$/, lines: /^\s*\/\//, max: 100 },
];

const problems = [...trackedFiles().flatMap(problemsOf), ...lockFileProblems(), ...packageProblems()];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Files that are, or with the next `git add` can be, in the repository. */
function trackedFiles() {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  return execFileSync("git", list, { encoding: "utf8" }).split("\0").filter(Boolean);
}

/** @param {string} file */
function problemsOf(file) {
  // This file contains the patterns.
  if (BINARY.test(file) || file === "scripts/check-repository.mjs") return [];
  const text = readIfPresent(file);
  if (text === undefined) return [];
  const found = FORBIDDEN.filter(({ pattern }) => pattern.test(text)).map(({ what }) => `${file}: ${what}`);
  // Recordings keep the service's own bytes.
  return TEXT.test(file) && !file.startsWith("tests/fixtures/") ? [...found, ...layoutProblems(file, text)] : found;
}

/**
 * @param {string} file
 * @param {string} text
 */
function layoutProblems(file, text) {
  const limits = LINE_LENGTHS.filter(({ files }) => files.test(file));
  const found = text.split("\n").flatMap((line, index) => {
    const here = `${file}:${index + 1}`;
    const tooLong = limits.find(({ lines, max }) => lines.test(line) && lengthOf(line) > max);
    return [
      ...(/[ \t]+$/.test(line) ? [`${here}: white space at the end of the line`] : []),
      ...(tooLong ? [`${here}: longer than ${tooLong.max} characters`] : []),
    ];
  });
  if (text !== "" && !text.endsWith("\n")) found.push(`${file}: no newline at the end`);
  return found;
}

/** @param {string} line Without its addresses, which can't be split. */
function lengthOf(line) {
  return [...line.replaceAll(/https?:\/\/\S+/g, "")].length;
}

/** `make bench` and `make fuzz` build workspaces of their own, which no other target builds. */
function lockFileProblems() {
  return ["benches/native", "fuzz"].flatMap(lockFileProblemsOf);
}

function lockFileProblemsOf(/** @type {string} */ folder) {
  const text = readFileSync(`${folder}/Cargo.lock`, "utf8");
  const locked = /name = "oci-genai-edge"\n[^[]*dependencies = \[([^\]]*)/.exec(text)?.[1] ?? "";
  const names = [...locked.matchAll(/"([\w-]+)/g)].map(([, name]) => name);
  const expected = cargoDependencies().toSorted();
  if (names.join() === expected.join()) return [];
  const hint = `run cargo metadata in ${folder}`;
  return [`${folder}/Cargo.lock has ${names.join(", ")} where Cargo.toml has ${expected.join(", ")}: ${hint}`];
}

/** Of this package, for any target, without those of its tests. */
function cargoDependencies() {
  const sections = readFileSync("Cargo.toml", "utf8").split(/^\[/m);
  return sections.flatMap((section) => {
    const [, one] = /^(?:target\..*\.)?dependencies\.([\w-]+)\]/.exec(section) ?? [];
    if (one !== undefined) return [one];
    const isTable = /^(target\..*\.)?dependencies\]/.test(section);
    return isTable ? [...section.matchAll(/^([\w-]+) *=/gm)].map(([, name]) => name) : [];
  });
}

/** What a pattern of `include` that isn't anchored would take from folders that git ignores. */
function packageProblems() {
  const files = execFileSync("cargo", ["package", "--list", "--locked", "--allow-dirty", "--quiet"], { encoding: "utf8" });
  const expected = /^(src\/.*\.rs|Cargo\.(toml|toml\.orig|lock)|\.cargo_vcs_info\.json|README\.md|CHANGELOG\.md|LICENSE-.*)$/;
  const others = files.split("\n").filter((file) => file !== "" && !expected.test(file));
  return others.map((file) => `${file} is in the crate's package: see \`include\` in Cargo.toml`);
}

/** Undefined for a file that is in the index, but deleted in the work tree. */
function readIfPresent(/** @type {string} */ file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
