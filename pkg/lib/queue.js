// Queue: first in, first out.

/**
 * Decoded output that no reader has taken yet.
 *
 * @template T
 */
export class Queue {
  /** @type {T[]} */
  #items = [];
  #head = 0;

  get isEmpty() {
    return this.#head === this.#items.length;
  }

  /** @param {T} item */
  push(item) {
    this.#items.push(item);
  }

  /** The oldest item, or undefined if there is none. */
  shift() {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head++];
    if (this.#head === this.#items.length) this.clear();
    return item;
  }

  clear() {
    this.#items.length = 0;
    this.#head = 0;
  }
}
