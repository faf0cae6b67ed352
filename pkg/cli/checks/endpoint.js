// The endpoint's state, by the control plane.

import { messageOf } from "../failure.js";
import { callModel } from "./call.js";
import { inspectEndpoint } from "./control-plane.js";
import { endpointIdOf, fail, ok, skip, warn } from "./facts.js";

/** @import { Check } from "./facts.js" */

const READ_POLICY = "allow group GROUP to read generative-ai-endpoint in compartment COMPARTMENT";

const UNNEEDED = "calls don't need it";

/** @type {Record<string, string>} */
const ADVICE = {
  CREATING: "wait until it is ACTIVE",
  UPDATING: "wait until it is ACTIVE",
  DELETING: "use another endpoint, or create one",
  DELETED: "use another endpoint, or create one",
  FAILED: "see the endpoint's details in the console, then create it again",
};

/** @type {Check} */
export const endpoint = {
  name: "endpoint",
  async run(facts) {
    if (endpointIdOf(facts) === undefined) return skip("no endpoint is called");
    const { status, resource, error } = await inspectEndpoint(facts);
    if (resource !== undefined) {
      const { lifecycleState: state, lifecycleDetails: details, displayName } = resource;
      const { dedicatedAiClusterId: cluster } = resource;
      const found = [state, displayName, cluster && `on ${cluster}`, details].filter(Boolean).join(", ");
      return state === "ACTIVE" ? ok(found) : fail(found, ADVICE[state] ?? "see the endpoint in the console");
    }
    if (error !== undefined) return warn(`the control plane can't be reached: ${messageOf(error)}`, UNNEEDED);
    if (status === undefined) return skip("the control plane needs a signature");
    if (status === 401) return skip("the signature was rejected");
    if (status !== 404) return warn(`the control plane answered with status ${status}`, UNNEEDED);
    const isCallable = (await callModel(facts)).error === undefined;
    if (isCallable) return skip("these credentials may not read it, which calls don't need");
    return warn(
      "the control plane shows no such endpoint to these credentials",
      `compare the OCID with the console; to see its state here, add the policy \`${READ_POLICY}\``,
    );
  },
};
