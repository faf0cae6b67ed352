// RESULTS.md, from what a run measured.
import { BARS, BUNDLE_KIB, COLD_MS, isMet, LINEAR_RATIO, nameOf, NATIVE_RATIO, reached } from "./thresholds.mjs";
import { CHUNKINGS } from "./chunkings.mjs";
import { PATHS } from "./contenders/index.mjs";
import { CORPORA, corpusOf } from "./corpora.mjs";

const kib = (bytes) => (bytes / 1024).toFixed(1);
const times = (ratio) => `${ratio.toFixed(2)}×`;
const row = (...columns) => `| ${columns.join(" | ")} |`;
const lineUnder = (head) => row(...head.map((_, at) => (at === 0 ? "---" : "--:")));
const table = (head, rows) => [row(...head), lineUnder(head), ...rows.map((columns) => row(...columns))].join("\n");

/** Every bar that was measured: its name, what is asked, and what was reached in Node and in workerd, as text with a verdict. */
export function barsOf({ node, workerd, cold, sizes, native }) {
  const said = (reached) =>
    reached && { text: times(reached.value), limit: reached.limit && times(reached.limit), met: reached.met };
  const bars = BARS.map((bar) => ({
    name: nameOf(bar),
    asked: `≥ ${bar.least}×`,
    node: said(reached(bar, node)),
    workerd: said(reached(bar, workerd)),
  }));

  const add = (name, asked, bar, value, text) => bars.push({ name, asked, node: { text, met: isMet(bar, value) } });
  const decode = nativeRatio(native);
  if (decode) {
    const { corpus, chunking, least } = NATIVE_RATIO;
    add(`native decode, ${corpus}, ${chunking}, vs sse-core + serde_json`, `≥ ${least}×`, NATIVE_RATIO, decode, times(decode));
  }
  const linear = native.find(({ group }) => group === "linear");
  if (linear)
    add(
      "64 MiB event, 16-byte chunks vs one, per byte",
      `≤ ${LINEAR_RATIO.most}×`,
      LINEAR_RATIO,
      linear.ratio,
      times(linear.ratio),
    );
  for (const { whole } of sizes.filter(({ bar }) => bar)) {
    add("a Worker's whole bundle", `≤ ${BUNDLE_KIB.most} KiB`, BUNDLE_KIB, whole / 1024, `${kib(whole)} KiB`);
  }
  if (cold) {
    const more = cold.ours.first.median - cold.plain.first.median;
    add("cold start to the first chunk, over plain JavaScript", `≤ +${COLD_MS.most} ms`, COLD_MS, more, `+${more.toFixed(1)} ms`);
  }
  return bars.filter(({ node, workerd }) => node || workerd);
}

/** How often the native core's time goes into that of the crate which it is held against. */
function nativeRatio(native) {
  const fits = ({ group, corpus, chunking }) =>
    group === NATIVE_RATIO.group && corpus === NATIVE_RATIO.corpus && chunking === NATIVE_RATIO.chunking;
  const ours = native.find((line) => fits(line) && line.contender === "ours");
  const other = native.find((line) => fits(line) && line.contender.startsWith(NATIVE_RATIO.against));
  return ours && other && other.ns_per_event / ours.ns_per_event;
}

export function report(results, about) {
  const { node, workerd, short, cold, sizes, native } = results;
  return [
    "# Results of the bench",
    "Written by `make bench`. One run, all contenders side by side; the losing cells are here too.",
    machineSection(about),
    ...barSection(results),
    ...gridSections(node, "in Node"),
    ...gridSections(workerd, "in workerd"),
    ...shortSection(short),
    ...coldSection(cold),
    ...sizeSection(sizes),
    ...nativeSection(native),
    METHOD,
  ]
    .join("\n\n")
    .concat("\n");
}

function barSection(results) {
  const columns = (reached) =>
    reached ? [reached.text, reached.met ? "met" : "**NOT MET**", reached.limit ?? ""] : ["", "", ""];
  const rows = barsOf(results).map(({ name, asked, node, workerd }) => [name, asked, ...columns(node), ...columns(workerd)]);
  const explained = `Ratios tell how often our time goes into that of the fastest contender that the bar names. The limit is what the ratio would be if
ours did nothing but read the body: in workerd, reading one from memory takes most of the time of small chunks.`;
  return ["## Bars", explained, table(["measure", "bar", "Node", "", "limit", "workerd", "", "limit"], rows)];
}

function machineSection({ cpu, system, node, packages }) {
  const versions = packages.map(([name, version]) => `${name} ${version}`).join(", ");
  return [`- Machine: ${cpu}, ${system}`, `- Node ${node}`, `- ${versions}`].join("\n");
}

const TITLES = {
  chunks: "`for await` over chunks",
  text: "`text()`",
  gateway: "Gateway: OCI's events to OpenAI's",
  passthrough: "openai transport: the service's events as they are",
};

/** A table per path and corpus: nanoseconds per event, and in brackets how often ours goes into it. */
function gridSections(cells, where) {
  return PATHS.flatMap((path) => {
    const tables = CORPORA.flatMap((corpus) => {
      const here = cells.filter((cell) => cell.path === path && cell.corpus === corpus);
      const inOrder = here.toSorted((one, other) => CHUNKINGS.indexOf(one.chunking) - CHUNKINGS.indexOf(other.chunking));
      return inOrder.length === 0 ? [] : [`### ${corpus}`, cellTable(inOrder), ...notesOf(inOrder)];
    });
    return tables.length === 0
      ? []
      : [`## ${TITLES[path]}, ${where}`, "ns per event, and how often our time goes into it.", ...tables];
  });
}

