// The rows of the bars in workerd. Its clocks stand still while a Worker computes, so the time is taken outside, around a request.
import { Contest } from "../comparison.mjs";
import { contendersOf } from "../contenders/index.mjs";
import { budgetOf, LENGTHS, WORKERD_GRID } from "../grid.mjs";
import { median } from "../statistics.mjs";
import { startWorkerd } from "./server.mjs";

export async function measureWorkerd({ paths, cells, only = () => true, rounds, budgetMs }, told) {
  const rows = WORKERD_GRID.map((row) => ({
    ...row,
    chunkings: row.chunkings.filter((chunking) => cells(row.corpus, chunking)),
  }));
  const contests = rows.filter(({ path, chunkings }) => paths.includes(path) && chunkings.length > 0);
  const takesPart = (contender) => contender.role !== "other" && only(contender);
  const isolates = contests.map(({ path }) => contendersOf(path).filter(takesPart).length);
  const workerd = await startWorkerd(isolates.reduce((sum, count) => sum + count, 0));
  const results = [];
  try {
    let next = 0;
    const enter = (...about) => new Entrant(workerd.origins[next++], about);
    for (const { path, corpus, chunkings } of contests) {
      const contest = new Contest(path, corpus, { enter, lengths: LENGTHS.workerd, windowMs: 30, only: takesPart });
      for (const chunking of chunkings) {
        const cell = await contest.cell(chunking, { rounds, budgetMs: budgetMs ?? budgetOf(path, corpus, chunking) });
        results.push(cell);
        told(cell);
      }
      contest.close();
    }
  } finally {
    await workerd.stop();
  }
  return results;
}

/** A contender in an isolate of its own. */
class Entrant {
  #origin;
  #about;
  #nothingMs;
  #chunking;

  constructor(origin, about) {
    this.#origin = origin;
    this.#about = about;
  }

  outcome(chunking) {
    return this.#ask("outcome", chunking);
  }

  /** Milliseconds for so many streams: those of the request, less those of a request for none. */
  async time(chunking, repeats) {
    if (this.#chunking !== chunking) {
      // The first request for a chunking has the corpus cut.
      await this.#ask("time", chunking, 0);
      this.#chunking = chunking;
    }
    if (this.#nothingMs === undefined) {
      const times = [];
      for (let round = 0; round < 30; round++) times.push(await this.#timed(chunking, 0));
      this.#nothingMs = median(times);
    }
    // A request for nothing may by chance have taken longer than one for little.
    return Math.max(1e-3, (await this.#timed(chunking, repeats)) - this.#nothingMs);
  }

  close() {}

  async #timed(chunking, repeats) {
    const started = performance.now();
    await this.#ask("time", chunking, repeats);
    return performance.now() - started;
  }

  async #ask(does, ...given) {
    const response = await fetch(this.#origin, { method: "POST", body: JSON.stringify({ about: this.#about, does, given }) });
    const { result, error } = await response.json();
    if (error) throw new Error(error);
    return result;
  }
}
