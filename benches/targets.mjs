// The performance targets of the package, and whether a run meets them.

/** @import { Cell, ContenderResult, Path } from "./types.d.ts" */

/** @typedef {{ least?: number, most?: number }} Bounds */
/** @typedef {"plain" | "call" | "openai"} Against */

/**
 * A target for the ratio of a cell: the time of the fastest contender of the role `against`, as a multiple of ours.
 *
 * @typedef {object} RatioTarget
 * @property {Path} path
 * @property {string} corpus
 * @property {string} chunking
 * @property {Against} against
 * @property {number} least
 */

/** @typedef {{ value: number, limit?: number, met: boolean }} Reached */

/** @type {RatioTarget[]} */
export const RATIO_TARGETS = [
  ...ratioTargets("chunks", "generic", "plain", { 1400: 3.5, "64K": 4.5, "ev:1": 1.6, 7: 1.5, 1: 0.9 }),
  ...ratioTargets("text", "generic", "plain", { 1400: 4, "64K": 5, "ev:1": 1.7, 7: 1.5, 1: 0.9 }),
  ...ratioTargets("chunks", "generic", "openai", { 1400: 12, "ev:1": 5 }),
  ...ratioTargets("gateway", "generic", "plain", { 1400: 6, "64K": 6, "ev:1": 2.5 }),
  ...ratioTargets("gateway", "tools", "plain", { 1400: 4 }),
  ...ratioTargets("chunks", "cohere", "plain", { 1400: 2.5 }),
  ...ratioTargets("chunks", "tools", "plain", { 1400: 3 }),
  ...ratioTargets("chunks", "short", "call", { "ev:1": 1.3 }),
  ...ratioTargets("chunks", "short", "plain", { "ev:1": 0.7 }),
];

/**
 * A target for the native core: the time of the crate `against`, as a multiple of ours, in lines of `group`.
 *
 * @typedef {object} NativeTarget
 * @property {"native" | "sse"} group
 * @property {string} corpus
 * @property {string} chunking
 * @property {string} against
 * @property {number} least
 */

/** @type {NativeTarget[]} */
export const NATIVE_TARGETS = [
  { group: "native", corpus: "GENERIC text", chunking: "1400 B", against: "sse-core", least: 5 },
  ...["1400 B", "1 event", "64 KiB"].flatMap((chunking) =>
    ["sse-core", "eventsource-stream2"].map((against) => {
      return /** @type {const} */ ({ group: "sse", corpus: "GENERIC text", chunking, against, least: 1.5 });
    }),
  ),
];
export const LINEAR_RATIO = { most: 2 };

/** 155 KiB with chats alone, 25 for the other operations and Responses, and what isolates share. */
export const WASM_KIB = { most: 185 };
export const COLD_MS = { most: 2 };

const PATH_NAMES = { chunks: "`for await`", text: "`text()`", gateway: "gateway", passthrough: "passthrough" };
const AGAINST_NAMES = {
  plain: "the best plain JavaScript",
  call: "plain JavaScript that does the same work",
  openai: "openai 7",
};

export function nameOf(/** @type {RatioTarget} */ { path, corpus, chunking, against }) {
  return `${PATH_NAMES[path]}, ${corpus}, ${chunking}, vs ${AGAINST_NAMES[against]}`;
}

/**
 * The ratio that these cells reach, and its limit: the ratio if ours did nothing but read the body. Undefined where it
 * was not measured.
 *
 * @param {RatioTarget} target
 * @param {Cell[]} cells
 * @returns {Reached | undefined}
 */
export function reached(target, cells) {
  const contenders = contendersOfCell(target, cells);
  const ours = contenders.find(({ role }) => role === "ours");
  if (!ours || ours.wrong) return undefined;
  const others = contenders.filter(({ role, wrong }) => role === target.against && !wrong);
  const ratios = others.filter((contender) => isComparable(contender, ours)).map(ratioOf);
  if (ratios.length === 0) return undefined;
  const value = Math.min(...ratios);
  const baseline = contenders.find(({ role }) => role === "baseline");
  return { value, limit: baseline && value / ratioOf(baseline), met: isMet(target, value) };
}

/**
 * @param {Bounds} bounds
 * @param {number} value
 */
export function isMet({ least = -Infinity, most = Infinity }, value) {
  return value >= least && value <= most;
}

/**
 * @param {Path} path
 * @param {string} corpus
 * @param {Against} against
 * @param {Record<string, number>} leastByChunking
 * @returns {RatioTarget[]}
 */
function ratioTargets(path, corpus, against, leastByChunking) {
  return Object.entries(leastByChunking).map(([chunking, least]) => ({ path, corpus, chunking, against, least }));
}

/**
 * @param {RatioTarget} target
 * @param {Cell[]} cells
 */
function contendersOfCell({ path, corpus, chunking }, cells) {
  const cell = cells.find((each) => each.path === path && each.corpus === corpus && each.chunking === chunking);
  return cell?.contenders ?? [];
}

/**
 * Text in fewer pieces is less work: a contender that makes fewer than ours is not compared.
 *
 * @param {ContenderResult} contender
 * @param {ContenderResult} ours
 */
function isComparable({ strings }, ours) {
  return strings === undefined || ours.strings === undefined || strings >= ours.strings;
}

/** Of a cell that ours took part in. */
function ratioOf(/** @type {ContenderResult} */ { ratio = NaN }) {
  return ratio;
}
