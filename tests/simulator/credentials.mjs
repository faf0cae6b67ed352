// Keys that exist only for one run: nothing here belongs to a real tenancy.

import { createHash, createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";

/** A fresh API key, as `oci setup config` would leave it behind. */
export function makeCredentials() {
  const keys = makeKeys();
  const suffix = randomBytes(8).toString("hex");
  const tenancy = `ocid1.tenancy.oc1..simtenancy${suffix}`;
  const user = `ocid1.user.oc1..simuser${suffix}`;
  const fingerprint = fingerprintOf(keys.publicKey);
  return { tenancy, user, fingerprint, keyId: `${tenancy}/${user}/${fingerprint}`, ...keys };
}

/** A session token with the key it is bound to (also how instance and resource principals sign). */
export function makeSessionToken({ lifetimeSeconds = 3600 } = {}) {
  const keys = makeKeys();
  const now = Math.floor(Date.now() / 1000);
  const token = [
    segment({ alg: "RS256", typ: "JWT" }),
    segment({ sub: `ocid1.user.oc1..simuser${randomBytes(8).toString("hex")}`, iat: now, exp: now + lifetimeSeconds }),
    randomBytes(32).toString("base64url"),
  ].join(".");
  return { token, keyId: `ST$${token}`, ...keys };
}

/** OCI's fingerprint: MD5 over the DER public key, pairs of hex digits joined by colons. */
export function fingerprintOf(publicKey) {
  const der = createPublicKey(publicKey).export({ type: "spki", format: "der" });
  return createHash("md5").update(der).digest("hex").match(/../g).join(":");
}

function makeKeys() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }),
    privateKeyPkcs1: privateKey.export({ type: "pkcs1", format: "pem" }),
    publicKey: publicKey.export({ type: "spki", format: "pem" }),
  };
}

function segment(claims) {
  return Buffer.from(JSON.stringify(claims)).toString("base64url");
}
