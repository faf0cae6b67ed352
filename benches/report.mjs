// RESULTS.md, from the results of a run.
import { CHUNKINGS } from "./chunkings.mjs";
import { PATHS } from "./contenders/index.mjs";
import { CORPORA, corpusOf } from "./corpora.mjs";
import { METHOD } from "./method.mjs";
import {
  WASM_KIB,
  COLD_MS,
  isMet,
  LINEAR_RATIO,
  nameOf,
  NATIVE_TARGETS,
  RATIO_TARGETS,
  reached,
} from "./targets.mjs";

/** @import { BundleSize, Cell, ContenderResult, Machine, NativeLine, Path, Results, Summary } from "./types.d.ts" */
/** @import { Bounds, NativeTarget, Reached } from "./targets.mjs" */

/** @typedef {{ text: string, limit?: string, met: boolean }} TargetValue */
/** @typedef {{ name: string, bound: string, node?: TargetValue, workerd?: TargetValue }} TargetResult */

/** @type {Record<Path, string>} */
const TITLES = {
  chunks: "`for await` over chunks",
  text: "`text()`",
  gateway: "Gateway: OCI's events to OpenAI's",
  passthrough: "openai transport: the service's events as they are",
};

/** @type {Record<string, string>} */
const NATIVE_GROUPS = { native: "decoding into chunks", sse: "the event-stream parser alone" };

const UNIT = "ns per event, and the multiple of ours.";

/**
 * @param {Results} results
 * @param {Machine} about
 */
export function report(results, about) {
  const sections = [
    "# Benchmark results",
    "Written by `make bench`. One run, all contenders side by side; the cells that ours loses are included.",
    machineSection(about),
    ...targetSection(results),
    ...gridSections(results.node, "in Node"),
    ...gridSections(results.workerd, "in workerd"),
    ...shortSection(results.short),
    ...coldSection(results.cold),
    ...sizeSection(results.sizes),
    ...nativeSection(results.native),
    METHOD,
  ];
  return `${sections.join("\n\n")}\n`;
}

/**
 * Every target that was measured, with its values in Node and in workerd.
 *
 * @param {Results} results
 * @returns {TargetResult[]}
 */
export function targetResults({ node, short, workerd, cold, sizes, native }) {
  const results = RATIO_TARGETS.map((target) => ({
    name: nameOf(target),
    bound: `≥ ${target.least}×`,
    node: ratioValue(reached(target, [...node, ...short])),
    workerd: ratioValue(reached(target, workerd)),
  }));
  return [...results, ...nativeTargets(native), ...sizeTargets(sizes), ...coldTargets(cold)].filter(
    (result) => result.node ?? result.workerd,
  );
}

/** @returns {TargetValue | undefined} */
function ratioValue(/** @type {Reached | undefined} */ ratio) {
  if (!ratio) return undefined;
  const { value, limit, met } = ratio;
  return { text: times(value), limit: limit === undefined ? undefined : times(limit), met };
}

/**
 * @param {string} name
 * @param {string} bound
 * @param {Bounds} bounds
 * @param {number} value
 * @param {string} text
 * @returns {TargetResult}
 */
function targetResult(name, bound, bounds, value, text) {
  return { name, bound, node: { text, met: isMet(bounds, value) }, workerd: undefined };
}

function nativeTargets(/** @type {NativeLine[]} */ native) {
  const results = NATIVE_TARGETS.flatMap((target) => {
    const ratio = nativeRatio(target, native);
    return ratio ? [targetResult(nativeNameOf(target), `≥ ${target.least}×`, target, ratio, times(ratio))] : [];
  });
  const linear = native.find(({ group }) => group === "linear")?.ratio;
  if (linear !== undefined) {
    const name = "64 MiB event, 16-byte chunks vs one, per byte";
    results.push(targetResult(name, `≤ ${LINEAR_RATIO.most}×`, LINEAR_RATIO, linear, times(linear)));
  }
  return results;
}

function sizeTargets(/** @type {BundleSize[]} */ sizes) {
  return sizes
    .filter(({ hasTarget }) => hasTarget)
    .map(({ wasm }) => {
      const bound = `≤ ${WASM_KIB.most} KiB`;
      return targetResult("the wasm, gzipped", bound, WASM_KIB, wasm / 1024, `${kib(wasm)} KiB`);
    });
}

