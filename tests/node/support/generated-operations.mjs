// Generated requests for embeddings, reranking and moderation: what must be sent for them, an answer
// of the service, and what must be made of it.

import { COMPARTMENT_ID, endpointId } from "../../simulator/server.mjs";

/** @import { Random } from "./random.mjs" */

/** @typedef {"embed" | "rerank" | "moderate"} Operation */
/** @typedef {{ request: any, body: any, answer: any, expected: any }} Made */

const MODELS = {
  DEDICATED: [endpointId("simembed"), endpointId("simrerank")],
  ON_DEMAND: ["cohere.embed-v4.0", "cohere.rerank-v3.5", "ocid1.generativeaimodel.oc1.us-chicago-1.example"],
};
const WORDS = ["rain", "東京", "naïve", "😀", 'a "quote"', "\\n", "", "line\nbreak", "-1.5e3]"];

/** @type {Record<Operation, { details: string, result: string, make: (random: Random) => Made }>} */
export const GENERATORS = {
  embed: { details: "model.EmbedTextDetails", result: "model.EmbedTextResult", make: makeEmbed },
  rerank: { details: "model.RerankTextDetails", result: "model.RerankTextResult", make: makeRerank },
  moderate: { details: "model.ApplyGuardrailsDetails", result: "model.ApplyGuardrailsResult", make: makeModerate },
};

/** @param {Random} random */
function makeEmbed(random) {
  const { model, envelope } = pickModel(random);
  const type = random.pick(["SEARCH_DOCUMENT", "SEARCH_QUERY", "CLASSIFICATION", "CLUSTERING", "IMAGE", undefined]);
  const hasParts = random.chance(0.4);
  // Of images as texts there is one a request.
  const count = type === "IMAGE" && !hasParts ? 1 : random.between(1, 96);
  const items = list(count, () => makeItem(random, hasParts, "text"));
  const types = sometimes(random, () => {
    const all = ["float", "int8", "uint8", "binary", "ubinary", "base64"].filter(() => random.chance(0.5));
    return all.length > 0 ? all : ["float"];
  });
  const dimensions = sometimes(random, () => random.pick([256, 512, 1024, 1536]));
  const truncate = sometimes(random, () => random.pick(["NONE", "START", "END"]));
  const format = random.pick(["float", "base64", undefined, null]);
  const echo = random.pick([true, false, undefined]);
  const isOne = count === 1 && !hasParts && random.chance(0.5);
  const request = {
    model,
    // A part among texts makes parts of all.
    input: isOne ? items[0]?.given : items.map(({ given }) => given),
    dimensions: dimensions ?? null,
    encoding_format: format,
    user: sometimes(random, () => "someone"),
    // OCI's words are upper case, whatever the caller's are.
    oci: {
      input_type: random.chance(0.5) ? type?.toLowerCase() : type,
      truncate,
      embedding_types: types,
      is_echo: echo,
    },
  };
  const isParts = items.some(({ given }) => typeof given === "object");
  const body = {
    ...envelope,
    ...(isParts ? { embedContents: items.map(({ part }) => part) } : { inputs: items.map(({ given }) => given) }),
    outputDimensions: dimensions,
    inputType: type,
    truncate,
    embeddingTypes: types,
    isEcho: echo,
  };
  // The service may leave it out.
  /** @type {{ inputs?: unknown, embedContents?: unknown }} */
  const { inputs, embedContents } = echo && random.chance(0.8) ? body : {};
  const vectors = list(count, () => list(random.between(1, 9), () => makeNumber(random)));
  const others = list(count, (index) => list(2, () => index));
  const texts = list(count, (index) => `text${index}=`);
  const byType = types && Object.fromEntries(types.map((one) => [one, one === "base64" ? texts : others]));
  const hasFloats = !types || types.includes("float");
  const usage = random.pick([undefined, { promptTokens: 7, totalTokens: 9 }, { totalTokens: 5 }, {}]);
  const counts = random.chance(0.5) ? list(count, () => 3) : undefined;
  const answer = {
    id: "1",
    embeddings: hasFloats ? vectors : [],
    embeddingsByType: byType,
    inputs,
    embedContents,
    modelId: sometimes(random, () => model),
    modelVersion: sometimes(random, () => "1.0"),
    usage,
    ...(counts && { inputTextTokenCounts: counts }),
  };
  const chosen = hasFloats ? vectors : types?.[0] === "base64" ? texts : others;
  const data = chosen.map((vector, index) => {
    const isText = format === "base64" && Array.isArray(vector);
    const embedding = isText ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector;
    return { object: "embedding", index, embedding };
  });
  const sum = counts ? 3 * count : 0;
  const counted = { prompt_tokens: sum, total_tokens: sum };
  const expected = {
    object: "list",
    data,
    model,
    usage: usage?.totalTokens
      ? { prompt_tokens: usage.promptTokens ?? usage.totalTokens, total_tokens: usage.totalTokens }
      : counted,
    ...(Boolean(byType ?? inputs ?? embedContents) && {
      oci: { embeddings_by_type: byType, inputs, embed_contents: embedContents },
    }),
  };
  return { request, body, answer, expected };
}

