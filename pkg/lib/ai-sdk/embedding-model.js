// An embedding model of the AI SDK.

import { MODE_EMBED } from "../boundary.js";
import { operationAnswer } from "./call.js";
import { embeddingRequest } from "./request.js";

/** @import { EmbedResult, EmbeddingModelOptions, OciEmbeddingModel, SpecificationVersion } from "../../ai-sdk.js" */
/** @import { EmbeddingResponse } from "../../index.js" */
/** @import { ClientInternals } from "../client.js" */

/**
 * @template {SpecificationVersion} Version
 * @implements {OciEmbeddingModel<Version>}
 */
export class EmbeddingModel {
  /** @type {"oci.embedding"} */
  provider = "oci.embedding";
  // One call of the client, which makes batches: it limits how many are under way at once.
  maxEmbeddingsPerCall = Number.POSITIVE_INFINITY;
  supportsParallelCalls = true;
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
   * @param {EmbeddingModelOptions} call
   * @returns {Promise<EmbedResult>}
   */
  doEmbed = async (call) => {
    const prepared = embeddingRequest(this.modelId, call);
    const { answer, ...result } = await operationAnswer(this.#client, MODE_EMBED, prepared);
    const { data, usage } = /** @type {EmbeddingResponse} */ (answer);
    const embeddings = data.map(({ embedding }) => /** @type {number[]} */ (embedding));
    return { embeddings, usage: { tokens: usage.prompt_tokens }, ...result, warnings: prepared.warnings };
  };
}
