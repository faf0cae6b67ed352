// The grid in this Node.
import { Contest } from "../comparison.mjs";
import { budgetOf, chosen, LENGTHS } from "../grid.mjs";
import { Entrant } from "./process-runner.mjs";

const enter = (...about) => new Entrant(...about);

/** Measures the chosen cells, and tells of each as soon as it's done. */
export function measureNode(options, told) {
  return measured(chosen(options), options, told);
}

/** One short answer, event by event: what a stream costs before its length counts. */
export function measureShort(options, told) {
  return measured(
    [{ path: "chunks", corpus: "short", chunkings: ["ev:1"] }],
    { ...options, budgetMs: options.budgetMs ?? 1500 },
    told,
  );
}

async function measured(contests, { only, rounds, budgetMs, warmMs }, told) {
  const results = [];
  for (const { path, corpus, chunkings } of contests) {
    const contest = new Contest(path, corpus, { enter, lengths: LENGTHS.node, windowMs: 12, warmMs, only });
    try {
      for (const chunking of chunkings) {
        const cell = await contest.cell(chunking, { rounds, budgetMs: budgetMs ?? budgetOf(path, corpus, chunking) });
        results.push(cell);
        told(cell);
      }
    } finally {
      contest.close();
    }
  }
  return results;
}
