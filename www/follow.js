// Follow: keeps the newest text in view while the reader is at the bottom of the page.

const root = document.documentElement;

/** Distance from the bottom, in pixels, that still counts as the bottom. */
const TOLERANCE = 4;

export class Follow {
  #following = true;
  #lastY = scrollY;
  #lastHeight = root.scrollHeight;
  #onChange;

  /** @param {(following: boolean) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    addEventListener("scroll", () => this.#onScroll(), { passive: true });
    addEventListener("resize", () => this.update(), { passive: true });
  }

  /** Call it after adding content. */
  update() {
    if (this.#following) this.#scrollToBottom();
  }

  resume() {
    this.#set(true);
    this.#scrollToBottom();
  }

  #scrollToBottom() {
    scrollTo({ top: root.scrollHeight, behavior: "instant" });
  }

  #onScroll() {
    const y = scrollY;
    const height = root.scrollHeight;
    if (height - innerHeight - y <= TOLERANCE) this.#set(true);
    else if (y < this.#lastY && height >= this.#lastHeight) this.#set(false);
    this.#lastY = y;
    this.#lastHeight = height;
  }

  /** @param {boolean} following */
  #set(following) {
    if (following === this.#following) return;
    this.#following = following;
    this.#onChange(following);
  }
}
