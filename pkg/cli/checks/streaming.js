// Whether the endpoint answers, and streams.

import { callModel, describeError } from "./call.js";
import { fail, ok, skip, warn } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** Failures that another check has reported. */
const REPORTED = new Set([
  "signer_failed",
  "invalid_signature",
  "unauthorized",
  "not_found_or_unauthorized",
  "missing_compartment",
]);

/** @type {Check} */
export const streaming = {
  name: "streaming",
  async run(facts) {
    if (facts.route === undefined || facts.credentials === undefined) return skip("no call was made");
    const { error, report, chunks } = await callModel(facts);
    if (error !== undefined) {
      if (REPORTED.has(error.code) || facts.isOtherKind) return skip("no answer");
      const { found, advice } = describeError(error);
      return fail(found, advice ?? (error.retryable ? "try again later" : undefined));
    }
    if (report?.fallback !== undefined) {
      const cure = "set timeouts.firstChunkMs for a whole answer; `chat()` saves the request that is rejected";
      return warn(`the answer came in one piece: ${report.fallback}`, cure);
    }
    return ok(`${chunks} chunks`);
  },
};
