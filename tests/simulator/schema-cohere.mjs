// The fields of a request with apiFormat COHERE, the first Cohere API.

import { any, boolean, integer, listOf, mapOf, model, number, oneOf, required, string, union } from "./shapes.mjs";

const toolCall = model({ name: required(string), parameters: required(any) });

const toolResult = model({ call: required(toolCall), outputs: required(listOf(any)) });

const chatMessage = union("role", {
  USER: { message: required(string) },
  SYSTEM: { message: required(string) },
  CHATBOT: { message: string, toolCalls: listOf(toolCall) },
  TOOL: { toolResults: required(listOf(toolResult)) },
});

const tool = model({
  name: required(string),
  description: required(string),
  parameterDefinitions: mapOf(model({ description: string, type: required(string), isRequired: boolean })),
});

/** Of both Cohere formats: neither has JSON_SCHEMA. */
export const cohereResponseFormat = union("type", { TEXT: {}, JSON_OBJECT: { schema: any } });

export const cohereChatRequest = {
  message: required(string),
  chatHistory: listOf(chatMessage),
  documents: listOf(any),
  responseFormat: cohereResponseFormat,
  isSearchQueriesOnly: boolean,
  preambleOverride: string,
  isStream: boolean,
  streamOptions: model({ isIncludeUsage: boolean }),
  maxTokens: integer,
  maxInputTokens: integer,
  temperature: number,
  topK: integer,
  topP: number,
  promptTruncation: oneOf("OFF", "AUTO_PRESERVE_ORDER"),
  frequencyPenalty: number,
  presencePenalty: number,
  seed: integer,
  isEcho: boolean,
  tools: listOf(tool),
  toolResults: listOf(toolResult),
  isForceSingleStep: boolean,
  stopSequences: listOf(string),
  isRawPrompting: boolean,
  citationQuality: oneOf("ACCURATE", "FAST"),
  safetyMode: oneOf("CONTEXTUAL", "STRICT", "OFF"),
};
