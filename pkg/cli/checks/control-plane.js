// What the control plane says of an endpoint and its model. Calls need none of it.
// https://docs.oracle.com/en-us/iaas/api/#/en/generative-ai/20231130/Endpoint/GetEndpoint

import { OciGenAI } from "oci-genai-edge";

import { endpointIdOf } from "./facts.js";

/** @import { SignableRequest } from "oci-genai-edge" */
/** @import { Facts } from "./facts.js" */

/**
 * The status and the object, or an error. `undefined` as the status: nothing was asked.
 *
 * @typedef {{ status?: number, resource?: any, error?: unknown }} Inspection
 */

const TIMEOUT_MS = 15_000;

/**
 * The endpoint.
 *
 * @param {Facts} facts
 * @returns {Promise<Inspection>}
 */
export function inspectEndpoint(facts) {
  const id = endpointIdOf(facts);
  facts.endpoint ??= id === undefined ? Promise.resolve({}) : get(facts, `endpoints/${id}`);
  return facts.endpoint;
}

/**
 * The model behind the endpoint.
 *
 * @param {Facts} facts
 * @returns {Promise<Inspection>}
 */
export function inspectModel(facts) {
  facts.servedModel ??= inspectEndpoint(facts).then(({ resource }) => {
    const id = String(resource?.modelId ?? "");
    // What is sent is part of the URL, and comes from a response.
    if (!/^ocid1\.[\w.-]+$/.test(id)) return {};
    return get(facts, `${id.startsWith("ocid1.generativeaiimportedmodel.") ? "importedModels" : "models"}/${id}`);
  });
  return facts.servedModel;
}

/**
 * @param {Facts} facts
 * @param {string} path
 * @returns {Promise<Inspection>}
 */
async function get(facts, path) {
  const { client, fetch, signal } = facts;
  if (client.sign === undefined) return {};
  const url = `${originOf(facts)}/20231130/${path}`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const request = { method: "GET", url, headers: {}, body: new Uint8Array(0), attempt: 1, signal: limit };
  try {
    const signed = await client.sign(/** @type {SignableRequest} */ (/** @type {unknown} */ (request)));
    const headers = new Headers(/** @type {HeadersInit} */ (signed));
    const response = await fetch(url, { headers, redirect: "manual", signal: limit });
    const { status } = response;
    if (status !== 200) {
      await response.body?.cancel();
      return { status };
    }
    return { status, resource: await response.json() };
  } catch (error) {
    signal.throwIfAborted();
    return { error };
  }
}

/**
 * The control plane of the region. An `endpoint` on this machine is a simulator, and is both.
 *
 * @param {Facts} facts
 */
function originOf({ client, model }) {
  const { endpoint, ...rest } = client;
  if (endpoint !== undefined) {
    const { origin, hostname } = new URL(endpoint);
    if (hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.")) return origin;
  }
  return new URL(new OciGenAI(rest).route(model).url).origin.replace("//inference.", "//");
}
