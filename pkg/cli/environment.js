// What arguments and the environment say: the names of docs/dac.md, and those of the gateway.

/** @import { ClientOptions, RouteOverrides } from "oci-genai-edge" */
/** @import { Values } from "./arguments.js" */

/**
 * What decides where requests go.
 *
 * @param {Values} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {RouteOverrides & Pick<ClientOptions, "region" | "realm" | "endpoint">}
 */
export function routeSettings(values, env) {
  return {
    region: values.region ?? textOf(env, "OCI_REGION", "OCI_DAC_REGION"),
    realm: values.realm ?? textOf(env, "OCI_REALM"),
    endpoint: values.endpoint ?? textOf(env, "OCI_ENDPOINT"),
    apiFormat: values["api-format"] ?? textOf(env, "OCI_DAC_API_FORMAT"),
    transport: values.transport,
  };
}

/**
 * The compartment of arguments or the environment.
 *
 * @param {Values} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function compartmentOf(values, env) {
  return values["compartment-id"] ?? textOf(env, "OCI_COMPARTMENT_ID", "OCI_DAC_COMPARTMENT_ID");
}

/**
 * The first of these variables that is set, without the line break that files and commands put at its end.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} names
 * @returns {any}
 */
export function textOf(env, ...names) {
  return names.map((name) => env[name]?.trim()).find(Boolean);
}
