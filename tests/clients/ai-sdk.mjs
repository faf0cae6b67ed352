// The npm package `ai`, with the providers `@ai-sdk/openai`, `@ai-sdk/open-responses` and `@ai-sdk/openai-compatible`.

import assert from "node:assert/strict";
import { createOpenResponses } from "@ai-sdk/open-responses";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createOpenAICompatible as createOpenAICompatible2 } from "@ai-sdk/openai-compatible-2";
import * as sdk from "ai";
import * as sdk6 from "ai-6";
import { embeddingOf } from "../simulator/operations.mjs";
import { modelTests } from "./ai-sdk-tests.mjs";
import { callerGone } from "./features.mjs";

/** @import { Client, Target } from "./features.mjs" */

/** What `@ai-sdk/openai-compatible` does without by default. @type {NonNullable<Client["notes"]>} */
export const COMPATIBLE_NOTES = {
  structured: "With `supportsStructuredOutputs: true`; without it, the schema is not sent.",
  usage: "With `includeUsage: true`; without it, a stream has no usage.",
};

/** @param {Target} target */
const provider = ({ baseURL, apiKey, fetch }) => createOpenAI({ baseURL, apiKey, fetch });

/**
 * @param {string} name
 * @param {string} npm
 * @param {Client["route"]} route
 * @param {(target: Target, model: string) => any} modelOf
 * @param {{ ai?: any, more?: Client["tests"], notes?: Client["notes"] }} [options] `ai` is the package.
 * @returns {Client}
 */
function aiSdk(name, npm, route, modelOf, { ai = sdk, more, notes } = {}) {
  const tests = Object.entries(modelTests(ai)).map(([feature, test]) => {
    const run = async (/** @type {Target} */ target) => {
      await test((alias) => modelOf(target, alias));
      if (feature === "abort") await callerGone(target);
    };
    return [feature, run];
  });
  return { name, npm, route, notes, tests: { ...Object.fromEntries(tests), ...more } };
}

export const aiOnChat = aiSdk(
  "ai, openai.chat()",
  "@ai-sdk/openai",
  "chat/completions",
  (target, model) => provider(target).chat(model),
  { more: { embeddings: (target) => embeds(sdk, provider(target).embedding("vectors")) } },
);

export const aiOnResponses = aiSdk("ai, openai()", "@ai-sdk/openai", "responses", (target, model) =>
  provider(target)(model),
);

export const aiOnOpenResponses = aiSdk(
  "ai, open-responses",
  "@ai-sdk/open-responses",
  "responses",
  ({ baseURL, apiKey, fetch }, model) =>
    createOpenResponses({ name: "oci", url: `${baseURL}/responses`, apiKey, fetch })(model),
);

export const ai7OnCompatible = onCompatible("ai, openai-compatible", sdk, createOpenAICompatible);
export const ai6OnCompatible = onCompatible("ai 6, openai-compatible", sdk6, createOpenAICompatible2);

/**
 * @param {string} name
 * @param {any} ai
 * @param {any} create
 */
function onCompatible(name, ai, create) {
  const made = (/** @type {Target} */ { baseURL, apiKey, fetch }) =>
    create({ name: "oci", baseURL, apiKey, fetch, includeUsage: true, supportsStructuredOutputs: true });
  const npm = "@ai-sdk/openai-compatible";
  return aiSdk(name, npm, "chat/completions", (target, model) => made(target)(model), {
    ai,
    notes: COMPATIBLE_NOTES,
    more: { embeddings: (target) => embeds(ai, made(target).embeddingModel("vectors")) },
  });
}

/**
 * @param {any} ai
 * @param {any} model
 */
async function embeds(ai, model) {
  const values = ["Rain in Oslo", "Sun in Lima"];
  const { embeddings } = await ai.embedMany({ model, values, maxRetries: 0 });
  assert.deepEqual(embeddings, values.map((text) => embeddingOf(text)));
}
