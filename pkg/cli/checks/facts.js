// What the checks know and have found out: each adds to it, and reads what those before it found.

/** @import { ClientOptions, Route } from "oci-genai-edge" */
/** @import { Credentials } from "../credentials.js" */
/** @import { CallOutcome } from "./call.js" */
/** @import { Inspection } from "./control-plane.js" */
/** @import { Probe } from "./connection.js" */

/**
 * What a check found. `advice` says what to do next.
 *
 * @typedef {object} Finding
 * @property {string} name
 * @property {"ok" | "warn" | "fail" | "skip"} status
 * @property {string} found
 * @property {string} [advice]
 *
 * @typedef {Omit<Finding, "name">} Found
 */

/**
 * @typedef {object} Facts
 * @property {string} model
 * @property {ClientOptions} client what is called with; the checks add what they find out
 * @property {NodeJS.ProcessEnv} env
 * @property {AbortSignal} signal
 * @property {typeof globalThis.fetch} fetch
 * @property {Credentials} [credentials]
 * @property {Error & { hint?: string }} [credentialsFailure] why there are none
 * @property {Route} [route]
 * @property {Promise<Probe>} [probe]
 * @property {Promise<Inspection>} [endpoint] what the control plane says of it
 * @property {Promise<Inspection>} [servedModel]
 * @property {Promise<CallOutcome>} [call]
 * @property {boolean} [hasWrongClock]
 * @property {boolean} [isOtherKind] whether the model does something else than chat
 */

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {(facts: Facts) => Found | Promise<Found>} run
 */

/**
 * @param {string} found
 * @returns {Found}
 */
export function ok(found) {
  return { status: "ok", found };
}

/**
 * @param {string} found
 * @param {string} [advice]
 * @returns {Found}
 */
export function warn(found, advice) {
  return { status: "warn", found, advice };
}

/**
 * @param {string} found
 * @param {string} [advice]
 * @returns {Found}
 */
export function fail(found, advice) {
  return { status: "fail", found, advice };
}

/**
 * @param {string} found why there was nothing to check
 * @returns {Found}
 */
export function skip(found) {
  return { status: "skip", found };
}

/**
 * The OCID of the endpoint; undefined where another kind of model is called.
 *
 * @param {Facts} facts
 */
export function endpointIdOf({ route }) {
  const { servingMode } = route ?? {};
  return servingMode?.servingType === "DEDICATED" ? servingMode.endpointId : undefined;
}