/** @param {Random} random */
function makeRerank(random) {
  const { model, envelope } = pickModel(random);
  const documents = list(random.between(1, 40), () => random.pick(WORDS));
  const query = random.pick(WORDS);
  const [topN, chunks, tokens] = list(3, () => sometimes(random, () => random.between(1, 40)));
  const echo = random.pick([true, false, undefined]);
  const request = {
    model,
    query,
    documents: documents.map((text) => (random.chance(0.5) ? text : { text, title: "not sent" })),
    top_n: topN,
    return_documents: echo,
    oci: { max_chunks_per_document: chunks, max_tokens_per_document: tokens },
  };
  const body = {
    ...envelope,
    input: query,
    documents,
    topN,
    isEcho: echo,
    maxChunksPerDocument: chunks,
    maxTokensPerDocument: tokens,
  };
  const ranks = documents.map((text, index) => ({ index, score: makeNumber(random), text }));
  ranks.sort((one, other) => other.score - one.score);
  const answer = {
    id: "rank-1",
    modelId: sometimes(random, () => model),
    modelVersion: sometimes(random, () => "1.0"),
    documentRanks: ranks.map(({ index, score, text }) => {
      return { index, relevanceScore: score, ...(echo && { document: { text } }) };
    }),
  };
  const results = ranks.map(({ index, score, text }) => {
    return { index, relevance_score: score, ...(echo && { document: { text } }) };
  });
  return { request, body, answer, expected: { id: "rank-1", model, results } };
}

