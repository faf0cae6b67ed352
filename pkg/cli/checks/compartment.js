// Whether the compartment is the endpoint's.

import { callModel, describeError } from "./call.js";
import { inspectEndpoint } from "./control-plane.js";
import { fail, ok, skip, warn } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** @type {Check} */
export const compartment = {
  name: "compartment",
  async run(facts) {
    if (facts.route === undefined) return skip("no model id that can be called");
    const { compartmentId } = facts.client;
    const { resource } = await inspectEndpoint(facts);
    const own = resource?.compartmentId;
    const cure = `set --compartment-id or OCI_COMPARTMENT_ID to ${own}`;
    if (compartmentId === undefined && own !== undefined) return warn(`not set; the endpoint is in ${own}`, cure);
    const { error } = await callModel(facts);
    if (compartmentId === undefined) {
      if (error?.code !== "missing_compartment") return skip("not needed");
      const { found, advice } = describeError(error);
      return fail(found, advice);
    }
    if (own !== undefined && own !== compartmentId) return fail(`${compartmentId} is not the endpoint's`, cure);
    if (own !== undefined) return ok("the endpoint's own");
    return error === undefined ? ok("accepted") : skip("can't be compared with the endpoint's");
  },
};
