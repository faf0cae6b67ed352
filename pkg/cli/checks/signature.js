// Whether the service accepts the signature, or the API key.

import { callModel, describeError } from "./call.js";
import { inspectEndpoint } from "./control-plane.js";
import { fail, ok, skip } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** Nothing arrived that was signed. */
const NOT_SENT = new Set([
  "network",
  "timeout",
  "redirected",
  "missing_compartment",
  "invalid_request",
  "invalid_options",
]);
const REJECTED = new Set(["signer_failed", "invalid_signature", "unauthorized"]);

/** @type {Check} */
export const signature = {
  name: "signature",
  async run(facts) {
    const { route, credentials } = facts;
    if (route === undefined || credentials === undefined) return skip("nothing to sign, or nothing to sign with");
    const { status } = await inspectEndpoint(facts);
    const { error } = await callModel(facts);
    if (error !== undefined && REJECTED.has(error.code)) {
      const { found, advice } = describeError(error);
      const { cause } = error;
      // The signer's own words say more than that it failed.
      const why = cause instanceof Error ? `${found}: ${cause.message}` : found;
      return fail(why, facts.hasWrongClock ? "set this machine's clock, as above" : advice);
    }
    const isSent = error === undefined || !NOT_SENT.has(error.code) || status !== undefined;
    if (!isSent) return skip("no request arrived");
    return ok(credentials.sign === undefined ? "the API key was accepted" : "accepted");
  },
};
