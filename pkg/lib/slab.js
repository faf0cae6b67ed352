// Room for the bytes of one answer.

/** From this size on a chunk gets a buffer of its own. */
const LARGE = 4096;
const LEAST = 2048;
const MOST = 16384;

/**
 * Copies chunks into buffers that several share, as Node's `Buffer` does: to make an ArrayBuffer costs ten times what it costs to
 * fill one of a few hundred bytes. One slab serves one answer, so that no chunk's buffer holds another caller's bytes. Whoever
 * transfers a chunk's buffer takes the slab with it; from then on each chunk of that answer has its own.
 */
export class Slab {
  #room = new Uint8Array(0);
  #used = 0;
  #size = LEAST;

  /** A copy of so many bytes. */
  copy(bytes, from, to) {
    const length = to - from;
    if (length >= LARGE || this.#size === 0) return bytes.slice(from, to);
    if (this.#used + length > this.#room.length) {
      // A buffer that was made here is never empty: this one was transferred.
      if (this.#used > 0 && this.#room.length === 0) {
        this.#size = 0;
        return bytes.slice(from, to);
      }
      this.#room = new Uint8Array(Math.max(this.#size, length));
      this.#used = 0;
      this.#size = Math.min(2 * this.#size, MOST);
    }
    const start = this.#used;
    this.#used += length;
    this.#room.set(bytes.subarray(from, to), start);
    return this.#room.subarray(start, this.#used);
  }
}
