// Which cells there are, and how long each may take.
import { BARS } from "./thresholds.mjs";
import { CHUNKINGS } from "./chunkings.mjs";
import { CORPORA } from "./corpora.mjs";

/** Corpora of each path. Nothing is transcoded on passthrough, and tool calls are no text: one corpus says it all, or nothing. */
export const GRID = {
  chunks: CORPORA,
  text: ["generic", "multibyte", "cohere", "mixture"],
  gateway: CORPORA,
  passthrough: ["generic"],
};

/** What is measured in workerd too: the rows of the bars. */
export const WORKERD_GRID = [
  { path: "chunks", corpus: "generic", chunkings: ["1", "7", "ev:1", "1400", "64K"] },
  { path: "chunks", corpus: "cohere", chunkings: ["1400"] },
  { path: "chunks", corpus: "tools", chunkings: ["1400"] },
  { path: "text", corpus: "generic", chunkings: ["1", "7", "ev:1", "1400", "64K"] },
  { path: "gateway", corpus: "generic", chunkings: ["ev:1", "1400", "64K"] },
];

/** Events of text in a stream where it's not 2,000: what is read byte by byte takes its time, most of all in workerd. */
export const LENGTHS = { node: { 1: 200 }, workerd: { 1: 200, 7: 200 } };

/** The chosen cells, by contest. */
export function chosen({ paths, cells }) {
  return paths.flatMap((path) =>
    GRID[path]
      .map((corpus) => ({ path, corpus, chunkings: CHUNKINGS.filter((chunking) => cells(corpus, chunking)) }))
      .filter(({ chunkings }) => chunkings.length > 0),
  );
}

/** Milliseconds for the rounds of a cell: more where a bar hangs on it. */
export function budgetOf(path, corpus, chunking) {
  return BARS.some((bar) => bar.path === path && bar.corpus === corpus && bar.chunking === chunking) ? 2500 : 500;
}
