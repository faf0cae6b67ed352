// Which model, with which habits, stands behind a servingMode.

import { notFound } from "./errors.mjs";
import { endpointId, SCENARIOS } from "./scenarios.mjs";

const BY_VENDOR = { meta: "llama", xai: "xai", google: "gemini", openai: "gpt" };

/** The model that serves a request: { modelId, modelVersion, formats, dialect, scenario } or { refused }. */
export function resolve(servingMode) {
  return servingMode.servingType === "DEDICATED" ? dedicated(servingMode.endpointId) : onDemand(servingMode.modelId);
}

function dedicated(id) {
  const name = Object.keys(SCENARIOS).find((known) => endpointId(known) === id);
  if (!name) return { refused: notFound(`no endpoint ${id}`) };
  const scenario = SCENARIOS[name];
  // A dedicated endpoint answers with its own OCID: it never tells which model it runs.
  const { formats, dialect = "dac" } = scenario;
  return { name, modelId: id, modelVersion: "1.0", formats, dialect, scenario };
}

function onDemand(id) {
  if (id.startsWith("ocid1.generativeaimodel.")) return generic(id, "llama");
  const vendor = id.split(".")[0];
  if (id.startsWith("cohere.")) return { modelId: id, modelVersion: "1.0", formats: cohereFormats(id), scenario: {} };
  if (id.includes(".") && Object.hasOwn(BY_VENDOR, vendor)) return generic(id, BY_VENDOR[vendor]);
  return { refused: notFound(`no model ${id}`) };
}

function generic(modelId, dialect) {
  return { modelId, modelVersion: "1.0.0", formats: ["GENERIC"], dialect, scenario: {} };
}

function cohereFormats(id) {
  if (/^cohere\.command-a-(vision|reasoning)/.test(id)) return ["COHEREV2"];
  if (/^cohere\.command-a/.test(id)) return ["COHERE", "COHEREV2"];
  return ["COHERE"];
}
