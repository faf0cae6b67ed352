// The npm package `ai`, versions 7 and 6, with the provider of this package: in Node, and both in workerd.

import { callerGone } from "./features.mjs";
import { PROVIDER_TESTS } from "./oci-provider-tests.mjs";

/** @import { Client, Feature, Target } from "./features.mjs" */

/**
 * @param {string} name
 * @param {string} version
 * @returns {Client}
 */
function clientOf(name, version) {
  const tests = Object.entries(PROVIDER_TESTS[version]).map(([feature, test]) => {
    const run = async (/** @type {Target} */ target) => {
      if (target.client) await test(target.client);
      else await target.runInWorker?.(`${version}/${feature}`);
      if (feature === "abort") await callerGone(target);
    };
    return [feature, run];
  });
  return { name, npm: "oci-genai-edge", route: undefined, tests: Object.fromEntries(tests) };
}

export const ai7OnOci = clientOf("ai, createOci()", "7");
export const ai6OnOci = clientOf("ai 6, createOci()", "6");
