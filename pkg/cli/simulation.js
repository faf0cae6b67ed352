// A simulated OCI on this machine, for those who have no account.

import { apiKeySigner } from "oci-genai-edge/signer";

import { CommandError, systemCodeOf } from "./failure.js";

/** @import { RequestSigner } from "oci-genai-edge" */

/**
 * @typedef {object} Simulation
 * @property {string} endpoint
 * @property {string} compartmentId
 * @property {RequestSigner} sign
 * @property {string[]} names of its endpoints
 * @property {(name: string) => string} endpointId
 * @property {() => Promise<void>} close
 */

/**
 * Starts it on a free port, with a key that it alone accepts.
 *
 * @param {number} pace milliseconds between tokens
 * @returns {Promise<Simulation>}
 */
export async function startSimulation(pace) {
  const { SCENARIOS, endpointId, makeCredentials, startSimulator } = await loadSimulator();
  const key = makeCredentials();
  const simulator = await startSimulator({ credentials: [key], pace });
  return {
    endpoint: simulator.url,
    compartmentId: simulator.compartmentId,
    sign: apiKeySigner(key),
    names: Object.keys(SCENARIOS),
    endpointId,
    close: () => simulator.close(),
  };
}

/** @returns {Promise<any>} the simulator, which `make build` copies into the package */
async function loadSimulator() {
  try {
    return await import(new URL("../simulator/server.mjs", import.meta.url).href);
  } catch (error) {
    if (systemCodeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new CommandError("the simulator is not in the package", "run `make build`");
  }
}