function coldTargets(/** @type {Results["cold"]} */ cold) {
  if (!cold) return [];
  const difference = cold.ours.first.median - cold.plain.first.median;
  const name = "cold start to the first chunk, over plain JavaScript";
  return [targetResult(name, `≤ +${COLD_MS.most} ms`, COLD_MS, difference, `+${difference.toFixed(1)} ms`)];
}

function nativeNameOf(/** @type {NativeTarget} */ { group, corpus, chunking, against }) {
  if (group === "sse") return `native event-stream parser, ${corpus}, ${chunking}, vs ${against}`;
  return `native decode, ${corpus}, ${chunking}, vs ${against} + serde_json`;
}

/**
 * The time of the crate that the native core is compared with, as a multiple of ours.
 *
 * @param {NativeTarget} target
 * @param {NativeLine[]} native
 */
function nativeRatio({ group, corpus, chunking, against }, native) {
  const lines = native.filter((line) => line.group === group && line.corpus === corpus && line.chunking === chunking);
  const timeOf = (/** @type {string} */ name) => lines.find(({ contender }) => contender === name)?.ns_per_event;
  const [ours, other] = [timeOf("ours"), timeOf(against)];
  return ours && other && other / ours;
}

function targetSection(/** @type {Results} */ results) {
  const columns = (/** @type {TargetValue | undefined} */ value) =>
    value ? [value.text, value.met ? "met" : "**NOT MET**", value.limit ?? ""] : ["", "", ""];
  const rows = targetResults(results).map(({ name, bound, node, workerd }) => {
    return [name, bound, ...columns(node), ...columns(workerd)];
  });
  const explanation = `A ratio is the time of the fastest contender that the target names, as a multiple of ours.
The limit is the ratio if ours did nothing but read the body: in workerd, reading a body from memory takes most of the
time of small chunks.`;
  const head = ["measure", "target", "Node", "", "limit", "workerd", "", "limit"];
  return ["## Targets", explanation, table(head, rows)];
}

function machineSection(/** @type {Machine} */ { cpu, system, node, packages }) {
  const versions = packages.map(([name, version]) => `${name} ${version}`).join(", ");
  return [`- Machine: ${cpu}, ${system}`, `- Node ${node}`, `- ${versions}`].join("\n");
}

/**
 * A table per path and corpus: nanoseconds per event, and in brackets the multiple of ours.
 *
 * @param {Cell[]} cells
 * @param {string} where
 */
function gridSections(cells, where) {
  return PATHS.flatMap((path) => {
    const tables = CORPORA.flatMap((corpus) => {
      const row = cells
        .filter((cell) => cell.path === path && cell.corpus === corpus)
        .toSorted((one, other) => CHUNKINGS.indexOf(one.chunking) - CHUNKINGS.indexOf(other.chunking));
      return row.length === 0 ? [] : [`### ${corpus}`, rowTable(row), ...notesOf(row)];
    });
    return tables.length === 0 ? [] : [`## ${TITLES[path]}, ${where}`, UNIT, ...tables];
  });
}

function rowTable(/** @type {Cell[]} */ cells) {
  const rows = cells[0].contenders.map(({ name }) => [
    name,
    ...cells.map(({ contenders }) => contenderValue(contenders.find((contender) => contender.name === name))),
  ]);
  const ours = cells.map(({ contenders: [first] }) => `*${first.rounds}; ±${percent(first.spread)} %*`);
  rows.push(["*rounds; spread of ours*", ...ours]);
  return table(["", ...cells.map(({ chunking }) => chunkingName(chunking))], rows);
}

function contenderValue(/** @type {ContenderResult | undefined} */ contender) {
  if (!contender) return "–";
  const { median, ratio, role } = contender;
  if (role === "ours" || ratio === undefined) return `**${median.toFixed(0)}**`;
  return `${median.toFixed(0)} (${times(ratio)})`;
}

/** @param {string} chunking */
function chunkingName(chunking) {
  if (chunking === "ev:1") return "one event";
  if (chunking.startsWith("ev:")) return `${chunking.slice(3)} events`;
  return chunking === "64K" ? "64 KiB" : `${chunking} B`;
}

