// The provider: models by their ids.

import { internalsOf } from "../client.js";
import { OciError, createError } from "../error.js";
import { EmbeddingModel } from "./embedding-model.js";
import { NoSuchModelError, noSuchModel } from "./errors.js";
import { LanguageModel } from "./language-model.js";
import { RerankingModel } from "./reranking-model.js";

/** @import { OciProvider, ProviderSettings, SpecificationVersion } from "../../ai-sdk.js" */
/** @import { OciGenAI, RouteQuery } from "../../index.js" */

const SPECIFICATIONS = new Set(["v4", "v3"]);

/**
 * @template {SpecificationVersion} Version
 * @param {OciGenAI} client
 * @param {ProviderSettings<Version>} settings
 * @returns {OciProvider<Version>}
 */
export function createProvider(client, { specificationVersion, supportedUrls = {} }) {
  const version = /** @type {Version} */ (specificationVersion ?? "v4");
  if (!SPECIFICATIONS.has(version)) {
    throw createError("invalid_options", 'specificationVersion must be "v4" or "v3"');
  }
  const own = internalsOf(client);
  if (own === undefined) throw createError("invalid_options", "the option client must be an OciGenAI");

  /**
   * @template Model
   * @param {"languageModel" | "embeddingModel" | "rerankingModel"} type
   * @param {RouteQuery["operation"]} operation
   * @param {(modelId: string) => Model} create
   */
  const models = (type, operation, create) => (/** @type {string} */ modelId) => {
    requireModel(client, modelId, type, operation);
    return create(modelId);
  };
  const languageModel = models("languageModel", "chat", (id) => new LanguageModel(own, id, version, supportedUrls));
  const embeddingModel = models("embeddingModel", "embed", (id) => new EmbeddingModel(own, id, version));
  const rerankingModel = models("rerankingModel", "rerank", (id) => new RerankingModel(own, id, version));

  return Object.assign((/** @type {string} */ modelId) => languageModel(modelId), {
    specificationVersion: version,
    client,
    languageModel,
    chat: languageModel,
    embeddingModel,
    textEmbeddingModel: embeddingModel,
    rerankingModel,
    /**
     * @param {string} modelId
     * @returns {never}
     */
    imageModel(modelId) {
      throw new NoSuchModelError(modelId, "imageModel", `no image model ${modelId}: OCI makes no images`);
    },
  });
}

/**
 * Throws for an id that can't be called. What else may keep it from being routed, such as a missing
 * region, is the error of its calls.
 *
 * @param {OciGenAI} client
 * @param {string} modelId
 * @param {string} type
 * @param {RouteQuery["operation"]} operation
 */
function requireModel(client, modelId, type, operation) {
  try {
    client.route(modelId, { operation });
  } catch (error) {
    if (error instanceof OciError && error.code === "invalid_model") throw noSuchModel(error, modelId, type);
  }
}
