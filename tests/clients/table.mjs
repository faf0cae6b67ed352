// What `make clients` prints: a table of features for each group of clients, and footnotes below it.

import { FEATURES } from "./features.mjs";

/** @import { Client, Feature } from "./features.mjs" */

/**
 * What came of a feature: none where the client's route is not served.
 *
 * @typedef {{ passed: true } | { passed: false, error: unknown } | undefined} Outcome
 * @typedef {{ client: Client, isServed: boolean, outcomes: Map<Feature, Outcome[]> }} Row
 * @typedef {{ title: string, targets: string[], rows: Row[] }} Group of clients that run in the same targets
 */

/** @param {Group[]} groups */
export function tablesOf(groups) {
  /** @type {string[]} */
  const notes = [];
  return groups.map((group) => tableOf(group, notes)).join("\n\n");
}

/**
 * @param {Group} group
 * @param {string[]} notes those of the tables before, to which it adds its own
 */
function tableOf({ title, targets, rows }, notes) {
  const before = notes.length;
  const features = /** @type {[Feature, string][]} */ (Object.entries(FEATURES)).filter(([feature]) =>
    rows.some(({ outcomes }) => outcomes.has(feature)),
  );
  const lines = [
    `| ${targets.join(", ")} | ${rows.map(({ client }) => client.name).join(" | ")} |`,
    `|---|${":-:|".repeat(rows.length)}`,
    ...features.map(([feature, name]) => {
      return `| ${[name, ...rows.map((row) => cellOf(row, feature, notes))].join(" | ")} |`;
    }),
  ];
  const added = notes.slice(before).map((note, at) => `${before + at + 1}. ${note}`);
  return [`### ${title}`, lines.join("\n"), ...(added.length > 0 ? [added.join("\n")] : [])].join("\n\n");
}

/**
 * @param {Row} row
 * @param {Feature} feature
 * @param {string[]} notes
 */
function cellOf({ client, outcomes, isServed }, feature, notes) {
  if (!outcomes.has(feature)) return "–";
  if (!isServed) return "not served";
  const marks = outcomes.get(feature)?.map((outcome) => (outcome?.passed ? "✓" : "✗")).join(" ");
  const note = client.notes?.[feature];
  if (note === undefined) return marks;
  if (!notes.includes(note)) notes.push(note);
  return `${marks} <sup>${notes.indexOf(note) + 1}</sup>`;
}

/**
 * @param {Group[]} groups
 * @returns {[string, Feature, unknown][]}
 */
export function failuresOf(groups) {
  const rows = groups.flatMap((group) => group.rows);
  return rows.flatMap(({ client, outcomes }) =>
    [...outcomes].flatMap(([feature, ends]) =>
      ends.flatMap((end) => (end && !end.passed ? [/** @type {const} */ ([client.name, feature, end.error])] : [])),
    ),
  );
}
