// What an isolate keeps and waits for does not grow without end.

/** How long a request waits for an engine, before it goes by what the isolate knows, in milliseconds. */
export const ENGINE_MS = 1000;

/**
 * Adds a value. The oldest goes where there are too many.
 *
 * @template T
 * @param {Map<string, T>} map
 * @param {string} name that the map does not have
 * @param {T} value
 * @param {number} [max]
 */
export function keep(map, name, value, max = 1000) {
  if (map.size >= max) map.delete(/** @type {string} */ (map.keys().next().value));
  map.set(name, value);
  return value;
}

/**
 * Whether a time is no longer ago. One in the future counts as long past: the clock was set back.
 *
 * @param {number} ms
 * @param {number} at
 * @param {number} now
 */
export function isWithin(ms, at, now) {
  return now >= at && now - at < ms;
}

/**
 * The digest of a text, in hexadecimal digits.
 *
 * @param {string} text
 */
export async function sha256(text) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
