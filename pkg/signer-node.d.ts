/**
 * Request signers for Node 20 or later, and for Deno and Bun with Node's modules: they read
 * credentials where OCI keeps them. Nothing is read until the first request is signed, and no
 * message of this module contains a secret.
 *
 * ```ts
 * import { OciGenAI } from "oci-genai-edge";
 * import { profileSigner, readProfile } from "oci-genai-edge/signer/node";
 *
 * const { compartmentId } = await readProfile();
 * const oci = new OciGenAI({ compartmentId, sign: profileSigner() });
 * ```
 *
 * Their failures are of the class `OciError` with a `hint` that says what to do, or of those of
 * `oci-genai-edge/signer`. A call fails with `signer_failed`, which repeats the hint and has the
 * failure as its `cause`.
 */

import type { RequestSigner } from "./index.js";

export interface ProfileOptions {
  /**
   * The configuration file. `~` at its beginning is the home directory. Default:
   * `OCI_CLI_CONFIG_FILE`, `OCI_CONFIG_FILE`, or `~/.oci/config`.
   */
  configFile?: string;
  /** Default: `OCI_CLI_PROFILE`, or `DEFAULT`. */
  profile?: string;
  /** Instead of `process.env`. */
  env?: Record<string, string | undefined>;
  /** The time to sign with, and by which tokens expire; default: the system's. */
  now?: () => Date;
}

/** What a profile says, without its secrets. Paths are complete, unless they are relative. */
export interface Profile {
  name: string;
  /** The path of the configuration file. */
  file: string;
  /**
   * `session_token` where the profile has a `security_token_file`. Its own keys decide, and those
   * that it inherits from `DEFAULT` where it has neither this nor a `user`.
   */
  kind: "api_key" | "session_token";
  tenancy?: string;
  /** Of an API key. */
  user?: string;
  /** Of an API key. */
  fingerprint?: string;
  region?: string;
  keyFile?: string;
  /** Of a session. */
  securityTokenFile?: string;
  /**
   * `compartment_id` or `compartment-id` of the profile, or the default compartment of OCI's CLI,
   * in the file `oci_cli_rc` beside the configuration.
   */
  compartmentId?: string;
}

/**
 * Reads a profile of the configuration file, and what it inherits from `DEFAULT`. Its other files
 * are not read.
 *
 * @throws {OciError} (rejects) `invalid_options` if the file, the profile or a key that the profile
 *   needs is missing, with the names of all three, or if a line of the file is malformed.
 */
export declare function readProfile(options?: ProfileOptions): Promise<Profile>;

/**
 * Signs as a profile says: with an API key, or with the session token of `oci session authenticate`.
 *
 * The profile and the API key are read for the first request, and again after a failure. The files
 * of a session are read for each request, so that `oci session refresh` takes effect. An encrypted
 * key is decrypted with the profile's `pass_phrase`. Relative paths start at the working directory,
 * as for OCI's CLI.
 *
 * @throws {OciError} `invalid_options` immediately, if `options` is not an object.
 * @returns a signer whose calls reject as {@link readProfile} does, with `invalid_options` if a file
 *   can't be read or the pass phrase does not fit, with `signer_failed` if the token has expired,
 *   and as those of `oci-genai-edge/signer`.
 */
export declare function profileSigner(options?: ProfileOptions): RequestSigner;

export interface InstancePrincipalOptions {
  /** Default: `OCI_METADATA_BASE_URL`, or `http://169.254.169.254/opc/v2`. */
  metadataUrl?: string;
  /**
   * The federation service: an https URL (or http on this machine), whose path is `/v1/x509` if it
   * has none. Default: `https://auth.<region>.<realm's domain>`, as the metadata service has them.
   */
  federationEndpoint?: string;
  /** For both services; default: the global one. */
  fetch?: typeof fetch;
  /** For each request to them, in milliseconds: 1 to 60000, default 5000. */
  timeoutMs?: number;
  /** The time to sign with, and by which tokens expire; default: the system's. */
  now?: () => Date;
  /** Instead of `process.env`. */
  env?: Record<string, string | undefined>;
}

/**
 * Signs as the OCI Compute instance on which it runs. Its certificate, from version 2 of the
 * metadata service, is exchanged for a token of the federation service. Dynamic groups decide what
 * the instance may do.
 *
 * The token is requested with the first call, once for all calls that wait for it, and for a key
 * pair that never leaves WebCrypto. It is renewed 5 minutes before it expires (when half of a life
 * of less than 10 minutes is over) with the certificate that the instance then has. Calls use the
 * old token meanwhile, and as long as it is valid if it can't be renewed; the next attempt is 30
 * seconds later.
 *
 * Each service has `timeoutMs` for an answer. A federation service that fails is asked 3 times.
 *
 * @throws {OciError} `invalid_options` immediately, if an option is malformed.
 * @returns a signer whose calls reject with `signer_failed` if there is no metadata service (not on
 *   an OCI instance?) or the federation service refuses the instance or can't be reached.
 */
export declare function instancePrincipalSigner(options?: InstancePrincipalOptions): RequestSigner;

export interface ResourcePrincipalOptions {
  /** Instead of `process.env`. */
  env?: Record<string, string | undefined>;
  /** The time to sign with, and by which tokens expire; default: the system's. */
  now?: () => Date;
}

/**
 * Signs as the OCI resource in which it runs, such as a function: resource principals of version
 * 2.2. `OCI_RESOURCE_PRINCIPAL_RPST`, `OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM` and
 * `OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE` (for an encrypted key) hold values, or absolute
 * paths of files, which are read for each request: the platform replaces them.
 *
 * @throws {OciError} `invalid_options` immediately, if `options` is not an object.
 * @returns a signer whose calls reject with `signer_failed` if `OCI_RESOURCE_PRINCIPAL_VERSION` is
 *   not 2.2, a variable or its file is missing, or the token has expired.
 */
export declare function resourcePrincipalSigner(options?: ResourcePrincipalOptions): RequestSigner;
