// Meter: measures the time to an answer's first token, and the rate of the tokens after it.

const BIN_COUNT = 56;
const HEIGHT = 28;
const WIDTH = 224;

export class Meter {
  static viewBox = `0 0 ${WIDTH} ${HEIGHT}`;

  #startedAt = 0;
  /** @type {number | undefined} */
  #firstAt;
  #lastAt = 0;
  /** @type {number | undefined} */
  #endedAt;
  #chunkCount = 0;
  /**
   * Two numbers per chunk: when it arrived, and how many characters it has.
   *
   * @type {number[]}
   */
  #arrivals = [];

  start() {
    this.#startedAt = performance.now();
  }

  /**
   * Records a chunk with text.
   *
   * @param {number} characters
   */
  record(characters) {
    const now = performance.now();
    this.#firstAt ??= now;
    this.#lastAt = now;
    this.#chunkCount += 1;
    this.#arrivals.push(now, characters);
  }

  stop() {
    this.#endedAt ??= performance.now();
  }

  /** Milliseconds from the request to the first token. */
  get firstTokenMs() {
    return this.#firstAt === undefined ? undefined : this.#firstAt - this.#startedAt;
  }

  get chunkCount() {
    return this.#chunkCount;
  }

  /**
   * Tokens per second since the first token if their number is known, otherwise chunks per second.
   *
   * @param {number} [tokens]
   */
  rate(tokens) {
    if (this.#firstAt === undefined) return undefined;
    const count = tokens ?? this.#chunkCount;
    const unit = tokens === undefined ? "chunks/s" : "tok/s";
    const end = this.#endedAt === undefined ? performance.now() : this.#lastAt;
    const elapsed = end - this.#firstAt;
    if (this.#chunkCount > 1 && elapsed >= 1) return { perSecond: (1000 * count) / elapsed, unit };
    if (this.#endedAt === undefined) return undefined;
    // An answer in one piece has no time between its chunks: only the rate over the whole time is
    // known.
    const total = Math.max(1, this.#lastAt - this.#startedAt);
    return { perSecond: (1000 * count) / total, unit: `${unit} overall` };
  }

  /** A bar chart of characters over time, as the data of an SVG path. */
  chart() {
    if (this.#firstAt === undefined) return "";
    const end = this.#endedAt === undefined ? performance.now() : this.#lastAt;
    const span = Math.max(1, end - this.#startedAt);
    const bins = new Float64Array(BIN_COUNT);
    for (let index = 0; index < this.#arrivals.length; index += 2) {
      const bin = Math.floor(((this.#arrivals[index] - this.#startedAt) / span) * BIN_COUNT);
      bins[Math.min(BIN_COUNT - 1, bin)] += Math.max(1, this.#arrivals[index + 1]);
    }
    const highest = Math.max(...bins);
    const step = WIDTH / BIN_COUNT;
    let path = "";
    bins.forEach((amount, index) => {
      if (!amount) return;
      const height = (3 + (HEIGHT - 4) * (amount / highest)).toFixed(1);
      path += `M${(index * step).toFixed(1)} ${HEIGHT}v-${height}h${(step - 1).toFixed(1)}v${height}z`;
    });
    return path;
  }
}
