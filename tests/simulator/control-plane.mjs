// GET /20231130/endpoints/{id}, /models/{id} and /importedModels/{id}: what the control plane knows of an endpoint and
// its model.

import { notAuthenticated, notFound } from "./errors.mjs";
import { endpointId, SCENARIOS } from "./scenarios.mjs";
import { signatureProblem } from "./signature.mjs";

/** @import { Reply } from "./reply.mjs" */
/** @import { Context, IncomingRequest, RequestRecord, Scenario } from "./types.d.ts" */

const CREATED = "2026-01-15T09:30:00.000Z";
const PATH = /^\/20231130\/(endpoints|models|importedModels)\/([^/?]+)$/;

/** @param {string} path */
export function isControlPlane(path) {
  return PATH.test(path);
}

/**
 * Answers one request.
 *
 * @param {IncomingRequest} request
 * @param {Reply} reply
 * @param {RequestRecord} _record
 * @param {Context} context
 */
export async function controlPlane(request, reply, _record, { options }) {
  const problem = options.verify ? signatureProblem(request, options.credentials, options.now()) : undefined;
  if (problem) return reply.reject(notAuthenticated(problem));
  if (request.rawBody.length > 0) return reply.reject(notFound("a GET has no body"));
  if (!options.policies.includes("read endpoints")) return reply.reject(notFound("no policy allows it"));
  const [, kind = "", id = ""] = PATH.exec(request.path) ?? [];
  const [name, scenario] = Object.entries(SCENARIOS).find(([each]) => idOf(kind, each) === id) ?? [];
  if (name === undefined || scenario === undefined) return reply.reject(notFound(`no ${kind} ${id}`));
  const { compartmentId } = options;
  const describe = kind === "endpoints" ? endpointOf : modelOf;
  return reply.send(200, describe(name, scenario, compartmentId));
}

/**
 * @param {string} kind
 * @param {string} name
 */
function idOf(kind, name) {
  if (kind === "endpoints") return endpointId(name);
  const isImported = name === IMPORTED;
  return isImported === (kind === "importedModels") ? modelIdOf(name) : undefined;
}

/** The endpoint with an imported model; the others have one of Oracle's or of the tenancy's own. */
const IMPORTED = "simqwen";

/** @param {string} name */
function modelIdOf(name) {
  const type = name === IMPORTED ? "generativeaiimportedmodel" : "generativeaimodel";
  return `ocid1.${type}.oc1.us-chicago-1.${name}model`;
}

/**
 * @param {string} name
 * @param {Scenario} scenario
 * @param {string} compartmentId
 */
function endpointOf(name, { state = "ACTIVE" }, compartmentId) {
  return {
    id: endpointId(name),
    displayName: name,
    description: null,
    modelId: modelIdOf(name),
    compartmentId,
    dedicatedAiClusterId: "ocid1.generativeaidedicatedaicluster.oc1.us-chicago-1.simcluster",
    timeCreated: CREATED,
    timeUpdated: CREATED,
    lifecycleState: state,
    lifecycleDetails: null,
    contentModerationConfig: { isEnabled: false },
    freeformTags: {},
    definedTags: {},
    systemTags: {},
  };
}

/**
 * @param {string} name
 * @param {Scenario} scenario
 * @param {string} compartmentId
 */
function modelOf(name, scenario, compartmentId) {
  const isImported = name === IMPORTED;
  const { vendor, displayName } = kindOf(name, scenario);
  return {
    id: modelIdOf(name),
    displayName,
    description: null,
    compartmentId,
    vendor,
    version: "1.0",
    capabilities: capabilitiesOf(name, isImported),
    lifecycleState: "ACTIVE",
    lifecycleDetails: null,
    timeCreated: CREATED,
    ...(isImported
      ? { dataSource: { sourceType: "HUGGING_FACE_MODEL", modelId: displayName } }
      : { type: "BASE", baseModelId: null, isLongTermSupported: true }),
    freeformTags: {},
    definedTags: {},
    systemTags: {},
  };
}

/**
 * @param {string} name
 * @param {Scenario} scenario
 */
function kindOf(name, { formats }) {
  if (name === "simembed") return { vendor: "cohere", displayName: "cohere.embed-v4.0" };
  if (name === "simrerank") return { vendor: "cohere", displayName: "cohere.rerank-v3.5" };
  if (name === IMPORTED) return { vendor: "qwen", displayName: "Qwen/Qwen3-32B" };
  if (formats.includes("COHEREV2")) return { vendor: "cohere", displayName: "cohere.command-a-03-2025" };
  if (formats.includes("COHERE")) return { vendor: "cohere", displayName: "cohere.command-r-08-2024" };
  return { vendor: "meta", displayName: "meta.llama-3.3-70b-instruct" };
}

/**
 * @param {string} name
 * @param {boolean} isImported
 */
function capabilitiesOf(name, isImported) {
  if (name === "simembed") return ["TEXT_EMBEDDINGS"];
  if (name === "simrerank") return ["TEXT_RERANK"];
  return isImported ? ["TEXT_TO_TEXT"] : ["CHAT"];
}
