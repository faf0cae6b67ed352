// The cells with a target, in workerd. Its clocks stand still while a Worker computes, so the time is taken outside,
// around a request.
import { Comparison } from "../comparison.mjs";
import { contendersOf } from "../contenders/index.mjs";
import { budgetOf, LENGTHS, withSelectedChunkings, WORKERD_GRID } from "../grid.mjs";
import { IsolateRunner } from "./isolate-runner.mjs";
import { startWorkerd } from "./server.mjs";

/** @import { Cell, Contender, Options, StartRunner } from "../types.d.ts" */

/**
 * @param {Options} options
 * @param {(cell: Cell) => void} onCell
 */
export async function measureWorkerd({ paths, cells, only: isSelected = () => true, rounds, budgetMs }, onCell) {
  const rows = withSelectedChunkings(WORKERD_GRID, cells).filter(({ path }) => paths.includes(path));
  const only = (/** @type {Contender} */ contender) => contender.role !== "other" && isSelected(contender);
  const isolates = rows.reduce((sum, { path }) => sum + contendersOf(path).filter(only).length, 0);
  const workerd = await startWorkerd(isolates);
  const results = [];
  try {
    let next = 0;
    /** @type {StartRunner} */
    const startRunner = (...contender) => new IsolateRunner(workerd.origins[next++], contender);
    for (const { path, corpus, chunkings } of rows) {
      const comparison = new Comparison(path, corpus, { startRunner, lengths: LENGTHS.workerd, windowMs: 30, only });
      for (const chunking of chunkings) {
        const budget = budgetMs ?? budgetOf(path, corpus, chunking);
        const cell = await comparison.measure(chunking, { rounds, budgetMs: budget });
        results.push(cell);
        onCell(cell);
      }
      comparison.close();
    }
  } finally {
    await workerd.stop();
  }
  return results;
}
