// The npm package `ai`, with the providers `@ai-sdk/openai` and `@ai-sdk/open-responses`.

import assert from "node:assert/strict";
import { createOpenResponses } from "@ai-sdk/open-responses";
import { createOpenAI } from "@ai-sdk/openai";
import * as sdk from "ai";
import { embeddingOf } from "../simulator/operations.mjs";
import { modelTests } from "./ai-sdk-tests.mjs";
import { callerGone } from "./features.mjs";

/** @import { Client, Target } from "./features.mjs" */

/** @param {Target} target */
const provider = ({ baseURL, apiKey, fetch }) => createOpenAI({ baseURL, apiKey, fetch });

/**
 * @param {string} name
 * @param {string} npm
 * @param {Client["route"]} route
 * @param {(target: Target, model: string) => any} modelOf
 * @param {Client["tests"]} [more]
 * @returns {Client}
 */
function aiSdk(name, npm, route, modelOf, more) {
  const tests = Object.entries(modelTests(sdk)).map(([feature, test]) => {
    const run = async (/** @type {Target} */ target) => {
      await test((alias) => modelOf(target, alias));
      if (feature === "abort") await callerGone(target);
    };
    return [feature, run];
  });
  return { name, npm, route, tests: { ...Object.fromEntries(tests), ...more } };
}

export const aiOnChat = aiSdk(
  "ai, openai.chat()",
  "@ai-sdk/openai",
  "chat/completions",
  (target, model) => provider(target).chat(model),
  {
    async embeddings(target) {
      const values = ["Rain in Oslo", "Sun in Lima"];
      const model = provider(target).embedding("vectors");
      const { embeddings } = await sdk.embedMany({ model, values, maxRetries: 0 });
      assert.deepEqual(embeddings, values.map((text) => embeddingOf(text)));
    },
  },
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
