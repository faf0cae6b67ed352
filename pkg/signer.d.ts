/**
 * Request signers for Oracle Cloud Infrastructure, built on WebCrypto: for workerd, Node 20 or
 * later, Deno, Bun and browsers. Pass one as `sign` to the client. The private key stays in
 * JavaScript and never enters wasm.
 *
 * The signature: https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
 *
 * ```js
 * import { OciGenAI } from "oci-genai-edge";
 * import { apiKeySigner } from "oci-genai-edge/signer";
 *
 * const oci = new OciGenAI({
 *   compartmentId: env.OCI_COMPARTMENT,
 *   sign: apiKeySigner({
 *     tenancy: env.OCI_TENANCY,
 *     user: env.OCI_USER,
 *     fingerprint: env.OCI_FINGERPRINT,
 *     privateKey: env.OCI_PRIVATE_KEY,
 *   }),
 * });
 * ```
 */

import type { RequestSigner } from "./index.js";

// WebCrypto's CryptoKey, by way of the one name that DOM, Workers and Node types share.
type WebCryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/**
 * An unencrypted RSA private key: PEM text, PKCS#8 (`BEGIN PRIVATE KEY`) or PKCS#1 (`BEGIN RSA
 * PRIVATE KEY`), or a `CryptoKey` imported as `{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }` with
 * the usage `sign`.
 *
 * PEM text may contain literal `\n` (common in environment variables), CRLF, and any text around
 * the key, such as the line `OCI_API_KEY` at the end of the console's downloads. OCI requires at
 * least 2048 bits; up to 8192 work if the runtime supports them.
 */
export type PrivateKey = string | WebCryptoKey;

/**
 * The key, or a function that returns it (from a secret store, for example). The function is called
 * when the first request is signed. Its key is imported once and kept for the life of the signer:
 * for another key, create another signer. If the function or the import fails, that call fails and
 * the next one tries again. Concurrent calls share one call of the function, but wait at most 5
 * seconds for one that another request started: after that they call it themselves.
 */
export type PrivateKeySource = PrivateKey | (() => PrivateKey | Promise<PrivateKey>);

export interface SignerOptions {
  privateKey: PrivateKeySource;
  /**
   * The time to sign with; default: the system's. OCI responds with 401 (`NotAuthenticated`) if it
   * differs from OCI's own by more than 5 minutes. For tests, and for hosts whose clock is known to
   * be wrong. Called once per request.
   */
  clock?: () => Date;
}

export interface ApiKeySignerOptions extends SignerOptions {
  /** The tenancy's OCID, `ocid1.tenancy.…` */
  tenancy: string;
  /** The user's OCID, `ocid1.user.…` */
  user: string;
  /** The API key's fingerprint: 16 pairs of hexadecimal digits with colons between them. */
  fingerprint: string;
}

export interface TokenSignerOptions extends SignerOptions {
  /**
   * A session token, or the token of an instance or resource principal, without `ST$`. A function
   * is called for each attempt, so it can refresh the token, and should cache it. The token must
   * belong to `privateKey`: if a refresh returns a new key pair, create another signer.
   */
  token: string | (() => string | Promise<string>);
}

/**
 * Signs as a user, with an API key.
 *
 * Whitespace around `tenancy`, `user` and `fingerprint` is ignored. The signer sets
 * `authorization`, `x-date` and `x-content-sha256`, and signs `host`, `content-length` and
 * `content-type` with them: send exactly the body and the content type that were signed. It signs
 * POST, PUT and PATCH; and GET, HEAD and DELETE with an empty body, for which it sets no
 * `x-content-sha256` and signs `host` alone.
 *
 * @throws {TypeError} immediately, if an option is missing or malformed. The message names the
 *   option; no message of this module contains an option's value.
 * @returns a signer whose calls reject with a `TypeError` if the key can't be used (encrypted,
 *   public, not RSA, not PEM; the message says what to do) or the request can't be signed, and with
 *   the error of the `privateKey` function if that fails.
 */
export declare function apiKeySigner(options: ApiKeySignerOptions): RequestSigner;

/**
 * Signs with a token (`keyId="ST$<token>"`): session tokens, instance principals, resource
 * principals. Otherwise like {@link apiKeySigner}; calls also reject if the token is malformed
 * (`TypeError`) or its function fails. Whitespace around the token is ignored.
 *
 * @throws {TypeError} immediately, if an option is missing or malformed.
 */
export declare function tokenSigner(options: TokenSignerOptions): RequestSigner;

/**
 * The text that an OCI signature is computed over: one line `name: value` per name, in the given
 * order, joined by `\n`. For signers of your own (with a key in a vault or an HSM) and for
 * verifying a signature.
 *
 * `(request-target)` is derived from `method` and `url`, and so is `host` if `headers` has none.
 * All other values come from `headers`, whose names are in lower case.
 *
 * @throws {TypeError} if a header is missing or contains a line break, or `url` is not absolute.
 */
export declare function signingString(
  headerNames: readonly string[],
  request: { method: string; url: string | URL; headers: Readonly<Record<string, string>> },
): string;
