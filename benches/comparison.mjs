// Takes the time of all contenders of a cell, in rounds: each round has each of them once, and begins with another.
import { contendersOf } from "./contenders/index.mjs";
import { corpusOf } from "./corpora.mjs";
import { differences } from "./outcome.mjs";
import { median, summary } from "./statistics.mjs";

// A slow contender, of whom nothing hangs, gets this often and no oftener.
const SLOW_MS = 120;
const SLOW_ROUNDS = 3;
const LEAST_ROUNDS = 5;
// Later chunkings find the code warm.
const LATER_WARM_MS = 80;

/** The contenders of a path on a corpus. */
export class Contest {
  #entrants;
  #warm = false;

  /**
   * `enter(path, name, corpus, lengths)` makes what reads streams for one contender: `outcome`, `time` and `close`. `lengths` are
   * as in contender-runner.mjs. `windowMs` is a round's share of one contender: long enough for the clock, and for its garbage to be
   * collected within it.
   */
  constructor(path, corpus, { enter, lengths, windowMs, warmMs = 400, only = () => true }) {
    this.path = path;
    this.corpus = corpus;
    this.lengths = lengths;
    this.windowMs = windowMs;
    this.warmMs = warmMs;
    this.#entrants = contendersOf(path)
      .filter(only)
      .map((contender) => ({ ...contender, reader: enter(path, contender.name, corpus, lengths) }));
  }

  /** Checks that all say the same, warms up, and takes the time. `budgetMs` limits the rounds, but never below a few. */
  async cell(chunking, { rounds = 41, budgetMs }) {
    const entrants = this.#entrants.map((entrant) => ({ ...entrant, times: [] }));
    await this.#compare(entrants, chunking);
    for (const entrant of entrants) await this.#warmUp(entrant, chunking);
    this.#warm = true;

    for (const entrant of entrants) {
      entrant.repeats = Math.max(1, Math.round(this.windowMs / entrant.streamMs));
      entrant.rounds = !decides(entrant) && entrant.streamMs > SLOW_MS ? SLOW_ROUNDS : Infinity;
    }
    const roundMs = entrants.reduce(
      (sum, { streamMs, repeats, rounds }) => sum + (rounds === Infinity ? streamMs * repeats : 0),
      0,
    );
    const played = Math.min(rounds, Math.max(LEAST_ROUNDS, Math.floor(budgetMs / roundMs)));
    for (let round = 0; round < played; round++) {
      for (let turn = 0; turn < entrants.length; turn++) {
        const entrant = entrants[(round + turn) % entrants.length];
        if (entrant.times.length < entrant.rounds) entrant.times.push(await this.#time(entrant, chunking));
      }
    }
    const ours = entrants.find(({ role }) => role === "ours");
    const contenders = entrants.map((entrant) => resultOf(entrant, ours));
    return { path: this.path, corpus: this.corpus, chunking, contenders };
  }

  /** Nanoseconds per event of the corpus, whatever a contender reads it as. */
  async #time({ reader, repeats }, chunking) {
    const { events } = corpusOf(this.corpus, this.lengths[chunking]);
    return ((await reader.time(chunking, repeats)) * 1e6) / repeats / events.length;
  }

  /** Reads streams until the code is warm, and as many at once as it takes to tell how long one takes. */
  async #warmUp(entrant, chunking) {
    const wanted = this.#warm ? LATER_WARM_MS : this.warmMs;
    let repeats = 1;
    let spent = 0;
    for (;;) {
      const ms = await entrant.reader.time(chunking, repeats);
      spent += ms;
      entrant.streamMs = ms / repeats;
      const isLong = ms >= this.windowMs / 2;
      if (isLong && spent >= wanted) return;
      if (!isLong) repeats *= 2;
    }
  }

  /** Whoever decides a bar must say the same as the first; of the others it is noted. */
  async #compare(entrants, chunking) {
    let first;
    for (const entrant of entrants) {
      const outcome = await entrant.reader.outcome(chunking);
      if (!outcome) continue;
      first ??= outcome;
      // How many strings the text is cut into is each contender's own affair, and said in its name.
      const different = differences(
        first,
        outcome,
        Object.keys(outcome).filter((part) => part !== "strings"),
      );
      entrant.strings = outcome.strings;
      if (different.length === 0) continue;
      entrant.note = `differs in ${different.join(", ")}`;
      entrant.wrong = decides(entrant);
    }
  }

  close() {
    for (const { reader } of this.#entrants) reader.close();
  }
}

/** Whether bars hang on a contender: it takes part in every round, and it has to be right. */
function decides({ role }) {
  return role !== "other" && role !== "floor";
}

/**
 * A contender's time, and how often ours goes into it: the median over the rounds of the two times of one round. What disturbs
 * the machine for a second disturbs both; medians of each, divided, would not know that.
 */
function resultOf({ name, role, note, wrong, strings, times }, ours) {
  const result = { name, role, note, wrong, strings, ...summary(times) };
  if (ours) result.ratio = median(times.map((time, round) => time / ours.times[round]));
  return result;
}
