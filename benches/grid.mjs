// Which cells there are, and how long each may take.
import { CHUNKINGS } from "./chunkings.mjs";
import { CORPORA } from "./corpora.mjs";
import { RATIO_TARGETS } from "./targets.mjs";

/** @import { Lengths, Options, Path, Row } from "./types.d.ts" */

/**
 * The corpora of each path. Tool calls are not text, and passthrough transcodes nothing, so that one corpus is enough.
 *
 * @type {Record<Path, string[]>}
 */
const GRID = {
  chunks: CORPORA,
  text: ["generic", "multibyte", "cohere", "mixture"],
  gateway: CORPORA,
  passthrough: ["generic"],
};

/**
 * What is measured in workerd too: the cells that have a target.
 *
 * @type {Row[]}
 */
export const WORKERD_GRID = [
  { path: "chunks", corpus: "generic", chunkings: ["1", "7", "ev:1", "1400", "64K"] },
  { path: "chunks", corpus: "cohere", chunkings: ["1400"] },
  { path: "chunks", corpus: "tools", chunkings: ["1400"] },
  { path: "text", corpus: "generic", chunkings: ["1", "7", "ev:1", "1400", "64K"] },
  { path: "gateway", corpus: "generic", chunkings: ["ev:1", "1400", "64K"] },
];

/**
 * Events of text in a stream, where it is not 2,000: small chunks take longer, most of all in workerd.
 *
 * @type {{ node: Lengths, workerd: Lengths }}
 */
export const LENGTHS = { node: { 1: 200 }, workerd: { 1: 200, 7: 200 } };

/**
 * The rows of the selected cells.
 *
 * @param {Pick<Options, "paths" | "cells">} options
 * @returns {Row[]}
 */
export function selectedRows({ paths, cells }) {
  const rows = paths.flatMap((path) => GRID[path].map((corpus) => ({ path, corpus, chunkings: CHUNKINGS })));
  return withSelectedChunkings(rows, cells);
}

/**
 * @param {Row[]} rows
 * @param {Options["cells"]} cells
 */
export function withSelectedChunkings(rows, cells) {
  return rows
    .map((row) => ({ ...row, chunkings: row.chunkings.filter((chunking) => cells(row.corpus, chunking)) }))
    .filter(({ chunkings }) => chunkings.length > 0);
}

/**
 * Milliseconds for the rounds of a cell: more where it has a target.
 *
 * @param {Path} path
 * @param {string} corpus
 * @param {string} chunking
 */
export function budgetOf(path, corpus, chunking) {
  const hasTarget = RATIO_TARGETS.some(
    (target) => target.path === path && target.corpus === corpus && target.chunking === chunking,
  );
  return hasTarget ? 2500 : 500;
}
