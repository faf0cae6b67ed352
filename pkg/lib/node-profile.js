// Profiles of ~/.oci/config, read as OCI's own tools read them, and the signers that they describe.

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

import { apiKeySigner } from "../signer.js";
import { createError } from "./error.js";
import { expandHome, parseConfig, profileOf } from "./node-config-file.js";
import { codeOf } from "./node-error-code.js";
import { decrypt, isEncrypted, readSecret } from "./node-key.js";
import { copyOf, rereadSigner } from "./node-session.js";

/** @import { RequestSigner } from "../index.js" */
/** @import { Profile, ProfileOptions } from "../signer-node.js" */
/** @import { Section } from "./node-config-file.js" */

/**
 * A profile as it was found: perhaps not complete.
 *
 * @typedef {object} Found
 * @property {string} name
 * @property {string} file its path
 * @property {string} place what messages call it
 * @property {Profile["kind"]} kind
 * @property {Section} values all keys, also the secret ones
 * @property {string} home
 * @property {() => Date} [now]
 */

/**
 * What was looked for, and what there is of it.
 *
 * @typedef {object} Search
 * @property {string} name
 * @property {string} shown the file as it was named
 * @property {string[]} [names] of the profiles; absent where there is no file
 * @property {Found} [found]
 */

/** The keys that a profile of each kind has to have. */
const REQUIRED = Object.freeze({
  api_key: ["tenancy", "user", "fingerprint", "key_file"],
  session_token: ["security_token_file", "key_file"],
});

/**
 * Looks for a profile. Rejects only where the file can't be read, or is not a configuration.
 *
 * @param {ProfileOptions} [options]
 * @returns {Promise<Search>}
 */
export async function findProfile(options = {}) {
  const { env = process.env, now } = options;
  const home = env["HOME"] || homedir();
  const shown =
    options.configFile || env["OCI_CLI_CONFIG_FILE"] || env["OCI_CONFIG_FILE"] || join("~", ".oci", "config");
  const name = options.profile || env["OCI_CLI_PROFILE"] || "DEFAULT";
  const file = expandHome(shown, home);
  let text;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return { name, shown };
    throw createError("invalid_options", `${shown} can't be read (${code})`, "give this process the right to read it");
  }
  const sections = parseConfig(text, shown);
  const names = Object.keys(sections);
  const profile = profileOf(sections, name);
  if (!profile) return { name, shown, names };
  return { name, shown, names, found: { ...profile, name, file, place: `profile [${name}] of ${shown}`, home, now } };
}

/**
 * @param {ProfileOptions} [options]
 * @returns {Promise<Profile>}
 */
export async function readProfile(options) {
  requireOptions(options, "readProfile");
  const { name, file, kind, values, home } = await requireProfile(options);
  /** @type {Profile} */
  const profile = { name, file, kind };
  const { tenancy, user, fingerprint, region } = values;
  const compartmentId = values["compartment_id"] || values["compartment-id"] || (await rcCompartment(file, name));
  const paths = { keyFile: values["key_file"], securityTokenFile: values["security_token_file"] };
  const isSession = kind === "session_token";
  return Object.assign(
    profile,
    tenancy && { tenancy },
    // A session's token says who its user is: an inherited `user` may be another one.
    !isSession && { user, fingerprint },
    region && { region },
    paths.keyFile && { keyFile: expandHome(paths.keyFile, home) },
    isSession && paths.securityTokenFile && { securityTokenFile: expandHome(paths.securityTokenFile, home) },
    compartmentId && { compartmentId },
  );
}

/**
 * @param {ProfileOptions} [options]
 * @returns {RequestSigner}
 */
export function profileSigner(options) {
  requireOptions(options, "profileSigner");
  /** @type {Promise<RequestSigner> | undefined} */
  let signer;
  return async (request) => {
    const own = copyOf(request);
    signer ??= requireProfile(options).then(signerOf);
    const reading = signer;
    try {
      return await (await reading)(own);
    } catch (error) {
      // The next call reads the profile again: someone may have corrected it.
      if (signer === reading) signer = undefined;
      throw error;
    }
  };
}

