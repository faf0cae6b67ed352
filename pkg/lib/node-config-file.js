// OCI's configuration file, ~/.oci/config: sections of keys and values, and what they inherit.

import { homedir } from "node:os";
import { join } from "node:path";

import { createError } from "./error.js";

/** @typedef {Record<string, string>} Section Key, in lower case, to value. */

/**
 * The sections of a configuration file. Nothing is inherited yet.
 *
 * @param {string} text
 * @param {string} [file] what messages call the file
 * @returns {Record<string, Section>}
 */
export function parseConfig(text, file = "the OCI configuration file") {
  // Without a prototype: names are the file's, and `__proto__` could be one.
  /** @type {Record<string, Section>} */
  const sections = Object.create(null);
  /** @type {Section | undefined} */
  let section;
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || /^[#;]/.test(trimmed)) continue;
    const header = /^\[(.*)\]$/.exec(trimmed)?.[1]?.trim();
    if (header) {
      section = sections[header] ??= Object.create(null);
      continue;
    }
    const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(trimmed) ?? [];
    if (header === "" || key === undefined || value === undefined || section === undefined) {
      // The line itself is not quoted: it may hold a pass phrase.
      throw createError(
        "invalid_options",
        `line ${index + 1} of ${file} is neither a [section] nor key=value inside one`,
      );
    }
    section[key.toLowerCase()] = value;
  }
  return sections;
}

/**
 * One profile, with what it inherits from DEFAULT. Undefined where there is none of that name.
 *
 * A `user` in DEFAULT is inherited by every session-token profile, and a `security_token_file` in
 * DEFAULT by every API-key profile. The profile's own keys therefore decide its kind, and inherited
 * ones only where it has neither.
 *
 * @param {Record<string, Section>} sections
 * @param {string} name
 * @returns {{ kind: "api_key" | "session_token", values: Section } | undefined}
 */
export function profileOf(sections, name) {
  const own = Object.hasOwn(sections, name) ? sections[name] : undefined;
  if (own === undefined) return undefined;
  const values = { ...sections["DEFAULT"], ...own };
  return { kind: kindOf(own) ?? kindOf(values) ?? "api_key", values };
}

/** `~` stands for the home directory at the beginning of a path only. */
export function expandHome(/** @type {string} */ path, home = homedir()) {
  return /^~(?=$|[/\\])/.test(path) ? join(home, path.slice(1)) : path;
}

/**
 * @param {Section} section
 * @returns {"api_key" | "session_token" | undefined}
 */
function kindOf(section) {
  if (section["security_token_file"]) return "session_token";
  return section["user"] ? "api_key" : undefined;
}
