// The prompt of the AI SDK as OpenAI's messages.

import { UnsupportedFunctionalityError } from "./errors.js";
import { contentPart } from "./files.js";

/** @import { CallWarning, PromptMessage, PromptPart } from "../../ai-sdk.js" */
/** @import { ChatMessage, ContentPart, ToolCall } from "../../index.js" */

/**
 * Throws for a part without a counterpart of what the user or a tool has written. Of what a model has
 * written, which another provider's may be, such parts are left out with a warning.
 *
 * @param {readonly PromptMessage[]} prompt
 * @param {CallWarning[]} warnings to which is added what is left out
 * @returns {ChatMessage[]}
 */
export function messagesOf(prompt, warnings) {
  return prompt.flatMap((message) => {
    switch (message.role) {
      case "system":
        return [{ role: "system", content: message.content }];
      case "user":
        return [{ role: "user", content: contentOf(message.content) }];
      case "assistant":
        return assistantMessages(message.content, warnings);
      default:
        return toolMessages(message.content, warnings);
    }
  });
}

/**
 * @param {readonly PromptPart[]} parts
 * @param {CallWarning[]} warnings
 * @returns {ChatMessage[]}
 */
function assistantMessages(parts, warnings) {
  let text = "";
  let reasoning = "";
  /** @type {ToolCall[]} */
  const calls = [];
  for (const part of parts) {
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "tool-call" && !part.providerExecuted) calls.push(toolCall(part));
    else warnings.push(leftOut(part, "an earlier answer"));
  }
  const hasContent = text !== "" || reasoning !== "" || calls.length > 0;
  // What held only what was left out is no message; one that was empty stays a turn of the conversation.
  if (!hasContent && parts.length > 0) return [];
  return [
    {
      role: "assistant",
      content: text === "" && calls.length > 0 ? null : text,
      ...(reasoning !== "" && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  ];
}

/**
 * @param {PromptPart} part
 * @returns {ToolCall}
 */
function toolCall({ toolCallId, toolName, input }) {
  return { id: toolCallId, type: "function", function: { name: toolName, arguments: argumentsOf(input) } };
}

/**
 * The arguments as JSON text. They are text already where they were no valid input of the tool.
 *
 * @param {unknown} input
 */
function argumentsOf(input) {
  return typeof input === "string" && isJsonObject(input) ? input : JSON.stringify(input ?? {});
}

/** @param {string} text */
function isJsonObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

/**
 * A message for each result. What else a tool's message holds, such as an approval, is for providers
 * that run tools themselves, so it may leave no message.
 *
 * @param {readonly PromptPart[]} parts
 * @param {CallWarning[]} warnings
 * @returns {ChatMessage[]}
 */
function toolMessages(parts, warnings) {
  return parts.flatMap((part) => {
    if (part.type !== "tool-result") {
      warnings.push(leftOut(part, "a tool's message"));
      return [];
    }
    return [{ role: "tool", tool_call_id: part.toolCallId, content: resultOf(part.output) }];
  });
}

/**
 * @param {any} output
 * @returns {string | ContentPart[]}
 */
function resultOf(output) {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value ?? null);
    case "execution-denied":
      return output.reason ?? "The user did not allow this call, so it was not made.";
    case "content":
      return contentOf(output.value);
    default:
      throw new UnsupportedFunctionalityError(`a tool result of type ${output.type}`, "use text or json");
  }
}

/**
 * A single text as a string, which every service takes.
 *
 * @param {readonly PromptPart[]} parts
 * @returns {string | ContentPart[]}
 */
function contentOf(parts) {
  const content = parts.map(contentPart);
  const [first] = content;
  if (first === undefined) return "";
  return first.type === "text" && content.length === 1 ? first.text : content;
}

/**
 * @param {PromptPart} part
 * @param {string} where
 * @returns {CallWarning}
 */
function leftOut({ type, providerExecuted }, where) {
  const what = providerExecuted ? `${type} of a tool that a provider runs` : type;
  return { type: "unsupported", feature: `${what} in ${where}`, details: "it is not sent" };
}
