// The grid in this Node: every path, corpus and chunking that was chosen.
import { CHUNKINGS } from "./chunkings.mjs";
import { CORPORA } from "./corpora.mjs";
import { Contest } from "./measure.mjs";

/** Measures, and tells of each cell as soon as it's done. */
export async function measureNode({ paths, cells, only, rounds, budgetMs }, told) {
  const results = [];
  for (const path of paths) {
    for (const corpus of CORPORA) {
      const chunkings = CHUNKINGS.filter((chunking) => cells(corpus, chunking));
      if (chunkings.length === 0) continue;
      const contest = new Contest(path, corpus, only);
      try {
        for (const chunking of chunkings) {
          const cell = await contest.cell(chunking, { rounds, budgetMs });
          results.push(cell);
          told(cell);
        }
      } finally {
        contest.close();
      }
    }
  }
  return results;
}
