// The fields of a request with apiFormat COHEREV2.

import { cohereResponseFormat } from "./schema-cohere.mjs";
import { any, boolean, integer, listOf, model, number, oneOf, required, string, union } from "./shapes.mjs";

const chatContent = union("type", {
  TEXT: { text: string },
  IMAGE_URL: { imageUrl: model({ url: required(string), detail: oneOf("AUTO", "HIGH", "LOW") }) },
  DOCUMENT: { document: any },
  THINKING: { thinking: string },
});

const toolCall = model({ id: string, type: oneOf("FUNCTION"), function: any });

const citationSource = model({
  type: required(oneOf("TOOL", "DOCUMENT")),
  tool: model({ id: string, toolOutput: any }),
  document: model({ id: string, document: any }),
});

const citation = model({
  start: number,
  end: number,
  text: string,
  contentIndex: number,
  type: oneOf("TEXT_CONTENT", "THINKING_CONTENT", "PLAN"),
  sources: listOf(citationSource),
});

// Every role requires content, even an assistant with tool calls only.
const content = required(listOf(chatContent));

const message = union("role", {
  USER: { content },
  SYSTEM: { content },
  ASSISTANT: { content, toolPlan: string, toolCalls: listOf(toolCall), citations: listOf(citation) },
  TOOL: { content, toolCallId: required(string) },
});

const tool = model({
  type: required(oneOf("FUNCTION")),
  function: required(model({ name: required(string), description: string, parameters: required(any) })),
});

export const cohereChatRequestV2 = {
  messages: required(listOf(message)),
  documents: listOf(any),
  citationOptions: model({ mode: oneOf("FAST", "ACCURATE", "OFF") }),
  toolsChoice: oneOf("REQUIRED", "NONE"),
  tools: listOf(tool),
  isStrictToolsEnabled: boolean,
  isLogProbsEnabled: boolean,
  thinking: model({ type: required(oneOf("ENABLED", "DISABLED")), tokenBudget: integer }),
  responseFormat: cohereResponseFormat,
  isSearchQueriesOnly: boolean,
  streamOptions: model({ isIncludeUsage: boolean }),
  isStream: boolean,
  maxTokens: integer,
  temperature: number,
  topK: integer,
  topP: number,
  frequencyPenalty: number,
  presencePenalty: number,
  seed: integer,
  stopSequences: listOf(string),
  priority: integer,
  isRawPrompting: boolean,
  safetyMode: oneOf("CONTEXTUAL", "STRICT", "OFF"),
};
