// Keeps the newest text in view for as long as the reader is at the bottom, and not a moment longer.

const root = document.documentElement;

export class Follow {
  #following = true;
  #lastY = scrollY;
  #lastHeight = root.scrollHeight;
  #onChange;

  constructor(onChange) {
    this.#onChange = onChange;
    addEventListener("scroll", () => this.#look(), { passive: true });
    addEventListener("resize", () => this.keep(), { passive: true });
  }

  get following() {
    return this.#following;
  }

  /** To be called when content was added. */
  keep() {
    if (this.#following) this.#toBottom();
  }

  resume() {
    this.#set(true);
    this.#toBottom();
  }

  #toBottom() {
    scrollTo({ top: root.scrollHeight, behavior: "instant" });
  }

  #look() {
    const y = scrollY;
    const height = root.scrollHeight;
    if (height - innerHeight - y <= 4) this.#set(true);
    else if (y < this.#lastY && height >= this.#lastHeight) this.#set(false);
    this.#lastY = y;
    this.#lastHeight = height;
  }

  #set(following) {
    if (following === this.#following) return;
    this.#following = following;
    this.#onChange(following);
  }
}
