// The fields of embedText, rerankText and applyGuardrails.

import { servingMode } from "./schema.mjs";
import { boolean, integer, listOf, model, oneOf, required, string, union } from "./shapes.mjs";

const imageUrl = model({ url: required(string), detail: oneOf("AUTO", "HIGH", "LOW") });

export const embedTextDetails = model({
  compartmentId: required(string),
  servingMode: required(servingMode),
  inputs: listOf(string),
  embedContents: listOf(union("type", { TEXT: { text: string }, IMAGE: { imageUrl } })),
  inputType: oneOf("SEARCH_DOCUMENT", "SEARCH_QUERY", "CLASSIFICATION", "CLUSTERING", "IMAGE"),
  truncate: oneOf("NONE", "START", "END"),
  embeddingTypes: listOf(oneOf("float", "int8", "uint8", "binary", "ubinary", "base64")),
  outputDimensions: integer,
  isEcho: boolean,
});

export const rerankTextDetails = model({
  compartmentId: required(string),
  servingMode: required(servingMode),
  input: required(string),
  documents: required(listOf(string)),
  topN: integer,
  isEcho: boolean,
  maxChunksPerDocument: integer,
  maxTokensPerDocument: integer,
});

const guardrailsInput = union("type", {
  TEXT: { content: string, languageCode: string },
  IMAGE: { imageUrl: model({ url: required(string) }) },
});

export const applyGuardrailsDetails = model({
  compartmentId: required(string),
  guardrailConfigs: required(
    model({
      contentModerationConfig: model({ categories: required(listOf(string)) }),
      personallyIdentifiableInformationConfig: model({ types: required(listOf(string)) }),
      promptInjectionConfig: model({}),
    }),
  ),
  guardrailVersionConfig: model({ guardrailVersion: required(string) }),
  input: guardrailsInput,
  multimodalInput: listOf(guardrailsInput),
});
