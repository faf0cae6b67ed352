// The content of a stream as its reader sees it, to compare contenders before they are timed.

/** @import { ChatCompletionChunk } from "oci-genai-edge" */
/** @import { Outcome } from "./types.d.ts" */

/**
 * The outcome of chunk objects.
 *
 * @param {ChatCompletionChunk[]} chunks
 * @returns {Outcome}
 */
export function outcomeOfChunks(chunks) {
  /** @type {Required<Omit<Outcome, "strings">>} */
  const outcome = {
    text: "",
    reasoning: "",
    finish: null,
    calls: [],
    usage: null,
    deltas: 0,
    chunks: JSON.stringify(chunks.map(normalize)),
  };
  for (const { choices, usage } of chunks) {
    if (usage) outcome.usage = withSortedKeys(usage);
    const [choice] = choices;
    if (!choice) continue;
    const { content, reasoning_content, tool_calls } = choice.delta;
    outcome.text += content ?? "";
    outcome.reasoning += reasoning_content ?? "";
    if (choice.finish_reason) outcome.finish = choice.finish_reason;
    for (const { index, id, function: called } of tool_calls ?? []) {
      const call = (outcome.calls[index] ??= { id: "", name: "", arguments: "" });
      if (id) call.id = id;
      call.name += called?.name ?? "";
      call.arguments += called?.arguments ?? "";
    }
    if (content || reasoning_content || tool_calls) outcome.deltas += 1;
  }
  return outcome;
}

/**
 * The outcome of event bytes: that of the chunks in them.
 *
 * @param {string} text
 */
export function outcomeOfEvents(text) {
  const events = text.split("\n\n").filter(Boolean);
  if (events.at(-1) !== "data: [DONE]") throw new Error("the events do not end with [DONE]");
  return outcomeOfChunks(events.slice(0, -1).map((event) => JSON.parse(event.slice("data: ".length))));
}

/**
 * The outcome of a stream of strings.
 *
 * @param {string[]} strings
 * @returns {Outcome}
 */
export function outcomeOfText(strings) {
  return { text: strings.join(""), strings: strings.length };
}

/**
 * The parts that two outcomes both have, and that differ. Into how many strings the text is cut is not one of them: it
 * is in the contender's name.
 *
 * @param {Outcome} one
 * @param {Outcome} other
 * @returns {string[]}
 */
export function differences(one, other) {
  const parts = /** @type {(keyof Outcome)[]} */ (Object.keys(other));
  return parts
    .filter((part) => part !== "strings" && part in one)
    .filter((part) => JSON.stringify(one[part]) !== JSON.stringify(other[part]));
}

/** A chunk without what differs from call to call, its keys in one order. */
function normalize(/** @type {ChatCompletionChunk} */ { id, created, ...rest }) {
  if (typeof id !== "string" || !Number.isInteger(created)) {
    throw new TypeError(`a chunk has the id ${id} and the creation time ${created}`);
  }
  return withSortedKeys(rest);
}

/**
 * @param {unknown} value
 * @returns {unknown}
 */
function withSortedKeys(value) {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, withSortedKeys(member)]));
}