/** @param {Random} random */
function makeModerate(random) {
  const hasParts = random.chance(0.5);
  const language = sometimes(random, () => random.pick(["en", "zh-CN"]));
  const items = list(hasParts ? random.between(2, 5) : 1, () => makeItem(random, hasParts, "content", language));
  const isParts = items.some(({ given }) => typeof given === "object");
  // Each text of a list is a request of its own.
  if (!isParts) items.length = 1;
  const named = random.pick([undefined, ["OVERALL"], ["BLOCKLIST", "OVERALL"]]);
  const categories = named ?? ["OVERALL", "BLOCKLIST"];
  const types = sometimes(random, () => random.pick([["PERSON"], ["EMAIL", "PERSON"]]));
  const injection = random.pick([true, false, undefined]);
  const version = sometimes(random, () => "1.1.0");
  const model = random.pick([undefined, "omni-moderation-latest", endpointId("simgeneric")]);
  const request = {
    model,
    input: isParts || random.chance(0.5) ? items.map(({ given }) => given) : items[0]?.given,
    oci: {
      categories: named,
      pii_types: types,
      prompt_injection: injection,
      language,
      guardrail_version: version,
    },
  };
  const body = {
    compartmentId: COMPARTMENT_ID,
    guardrailConfigs: {
      contentModerationConfig: { categories },
      ...(types && { personallyIdentifiableInformationConfig: { types } }),
      ...(injection && { promptInjectionConfig: {} }),
    },
    guardrailVersionConfig: version && { guardrailVersion: version },
    ...(isParts ? { multimodalInput: items.map(({ part }) => part) } : { input: items[0]?.part }),
  };
  const modalities = () => (isParts ? { flaggedModalities: [random.pick(["TEXT", "IMAGE"])] } : {});
  const scored = categories.map((name) => ({ name, score: random.pick([0, 0.49, 0.5, 1]), ...modalities() }));
  const email = { length: 1, offset: 2, text: "x", label: "EMAIL", score: 0.7 };
  const personal = types && list(random.below(3), () => email);
  const found = injection ? { score: random.pick([0, 1]), ...modalities() } : undefined;
  const answer = {
    results: {
      contentModeration: { categories: scored },
      personallyIdentifiableInformation: personal,
      ...(found && { promptInjection: found }),
    },
    guardrailVersion: version && { version },
  };
  const byName = (/** @type {(one: any) => unknown} */ get) => {
    return Object.fromEntries(scored.map((one) => [one.name, get(one)]));
  };
  const oci = {
    ...(isParts && { flagged_modalities: byName((one) => one.flaggedModalities) }),
    ...(personal && { personally_identifiable_information: personal }),
    ...(found && {
      prompt_injection: { score: found.score, ...(isParts && { flagged_modalities: found.flaggedModalities }) },
    }),
    ...(version && { guardrail_version: version }),
  };
  const result = {
    flagged: scored.some(({ score }) => score >= 0.5) || Boolean(personal?.length) || found?.score === 1,
    categories: byName(({ score }) => score >= 0.5),
    category_scores: byName(({ score }) => score),
    ...(Object.keys(oci).length > 0 && { oci }),
  };
  return { request, body, answer, expected: { model: model ?? "oci-guardrails", results: [result] } };
}

/** @param {Random} random */
function pickModel(random) {
  const mode = random.pick(/** @type {const} */ (["DEDICATED", "ON_DEMAND"]));
  const model = random.pick(MODELS[mode]);
  const id = mode === "DEDICATED" ? { endpointId: model } : { modelId: model };
  return { model, envelope: { compartmentId: COMPARTMENT_ID, servingMode: { servingType: mode, ...id } } };
}

/**
 * An item of an input as it is given, and as the part that it becomes.
 *
 * @param {Random} random
 * @param {boolean} hasParts
 * @param {"text" | "content"} field OCI's name for a text
 * @param {string} [languageCode]
 */
function makeItem(random, hasParts, field, languageCode) {
  const text = random.pick(WORDS);
  const part = { type: "TEXT", [field]: text, ...(languageCode && { languageCode }) };
  if (!hasParts || random.chance(0.2)) return { given: text, part };
  if (random.chance(0.5)) return { given: { type: "text", text }, part };
  const url = `data:image/png;base64,${random.below(1000)}`;
  const detail = sometimes(random, () => random.pick(["auto", "low", "high"]));
  const image = random.chance(0.3) && !detail ? url : { url, detail };
  const hasDetail = detail && field === "text";
  const imageUrl = { url, ...(hasDetail && { detail: detail.toUpperCase() }) };
  return { given: { type: "image_url", image_url: image }, part: { type: "IMAGE", imageUrl } };
}

/** @param {Random} random */
function makeNumber(random) {
  return random.pick([0, 1, -1, random.fraction(-1, 1), -2.5e-7, 0.1234567890123456]);
}

/**
 * @template T
 * @param {Random} random
 * @param {() => T} make
 */
function sometimes(random, make) {
  return random.chance(0.5) ? make() : undefined;
}

/**
 * @template T
 * @param {number} length
 * @param {(index: number) => T} make
 */
function list(length, make) {
  return Array.from({ length }, (_, index) => make(index));
}