/** The contenders whose outcome differs, once a table. */
function notesOf(/** @type {Cell[]} */ cells) {
  const noted = cells.flatMap(({ contenders }) => contenders).filter(({ note }) => note);
  const notes = new Map(noted.map(({ name, note }) => [name, note]));
  return [...notes].map(([name, note]) => `${name} ${note}.`);
}

function shortSection(/** @type {Cell[]} */ cells) {
  const { length } = corpusOf("short").events;
  const micros = (/** @type {number} */ nanos) => ((nanos * length) / 1000).toFixed(1);
  return cells.flatMap(({ contenders }) => {
    const rows = contenders.map(({ name, median, ratio = NaN, role }) => {
      return [name, micros(median), role === "ours" ? "" : times(ratio)];
    });
    return [
      "## One short answer, in Node",
      `${length} events, one a chunk, warm: from the call to the end.`,
      table(["", "µs", "ratio"], rows),
    ];
  });
}

function coldSection(/** @type {Results["cold"]} */ cold) {
  if (!cold) return [];
  const ms = (/** @type {Summary} */ { median, spread }) => `${median.toFixed(2)} ±${percent(spread)} %`;
  const rows = Object.entries(cold).map(([name, { import: imported, first, end }]) => {
    return [name, ms(imported), ms(first), ms(end)];
  });
  const { rounds } = cold.ours.first;
  return [
    "## Cold start, in Node",
    `Fresh processes, ${rounds} of each side in turns, bundled and minified. Milliseconds since before the import.`,
    table(["", "imported", "first chunk", "end of a short answer"], rows),
  ];
}

function sizeSection(/** @type {BundleSize[]} */ sizes) {
  if (sizes.length === 0) return [];
  const rows = sizes.map(({ name, script, wasm, whole }) => [name, kib(script), kib(wasm), kib(whole)]);
  return [
    "## A Worker's whole bundle",
    "KiB, minified by esbuild, gzipped at level 9.",
    table(["", "JavaScript", "wasm", "whole"], rows),
  ];
}

/** A table for each group and corpus of benches/native. */
function nativeSection(/** @type {NativeLine[]} */ native) {
  const timed = native.filter((line) => line.ns_per_event !== undefined);
  if (timed.length === 0) return [];
  const titleOf = (/** @type {NativeLine} */ { group, corpus }) => `${NATIVE_GROUPS[group] ?? group}, ${corpus}`;
  const titles = [...new Set(timed.map(titleOf))];
  const tables = titles.flatMap((title) => {
    return [`### ${title}`, nativeTable(timed.filter((line) => titleOf(line) === title))];
  });
  return ["## The core, natively", UNIT, ...tables];
}

function nativeTable(/** @type {NativeLine[]} */ lines) {
  const chunkings = [...new Set(lines.map(({ chunking }) => chunking))];
  const names = [...new Set(lines.map(({ contender }) => contender))];
  const timeOf = (/** @type {string} */ name, /** @type {string} */ chunking) =>
    lines.find((line) => line.contender === name && line.chunking === chunking)?.ns_per_event;
  const value = (/** @type {string} */ name, /** @type {string} */ chunking) => {
    const [time, ours] = [timeOf(name, chunking), timeOf("ours", chunking)];
    if (time === undefined) return "–";
    if (name === "ours" || ours === undefined) return `**${time.toFixed(0)}**`;
    return `${time.toFixed(0)} (${times(time / ours)})`;
  };
  const rows = names.map((name) => [name, ...chunkings.map((chunking) => value(name, chunking))]);
  return table(["", ...chunkings], rows);
}

/**
 * A Markdown table, numbers aligned right.
 *
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  const line = (/** @type {string[]} */ columns) => `| ${columns.join(" | ")} |`;
  const alignment = head.map((_, index) => (index === 0 ? "---" : "--:"));
  return [head, alignment, ...rows].map(line).join("\n");
}

function kib(/** @type {number} */ bytes) {
  return (bytes / 1024).toFixed(1);
}

function times(/** @type {number} */ ratio) {
  return `${ratio.toFixed(2)}×`;
}

function percent(/** @type {number} */ share) {
  return (share * 100).toFixed(0);
}
