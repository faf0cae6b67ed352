// A reranking model of the AI SDK.

import { MODE_RERANK } from "../boundary.js";
import { operationAnswer } from "./call.js";
import { rerankRequest } from "./request.js";

/** @import { OciRerankingModel, RerankResult, RerankingModelOptions, SpecificationVersion } from "../../ai-sdk.js" */
/** @import { RerankResponse } from "../../index.js" */
/** @import { ClientInternals } from "../client.js" */

/**
 * @template {SpecificationVersion} Version
 * @implements {OciRerankingModel<Version>}
 */
export class RerankingModel {
  /** @type {"oci.reranking"} */
  provider = "oci.reranking";
  #client;

  /**
   * @param {ClientInternals} client
   * @param {string} modelId
   * @param {Version} specificationVersion
   */
  constructor(client, modelId, specificationVersion) {
    this.#client = client;
    this.modelId = modelId;
    this.specificationVersion = specificationVersion;
  }

  /**
   * Needs no `this`: `ai` and others put proxies around models.
   *
   * @param {RerankingModelOptions} call
   * @returns {Promise<RerankResult>}
   */
  doRerank = async (call) => {
    const prepared = rerankRequest(this.modelId, call);
    const { answer, response, providerMetadata } = await operationAnswer(this.#client, MODE_RERANK, prepared);
    const { id, model, results } = /** @type {RerankResponse} */ (answer);
    const ranking = results.map(({ index, relevance_score: relevanceScore }) => ({ index, relevanceScore }));
    return { ranking, providerMetadata, response: { id, modelId: model, ...response }, warnings: prepared.warnings };
  };
}
