// Slab: buffers for the bytes of one answer.

/** Chunks of this size or larger, in bytes, get their own buffer. */
const LARGE_CHUNK = 4096;
/** Size of the first buffer, in bytes; each further one is twice as large. */
const FIRST_SIZE = 2048;
/** Size of the largest buffer, in bytes. */
const LAST_SIZE = 32768;

/**
 * Copies chunks into buffers that several chunks share, as Node's `Buffer` does. SPEED: allocating an
 * ArrayBuffer costs ten times as much as filling one of a few hundred bytes. Each answer has its own
 * slab, so that a chunk's buffer never contains another caller's bytes. If a reader transfers a chunk's
 * buffer, the slab's buffer is detached; all further chunks of that answer then get their own buffers.
 */
export class Slab {
  #buffer = new Uint8Array(0);
  #used = 0;
  #nextSize = FIRST_SIZE;
  /** @type {"shared" | "separate"} */
  #mode = "shared";

  /**
   * A copy of the bytes from `start` to `end`.
   *
   * @param {Uint8Array} bytes
   * @param {number} start
   * @param {number} end
   * @returns {Uint8Array<ArrayBuffer>}
   */
  copy(bytes, start, end) {
    const length = end - start;
    if (length >= LARGE_CHUNK || this.#mode === "separate") return copyOf(bytes, start, end);
    if (this.#used + length > this.#buffer.length) {
      // No buffer that is allocated here is empty: this one was transferred.
      if (this.#used > 0 && this.#buffer.length === 0) {
        this.#mode = "separate";
        return copyOf(bytes, start, end);
      }
      this.#buffer = new Uint8Array(Math.max(this.#nextSize, length));
      this.#used = 0;
      this.#nextSize = Math.min(2 * this.#nextSize, LAST_SIZE);
    }
    const offset = this.#used;
    this.#used += length;
    this.#buffer.set(bytes.subarray(start, end), offset);
    // SPEED: `subarray` would look up the species, 50 ns.
    return new Uint8Array(this.#buffer.buffer, offset, length);
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 */
function copyOf(bytes, start, end) {
  return (bytes.slice(start, end));
}
