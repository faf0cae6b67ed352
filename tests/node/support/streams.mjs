// Readers of streams, chunks and event streams.

import assert from "node:assert/strict";

/** @import { ChatCompletionChunk } from "oci-genai-edge" */

/**
 * Everything that an iterable yields.
 *
 * @template T
 * @param {AsyncIterable<T>} iterable
 */
export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/**
 * Reads an iterable that must fail: what it yielded before, and the error.
 *
 * @template T
 * @param {AsyncIterable<T>} iterable
 * @returns {Promise<{ items: T[], error: any }>}
 */
export async function collectUntilError(iterable) {
  /** @type {T[]} */
  const items = [];
  try {
    for await (const item of iterable) items.push(item);
  } catch (error) {
    return { items, error };
  }
  return assert.fail(`the stream ended without an error after ${items.length} items`);
}

/**
 * The text of the first choice.
 *
 * @param {Pick<ChatCompletionChunk, "choices">[]} chunks
 */
export function contentOf(chunks) {
  return chunks.map(({ choices }) => choices?.[0]?.delta.content ?? "").join("");
}

/**
 * The data of each event of a response. Every event must be one data line and a blank line.
 *
 * @param {string} text
 */
export function eventData(text) {
  assert.ok(text.endsWith("\n\n"), "the last event is complete");
  return text
    .slice(0, -2)
    .split("\n\n")
    .map((event) => {
      assert.match(event, /^data: [^\n]+$/);
      return event.slice("data: ".length);
    });
}

/**
 * The chunks of a response, which must end with [DONE].
 *
 * @param {string} text
 * @returns {ChatCompletionChunk[]}
 */
export function chunksOf(text) {
  const events = eventData(text);
  assert.equal(events.pop(), "[DONE]");
  return events.map((json) => JSON.parse(json));
}
