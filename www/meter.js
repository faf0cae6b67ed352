// The clock beside an answer: when its first token came, how fast the others followed.

const BINS = 56;
const HEIGHT = 28;
const WIDTH = 224;

export class Meter {
  #sent;
  #first;
  #last;
  #end;
  #chunks = 0;
  /** When text came, and how much of it: two numbers a chunk. */
  #arrivals = [];

  start() {
    this.#sent = performance.now();
  }

  /** A chunk that carries something to read. */
  mark(characters) {
    const now = performance.now();
    this.#first ??= now;
    this.#last = now;
    this.#chunks += 1;
    this.#arrivals.push(now, characters);
  }

  stop() {
    this.#end ??= performance.now();
  }

  /** Milliseconds from the request to the first token. */
  get firstToken() {
    return this.#first === undefined ? undefined : this.#first - this.#sent;
  }

  get chunks() {
    return this.#chunks;
  }

  /** Tokens a second since the first one, where their number is known; else chunks a second. */
  pace(tokens) {
    if (this.#first === undefined) return undefined;
    const count = tokens ?? this.#chunks;
    const unit = tokens === undefined ? "chunks/s" : "tok/s";
    const until = this.#end === undefined ? performance.now() : this.#last;
    const elapsed = until - this.#first;
    if (this.#chunks > 1 && elapsed >= 1) return { perSecond: (1000 * count) / elapsed, unit };
    if (this.#end === undefined) return undefined;
    // An answer in one piece has no pace of its own: what is left is all of it over all of the time.
    return { perSecond: (1000 * count) / Math.max(1, this.#last - this.#sent), unit: `${unit} overall` };
  }

  /** The stream's trace as the data of an SVG path: time from left to right, text that came in that time as bars. */
  trace() {
    if (this.#first === undefined) return "";
    const span = Math.max(1, (this.#end === undefined ? performance.now() : this.#last) - this.#sent);
    const bins = new Float64Array(BINS);
    for (let i = 0; i < this.#arrivals.length; i += 2) {
      const at = Math.floor(((this.#arrivals[i] - this.#sent) / span) * BINS);
      bins[Math.min(BINS - 1, at)] += Math.max(1, this.#arrivals[i + 1]);
    }
    const most = Math.max(...bins);
    const step = WIDTH / BINS;
    let path = "";
    bins.forEach((amount, i) => {
      if (!amount) return;
      const height = (3 + (HEIGHT - 4) * (amount / most)).toFixed(1);
      path += `M${(i * step).toFixed(1)} ${HEIGHT}v-${height}h${(step - 1).toFixed(1)}v${height}z`;
    });
    return path;
  }

  static viewBox = `0 0 ${WIDTH} ${HEIGHT}`;
}
