// POST /20231130/actions/embedText, rerankText and applyGuardrails. The answers follow from the
// request, so that one that reaches the wrong caller, or is put in the wrong place, is noticed.

import { createHash } from "node:crypto";
import { endpointError, refusalOf } from "./admission.mjs";
import { badFormat, badRequest, notFound, serviceError } from "./errors.mjs";
import { applyGuardrailsDetails, embedTextDetails, rerankTextDetails } from "./schema-operations.mjs";
import { resolve } from "./serving.mjs";
import { tokenize } from "./tokens.mjs";

/** @import { Reply } from "./reply.mjs" */
/** @import { Shape } from "./shapes.mjs" */
/** @import { Context, IncomingRequest, Json, RequestRecord, Serving } from "./types.d.ts" */

const MAX_INPUTS = 96;
const MAX_INPUT_TOKENS = 512;
const DIMENSIONS = new Set([256, 512, 1024, 1536]);
/** How long an embedding is if nobody says: shorter than the service's, so that tests stay readable. */
const DEFAULT_DIMENSIONS = 8;
const IMAGE_GUARDRAILS = "1.1.0";

/**
 * The vector of an input, with components from -1 to 1.
 *
 * @param {string} input a text, or the address of an image
 * @param {number} [dimensions]
 */
export function embeddingOf(input, dimensions = DEFAULT_DIMENSIONS) {
  return Array.from({ length: dimensions }, (_, index) => {
    const block = createHash("sha256").update(`${Math.floor(index / 8)} ${input}`).digest();
    return Number((block.readInt32BE((index % 8) * 4) / 2 ** 31).toFixed(7));
  });
}

/** What the service says of a request that it can't answer. */
class Rejection extends Error {}

/** @type {Operation} */
export const embedText = (...call) => perform(call, embedTextDetails, embeddings);
/** @type {Operation} */
export const rerankText = (...call) => perform(call, rerankTextDetails, ranks);
/** @type {Operation} */
export const applyGuardrails = (...call) => perform(call, applyGuardrailsDetails, guardrails);

/** @typedef {(...call: [IncomingRequest, Reply, RequestRecord, Context]) => Promise<void>} Operation */

/**
 * @param {[IncomingRequest, Reply, RequestRecord, Context]} call
 * @param {Shape} shape of the body
 * @param {(body: Json, serving: Serving | undefined) => Json} answer throws a Rejection
 */
async function perform([request, reply, record, context], shape, answer) {
  const refusal = refusalOf(request, record, context);
  if (refusal) return reply.reject(refusal);
  const { body } = record;
  record.servingMode = body?.servingMode;
  const problem = shape(body, "body");
  if (problem) return reply.reject(badFormat(problem));
  const serving = body.servingMode && resolve(body.servingMode);
  if (serving && "error" in serving) return reply.reject(serving.error);
  if (body.compartmentId !== context.options.compartmentId) return reply.reject(notFound("another compartment"));
  const error = serving && endpointError(serving, context.state);
  if (error) return reply.reject(error);
  const text = JSON.stringify(body);
  const [, delay] = /\bdelay=(\d+)\b/.exec(text) ?? [];
  if (delay) await reply.pause(Number(delay));
  const [, status] = /\bstatus=(\d{3})\b/.exec(text) ?? [];
  if (status) return reply.reject(serviceError(Number(status), status, "The request asks for this error."));
  try {
    return reply.send(200, answer(body, serving));
  } catch (error_) {
    if (!(error_ instanceof Rejection)) throw error_;
    return reply.reject(badRequest(error_.message));
  }
}

// ---------------------------------------------------------------- embedText

/**
 * @param {Json} body
 * @param {Serving | undefined} serving
 */
function embeddings(body, serving) {
  const { inputs, embedContents, inputType, truncate, outputDimensions, embeddingTypes = ["float"] } = body;
  const { name, modelId, modelVersion } = /** @type {Serving} */ (serving);
  const isVersion4 = name !== undefined || modelId.includes("embed-v4");
  if (name === undefined ? !modelId.startsWith("cohere.embed") : name !== "simembed") {
    throw new Rejection("The model does not support embedText.");
  }
  if ((inputs === undefined) === (embedContents === undefined)) {
    throw new Rejection("Either inputs or embedContents is required.");
  }
  if (!isVersion4 && (embedContents || outputDimensions)) throw new Rejection("Not supported by this model.");
  if (outputDimensions && !DIMENSIONS.has(outputDimensions)) throw new Rejection("Invalid outputDimensions.");
  /** @type {string[]} */
  const texts = inputs ?? embedContents.map((/** @type {Json} */ { text, imageUrl }) => text ?? imageUrl.url);
  if (texts.length === 0 || texts.length > MAX_INPUTS) throw new Rejection(`At most ${MAX_INPUTS} inputs are allowed.`);
  if (inputs && inputType === "IMAGE" && (inputs.length > 1 || !inputs[0].startsWith("data:image/"))) {
    throw new Rejection("One image is allowed, as a data URL.");
  }
  const counts = texts.map((text) => tokenize(text).length);
  if (!["START", "END"].includes(truncate) && counts.some((count) => count > MAX_INPUT_TOKENS)) {
    throw new Rejection(`An input has more than ${MAX_INPUT_TOKENS} tokens.`);
  }
  const floats = texts.map((text) => embeddingOf(text, outputDimensions));
  const byType = Object.fromEntries(
    embeddingTypes.map((/** @type {string} */ type) => [type, floats.map((vector) => asType(vector, type))]),
  );
  const promptTokens = counts.reduce((sum, count) => sum + count, 0);
  return {
    id: createHash("sha256").update(texts.join()).digest("hex").slice(0, 32),
    embeddings: embeddingTypes.includes("float") ? floats : [],
    ...(body.embeddingTypes && { embeddingsByType: byType }),
    ...(body.isEcho && { inputs, embedContents }),
    modelId,
    modelVersion,
    // The SDK's model has the first, and other clients read the second.
    ...(name === undefined
      ? { usage: { promptTokens, completionTokens: 0, totalTokens: promptTokens } }
      : { inputTextTokenCounts: counts }),
  };
}

