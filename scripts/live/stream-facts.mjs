// What the bytes of an event stream show about the open questions. It parses them by itself: recordings are there to
// test the package's own parser.

/**
 * @typedef {object} StreamFacts
 * @property {number} events
 * @property {boolean} done Whether `[DONE]` was sent.
 * @property {string} [finish] The finish reason.
 * @property {string} usage
 * @property {boolean} pad
 * @property {string} repeats
 * @property {number} errors
 */

/**
 * The facts about a stream of the native transport.
 *
 * @param {string} text
 * @returns {StreamFacts}
 */
export function streamFacts(text) {
  const data = text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trim());
  const events = data.filter((line) => line !== "[DONE]").map(parseEvent);
  const finishAt = events.findIndex((event) => event?.finishReason !== undefined);
  const usageAt = events.findIndex((event) => event?.usage);
  const before = events.slice(0, finishAt < 0 ? undefined : finishAt).map(textOfEvent).join("");
  const last = finishAt < 0 ? "" : textOfEvent(events[finishAt]);
  return {
    events: events.length,
    done: data.includes("[DONE]"),
    finish: events[finishAt]?.finishReason,
    usage: usagePosition(usageAt, finishAt),
    pad: events.some((event) => typeof event?.pad === "string"),
    repeats: repetition(last, before),
    errors: events.filter(isError).length,
  };
}

/**
 * @param {number} usageAt
 * @param {number} finishAt
 */
function usagePosition(usageAt, finishAt) {
  if (usageAt < 0) return "nowhere";
  if (usageAt === finishAt) return "in the finish event";
  return usageAt > finishAt ? "after the finish event" : "before the finish event";
}

/**
 * @param {string} last
 * @param {string} before
 */
function repetition(last, before) {
  if (last === "") return "no text in the finish event";
  return last === before ? "the whole text is repeated" : "the finish event has text of its own";
}

function isError(/** @type {any} */ event) {
  return event === undefined || event?.error || event?.errorMessage || typeof event?.code === "string";
}

/**
 * @param {any} event
 * @returns {string}
 */
function textOfEvent(event) {
  if (typeof event?.text === "string") return event.text;
  const content = event?.message?.content;
  return Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : "";
}

function parseEvent(/** @type {string} */ line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
