// Keys, requests and an independent verifier for the tests of the signers. Every key is made at run
// time.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { inspect } from "node:util";
import { apiKeySigner } from "oci-genai-edge/signer";

/** @import { SignableRequest } from "oci-genai-edge" */

export const TENANCY = "ocid1.tenancy.oc1..aaaaaaaatenancy";
export const USER = "ocid1.user.oc1..aaaaaaaauser";
export const FINGERPRINT = "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";
export const IDENTITY = { tenancy: TENANCY, user: USER, fingerprint: FINGERPRINT };
export const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl";

/** What the clock of the tests shows. */
export const DATE = "Thu, 02 Jan 2025 03:04:05 GMT";
export const clock = () => new Date(DATE);

export const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const PKCS8 = String(rsa.privateKey.export({ type: "pkcs8", format: "pem" }));
export const PKCS1 = String(rsa.privateKey.export({ type: "pkcs1", format: "pem" }));
export const SPKI = String(rsa.publicKey.export({ type: "spki", format: "pem" }));

const encoder = new TextEncoder();

/**
 * A request as a signer receives it.
 *
 * @param {Partial<SignableRequest>} [overrides]
 * @returns {SignableRequest}
 */
export function request(overrides = {}) {
  return {
    method: "POST",
    url: "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: encoder.encode('{"text":"grüße ✓"}'),
    attempt: 1,
    ...overrides,
  };
}

/**
 * The parameters of an Authorization header, in order.
 *
 * @param {string} header
 */
export function parseAuthorization(header) {
  assert.match(header, /^Signature /);
  /** @type {Record<string, string>} */
  const params = {};
  const rest = header.slice("Signature ".length).replaceAll(/([a-zA-Z]+)="([^"]*)"(,|$)/g, (_, name, value) => {
    assert.ok(!(name in params), `${name} twice`);
    params[name] = value;
    return "";
  });
  assert.equal(rest, "");
  return params;
}

/**
 * Whether a signature is valid. The same verifier, on WebCrypto, serves for the published vectors,
 * the official signer and this package's.
 *
 * @param {string} spkiPem
 * @param {string} text
 * @param {string} signature
 */
export async function verifies(spkiPem, text, signature) {
  const der = Buffer.from(spkiPem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("spki", der, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm.name, key, Buffer.from(signature, "base64"), encoder.encode(text));
}

/** @param {Uint8Array} bytes */
export function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("base64");
}

/**
 * The text to sign, written here independently of the code under test.
 *
 * @param {{ host: string, target: string, length: number, sha: string }} request
 */
export function expectedText({ host, target, length, sha }) {
  return [
    `x-date: ${DATE}`,
    `(request-target): post ${target}`,
    `host: ${host}`,
    `content-length: ${length}`,
    "content-type: application/json",
    `x-content-sha256: ${sha}`,
  ].join("\n");
}

/**
 * The signature of a text, made by node:crypto.
 *
 * @param {string} text
 * @param {import("node:crypto").KeyLike} [key]
 */
export function nodeSignature(text, key = rsa.privateKey) {
  return sign("RSA-SHA256", Buffer.from(text), key).toString("base64");
}

/** The signature of `request()` at `DATE`. */
export const EXPECTED = nodeSignature(
  expectedText({
    host: "inference.generativeai.us-chicago-1.oci.oraclecloud.com",
    target: "/20231130/actions/chat",
    length: request().body.byteLength,
    sha: sha256(request().body),
  }),
);

/**
 * The signature that `apiKeySigner` makes with a key.
 *
 * @param {any} privateKey
 * @param {Partial<SignableRequest>} [overrides]
 */
export async function signatureOf(privateKey, overrides) {
  const headers = /** @type {Record<string, string>} */ (
    await apiKeySigner({ ...IDENTITY, privateKey, clock })(request(overrides))
  );
  return parseAuthorization(headers["authorization"] ?? "")["signature"];
}

/**
 * Asserts that an error shows no run of 10 base64 characters of any secret.
 *
 * @param {Error} error
 * @param {...string} secrets
 */
export function assertNoSecret(error, ...secrets) {
  const shown = [error.message, String(error.stack), inspect(error, { depth: 9, showHidden: true })].join("\n");
  assert.equal(error.cause, undefined);
  for (const secret of secrets) {
    const packed = secret.replaceAll(/-----[^-]+-----|\\[rn]|\s/g, "");
    for (let at = 0; at + 10 <= packed.length; at++) {
      const run = packed.slice(at, at + 10);
      assert.ok(!shown.includes(run), "the error shows a secret");
    }
  }
}
