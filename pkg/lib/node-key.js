// Files of secrets, and private keys with a pass phrase. No message quotes what a file contains.

import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";

import { createError } from "./error.js";
import { codeOf } from "./node-error-code.js";

/** @import { OciErrorCode } from "../index.js" */

/**
 * @param {string} path
 * @param {{ code: OciErrorCode, message: (reason: string) => string, hint?: string }} failure
 */
export async function readSecret(path, { code, message, hint }) {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // Without the cause: its message holds the path.
    throw createError(code, message(codeOf(error)), hint);
  }
}

/** Whether a private key in PEM is encrypted: PKCS#8, or the older form with a Proc-Type header. */
export function isEncrypted(/** @type {string} */ pem) {
  return /ENCRYPTED/.test(pem);
}

/**
 * The key without its pass phrase. Undefined where the pass phrase does not fit.
 *
 * @param {string} pem
 * @param {string} passphrase
 */
export function decrypt(pem, passphrase) {
  try {
    return String(createPrivateKey({ key: pem, passphrase }).export({ type: "pkcs8", format: "pem" }));
  } catch {
    // Without the cause, which might quote the key.
    return undefined;
  }
}
