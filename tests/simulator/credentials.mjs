// Keys that exist for one run only. Nothing here belongs to a real tenancy.

import { createHash, createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";

/** A new API key, as `oci setup config` makes it. */
export function makeCredentials() {
  const keys = makeKeys();
  const suffix = randomBytes(8).toString("hex");
  const tenancy = `ocid1.tenancy.oc1..simtenancy${suffix}`;
  const user = `ocid1.user.oc1..simuser${suffix}`;
  const fingerprint = fingerprintOf(keys.publicKey);
  return { tenancy, user, fingerprint, keyId: `${tenancy}/${user}/${fingerprint}`, ...keys };
}

/** A session token and its key. Instance and resource principals sign in the same way. */
export function makeSessionToken({ lifetimeSeconds = 3600 } = {}) {
  const keys = makeKeys();
  const now = Math.floor(Date.now() / 1000);
  const user = `ocid1.user.oc1..simuser${randomBytes(8).toString("hex")}`;
  const token = [
    segment({ alg: "RS256", typ: "JWT" }),
    segment({ sub: user, iat: now, exp: now + lifetimeSeconds }),
    randomBytes(32).toString("base64url"),
  ].join(".");
  return { token, keyId: `ST$${token}`, ...keys };
}

/**
 * OCI's fingerprint: MD5 of the DER public key, as pairs of hex digits joined by colons.
 *
 * @param {string} publicKey
 */
export function fingerprintOf(publicKey) {
  const der = createPublicKey(publicKey).export({ type: "spki", format: "der" });
  const digest = createHash("md5").update(der).digest("hex");
  return digest.replaceAll(/..(?=.)/g, "$&:");
}

function makeKeys() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    privateKey: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    privateKeyPkcs1: String(privateKey.export({ type: "pkcs1", format: "pem" })),
    publicKey: String(publicKey.export({ type: "spki", format: "pem" })),
  };
}

/** @param {object} claims */
function segment(claims) {
  return Buffer.from(JSON.stringify(claims)).toString("base64url");
}
