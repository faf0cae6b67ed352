// Whether the private key can be used, belongs to the fingerprint, and is nobody else's to read; and the session token.

import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { readFile, stat } from "node:fs/promises";

import { OciError } from "oci-genai-edge";

import { textOf } from "../environment.js";
import { messageOf, systemCodeOf } from "../failure.js";
import { fail, ok, skip, warn } from "./facts.js";

/** @import { Credentials } from "../credentials.js" */
/** @import { Check, Found } from "./facts.js" */

const SMALLEST_BITS = 2048;
const NOTABLE_MS = 5 * 60_000;
/** Read and write for the group and for others. */
const OTHERS = 0o077;

/** @type {Check} */
export const key = {
  name: "key",
  async run({ credentials, env }) {
    if (credentials === undefined) return skip("no credentials");
    const { kind, profile } = credentials;
    if (kind === "generative_ai_key") return ok("an API key of OCI Generative AI: for the openai transport only");
    if (kind === "instance_principal" || kind === "resource_principal") {
      return skip("a principal gets its key when it signs");
    }
    const pem = profile === undefined ? textOf(env, "OCI_PRIVATE_KEY") : await readOwn(profile.keyFile);
    if (pem === undefined) return skip("the key is in no file");
    if (typeof pem !== "string") return pem;
    const fingerprint = profile === undefined ? textOf(env, "OCI_FINGERPRINT") : profile.fingerprint;
    const isEncrypted = /ENCRYPTED/.test(pem);
    const found = isEncrypted
      ? await checkBySigning(credentials)
      : checkKey(pem, kind === "api_key" ? fingerprint : undefined);
    if (found.status === "fail") return found;
    const token = kind === "session_token" ? await checkToken(credentials, env) : undefined;
    if (token !== undefined && token.status !== "ok") return token;
    const isPrivate = profile === undefined || (await isOwn(profile.keyFile));
    const all = [found, token].map((each) => each?.found).filter(Boolean).join("; ");
    if (isPrivate) return ok(all);
    return warn(`${all}; others can read ${profile.keyFile}`, `chmod 600 ${profile.keyFile}`);
  },
};

/**
 * @param {string} pem
 * @param {string} [fingerprint]
 * @returns {Found}
 */
function checkKey(pem, fingerprint) {
  let privateKey;
  try {
    privateKey = createPrivateKey(pem.replaceAll(String.raw`\n`, "\n"));
  } catch {
    return fail("the key can't be read", "it must be the PEM file of the private key, from BEGIN to END");
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = privateKey;
  if (type !== "rsa") return fail(`the key is of the kind ${type}`, "OCI takes RSA keys");
  const bits = details?.modulusLength ?? 0;
  if (bits < SMALLEST_BITS) return fail(`the key has ${bits} bits`, `OCI takes keys of at least ${SMALLEST_BITS}`);
  if (fingerprint === undefined) return ok(`RSA, ${bits} bits`);
  const der = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const own = createHash("md5").update(der).digest("hex").replaceAll(/..(?=.)/g, "$&:");
  if (own === fingerprint.trim().toLowerCase()) return ok(`RSA, ${bits} bits, and its fingerprint is ${own}`);
  return fail(
    `the fingerprint of the key is ${own}, and not ${fingerprint}`,
    "name the key file that belongs to the fingerprint; the console lists the API keys of the user",
  );
}

/**
 * The signer alone knows the pass phrase.
 *
 * @param {Credentials} credentials
 * @returns {Promise<Found>}
 */
async function checkBySigning({ sign }) {
  const headers = { "content-type": "application/json" };
  try {
    await sign?.({ method: "POST", url: "https://oci.invalid/", headers, body: new Uint8Array(0), attempt: 1 });
    return ok("encrypted, and its pass phrase fits");
  } catch (error) {
    return fail(messageOf(error), error instanceof OciError ? error.hint : undefined);
  }
}

/**
 * The time at which a session token expires. It is read and not verified: that is the service's.
 *
 * @param {Credentials} credentials
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Found>}
 */
async function checkToken({ profile }, env) {
  const { securityTokenFile } = profile ?? {};
  const text = profile === undefined ? textOf(env, "OCI_SESSION_TOKEN") : await readOwn(securityTokenFile);
  if (typeof text !== "string") return text;
  const refresh = `oci session authenticate${profile === undefined ? "" : ` --profile-name ${profile.name}`}`;
  const expires = expiryOf(text);
  if (expires === undefined) return fail("the session token can't be read", refresh);
  const left = expires - Date.now();
  if (left <= 0) return fail(`the session token expired at ${new Date(expires).toISOString()}`, refresh);
  const found = `the session token expires in ${Math.ceil(left / 60_000)} minutes`;
  return left < NOTABLE_MS ? warn(found, refresh) : ok(found);
}

/** @param {string} token */
function expiryOf(token) {
  try {
    const claims = JSON.parse(Buffer.from(token.trim().split(".")[1] ?? "", "base64url").toString("utf8"));
    return Number.isFinite(claims.exp) ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string | undefined} file
 * @returns {Promise<string | Found>}
 */
async function readOwn(file) {
  if (!file) return fail("the profile names no file", "add key_file to the profile");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    return fail(`${file} can't be read (${systemCodeOf(error)})`, "correct its path in the profile, or permissions");
  }
}

/** @param {string | undefined} file */
async function isOwn(file) {
  // Windows has no such permissions.
  if (file === undefined || process.platform === "win32") return true;
  const { mode } = await stat(file);
  return (mode & OTHERS) === 0;
}
