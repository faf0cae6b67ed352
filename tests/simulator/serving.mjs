// Which model serves a servingMode, and how it behaves.

import { notFound } from "./errors.mjs";
import { endpointId, SCENARIOS } from "./scenarios.mjs";

/** @import { ApiFormat, ErrorResponse, Json, Serving } from "./types.d.ts" */

/** @type {Record<string, string>} */
const BACKENDS_BY_VENDOR = { meta: "llama", xai: "xai", google: "gemini", openai: "gpt" };

/**
 * The model that serves a request, or the error when there is none.
 *
 * @param {Json} servingMode
 * @returns {Serving | { error: ErrorResponse }}
 */
export function resolve(servingMode) {
  return servingMode.servingType === "DEDICATED" ? dedicated(servingMode.endpointId) : onDemand(servingMode.modelId);
}

/**
 * @param {string} id
 * @returns {Serving | { error: ErrorResponse }}
 */
function dedicated(id) {
  const [name, scenario] = Object.entries(SCENARIOS).find(([known]) => endpointId(known) === id) ?? [];
  if (!scenario) return { error: notFound(`no endpoint ${id}`) };
  const { formats, backend = "dac" } = scenario;
  // A dedicated endpoint answers with its own OCID as the model id.
  return { name, modelId: id, modelVersion: "1.0", formats, backend, scenario };
}

/**
 * @param {string} id
 * @returns {Serving | { error: ErrorResponse }}
 */
function onDemand(id) {
  if (id.startsWith("ocid1.generativeaimodel.")) return generic(id, "llama");
  if (id.startsWith("cohere.")) {
    return { modelId: id, modelVersion: "1.0", formats: cohereFormats(id), backend: "cohere", scenario: {} };
  }
  const [vendor = "", model] = id.split(".");
  const backend = Object.hasOwn(BACKENDS_BY_VENDOR, vendor) ? BACKENDS_BY_VENDOR[vendor] : undefined;
  return model !== undefined && backend ? generic(id, backend) : { error: notFound(`no model ${id}`) };
}

/**
 * @param {string} modelId
 * @param {string} backend
 * @returns {Serving}
 */
function generic(modelId, backend) {
  return { modelId, modelVersion: "1.0.0", formats: ["GENERIC"], backend, scenario: {} };
}

/**
 * @param {string} id
 * @returns {ApiFormat[]}
 */
function cohereFormats(id) {
  // Those embed, or rerank.
  if (/^cohere\.(embed|rerank)/.test(id)) return [];
  if (/^cohere\.command-a-(vision|reasoning)/.test(id)) return ["COHEREV2"];
  if (id.startsWith("cohere.command-a")) return ["COHERE", "COHEREV2"];
  return ["COHERE"];
}
