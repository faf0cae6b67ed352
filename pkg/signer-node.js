/**
 * Signers for Node and other runtimes with its modules: profiles of OCI's configuration file.
 *
 * The public API is documented in signer-node.d.ts.
 */

export { profileSigner, readProfile } from "./lib/node-profile.js";
