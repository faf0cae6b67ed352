// The fields of a request with apiFormat GENERIC.

import { any, boolean, integer, listOf, model, nullable, number, oneOf, required, string, union } from "./shapes.mjs";

const mediaUrl = model({ url: required(string), detail: oneOf("AUTO", "HIGH", "LOW") });

const chatContent = union("type", {
  TEXT: { text: string },
  IMAGE: { imageUrl: mediaUrl },
  AUDIO: { audioUrl: mediaUrl },
  VIDEO: { videoUrl: mediaUrl },
  DOCUMENT: { documentUrl: mediaUrl },
});

const toolCall = union("type", {
  FUNCTION: { id: required(string), name: string, arguments: string },
});

const annotation = model({
  type: string,
  urlCitation: model({ startIndex: number, endIndex: number, title: string, url: string }),
});

// An assistant with tool calls only may have null instead of an empty list.
const content = nullable(listOf(chatContent));

const message = union("role", {
  SYSTEM: { content, name: string },
  DEVELOPER: { content, name: string },
  USER: { content, name: string },
  ASSISTANT: {
    content,
    name: string,
    refusal: string,
    toolCalls: listOf(toolCall),
    annotations: listOf(annotation),
    reasoningContent: string,
  },
  TOOL: { content, toolCallId: string },
});

const tool = union("type", { FUNCTION: { name: string, description: string, parameters: any } });

const toolChoice = union("type", { AUTO: {}, NONE: {}, REQUIRED: {}, FUNCTION: { name: string } });

const responseFormat = union("type", {
  TEXT: {},
  JSON_OBJECT: {},
  JSON_SCHEMA: {
    jsonSchema: model({ name: required(string), description: string, schema: any, isStrict: boolean }),
  },
});

const prediction = union("type", {
  CONTENT: { content: listOf(union("type", { TEXT: { text: string } })) },
});

const webSearchOptions = model({
  searchContextSize: oneOf("HIGH", "MEDIUM", "LOW"),
  userLocation: model({ city: string, region: string, country: string, timezone: string }),
});

export const genericChatRequest = {
  messages: listOf(message),
  reasoningEffort: oneOf("NONE", "MINIMAL", "LOW", "MEDIUM", "HIGH"),
  verbosity: oneOf("LOW", "MEDIUM", "HIGH"),
  metadata: any,
  isStream: boolean,
  streamOptions: model({ isIncludeUsage: boolean }),
  numGenerations: integer,
  seed: integer,
  isEcho: boolean,
  topK: integer,
  topP: number,
  temperature: number,
  frequencyPenalty: number,
  presencePenalty: number,
  stop: listOf(string),
  logProbs: integer,
  maxTokens: integer,
  maxCompletionTokens: integer,
  logitBias: any,
  prediction,
  responseFormat,
  toolChoice,
  isParallelToolCalls: boolean,
  tools: listOf(tool),
  webSearchOptions,
  serviceTier: oneOf("AUTO", "DEFAULT", "PRIORITY"),
};
