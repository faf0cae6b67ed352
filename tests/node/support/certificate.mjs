// X.509 certificates, written in DER: Node reads them only.

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** @import { KeyObject } from "node:crypto" */

const OID = {
  commonName: "550403",
  organizationalUnit: "55040b",
  sha256WithRsa: "2a864886f70d01010b",
};

/** @param {number} tag @param {Uint8Array[]} parts */
function der(tag, ...parts) {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (/** @type {Uint8Array[]} */ ...parts) => der(0x30, ...parts);
const oid = (/** @type {string} */ hex) => der(0x06, Buffer.from(hex, "hex"));
const utcTime = (/** @type {Date} */ date) =>
  der(0x17, Buffer.from(`${date.toISOString().replaceAll(/\D/g, "").slice(2, 14)}Z`));

/** @param {[type: keyof typeof OID, value: string][]} attributes */
function name(attributes) {
  return sequence(
    ...attributes.map(([type, value]) => der(0x31, sequence(oid(OID[type]), der(0x0c, Buffer.from(value))))),
  );
}

/** Making keys takes long: a few serve all certificates of a test, each other than the last. */
const pool = Array.from({ length: 3 }, () => generateKeyPairSync("rsa", { modulusLength: 2048 }));
let made = 0;

/**
 * A certificate and its key, in PEM. The key is another one than that of the certificate before.
 *
 * @param {object} options
 * @param {string} options.commonName
 * @param {string[]} [options.units]
 * @param {{ commonName: string, privateKey: KeyObject }} [options.issuer] itself, if there is none
 * @param {(typeof pool)[0]} [options.keys] of its own
 */
export function makeCertificate({ commonName, units = [], issuer, keys = pool[made++ % pool.length] }) {
  const { privateKey, publicKey } = keys;
  const algorithm = sequence(oid(OID.sha256WithRsa), der(0x05));
  const day = 86_400_000;
  const body = sequence(
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name([["commonName", issuer?.commonName ?? commonName]]),
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + day))),
    name([
      ["commonName", commonName],
      ...units.map((unit) => /** @type {["organizationalUnit", string]} */ (["organizationalUnit", unit])),
    ]),
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = sign("RSA-SHA256", body, issuer?.privateKey ?? privateKey);
  const bytes = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = bytes.toString("base64").replaceAll(/.{1,64}/g, "$&\n");
  return {
    commonName,
    privateKey,
    pem: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    keyPem: String(privateKey.export({ type: "pkcs1", format: "pem" })),
  };
}
