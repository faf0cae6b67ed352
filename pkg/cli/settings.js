// The options of a client, from arguments and the environment: the names of docs/dac.md and those of the gateway.

import { OciGenAI } from "oci-genai-edge";

import { numberOf } from "./arguments.js";
import { readCredentials } from "./credentials.js";
import { compartmentOf, routeSettings } from "./environment.js";
import { CommandError } from "./failure.js";
import { startSimulation } from "./simulation.js";

/** @import { ClientOptions, RouteOverrides } from "oci-genai-edge" */
/** @import { Values } from "./arguments.js" */
/** @import { Credentials } from "./credentials.js" */
/** @import { Invocation } from "./main.js" */

/**
 * What a command calls with.
 *
 * @typedef {object} Settings
 * @property {string} model
 * @property {ClientOptions} client its options; `region` only where the model does not imply it
 * @property {Credentials} credentials
 * @property {() => Promise<void>} close stops the simulation, if there is one
 */

const PACE_MS = 20;

/**
 * Everything that a call of a model needs. Throws what is missing, with what to do.
 *
 * @param {Pick<Invocation, "values" | "env">} invocation
 * @param {string} model
 * @returns {Promise<Settings>}
 */
export async function readSettings({ values, env }, model) {
  const route = routeSettings(values, env);
  if (values.simulate) return simulated(values, model, route);
  const credentials = await readCredentials(values, env);
  const { sign, apiKey, profile } = credentials;
  const region = route.region ?? regionFor(model, route, profile?.region);
  const compartmentId = compartmentOf(values, env) ?? profile?.compartmentId;
  return { model, credentials, client: { ...route, region, compartmentId, sign, apiKey }, close: async () => {} };
}

/**
 * The time between the tokens of a simulation, in milliseconds.
 *
 * @param {Values} values
 */
export function paceOf(values) {
  return numberOf(values, "pace") ?? PACE_MS;
}

/**
 * A profile's region is a default: it must not contradict an endpoint that names its own.
 *
 * @param {string} model
 * @param {ClientOptions} route
 * @param {string} [fallback]
 * @returns {string | undefined}
 */
export function regionFor(model, route, fallback) {
  try {
    return new OciGenAI(route).route(model).region === "" ? fallback : undefined;
  } catch {
    // It needs one; or it can't be called, which the call itself says.
    return fallback;
  }
}

/**
 * @param {Values} values
 * @param {string} model an OCID, or the name of a simulated endpoint
 * @param {RouteOverrides} route
 * @returns {Promise<Settings>}
 */
async function simulated(values, model, { apiFormat, transport }) {
  const simulation = await startSimulation(paceOf(values));
  const { sign, endpoint, compartmentId, endpointId, names, close } = simulation;
  const isName = !/[.:]/.test(model);
  if (isName && !names.includes(model)) {
    await close();
    throw new CommandError(`there is no simulated endpoint ${model}`, `there are ${names.join(", ")}`);
  }
  return {
    model: isName ? endpointId(model) : model,
    credentials: { kind: "api_key", description: "a key of the simulation", sign },
    client: { endpoint, compartmentId, sign, apiFormat, transport },
    close,
  };
}
