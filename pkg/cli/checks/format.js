// The format of the model behind the endpoint.

import { callModel } from "./call.js";
import { fail, ok, skip, warn } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** @type {Check} */
export const format = {
  name: "format",
  async run(facts) {
    if (facts.route === undefined || facts.credentials === undefined) return skip("no call was made");
    const { apiFormat, error, rejectedFormat, report } = await callModel(facts);
    if (rejectedFormat !== undefined) {
      const cure = apiFormat === undefined ? error?.hint : `set --api-format or OCI_DAC_API_FORMAT to ${apiFormat}`;
      return fail(`the model does not use ${rejectedFormat}${apiFormat ? `, but ${apiFormat}` : ""}`, cure);
    }
    if (error !== undefined) return skip("no answer that would show it");
    if (apiFormat === undefined) return skip("none on the openai transport");
    const rejected = report?.attempts.filter(({ code }) => code === "wrong_api_format").length ?? 0;
    if (rejected === 0) return ok(apiFormat);
    const requests = rejected === 1 ? "one rejected request" : `${rejected} rejected requests`;
    return warn(`${apiFormat}, found after ${requests}`, `set apiFormat: "${apiFormat}", and no request is rejected`);
  },
};
