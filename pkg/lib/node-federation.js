// The federation service: exchanges an instance's certificate for a session token.

import { createHash, sign } from "node:crypto";

import { signingString } from "../signer.js";
import { createError, OciError } from "./error.js";
import { codeOf } from "./node-error-code.js";
import { expiryOf } from "./node-session.js";
import { fetchWithin } from "./node-fetch.js";

/** @import { InstanceIdentity } from "./node-metadata.js" */
/** @import { FetchSettings } from "./node-fetch.js" */

// What Oracle's SDKs sign here, which is less than elsewhere: not the host.
const SIGNED_HEADERS = ["date", "(request-target)", "content-length", "content-type", "x-content-sha256"];

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const KEY = { ...ALGORITHM, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };

/** Attempts of one request, while the service fails in ways that pass. */
const MAX_ATTEMPTS = 3;
const RETRY_PAUSE_MS = 200;

/**
 * A token and the key that it belongs to.
 *
 * @typedef {object} Session
 * @property {string} token
 * @property {CryptoKey} privateKey not extractable
 * @property {number | undefined} expiresAt in milliseconds since 1970
 */

/** The service refused the certificate: another one may be accepted. */
export class Refused extends OciError {}

/**
 * @param {URL} url
 * @param {InstanceIdentity} identity
 * @param {FetchSettings & { now: () => Date }} settings
 * @returns {Promise<Session>}
 */
export async function federate(url, identity, settings) {
  const keys = await crypto.subtle.generateKey(KEY, false, ["sign", "verify"]);
  const publicKey = Buffer.from(await crypto.subtle.exportKey("spki", keys.publicKey)).toString("base64");
  const body = JSON.stringify({
    certificate: identity.certificate,
    publicKey,
    intermediateCertificates: identity.intermediates,
    fingerprintAlgorithm: "SHA256",
  });
  const answer = await request(url, body, identity, settings);
  const token = tokenOf(answer);
  if (token === undefined) {
    const hint = "see what is at federationEndpoint, and whether a proxy is in between";
    throw createError("signer_failed", `the answer of the federation service at ${url.host} has no token`, hint);
  }
  return { token, privateKey: keys.privateKey, expiresAt: expiryOf(token) };
}

/**
 * @param {URL} url
 * @param {string} body
 * @param {InstanceIdentity} identity
 * @param {FetchSettings & { now: () => Date }} settings
 */
async function request(url, body, identity, settings) {
  for (let attempt = 1; ; attempt++) {
    const headers = signedHeaders(url, body, identity, settings.now());
    const failure = await fetchWithin(url, { method: "POST", headers, body }, settings).then(
      ({ status, text, opcRequestId }) => {
        if (status === 200) return text;
        return refusal(url, status, text, opcRequestId);
      },
      (error) => unreachable(url, error),
    );
    if (typeof failure === "string") return failure;
    if (!failure.passes || attempt === MAX_ATTEMPTS) throw failure.error;
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS * attempt));
  }
}

/**
 * @param {URL} url
 * @param {string} body
 * @param {InstanceIdentity} identity
 * @param {Date} time
 */
function signedHeaders(url, body, { tenancy, fingerprint, privateKey }, time) {
  const headers = {
    date: time.toUTCString(),
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "x-content-sha256": createHash("sha256").update(body).digest("base64"),
  };
  const text = signingString(SIGNED_HEADERS, { method: "POST", url, headers });
  const signature = sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64");
  const { "content-length": _, ...sent } = headers;
  return {
    ...sent,
    authorization:
      `Signature version="1",headers="${SIGNED_HEADERS.join(" ")}",` +
      `keyId="${tenancy}/fed-x509-sha256/${fingerprint}",algorithm="rsa-sha256",signature="${signature}"`,
  };
}

/** @param {string} text */
function tokenOf(text) {
  try {
    const { token } = JSON.parse(text);
    return typeof token === "string" && token !== "" ? token : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {URL} url
 * @param {number} status
 * @param {string} text
 * @param {string | undefined} opcRequestId
 */
function refusal(url, status, text, opcRequestId) {
  // Its code only: a message may repeat anything.
  const code = /"code"\s*:\s*"(\w{1,60})"/.exec(text)?.[1];
  const service = `the federation service at ${url.host}`;
  const answered = code === undefined ? String(status) : `${status} ${code}`;
  const fields = { code: /** @type {const} */ ("signer_failed"), status, serviceCode: code, opcRequestId };
  if (status === 429 || status >= 500) {
    const hint = "try again later; the token is requested again with the next call";
    return { passes: true, error: new OciError({ ...fields, message: `${service} failed (${answered})`, hint }) };
  }
  const message = `${service} refused the instance's certificate (${answered})`;
  const hint = "check the clock of this machine, which may be 5 minutes off at most, and federationEndpoint";
  return { passes: false, error: new Refused({ ...fields, message, hint }) };
}

/**
 * @param {URL} url
 * @param {unknown} error
 */
function unreachable(url, error) {
  const message = `the federation service at ${url.host} can't be reached (${codeOf(error)})`;
  const hint = "check DNS and the route to it: a subnet needs a service gateway, a NAT gateway or an internet gateway";
  return { passes: true, error: createError("signer_failed", message, hint) };
}
