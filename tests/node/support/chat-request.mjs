// Requests that many tests make.

import { endpointId } from "../../simulator/server.mjs";

/**
 * A Chat Completions request with one user message.
 *
 * @param {string} model as `modelId` takes it
 * @param {string} [content]
 * @param {Record<string, unknown>} [parameters]
 */
export function chatRequest(model, content = "Hello?", parameters = {}) {
  return { model: modelId(model), messages: [{ role: "user", content }], ...parameters };
}

/**
 * The OCID of a simulated endpoint, given its name (`simgeneric`). Other ids and aliases stay as
 * they are.
 *
 * @param {string} name
 */
export function modelId(name) {
  return /^sim\w+$/.test(name) ? endpointId(name) : name;
}

/** A tool that the simulated models call when they are asked about the weather. */
export const WEATHER_TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Returns the weather.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
