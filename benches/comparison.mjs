// Times all contenders of a cell in rounds. Each round runs every contender once and starts with another one.
import { contendersOf } from "./contenders/index.mjs";
import { corpusOf } from "./corpora.mjs";
import { differences } from "./outcome.mjs";
import { median, summary } from "./statistics.mjs";

/** @import { Cell, Contender, ContenderResult, Lengths, Path, Runner, StartRunner } from "./types.d.ts" */

// A slow contender without a target runs in a few rounds only.
const SLOW_MS = 120;
const SLOW_ROUNDS = 3;
const MIN_ROUNDS = 5;
const MAX_ROUNDS = 41;
// The code is warm from the first chunking on.
const WARM_MS = 400;
const REWARM_MS = 80;

/** @typedef {Contender & { runner: Runner }} Participant */

/**
 * What a cell knows of a participant.
 *
 * @typedef {object} Measurement
 * @property {Participant} participant
 * @property {number[]} times Nanoseconds per event, one a round.
 * @property {number} streamMs What one stream takes.
 * @property {number} repeats Streams in a round.
 * @property {number} maxRounds
 * @property {number} [strings]
 * @property {string} [note]
 * @property {boolean} [wrong]
 */

/**
 * @typedef {object} ComparisonOptions
 * @property {StartRunner} startRunner
 * @property {Lengths} lengths
 * @property {number} windowMs A contender's share of a round: long enough for the clock, and for its garbage to be
 *   collected within it.
 * @property {number} [warmMs]
 * @property {(contender: Contender) => boolean} [only]
 */

/** The contenders of a path on a corpus. */
export class Comparison {
  #path;
  #corpus;
  #lengths;
  #windowMs;
  #warmMs;
  #participants;
  #isWarm = false;

  /**
   * @param {Path} path
   * @param {string} corpus
   * @param {ComparisonOptions} options
   */
  constructor(path, corpus, { startRunner, lengths, windowMs, warmMs = WARM_MS, only = () => true }) {
    this.#path = path;
    this.#corpus = corpus;
    this.#lengths = lengths;
    this.#windowMs = windowMs;
    this.#warmMs = warmMs;
    /** @type {Participant[]} */
    this.#participants = contendersOf(path)
      .filter(({ corpora }) => corpora === undefined || corpora.includes(corpus))
      .filter(only)
      .map((contender) => ({ ...contender, runner: startRunner(path, contender.name, corpus, lengths) }));
  }

  /**
   * Checks that all contenders agree, warms them up, and times them. `budgetMs` limits the rounds, but not below a few.
   *
   * @param {string} chunking
   * @param {{ rounds?: number, budgetMs: number }} options
   * @returns {Promise<Cell>}
   */
  async measure(chunking, { rounds = MAX_ROUNDS, budgetMs }) {
    /** @type {Measurement[]} */
    const measurements = this.#participants.map((participant) => ({
      participant,
      times: [],
      streamMs: 0,
      repeats: 1,
      maxRounds: Infinity,
    }));
    await compareOutcomes(measurements, chunking);
    for (const measurement of measurements) await this.#warmUp(measurement, chunking);
    this.#isWarm = true;

    for (const measurement of measurements) {
      const { participant, streamMs } = measurement;
      measurement.repeats = Math.max(1, Math.round(this.#windowMs / streamMs));
      measurement.maxRounds = !hasTarget(participant) && streamMs > SLOW_MS ? SLOW_ROUNDS : Infinity;
    }
    const inEveryRound = measurements.filter(({ maxRounds }) => maxRounds === Infinity);
    const roundMs = inEveryRound.reduce((sum, { streamMs, repeats }) => sum + streamMs * repeats, 0);
    const affordable = Math.max(MIN_ROUNDS, Math.floor(budgetMs / roundMs));
    await this.#runRounds(measurements, chunking, Math.min(rounds, affordable));

    const ours = measurements.find(({ participant }) => participant.role === "ours");
    const contenders = measurements.map((measurement) => resultOf(measurement, ours));
    return { path: this.#path, corpus: this.#corpus, chunking, contenders };
  }

  close() {
    for (const { runner } of this.#participants) runner.close();
  }

  /**
   * @param {Measurement[]} measurements
   * @param {string} chunking
   * @param {number} rounds
   */
  async #runRounds(measurements, chunking, rounds) {
    // Per event of the corpus, whatever a contender reads.
    const { length: events } = corpusOf(this.#corpus, this.#lengths[chunking]).events;
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < measurements.length; turn++) {
        const { participant, repeats, times, maxRounds } = measurements[(round + turn) % measurements.length];
        if (times.length >= maxRounds) continue;
        const ms = await participant.runner.time(chunking, repeats);
        times.push((ms * 1e6) / repeats / events);
      }
    }
  }

  /**
   * Reads streams until the code is warm, and as many at once as it takes to know the time of one.
   *
   * @param {Measurement} measurement
   * @param {string} chunking
   */
  async #warmUp(measurement, chunking) {
    const warmMs = this.#isWarm ? REWARM_MS : this.#warmMs;
    let repeats = 1;
    let elapsed = 0;
    for (;;) {
      const ms = await measurement.participant.runner.time(chunking, repeats);
      elapsed += ms;
      measurement.streamMs = ms / repeats;
      const isLong = ms >= this.#windowMs / 2;
      if (isLong && elapsed >= warmMs) return;
      if (!isLong) repeats *= 2;
    }
  }
}

/**
 * A contender that a target names has to agree with the first one; for the others, a difference is noted.
 *
 * @param {Measurement[]} measurements
 * @param {string} chunking
 */
async function compareOutcomes(measurements, chunking) {
  let first;
  for (const measurement of measurements) {
    const outcome = await measurement.participant.runner.outcome(chunking);
    if (!outcome) continue;
    first ??= outcome;
    measurement.strings = outcome.strings;
    const different = differences(first, outcome);
    if (different.length === 0) continue;
    measurement.note = `differs in ${different.join(", ")}`;
    measurement.wrong = hasTarget(measurement.participant);
  }
}

/** Whether a target depends on it: then it runs in every round, and it has to be right. */
function hasTarget(/** @type {Contender} */ { role }) {
  return role !== "other" && role !== "baseline";
}

/**
 * A contender's time, and its multiple of ours: the median over the rounds of the ratio within one round. What disturbs
 * the machine for a second disturbs both times of a round; a ratio of two medians would include it.
 *
 * @param {Measurement} measurement
 * @param {Measurement | undefined} ours
 * @returns {ContenderResult}
 */
function resultOf({ participant: { name, role }, note, wrong, strings, times }, ours) {
  const ratio = ours && median(times.map((time, round) => time / ours.times[round]));
  return { name, role, note, wrong, strings, ...summary(times), ratio };
}
