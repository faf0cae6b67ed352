// The grid in this Node.
import { Comparison } from "../comparison.mjs";
import { budgetOf, LENGTHS, selectedRows } from "../grid.mjs";
import { ProcessRunner } from "./process-runner.mjs";

/** @import { Cell, Options, Row, StartRunner } from "../types.d.ts" */

/** @type {StartRunner} */
const startRunner = (...contender) => new ProcessRunner(...contender);

/**
 * Measures the selected cells, and reports each as soon as it is done.
 *
 * @param {Options} options
 * @param {(cell: Cell) => void} onCell
 */
export function measureNode(options, onCell) {
  return measureRows(selectedRows(options), options, onCell);
}

/**
 * One short answer, one event a chunk: what a stream costs regardless of its length.
 *
 * @param {Options} options
 * @param {(cell: Cell) => void} onCell
 */
export function measureShort(options, onCell) {
  const budgetMs = options.budgetMs ?? 1500;
  return measureRows([{ path: "chunks", corpus: "short", chunkings: ["ev:1"] }], { ...options, budgetMs }, onCell);
}

/**
 * @param {Row[]} rows
 * @param {Options} options
 * @param {(cell: Cell) => void} onCell
 */
async function measureRows(rows, { only, rounds, budgetMs, warmMs }, onCell) {
  const cells = [];
  for (const { path, corpus, chunkings } of rows) {
    const options = { startRunner, lengths: LENGTHS.node, windowMs: 12, warmMs, only };
    const comparison = new Comparison(path, corpus, options);
    try {
      for (const chunking of chunkings) {
        const budget = budgetMs ?? budgetOf(path, corpus, chunking);
        const cell = await comparison.measure(chunking, { rounds, budgetMs: budget });
        cells.push(cell);
        onCell(cell);
      }
    } finally {
      comparison.close();
    }
  }
  return cells;
}
