// Whether the model id can be called, and where it leads.

import { OciError, OciGenAI } from "oci-genai-edge";

import { fail, ok } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** @type {Check} */
export const modelId = {
  name: "model id",
  run(facts) {
    try {
      facts.route = new OciGenAI(facts.client).route(facts.model);
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      return fail(`${error.code}: ${error.message}`, error.hint);
    }
    const { servingMode, transport, region, realm } = facts.route;
    const what = servingMode?.servingType === "DEDICATED" ? "an endpoint on a DAC" : "an on-demand model";
    const place = region === "" ? "" : ` in ${region} (realm ${realm})`;
    return ok(`${what}${place}, called on the ${transport} transport`);
  },
};
