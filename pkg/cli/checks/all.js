// The chain from a model id to an answer, in the order in which one link depends on another.

import { clock } from "./clock.js";
import { compartment } from "./compartment.js";
import { connection } from "./connection.js";
import { dns } from "./dns.js";
import { endpoint } from "./endpoint.js";
import { format } from "./format.js";
import { host } from "./host.js";
import { key } from "./key.js";
import { latency } from "./latency.js";
import { modelId } from "./model-id.js";
import { policy } from "./policy.js";
import { profile } from "./profile.js";
import { servedModel } from "./served-model.js";
import { signature } from "./signature.js";
import { streaming } from "./streaming.js";

/** @import { Check, Facts, Finding } from "./facts.js" */

/** @type {readonly Check[]} */
const CHECKS = [
  modelId,
  host,
  profile,
  key,
  dns,
  connection,
  clock,
  signature,
  endpoint,
  compartment,
  servedModel,
  policy,
  format,
  streaming,
  latency,
];

/** The width of the longest name. */
export const NAME_WIDTH = Math.max(...CHECKS.map(({ name }) => name.length));

/**
 * Runs the checks one after another.
 *
 * @param {Facts} facts
 * @returns {AsyncGenerator<Finding, void>}
 */
export async function* runChecks(facts) {
  for (const { name, run } of CHECKS) {
    facts.signal.throwIfAborted();
    yield { name, ...(await run(facts)) };
  }
}
