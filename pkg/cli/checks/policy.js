// Whether a policy allows the call. OCI answers the same where there is none, where nothing has that OCID, and where
// the compartment is another one: what the control plane said tells them apart.

import { callModel, describeError } from "./call.js";
import { inspectEndpoint } from "./control-plane.js";
import { fail, ok, skip } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** @type {Check} */
export const policy = {
  name: "policy",
  async run(facts) {
    if (facts.route === undefined || facts.credentials === undefined) return skip("no call was made");
    const { error } = await callModel(facts);
    if (error === undefined) return ok("the call is allowed");
    if (error.code !== "not_found_or_unauthorized") return skip("the call did not get that far");
    const { found, advice } = describeError(error);
    const { resource } = await inspectEndpoint(facts);
    if (resource === undefined) return fail(found, advice);
    if (resource.lifecycleState !== "ACTIVE") return fail(found, "see the endpoint's state above");
    if (resource.compartmentId !== (facts.client.compartmentId ?? resource.compartmentId)) {
      return fail(found, "see the compartment above");
    }
    const statement = "allow group GROUP to use generative-ai-chat in compartment COMPARTMENT";
    return fail(found, `the endpoint exists and is ACTIVE, so the policy is missing: \`${statement}\``);
  },
};
