// Session tokens, and signers of a token and a key that others replace.

import { createHash } from "node:crypto";

import { tokenSigner } from "../signer.js";
import { createError } from "./error.js";

/** @import { RequestSigner, SignableRequest } from "../index.js" */
/** @import { OciError } from "./error.js" */

/** @typedef {{ token: string, privateKey: string, passphrase?: string }} Secrets as they were read */

/** How often new secrets are read until two readings agree: they may be half written. */
const MAX_READS = 5;
const READ_PAUSE_MS = 20;

/**
 * A signer that reads its token and key for each request, and keeps what it made of them until they
 * differ. Neither stays in memory as text: what was read is remembered by its hash.
 *
 * @param {object} source
 * @param {string} source.place what messages call it
 * @param {() => Promise<Secrets>} source.read
 * @param {(privateKey: string, passphrase?: string) => string} source.usableKey decrypts where it has to
 * @param {(expiredAt: string) => OciError} source.expired
 * @param {() => Date} [source.now]
 * @returns {RequestSigner}
 */
export function rereadSigner({ place, read, usableKey, expired, now = () => new Date() }) {
  /** @type {{ mark: string, sign: RequestSigner, expiresAt: number | undefined } | undefined} */
  let current;

  const renew = async () => {
    let secrets = await read();
    let mark = markOf(secrets);
    if (mark === current?.mark) return current;
    for (let reads = 1; reads < MAX_READS; reads++) {
      await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS));
      const again = await read();
      const isStable = markOf(again) === mark;
      secrets = again;
      mark = markOf(again);
      if (isStable) break;
    }
    const { token, privateKey, passphrase } = secrets;
    const key = usableKey(privateKey, passphrase);
    try {
      current = { mark, sign: tokenSigner({ token, privateKey: key, clock: now }), expiresAt: expiryOf(token) };
      return current;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw createError("signer_failed", `${place}: ${error.message}`);
    }
  };

  return async (request) => {
    const own = copyOf(request);
    const { sign, expiresAt } = await renew();
    if (expiresAt !== undefined && expiresAt <= now().getTime()) throw expired(new Date(expiresAt).toISOString());
    return sign(own);
  };
}

/**
 * The request with bytes of its own. The caller's may change while something else is awaited, and
 * the signature would not fit what was asked for.
 *
 * @param {SignableRequest} request
 * @returns {SignableRequest}
 */
export function copyOf(request) {
  return { ...request, body: request.body.slice() };
}

/**
 * When a token expires, in milliseconds since 1970. Undefined where it does not say: a token need
 * not be a JWT.
 *
 * @param {string} token
 * @returns {number | undefined}
 */
export function expiryOf(token) {
  try {
    const claims = JSON.parse(Buffer.from(token.trim().split(".")[1] ?? "", "base64url").toString());
    const ms = claims.exp * 1000;
    return Number.isFinite(new Date(ms).getTime()) ? ms : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Secrets} secrets */
function markOf({ token, privateKey, passphrase }) {
  return createHash("sha256")
    .update(JSON.stringify([token, privateKey, passphrase]))
    .digest("base64");
}
