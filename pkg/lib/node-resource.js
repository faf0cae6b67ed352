// Resource principals, version 2.2: a token and a key in the environment, or in files that the
// platform replaces.

import { isAbsolute } from "node:path";

import { createError } from "./error.js";
import { decrypt, isEncrypted, readSecret } from "./node-key.js";
import { rereadSigner } from "./node-session.js";

/** @import { RequestSigner } from "../index.js" */
/** @import { ResourcePrincipalOptions } from "../signer-node.js" */

const VERSION = "OCI_RESOURCE_PRINCIPAL_VERSION";
const TOKEN = "OCI_RESOURCE_PRINCIPAL_RPST";
const KEY = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM";
const PASSPHRASE = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE";

const NOT_A_RESOURCE =
  "not in an OCI Function or another resource with a principal? Use profileSigner or apiKeySigner elsewhere";

/**
 * @param {ResourcePrincipalOptions} [options]
 * @returns {RequestSigner}
 */
export function resourcePrincipalSigner(options = {}) {
  if (typeof options !== "object" || options === null) {
    throw createError("invalid_options", "resourcePrincipalSigner takes an object of options, or nothing");
  }
  const { env = process.env, now } = options;
  return rereadSigner({
    place: "the resource principal",
    now,
    read: async () => {
      requireVersion(env[VERSION]?.trim());
      const [token, privateKey] = await Promise.all([valueOf(env, TOKEN), valueOf(env, KEY)]);
      const passphrase = env[PASSPHRASE] ? await valueOf(env, PASSPHRASE) : undefined;
      return { token, privateKey, passphrase };
    },
    usableKey,
    expired: (at) =>
      createError(
        "signer_failed",
        `the token of the resource principal expired at ${at}`,
        `the platform replaces it where ${TOKEN} and ${KEY} name files; where they are values, start the process again`,
      ),
  });
}

/** @param {string | undefined} version */
function requireVersion(version) {
  if (version === "2.2") return;
  if (!version) throw createError("signer_failed", `${VERSION} is not set`, NOT_A_RESOURCE);
  // What is there is not quoted: it is expected to be a number, and may be anything.
  const shown = /^\d+(\.\d+){0,2}$/.test(version) ? version : "not a version";
  const hint = "use tokenSigner, with a token and a key from one of Oracle's SDKs";
  throw createError("signer_failed", `${VERSION} is ${shown}: this signer supports 2.2 only`, hint);
}

/**
 * A variable holds the value, or the absolute path of a file with it.
 *
 * @param {Record<string, string | undefined>} env
 * @param {string} name
 */
async function valueOf(env, name) {
  const value = env[name];
  if (!value) throw createError("signer_failed", `${name} is not set`, NOT_A_RESOURCE);
  if (!isAbsolute(value)) return value;
  return readSecret(value, {
    code: "signer_failed",
    message: (reason) => `the file that ${name} names can't be read (${reason})`,
    hint: "give this process the right to read it",
  });
}

/**
 * @param {string} pem
 * @param {string} [passphrase]
 */
function usableKey(pem, passphrase) {
  if (!isEncrypted(pem)) return pem;
  if (!passphrase) throw createError("signer_failed", `the key in ${KEY} is encrypted`, `set ${PASSPHRASE}`);
  // A file of it may end with a line break.
  const key = decrypt(pem, passphrase) ?? decrypt(pem, passphrase.replace(/\r?\n$/, ""));
  if (key !== undefined) return key;
  throw createError("signer_failed", `${PASSPHRASE} does not fit the key in ${KEY}`, `correct ${PASSPHRASE}`);
}