function cellTable(cells) {
  const names = cells[0].contenders.map(({ name }) => name);
  const valueOf = (contender) => {
    if (!contender) return "–";
    const { median, ratio, role } = contender;
    return role === "ours" || ratio === undefined ? `**${median.toFixed(0)}**` : `${median.toFixed(0)} (${ratio.toFixed(2)}×)`;
  };
  const rows = names.map((name) => [
    name,
    ...cells.map(({ contenders }) => valueOf(contenders.find((contender) => contender.name === name))),
  ]);
  rows.push([
    "*rounds; spread of ours*",
    ...cells.map(({ contenders: [first] }) => `*${first.rounds}; ±${(first.spread * 100).toFixed(0)} %*`),
  ]);
  return table(["", ...cells.map(({ chunking }) => nameOfChunking(chunking))], rows);
}

function nameOfChunking(chunking) {
  if (chunking === "ev:1") return "one event";
  if (chunking.startsWith("ev:")) return `${chunking.slice(3)} events`;
  return chunking === "64K" ? "64 KiB" : `${chunking} B`;
}

/** Who says something else than the others: told once a table. */
function notesOf(cells) {
  const notes = new Map(
    cells.flatMap(({ contenders }) => contenders.filter(({ note }) => note).map(({ name, note }) => [name, note])),
  );
  return [...notes].map(([name, note]) => `${name} ${note}.`);
}

function shortSection(cells) {
  return cells.flatMap(({ contenders }) => {
    const { length } = corpusOf("short").events;
    const micros = (nanos) => ((nanos * length) / 1000).toFixed(1);
    const rows = contenders.map(({ name, median, ratio, role }) => [name, micros(median), role === "ours" ? "" : times(ratio)]);
    return [
      "## One short answer, in Node",
      `${length} events, one a chunk, warm: from the call to the end.`,
      table(["", "µs", "ratio"], rows),
    ];
  });
}

function coldSection(cold) {
  if (!cold) return [];
  const ms = ({ median, spread }) => `${median.toFixed(2)} ±${(spread * 100).toFixed(0)} %`;
  const rows = Object.entries(cold).map(([name, { import: imported, first, end }]) => [name, ms(imported), ms(first), ms(end)]);
  return [
    "## Cold start, in Node",
    `Fresh processes, ${cold.ours.first.rounds} of each by turns, each side bundled and minified. Milliseconds from before the bundle's import.`,
    table(["", "imported", "first chunk", "end of a short answer"], rows),
  ];
}

function sizeSection(sizes) {
  if (sizes.length === 0) return [];
  const rows = sizes.map(({ name, script, wasm, whole }) => [name, kib(script), kib(wasm), kib(whole)]);
  return [
    "## A Worker's whole bundle",
    "KiB, minified by esbuild, gzipped at level 9.",
    table(["", "JavaScript", "wasm", "whole"], rows),
  ];
}

/** A table for each group and corpus of benches/native. */
function nativeSection(native) {
  const timed = native.filter((line) => line.ns_per_event !== undefined);
  if (timed.length === 0) return [];
  const sections = [...new Set(timed.map(({ group, corpus }) => `${group}, ${corpus}`))].flatMap((title) => {
    const lines = timed.filter(({ group, corpus }) => `${group}, ${corpus}` === title);
    const chunkings = [...new Set(lines.map(({ chunking }) => chunking))];
    const names = [...new Set(lines.map(({ contender }) => contender))];
    const value = (name, chunking) => lines.find((line) => line.contender === name && line.chunking === chunking)?.ns_per_event;
    const cell = (name, chunking) => {
      const [time, ours] = [value(name, chunking), value("ours", chunking)];
      if (time === undefined) return "–";
      return name === "ours" || ours === undefined
        ? `**${time.toFixed(0)}**`
        : `${time.toFixed(0)} (${(time / ours).toFixed(2)}×)`;
    };
    const rows = names.map((name) => [name, ...chunkings.map((chunking) => cell(name, chunking))]);
    return [`### ${title}`, table(["", ...chunkings.map(nameOfChunking)], rows)];
  });
  return ["## The core, natively", "ns per event, and how often our time goes into it.", ...sections];
}

const METHOD = `## How it is measured

- Corpora are made by \`corpora.mjs\`, the same bytes at every run, in the shapes of the recordings: 2,000 events of text (tool calls: 10
  calls in as many fragments), with the service's random \`pad\`. Streams in chunks of 1 byte are a tenth as long; in workerd those of 7 too.
- Every contender calls the same \`fetch\`, which answers with an in-memory \`ReadableStream\`, a chunk a pull. What a stream costs to set up
  (the request's body, the client's own work) is in. Signing is not: it's the same for all.
- Every contender has a process of its own, or an isolate: as in an application, V8 knows one of them only. Where there is taskset, all
  of their main threads are on one core.
- Before a cell is timed, all must say the same: text, reasoning, finish, tool calls, usage, the number of deltas and, normalised for id
  and time, every chunk. Who differs is told below the table; where a bar hangs on it, the run fails.
- After the warm-up, rounds: each has every contender once, for about 12 ms (30 in workerd), and begins with another. Times are medians
  of the rounds; a ratio is the median of the rounds' own ratios, so that what disturbs the machine for a while disturbs both sides.
- openai 7 is held by the faster of two rows: given OpenAI's events of the same answer, which it need not map, and given OCI's. The
  gateway and \`text()\` by the fastest plain JavaScript; one that makes fewer strings than we do is not compared.
- In workerd the clocks stand still while a Worker computes: the time is taken outside, around a request that reads many streams, less that
  of a request that reads none.

## Again

\`\`\`sh
make bench    # all of it, in about five minutes; writes this file
node_modules/.bin/node benches/run.mjs --only=generic/1400 --rounds=5    # some cells, in seconds; --help tells the rest
\`\`\``;
