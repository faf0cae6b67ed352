// Instance principals: a token of the federation service, renewed before it expires.

import { tokenSigner } from "../signer.js";
import { createError } from "./error.js";
import { federate, Refused } from "./node-federation.js";
import { readFederationUrl, readIdentity } from "./node-metadata.js";
import { copyOf } from "./node-session.js";

/** @import { RequestSigner } from "../index.js" */
/** @import { InstancePrincipalOptions } from "../signer-node.js" */

const METADATA_URL = "http://169.254.169.254/opc/v2";
const TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 60_000;

/** A token is renewed this long before it expires, or when half of a shorter life is over. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** For this part of that time calls use the old token meanwhile; then they wait for the new one. */
const SERVES_MEANWHILE = 0.9;
/** The life of a token that does not say when it expires. */
const UNKNOWN_LIFE_MS = 10 * 60_000;
/** How long a token that could not be renewed is used before the next attempt. */
const RENEW_PAUSE_MS = 30_000;

/**
 * @param {InstancePrincipalOptions} [options]
 * @returns {RequestSigner}
 */
export function instancePrincipalSigner(options = {}) {
  const settings = readOptions(options);
  const { now } = settings;
  /** @type {{ sign: RequestSigner, renewAt: number, waitAt: number, expiresAt: number } | undefined} */
  let current;
  /** @type {Promise<RequestSigner> | undefined} */
  let renewing;
  /** @type {string | undefined} */
  let tenancy;
  /** @type {URL | undefined} */
  let federationUrl = settings.federationUrl;

  const request = async () => {
    const identity = await readIdentity(settings);
    tenancy ??= identity.tenancy;
    if (identity.tenancy !== tenancy) {
      const hint = "an instance does not change its tenancy: see what is at metadataUrl";
      throw createError("signer_failed", "the metadata service has a certificate of another tenancy", hint);
    }
    federationUrl ??= await readFederationUrl(settings);
    return federate(federationUrl, identity, settings);
  };

  const renew = async () => {
    const session = await request().catch((error) => {
      // The certificate may have been replaced after it was read.
      if (error instanceof Refused) return request();
      throw error;
    });
    const time = now().getTime();
    const expiresAt = session.expiresAt ?? time + UNKNOWN_LIFE_MS;
    const before = Math.min(RENEW_BEFORE_MS, (expiresAt - time) / 2);
    const renewAt = expiresAt - before;
    const waitAt = renewAt + before * SERVES_MEANWHILE;
    const { token, privateKey } = session;
    const sign = malformedAsFailure(() => tokenSigner({ token, privateKey, clock: now }));
    current = { sign, renewAt, waitAt, expiresAt };
    return sign;
  };

  const signer = () => {
    const time = now().getTime();
    if (current && time < current.renewAt) return current.sign;
    // One request for all calls that wait.
    renewing ??= renew()
      .catch((error) => {
        const failedAt = now().getTime();
        if (!current || failedAt >= current.expiresAt) throw error;
        current.renewAt = Math.min(failedAt + RENEW_PAUSE_MS, current.expiresAt);
        current.waitAt = Math.max(current.waitAt, current.renewAt);
        return current.sign;
      })
      .finally(() => {
        renewing = undefined;
      });
    // Its failure, if nobody waits for it, is that of a later call.
    renewing.catch(() => {});
    return current && time < current.waitAt ? current.sign : renewing;
  };

  return async (toSign) => {
    const own = copyOf(toSign);
    const sign = await signer();
    return sign(own);
  };
}

/**
 * @param {() => RequestSigner} make
 * @returns {RequestSigner}
 */
function malformedAsFailure(make) {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const hint = "see what is at federationEndpoint, and whether a proxy is in between";
    throw createError("signer_failed", `the federation service's answer: ${error.message}`, hint);
  }
}

/** @param {InstancePrincipalOptions} options */
function readOptions(options) {
  if (typeof options !== "object" || options === null) throw invalid("takes an object of options, or nothing");
  const { env = process.env, federationEndpoint, timeoutMs = TIMEOUT_MS, now = () => new Date() } = options;
  const metadataUrl = options.metadataUrl || env["OCI_METADATA_BASE_URL"]?.trim() || METADATA_URL;
  if (!URL.canParse(metadataUrl) || !/^https?:/.test(metadataUrl)) throw invalid("metadataUrl must be an http URL");
  if (typeof now !== "function") throw invalid("now must be a function that returns a Date");
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw invalid(`timeoutMs must be a whole number from 1 to ${MAX_TIMEOUT_MS}`);
  }
  const fetch = options.fetch ?? globalThis.fetch;
  if (typeof fetch !== "function") throw invalid("fetch must be a function");
  return {
    metadataUrl: metadataUrl.replace(/\/+$/, ""),
    federationUrl: federationEndpoint === undefined ? undefined : federationUrlOf(federationEndpoint),
    /** @type {typeof globalThis.fetch} */
    fetch: (input, init) => fetch(input, init),
    timeoutMs,
    now,
  };
}

/** @param {string} endpoint */
function federationUrlOf(endpoint) {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url?.hostname ?? "");
  if (!url || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    throw invalid("federationEndpoint must be an https URL, as https://auth.us-chicago-1.oraclecloud.com");
  }
  if (url.pathname === "/") url.pathname = "/v1/x509";
  return url;
}

/** @param {string} problem */
function invalid(problem) {
  return createError("invalid_options", `instancePrincipalSigner: ${problem}`);
}
