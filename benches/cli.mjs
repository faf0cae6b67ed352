// The options of the command line.
import { parseArgs } from "node:util";

import { CHUNKINGS } from "./chunkings.mjs";
import { PATHS } from "./contenders/index.mjs";
import { CORPORA } from "./corpora.mjs";

/** @import { Contender, Options } from "./types.d.ts" */

/** @typedef {"node" | "workerd" | "short" | "cold" | "size" | "native"} Part */
/** @typedef {Options & { help?: boolean, parts: Part[], isComplete: boolean }} CommandLine */

/** @type {Part[]} */
const PARTS = ["node", "workerd", "short", "cold", "size", "native"];

export const USAGE = `node_modules/.bin/node benches/run.mjs [options]

Without options, it measures everything and writes benches/RESULTS.md.

  --only=CORPUS/CHUNKING,…   cells, for example generic/1400,cohere/*,*/ev:1
                             corpora: ${CORPORA.join(", ")}; chunkings: ${CHUNKINGS.join(", ")}
  --paths=PATH,…             of ${PATHS.join(", ")}
  --contenders=PREFIX,…      only those whose names start so: ours,plain
  --parts=PART,…             of ${PARTS.join(", ")}; with --only or --paths, node alone
  --rounds=N                 at most N rounds a cell
  --budget=MS                about MS milliseconds a cell
`;

/**
 * The parsed and checked options. `isComplete` is whether everything is measured.
 *
 * @param {string[]} args
 * @returns {CommandLine}
 */
export function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      paths: { type: "string" },
      contenders: { type: "string" },
      parts: { type: "string" },
      rounds: { type: "string" },
      budget: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const selectsCells = values.only !== undefined || values.paths !== undefined;
  return {
    help: values.help,
    isComplete: args.length === 0,
    parts: parseList(values.parts, PARTS, selectsCells ? ["node"] : PARTS),
    paths: parseList(values.paths, PATHS, PATHS),
    cells: cellFilter(values.only ?? "*/*"),
    only: values.contenders === undefined ? undefined : nameFilter(values.contenders.split(",")),
    rounds: values.rounds === undefined ? undefined : Number(values.rounds),
    budgetMs: values.budget === undefined ? undefined : Number(values.budget),
  };
}

/**
 * The values of a list, in the order in which they are known.
 *
 * @template {string} T
 * @param {string | undefined} list
 * @param {T[]} known
 * @param {T[]} otherwise
 * @returns {T[]}
 */
function parseList(list, known, otherwise) {
  if (list === undefined) return otherwise;
  const values = list.split(",");
  for (const value of values) assertKnown(value, known);
  return known.filter((value) => values.includes(value));
}

/**
 * @param {string} value
 * @param {string[]} known
 */
function assertKnown(value, known) {
  if (!known.includes(value)) throw new Error(`${value} is none of ${known.join(", ")}`);
}

/**
 * @param {string} patterns
 * @returns {Options["cells"]}
 */
function cellFilter(patterns) {
  const pairs = patterns.split(",").map((pattern) => {
    const [corpus, chunking = ""] = pattern.split("/");
    if (corpus !== "*") assertKnown(corpus, CORPORA);
    if (chunking !== "*") assertKnown(chunking, CHUNKINGS);
    return { corpus, chunking };
  });
  const matches = (/** @type {string} */ pattern, /** @type {string} */ value) => pattern === "*" || pattern === value;
  return (corpus, chunking) => pairs.some((pair) => matches(pair.corpus, corpus) && matches(pair.chunking, chunking));
}

/**
 * @param {string[]} prefixes
 * @returns {(contender: Contender) => boolean}
 */
function nameFilter(prefixes) {
  return ({ name }) => prefixes.some((prefix) => name.toLowerCase().startsWith(prefix.toLowerCase()));
}
