// The metadata service of an instance: who it is, and where its federation service is.

import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";

import { createError } from "./error.js";
import { codeOf } from "./node-error-code.js";
import { fetchWithin } from "./node-fetch.js";

/** @import { KeyObject } from "node:crypto" */
/** @import { FetchSettings } from "./node-fetch.js" */

/** @typedef {FetchSettings & { metadataUrl: string }} MetadataSettings */

/**
 * What an instance proves its identity with.
 *
 * @typedef {object} InstanceIdentity
 * @property {string} tenancy
 * @property {string} fingerprint SHA-256 of the certificate
 * @property {string} certificate in base64, as are the intermediate ones
 * @property {string[]} intermediates
 * @property {KeyObject} privateKey of the certificate
 */

const NOT_ON_OCI =
  "not on an OCI instance? instancePrincipalSigner works on OCI Compute only, with version 2 of the metadata " +
  "service; use profileSigner or apiKeySigner elsewhere";

/** Certificate and key are two requests, and are replaced now and then. */
const MAX_READS = 3;
const READ_PAUSE_MS = 100;

/**
 * The identity as it is now: nothing is kept, since certificates are replaced.
 *
 * @param {MetadataSettings} settings
 * @returns {Promise<InstanceIdentity>}
 */
export async function readIdentity(settings) {
  for (let reads = 1; ; reads++) {
    const [leaf, key, intermediate] = await Promise.all(
      ["cert.pem", "key.pem", "intermediate.pem"].map((name) => get(`identity/${name}`, settings)),
    );
    const identity = identityOf(leaf ?? "", key ?? "", intermediate ?? "");
    if (identity) return identity;
    if (reads === MAX_READS) throw unusable("a key that does not belong to its certificate");
    await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS));
  }
}

/**
 * Where the federation service of the instance's region is.
 *
 * @param {MetadataSettings} settings
 * @returns {Promise<URL>}
 */
export async function readFederationUrl(settings) {
  const info = parse(await get("instance/regionInfo", settings));
  const { regionIdentifier: region = "", realmDomainComponent: domain = "" } = info;
  // Both become part of the host that gets a signed request.
  if (!/^[a-z0-9-]+$/.test(region) || !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)) {
    throw unusable("no region (instance/regionInfo)");
  }
  return new URL(`https://auth.${region}.${domain}/v1/x509`);
}

/**
 * @param {string} path
 * @param {MetadataSettings} settings
 */
async function get(path, settings) {
  const url = new URL(`${settings.metadataUrl}/${path}`);
  let answer;
  try {
    answer = await fetchWithin(url, { headers: { authorization: "Bearer Oracle" } }, settings);
  } catch (error) {
    const message = `the metadata service at ${settings.metadataUrl} can't be reached (${codeOf(error)})`;
    throw createError("signer_failed", message, NOT_ON_OCI);
  }
  if (answer.status === 200) return answer.text;
  const message = `the metadata service at ${settings.metadataUrl} answered ${answer.status} to ${path}`;
  throw createError("signer_failed", message, NOT_ON_OCI);
}

/**
 * Undefined where the key is not the certificate's.
 *
 * @param {string} leaf
 * @param {string} key
 * @param {string} intermediate
 * @returns {InstanceIdentity | undefined}
 */
function identityOf(leaf, key, intermediate) {
  const [first] = certificatesOf(leaf);
  let certificate;
  let privateKey;
  try {
    certificate = new X509Certificate(Buffer.from(first ?? "", "base64"));
    privateKey = createPrivateKey(key);
  } catch {
    // Without the cause, which might quote the key.
    throw unusable("a certificate or a key that can't be read");
  }
  if (!spkiOf(certificate.publicKey).equals(spkiOf(createPublicKey(privateKey)))) return undefined;
  const tenancy = /(?:^|[\n=,+/ ])opc-(?:tenant|identity):([\w.-]+)/.exec(certificate.subject)?.[1];
  if (first === undefined || tenancy === undefined) throw unusable("a certificate that names no tenancy");
  return {
    tenancy,
    fingerprint: certificate.fingerprint256.toLowerCase(),
    certificate: first,
    intermediates: certificatesOf(intermediate),
    privateKey,
  };
}

/** The certificates in PEM text, in base64 without line breaks. */
function certificatesOf(/** @type {string} */ text) {
  return [...text.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g)].map(([, base64 = ""]) =>
    base64.replaceAll(/\s/g, ""),
  );
}

/** @param {KeyObject} key */
function spkiOf(key) {
  return key.export({ type: "spki", format: "der" });
}

/**
 * @param {string} text
 * @returns {{ regionIdentifier?: string, realmDomainComponent?: string }}
 */
function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** @param {string} what */
function unusable(what) {
  const hint = "the metadata service may be replacing it: try again; then see what is at metadataUrl";
  return createError("signer_failed", `the metadata service has ${what}`, hint);
}
