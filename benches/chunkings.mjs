// How a network divides a stream: the same bytes, in chunks of different sizes.

/** The chunkings of the grid: a number of bytes, or `ev:` and a number of events. */
export const CHUNKINGS = ["1", "7", "64", "ev:1", "ev:4", "1400", "64K"];

const encoder = new TextEncoder();

/**
 * Divides events into chunks. Each has a buffer of its own, as what comes from a network has.
 *
 * @param {string[]} events
 * @param {string} chunking
 */
export function cut(events, chunking) {
  const pieces = [];
  if (chunking.startsWith("ev:")) {
    const size = Number(chunking.slice(3));
    for (let from = 0; from < events.length; from += size) {
      pieces.push(encoder.encode(events.slice(from, from + size).join("")));
    }
  } else {
    const size = chunking === "64K" ? 65536 : Number(chunking);
    const bytes = encoder.encode(events.join(""));
    for (let from = 0; from < bytes.length; from += size) pieces.push(bytes.slice(from, from + size));
  }
  return pieces;
}
