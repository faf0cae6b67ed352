// Where the credentials are from, and what they consist of.

import { fail, ok } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** The values of a profile that a person can compare with the console. */
const SHOWN = /** @type {const} */ (["tenancy", "user", "fingerprint", "region", "keyFile", "securityTokenFile"]);

/** @type {Check} */
export const profile = {
  name: "profile",
  run({ credentials, credentialsFailure }) {
    if (credentials === undefined) return fail(credentialsFailure?.message ?? "none", credentialsFailure?.hint);
    const { kind, description, profile: read } = credentials;
    if (read === undefined) return ok(`${description} (${kind})`);
    const names = SHOWN.filter((name) => read[name]);
    return ok(`${description} (${kind}), with ${names.join(", ")}`);
  },
};
