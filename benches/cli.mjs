// What is asked for on the command line.
import { parseArgs } from "node:util";

import { CHUNKINGS } from "./chunkings.mjs";
import { PATHS } from "./contenders/index.mjs";
import { CORPORA } from "./corpora.mjs";

export const USAGE = `node_modules/.bin/node benches/run.mjs [options]      without options: everything, and benches/RESULTS.md is written

  --only=CORPUS/CHUNKING,…   for example generic/1400,cohere/*,*/ev:1
                             corpora: ${CORPORA.join(", ")}; chunkings: ${CHUNKINGS.join(", ")}
  --paths=PATH,…             of ${PATHS.join(", ")}
  --contenders=WORDS,…       only those whose names begin so: ours,plain
  --parts=PART,…             of node, workerd, short, cold, size, native; node alone where cells are chosen
  --rounds=N                 at most so many rounds a cell
  --budget=MS                about so long a cell
`;

export const PARTS = ["node", "workerd", "short", "cold", "size", "native"];

/** The options, checked. `whole` is whether everything was asked for. */
export function optionsOf(args) {
  const text = { type: "string" };
  const { values } = parseArgs({
    args,
    options: { only: text, paths: text, contenders: text, parts: text, rounds: text, budget: text, help: { type: "boolean" } },
  });
  const chosen = values.only !== undefined || values.paths !== undefined;
  const parts = listed(values.parts, PARTS, chosen ? ["node"] : PARTS);
  return {
    help: values.help,
    whole: args.length === 0,
    parts,
    paths: listed(values.paths, PATHS, PATHS),
    cells: cellsOf(values.only ?? "*/*"),
    only: values.contenders && startsWithOneOf(values.contenders.split(",")),
    rounds: values.rounds && Number(values.rounds),
    budgetMs: values.budget && Number(values.budget),
  };
}

function listed(given, known, otherwise) {
  if (given === undefined) return otherwise;
  const wanted = given.split(",");
  const unknown = wanted.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${known.join(", ")}`);
  return known.filter((word) => wanted.includes(word));
}

/** Whether a corpus and a chunking were chosen. */
function cellsOf(patterns) {
  const pairs = patterns.split(",").map((pattern) => pattern.split("/"));
  for (const [corpus, chunking] of pairs) {
    listed(corpus === "*" ? undefined : corpus, CORPORA);
    listed(chunking === "*" ? undefined : (chunking ?? ""), CHUNKINGS);
  }
  const matches = (pattern, word) => pattern === "*" || pattern === word;
  return (corpus, chunking) => pairs.some(([wanted, cut]) => matches(wanted, corpus) && matches(cut, chunking));
}

function startsWithOneOf(words) {
  return ({ name }) => words.some((word) => name.toLowerCase().startsWith(word.toLowerCase()));
}
