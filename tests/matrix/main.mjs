// `make matrix`: the package, packed as npm publishes it, in every runtime and from every bundler. Each runs the
// conformance suite. Prints each, and writes the table into docs/runtimes.md. Everything listens on 127.0.0.1.
//
//   node tests/matrix/main.mjs [PATTERN]    the rows that contain it; the table keeps the others
//   node tests/matrix/main.mjs --next       Next.js alone, whose builds take minutes
//   node tests/matrix/main.mjs --core       what `make test` runs; the table stays as it is

import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { closeBrowsers, browserCells } from "./browsers.mjs";
import { bundlerCells } from "./bundlers.mjs";
import { startHub } from "./hub.mjs";
import { closeApps, nextCells } from "./next.mjs";
import { checkPackage } from "./package-checks.mjs";
import { PACKAGE, installPackage, newFolder } from "./places.mjs";
import { runtimeCells } from "./runtimes.mjs";
import { CHECK_COUNT } from "./suite.mjs";
import { writeTable } from "./table.mjs";

/** @import { Cell } from "./cells.d.ts" */

/** @typedef {{ cell: Cell, fault?: string }} Outcome */

const JOBS = 4;
const LIMIT_MS = 600_000;
/** How long after the end of a program, or of a page, the telling may take. */
const LATE_MS = 2000;

const { values, positionals } = parseArgs({
  options: { core: { type: "boolean", default: false }, next: { type: "boolean", default: false } },
  allowPositionals: true,
});
await main({ isCore: values.core, isNext: values.next, pattern: positionals[0] });

/** @param {{ isCore: boolean, isNext: boolean, pattern?: string }} options */
async function main({ isCore, isNext, pattern }) {
  const tarball = await installPackage();
  const isWanted = (/** @type {Cell} */ { where, entry, core }) =>
    (!isCore || core === true) && (pattern === undefined || `${where}, ${entry}`.includes(pattern));
  const browsers = await browserCells();
  const all = isNext ? nextCells() : [...(await runtimeCells()), ...bundlerCells(), ...browsers];
  const cells = all.filter(isWanted);
  /** @type {Outcome[]} */
  const outcomes = [];
  const next = cells.entries();
  // Side by side, as this machine's cores allow.
  const work = async () => {
    for (const [index, cell] of next) outcomes[index] = await attempt(cell);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(JOBS, availableParallelism()) }, work));
  } finally {
    await closeApps();
    await closeBrowsers();
  }
  if (!isCore) writeTable(outcomes, { isWhole: !isNext && pattern === undefined });
  const faults = outcomes.filter(({ fault }) => fault !== undefined);
  const problems = pattern === undefined ? await checkPackage(tarball) : [];
  for (const { cell, fault } of faults) console.error(`${cell.where}, ${cell.entry}: ${fault}`);
  for (const problem of problems) console.error(problem);
  console.log(`${outcomes.length - faults.length} of ${outcomes.length} passed, ${CHECK_COUNT} checks each`);
  process.exitCode = faults.length + problems.length > 0 ? 1 : 0;
}

/**
 * @param {Cell} cell
 * @returns {Promise<Outcome>}
 */
async function attempt(cell) {
  const { where, entry, advice, cure, skipped } = cell;
  if (skipped !== undefined) {
    console.log(`not run  ${where}, ${entry}: ${skipped}`);
    return { cell };
  }
  const started = performance.now();
  let fault = await faultOf(cell, cell.run);
  if (advice !== undefined) {
    // What is documented to fail is documented wrongly if it works.
    const why = fault;
    fault = why === undefined ? "works, though documented not to" : cure && (await faultOf(cell, cure));
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = fault === undefined ? (advice ?? "works") : `fails: ${fault}`;
  console.log(`${where}, ${entry} (${seconds} s): ${verdict}`);
  return { cell, fault };
}

/**
 * What is wrong with one way to load an entry, or undefined.
 *
 * @param {Cell} cell
 * @param {Cell["run"]} run
 */
async function faultOf({ where, entry }, run) {
  const folder = newFolder(`${where} ${entry}`);
  const hub = await startHub({ mounts: { "/package/": PACKAGE, "/": folder } });
  try {
    const ran = run({ hub, folder });
    const silent = ran.then(() => failAfter(LATE_MS, "it ended without a result"));
    const results = await Promise.race([hub.results, silent, failAfter(LIMIT_MS, "it takes too long")]);
    // Whoever told the results may still be printing.
    await Promise.race([ran, sleep(500)]).catch(() => {});
    const failed = results.filter(({ ok }) => !ok).map(({ name, message }) => `${name}: ${message}`);
    if (results.length !== CHECK_COUNT) return `${results.length} of ${CHECK_COUNT} checks ran`;
    return failed.length > 0 ? `${failed.length} of ${CHECK_COUNT} failed; ${failed.join("; ")}` : undefined;
  } catch (error) {
    return described(error);
  } finally {
    await hub.close();
  }
}

/**
 * @param {number} milliseconds
 * @param {string} message
 * @returns {Promise<never>}
 */
async function failAfter(milliseconds, message) {
  await sleep(milliseconds, undefined, { ref: false });
  throw new Error(message);
}

/** The line that says most. @param {unknown} error */
function described(error) {
  if (!(error instanceof Error)) return String(error);
  const stderr = "stderr" in error ? error.stderr : "";
  const lines = `${stderr}\n${error.message}`.trim().split("\n");
  const telling = [/\w*Error: |ERROR/, /error/i].map((pattern) => lines.find((line) => pattern.test(line)));
  return (telling.find((line) => line !== undefined) ?? lines[0] ?? "").trim();
}
