// A profile of ~/.oci/config, read as OCI's own tools read it, and the signer that it describes.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { apiKeySigner, tokenSigner } from "oci-genai-edge/signer";

import { codeOf } from "./error-code.mjs";

/** @typedef {Record<string, string>} Section Key to value. */
/** @typedef {{ kind: "key" | "token", values: Section }} Profile An API key, or a session token. */

/** The keys that a profile of each kind has to have. */
const REQUIRED = {
  key: ["tenancy", "user", "fingerprint", "key_file"],
  token: ["security_token_file", "key_file"],
};

/**
 * The sections of a configuration file. Nothing is inherited yet.
 *
 * @param {string} text
 * @returns {Record<string, Section>}
 */
export function parseConfig(text) {
  /** @type {Record<string, Section>} */
  const sections = {};
  /** @type {Section | undefined} */
  let section;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === "" || /^[#;]/.test(trimmed)) continue;
    const header = /^\[(.*)\]$/.exec(trimmed)?.[1].trim();
    if (header) {
      section = sections[header] ??= {};
      continue;
    }
    const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(trimmed) ?? [];
    if (header === "" || key === undefined || section === undefined) {
      // The line itself is not quoted: it may hold a pass phrase.
      throw new Error("the OCI configuration file has a line that is neither a [section] nor key=value inside one");
    }
    section[key.toLowerCase()] = value;
  }
  return sections;
}

/**
 * One profile, with what it inherits from DEFAULT. Undefined where there is none of that name.
 *
 * A `user` in DEFAULT is inherited by every session-token profile, and a `security_token_file` in DEFAULT by every
 * API-key profile. The profile's own keys therefore decide its kind, and inherited ones only where it has neither.
 *
 * @param {Record<string, Section>} sections
 * @param {string} name
 * @returns {Profile | undefined}
 */
export function profileOf(sections, name) {
  const own = Object.hasOwn(sections, name) ? sections[name] : undefined;
  if (own === undefined) return undefined;
  const values = { ...sections.DEFAULT, ...own };
  return { kind: kindOf(own) ?? kindOf(values) ?? "key", values };
}

/** `~` stands for the home directory at the beginning of a path only. */
export function expandHome(/** @type {string} */ path, home = homedir()) {
  return /^~(?=$|[/\\])/.test(path) ? join(home, path.slice(1)) : path;
}

/**
 * The signer of a profile. Throws an error that names what is missing or unusable; no message quotes a value.
 *
 * @param {Profile} profile
 * @param {string} [home]
 */
export function signerOf({ kind, values }, home) {
  const missing = REQUIRED[kind].filter((key) => !values[key]);
  if (missing.length > 0) throw new Error(`the profile has no ${missing.join(", ")}`);
  const privateKey = readKeyed("key_file", expandHome(values.key_file, home));
  if (/ENCRYPTED/.test(privateKey)) {
    const why = values.pass_phrase ? "pass_phrase is not supported here" : "the profile has no pass phrase";
    const fix = "name an unencrypted copy in another profile, or use `oci session authenticate`";
    throw new Error(`key_file is encrypted, and ${why}: ${fix}`);
  }
  if (kind === "key") {
    const { tenancy, user, fingerprint } = values;
    return apiKeySigner({ tenancy, user, fingerprint, privateKey });
  }
  const tokenFile = expandHome(values.security_token_file, home);
  readKeyed("security_token_file", tokenFile);
  // `oci session refresh` writes a new token for the same key, so the file is read for every request.
  return tokenSigner({ token: () => readFile(tokenFile, "utf8"), privateKey });
}

/**
 * @param {Section} section
 * @returns {Profile["kind"] | undefined}
 */
function kindOf(section) {
  if (section.security_token_file) return "token";
  return section.user ? "key" : undefined;
}

/**
 * @param {string} key The key of the profile that names the file.
 * @param {string} path
 */
function readKeyed(key, path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // Without the cause: its message holds the path.
    // oxlint-disable-next-line eslint/preserve-caught-error
    throw new Error(`the file that ${key} names can't be read (${codeOf(error)})`);
  }
}
