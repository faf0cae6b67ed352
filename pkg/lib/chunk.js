// Chunks: what decoded items become for readers.

/** @import { ChatCompletionChunk, ChatCompletionDelta } from "../index.js" */

/**
 * An item that the core decoded: a string is text of the first choice, an object is a whole chunk.
 *
 * @typedef {string | Fragment | ChatCompletionChunk} Item
 */

/**
 * What all chunks of an answer have in common.
 *
 * @typedef {{ id: string, created: number, model: string }} Metadata
 */

/** A piece of reasoning, or of a tool call's arguments. */
export class Fragment {
  /**
   * @param {string} text
   * @param {number} toolCall index of the tool call; -1 for reasoning
   */
  constructor(text, toolCall) {
    this.text = text;
    this.toolCall = toolCall;
  }

  /** @returns {ChatCompletionDelta} */
  get delta() {
    if (this.toolCall < 0) return { reasoning_content: this.text };
    return { tool_calls: [{ index: this.toolCall, function: { arguments: this.text } }] };
  }
}

/**
 * The chunk of a delta of the first choice. All are made here, so that they share one hidden class.
 *
 * @param {Metadata} metadata
 * @param {ChatCompletionDelta} delta
 * @returns {ChatCompletionChunk}
 */
export function deltaChunk(metadata, delta) {
  const choices = [{ index: 0, delta, finish_reason: null }];
  const { id, created, model } = metadata;
  return { id, object: "chat.completion.chunk", created, model, choices };
}

/**
 * The text of the first choice in an item.
 *
 * @param {Item} item
 */
export function textOf(item) {
  if (typeof item === "string") return item;
  if (item instanceof Fragment) return undefined;
  const choice = item.choices?.[0];
  return choice?.index === 0 ? choice.delta?.content : undefined;
}
