// Queue: first in, first out.

/** How much room is kept for later items. */
const MAX_KEPT = 1024;

/**
 * Decoded output that no reader has taken yet.
 *
 * @template T
 */
export class Queue {
  // SPEED: taken items are replaced by undefined and the array is kept, since an array whose length
  // is set to 0 gives its memory back and every push would allocate it again.
  /** @type {(T | undefined)[]} */
  #items = [];
  #head = 0;
  #tail = 0;

  get isEmpty() {
    return this.#head === this.#tail;
  }

  /** @param {T} item */
  push(item) {
    this.#items[this.#tail++] = item;
  }

  /** The oldest item, or undefined if there is none. */
  shift() {
    if (this.#head === this.#tail) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#tail) this.#reset();
    return item;
  }

  clear() {
    this.#items.fill(undefined, this.#head, this.#tail);
    this.#reset();
  }

  #reset() {
    this.#head = 0;
    this.#tail = 0;
    if (this.#items.length > MAX_KEPT) this.#items = [];
  }
}