/**
 * @param {number[]} vector
 * @param {string} type
 */
function asType(vector, type) {
  if (type === "float") return vector;
  if (type === "base64") return Buffer.from(new Float32Array(vector).buffer).toString("base64");
  const signed = vector.map((component) => Math.round(component * 127));
  return type.startsWith("u") ? signed.map((component) => component + 128) : signed;
}

// ---------------------------------------------------------------- rerankText

/**
 * @param {Json} body
 * @param {Serving | undefined} serving
 */
function ranks({ input, documents, topN = documents.length, isEcho }, serving) {
  const { name, modelId, modelVersion } = /** @type {Serving} */ (serving);
  if (name === undefined ? !modelId.startsWith("cohere.rerank") : name !== "simrerank") {
    throw new Rejection("The model does not support rerankText.");
  }
  if (documents.length === 0 || topN < 1) throw new Rejection("There is nothing to rank.");
  const words = new Set(input.toLowerCase().match(/\p{L}+/gu) ?? []);
  const ranked = documents.map((/** @type {string} */ text, /** @type {number} */ index) => {
    const found = new Set(text.toLowerCase().match(/\p{L}+/gu) ?? []);
    const shared = [...words].filter((word) => found.has(word)).length;
    return { index, relevanceScore: shared / (words.size || 1), ...(isEcho && { document: { text } }) };
  });
  /** @type {(one: Json, other: Json) => number} */
  const byRelevance = (one, other) => other.relevanceScore - one.relevanceScore;
  const id = createHash("sha256").update(input).digest("hex").slice(0, 32);
  return { id, modelId, modelVersion, documentRanks: ranked.toSorted(byRelevance).slice(0, topN) };
}

// ---------------------------------------------------------------- applyGuardrails

/** @type {Record<string, RegExp>} */
const CATEGORIES = { OVERALL: /\bhate\b|unsafe/i, BLOCKLIST: /\bforbiddenword\b/i };
/** @type {Record<string, RegExp>} */
const PERSONAL = { EMAIL: /[\w.]+@[\w.]+\w/g, PERSON: /Jane Smith/g };
const INJECTION = /ignore (all |your )?(previous )?instructions/i;

/** @param {Json} body */
function guardrails({ input, multimodalInput, guardrailConfigs, guardrailVersionConfig }) {
  // With both, the service reads the first.
  const inputs = input ? [input] : multimodalInput;
  if (!inputs?.length) throw new Rejection("Either input or multimodalInput is required.");
  const version = guardrailVersionConfig?.guardrailVersion ?? IMAGE_GUARDRAILS;
  const hasImage = inputs.some((/** @type {Json} */ one) => one.type === "IMAGE");
  if (hasImage && (input || version < IMAGE_GUARDRAILS)) throw new Rejection("Images are not supported.");
  /** @param {RegExp} pattern */
  const scoreOf = (pattern) => {
    const found = inputs.filter((/** @type {Json} */ one) => pattern.test(one.content ?? one.imageUrl.url));
    const flaggedModalities = [...new Set(found.map((/** @type {Json} */ { type }) => type))];
    return { score: found.length > 0 ? 1 : 0, ...(!input && { flaggedModalities }) };
  };
  const { contentModerationConfig, personallyIdentifiableInformationConfig, promptInjectionConfig } = guardrailConfigs;
  const contentModeration = contentModerationConfig && {
    categories: contentModerationConfig.categories.map((/** @type {string} */ name) => {
      const pattern = CATEGORIES[name];
      if (!pattern) throw new Rejection(`There is no category ${name}.`);
      return { name, ...scoreOf(pattern) };
    }),
  };
  const text = inputs.map((/** @type {Json} */ { content = "" }) => content).join("");
  const personallyIdentifiableInformation = personallyIdentifiableInformationConfig?.types.flatMap(
    (/** @type {string} */ label) => {
      const matches = [...text.matchAll(PERSONAL[label] ?? /(?!)/g)];
      return matches.map(({ 0: found, index }) => {
        return { length: found.length, offset: index, text: found, label, score: 0.999 };
      });
    },
  );
  return {
    results: {
      ...(contentModeration && { contentModeration }),
      ...(personallyIdentifiableInformation && { personallyIdentifiableInformation }),
      ...(promptInjectionConfig && { promptInjection: scoreOf(INJECTION) }),
    },
    guardrailVersion: { version },
  };
}
