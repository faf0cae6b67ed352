// A profile of ~/.oci/config, as OCI's own tools read it, and the signer that it describes.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { apiKeySigner, tokenSigner } from "oci-genai-edge/signer";

/** The text of a configuration file as { section: { key: value } }. Nothing is inherited yet. */
export function parseConfig(text) {
  const sections = {};
  let section;
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/).map((line) => line.trim())) {
    if (line === "" || /^[#;]/.test(line)) continue;
    const header = /^\[(.*)\]$/.exec(line)?.[1].trim();
    const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    // The line itself is not quoted: it may hold a pass phrase.
    if (header === "" || (header === undefined && (key === undefined || section === undefined))) {
      throw new Error("the OCI configuration file has a line that is neither a [section] nor key=value inside one");
    }
    if (header !== undefined) section = sections[header] ??= {};
    else section[key.toLowerCase()] = value;
  }
  return sections;
}

/**
 * One profile, with what it inherits from DEFAULT: { kind, values }, or undefined where there is none of that name.
 *
 * The pitfall is the kind. A `user` in DEFAULT shows up in every session-token profile, and a `security_token_file` in DEFAULT in
 * every API-key profile. So what the profile says itself decides, and only then what it inherits.
 */
export function profileOf(sections, name) {
  const own = Object.hasOwn(sections, name) ? sections[name] : undefined;
  if (own === undefined) return undefined;
  const values = { ...sections.DEFAULT, ...own };
  const says = (section) => (section.security_token_file ? "token" : section.user ? "key" : undefined);
  return { kind: says(own) ?? says(values) ?? "key", values };
}

/** `~` is the home directory, at the beginning of a path and nowhere else. */
export function expandHome(path, home = homedir()) {
  return /^~(?=$|[/\\])/.test(path) ? join(home, path.slice(1)) : path;
}

/** The signer of a profile. Throws what there is to mend; no message quotes a value. */
export function signerOf({ kind, values }, home) {
  const missing = (kind === "token" ? ["security_token_file", "key_file"] : ["tenancy", "user", "fingerprint", "key_file"]).filter((key) => !values[key]);
  if (missing.length > 0) throw new Error(`the profile has no ${missing.join(", ")}`);
  const privateKey = readable("key_file", expandHome(values.key_file, home));
  if (/ENCRYPTED/.test(privateKey)) {
    const why = values.pass_phrase ? "pass_phrase is not supported here" : "its pass phrase is nowhere";
    throw new Error(`key_file is encrypted, and ${why}: name an unencrypted copy in another profile, or use \`oci session authenticate\``);
  }
  if (kind === "key") return apiKeySigner({ tenancy: values.tenancy, user: values.user, fingerprint: values.fingerprint, privateKey });
  // `oci session refresh` writes a new token for the same key: it is read for every request.
  const tokenFile = expandHome(values.security_token_file, home);
  readable("security_token_file", tokenFile);
  return tokenSigner({ token: () => readFile(tokenFile, "utf8"), privateKey });
}

function readable(key, path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`the file that ${key} names can't be read (${error.code})`);
  }
}
