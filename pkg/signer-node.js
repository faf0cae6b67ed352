/**
 * Signers for Node and other runtimes with its modules: profiles of OCI's configuration file,
 * instance principals and resource principals.
 *
 * The public API is documented in signer-node.d.ts.
 */

export { instancePrincipalSigner } from "./lib/node-instance.js";
export { profileSigner, readProfile } from "./lib/node-profile.js";
export { resourcePrincipalSigner } from "./lib/node-resource.js";