/**
 * The signer of a profile. Throws an error that names what is missing or unusable; no message quotes
 * a value. The files are read when the first request is signed.
 *
 * @param {Found} profile
 * @returns {RequestSigner}
 */
function signerOf(profile) {
  const { kind, values, home, place, now } = requireComplete(profile);
  const path = (/** @type {string} */ key) => expandHome(values[key] ?? "", home);
  const readKeyFile = () => readNamed("key_file", path("key_file"), place);
  const readKey = (/** @type {string} */ pem) => usableKey(pem, values["pass_phrase"], place);

  if (kind === "api_key") {
    const { tenancy = "", user = "", fingerprint = "" } = values;
    try {
      const privateKey = async () => readKey(await readKeyFile());
      return apiKeySigner({ tenancy, user, fingerprint, privateKey, clock: now });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw createError("invalid_options", `${place}: ${error.message}`);
    }
  }
  const refresh = `\`oci session refresh --profile ${profile.name}\``;
  return rereadSigner({
    place,
    // `oci session refresh` writes a new token, and `oci session authenticate` a new key as well.
    read: async () => ({
      token: await readNamed("security_token_file", path("security_token_file"), place),
      privateKey: await readKeyFile(),
    }),
    usableKey: readKey,
    now,
    expired: (at) =>
      createError(
        "signer_failed",
        `the session token of ${place} expired at ${at}`,
        `run ${refresh}, or \`oci session authenticate\` where that is too late`,
      ),
  });
}

/** @param {ProfileOptions} [options] */
async function requireProfile(options) {
  const { name, shown, names, found } = await findProfile(options);
  if (found) return requireComplete(found);
  if (names === undefined) {
    const hint = "run `oci setup config` or `oci session authenticate`, or name the file in OCI_CLI_CONFIG_FILE";
    throw createError("invalid_options", `there is no OCI configuration file ${shown}`, hint);
  }
  const hint = names.length > 0 ? `it has ${names.join(", ")}` : "it is empty";
  throw createError("invalid_options", `${shown} has no profile [${name}]`, hint);
}

/** @param {Found} profile */
function requireComplete(profile) {
  const missing = REQUIRED[profile.kind].filter((key) => !profile.values[key]);
  if (missing.length === 0) return profile;
  throw createError("invalid_options", `${profile.place} has no ${missing.join(", ")}`, "add what is missing to it");
}

/**
 * The compartment that `oci` uses where a command names none.
 *
 * @param {string} file
 * @param {string} name
 */
async function rcCompartment(file, name) {
  try {
    const sections = parseConfig(await readFile(join(dirname(file), "oci_cli_rc"), "utf8"));
    return (profileOf(sections, name)?.values ?? sections["DEFAULT"])?.["compartment-id"];
  } catch {
    // The file is optional, and about much else.
    return undefined;
  }
}

/**
 * @param {string} key the key of the profile that names the file
 * @param {string} path
 * @param {string} place
 */
function readNamed(key, path, place) {
  return readSecret(path, {
    code: "invalid_options",
    message: (reason) => `${place}: the file that ${key} names can't be read (${reason})`,
    hint: `correct ${key}; a relative path starts at the working directory`,
  });
}

/**
 * @param {string} pem
 * @param {string | undefined} passPhrase
 * @param {string} place
 */
function usableKey(pem, passPhrase, place) {
  if (!isEncrypted(pem)) return pem;
  if (!passPhrase) {
    throw createError("invalid_options", `${place}: key_file is encrypted`, "add its pass_phrase to the profile");
  }
  const key = decrypt(pem, passPhrase);
  if (key !== undefined) return key;
  throw createError("invalid_options", `${place}: pass_phrase does not fit key_file`, "correct pass_phrase");
}

/**
 * @param {unknown} options
 * @param {string} name
 */
function requireOptions(options, name) {
  if (options === undefined || (typeof options === "object" && options !== null)) return;
  throw createError("invalid_options", `${name} takes an object of options, or nothing`);
}
