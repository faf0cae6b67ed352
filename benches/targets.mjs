// What is asked of the package, in one table, and whether a run met it.

const ratios = (path, corpus, against, least) =>
  Object.entries(least).map(([chunking, ratio]) => ({ path, corpus, against, chunking, least: ratio }));

/** Ratios: how often our time goes into the fastest of those that a bar is held against. */
export const BARS = [
  ...ratios("chunks", "generic", "plain", { 1400: 3, "64K": 4, "ev:1": 1.6, 7: 1.5, 1: 0.9 }),
  ...ratios("text", "generic", "plain", { 1400: 4, "64K": 5, "ev:1": 1.7, 7: 1.5, 1: 0.9 }),
  ...ratios("chunks", "generic", "openai", { 1400: 12, "ev:1": 5 }),
  ...ratios("gateway", "generic", "plain", { 1400: 6, "64K": 6, "ev:1": 2.5 }),
  ...ratios("chunks", "cohere", "plain", { 1400: 2 }),
  ...ratios("chunks", "tools", "plain", { 1400: 2 }),
];

/** Of the native core (lines of the group "native"), and of what a Worker weighs and takes to start. */
export const NATIVE_RATIO = { least: 5, group: "native", corpus: "GENERIC text", chunking: "1400 B", against: "sse-core" };
export const LINEAR_RATIO = { most: 2 };
export const BUNDLE_KIB = { most: 70 };
export const COLD_MS = { most: 2 };

const PATH_NAMES = { chunks: "`for await`", text: "`text()`", gateway: "gateway" };
const AGAINST_NAMES = { plain: "the best plain JavaScript", openai: "openai 7" };

export function nameOf({ path, corpus, chunking, against }) {
  return `${PATH_NAMES[path]}, ${corpus}, ${chunking}, vs ${AGAINST_NAMES[against]}`;
}

/**
 * The ratio that a bar speaks of, in these cells, and the limit of it: what the ratio would be if ours did nothing but read.
 * Undefined where it wasn't measured.
 */
export function reached(bar, cells) {
  const cell = cells.find(
    ({ path, corpus, chunking }) => path === bar.path && corpus === bar.corpus && chunking === bar.chunking,
  );
  const ours = cell?.contenders.find(({ role }) => role === "ours");
  if (!ours || ours.wrong) return undefined;
  const others = cell.contenders.filter(
    (contender) => contender.role === bar.against && !contender.wrong && isComparable(contender, ours),
  );
  if (others.length === 0) return undefined;
  const value = Math.min(...others.map(({ ratio }) => ratio));
  const floor = cell.contenders.find(({ role }) => role === "floor");
  return { value, limit: floor && value / floor.ratio, met: isMet(bar, value) };
}

/** Text in fewer pieces is less work: whoever makes fewer than we do is no measure of us. */
function isComparable(contender, ours) {
  return contender.strings === undefined || contender.strings >= ours.strings;
}

export const isMet = ({ least = -Infinity, most = Infinity }, value) => value >= least && value <= most;
