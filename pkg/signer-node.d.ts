/**
 * Request signers for Node 20 or later, and for Deno and Bun with Node's modules: they read
 * credentials where OCI keeps them. Nothing is read until the first request is signed, and no
 * message of this module contains a secret.
 *
 * ```js
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
