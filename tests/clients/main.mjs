// `make clients`: unmodified clients of OpenAI's API against a simulated OCI, through `client.fetch` in Node and
// through the gateway in workerd; and `ai` with the provider of this package, in Node and in workerd. Prints a table of
// client and feature, and writes it into docs/clients.md. CLIENTS names some of the packages; `--node` leaves out
// workerd and llm-comply, and writes nothing.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { revision, writeSection } from "../../scripts/robustness.mjs";
import { startStage, startWorker } from "../../scripts/stage.mjs";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";
import { agentsOnChat, agentsOnResponses } from "./agents.mjs";
import { aiOnChat, aiOnOpenResponses, aiOnResponses } from "./ai-sdk.mjs";
import { ALIASES, FEATURES } from "./features.mjs";
import { complianceOf } from "./llm-comply.mjs";
import { ai6OnOci, ai7OnOci } from "./oci-provider.mjs";
import { chatCompletions, responses } from "./openai.mjs";

/** @import { Client, Feature, Target } from "./features.mjs" */

/**
 * What came of a feature: none where the client has no test of it, or its route is not served.
 *
 * @typedef {{ passed: true } | { passed: false, error: unknown } | undefined} Outcome
 * @typedef {{ client: Client, isServed: boolean, outcomes: Map<Feature, Outcome[]> }} Row
 */

const CLIENTS = [
  chatCompletions,
  responses,
  agentsOnChat,
  agentsOnResponses,
  aiOnChat,
  aiOnResponses,
  aiOnOpenResponses,
  ai7OnOci,
  ai6OnOci,
];
const TEST_TIMEOUT_MS = 30_000;
/** Of the simulated model, for each token: long answers have to be under way when they are aborted. */
const PACE_MS = 1;

const isFast = process.argv.includes("--node");
const wanted = process.env.CLIENTS?.split(",");
const models = Object.fromEntries(Object.entries(ALIASES).map(([alias, name]) => [alias, endpointId(name)]));

const stops = [];
try {
  process.exitCode = (await run()) ? 0 : 1;
} finally {
  for (const stop of stops) await stop();
}
// The clients keep connections.
process.exit();

async function run() {
  const targets = { Node: await inNode(), ...(!isFast && { workerd: await inWorkerd() }) };
  const clients = CLIENTS.filter(({ npm }) => !wanted || wanted.includes(npm));
  /** @type {Row[]} */
  const rows = [];
  for (const client of clients) rows.push(await rowOf(client, Object.values(targets)));
  const compliance = targets.workerd && !wanted ? await complianceOf(targets.workerd, serves) : undefined;

  const tables = [tableOf(rows, Object.keys(targets)), ...(compliance ? [compliance.markdown] : [])];
  const table = tables.join("\n\n");
  console.log(table);
  for (const [name, feature, error] of failuresOf(rows)) console.error(`\n${name}: ${FEATURES[feature]}\n`, error);
  const isComplete = failuresOf(rows).length === 0 && (compliance?.passed ?? true);
  if (!isFast && !wanted) {
    const { date, commit } = revision();
    const versions = Object.entries(dependencies()).map(([name, version]) => `${name} ${version}`);
    const head = `${date}, ${commit}. ${versions.join(", ")}.`;
    writeSection("clients", `${head}\n\n${table}`, "docs/clients.md");
  }
  return isComplete;
}

/** @returns {Promise<Target>} */
async function inNode() {
  const key = makeCredentials();
  const simulator = await startSimulator({ credentials: [key], pace: PACE_MS });
  stops.push(() => simulator.close());
  const { url: endpoint, compartmentId } = simulator;
  const options = { endpoint, compartmentId, region: "us-chicago-1", sign: apiKeySigner(key), models };
  const client = new OciGenAI(options);
  return { baseURL: "https://oci.invalid/v1", apiKey: "unused", fetch: client.fetch, simulator, client };
}

/** @returns {Promise<Target>} */
async function inWorkerd() {
  const bindings = { OCI_MODELS: JSON.stringify(models), OCI_REGION: "us-chicago-1" };
  const stage = await startStage({ bindings, pace: PACE_MS });
  stops.push(stage.stop);
  const { origin, token, simulator } = stage;
  const config = fileURLToPath(new URL("wrangler.toml", import.meta.url));
  const worker = await startWorker(stage.bindings, { config });
  stops.unshift(worker.stop);
  const runInWorker = async (/** @type {string} */ path) => {
    const response = await fetch(`${worker.origin}/${path}`);
    if (!response.ok) throw new Error(await response.text());
  };
  return { baseURL: `${origin}/v1`, apiKey: token, fetch: globalThis.fetch, simulator, runInWorker };
}

/**
 * @param {Client} client
 * @param {Target[]} targets
 * @returns {Promise<Row>}
 */
async function rowOf(client, targets) {
  const isServed = client.route === undefined || (await serves(targets[0], client.route));
  /** @type {Map<Feature, Outcome[]>} */
  const outcomes = new Map();
  for (const [feature, test] of Object.entries(client.tests)) {
    const ends = [];
    for (const target of targets) ends.push(isServed ? await outcomeOf(() => test(target)) : undefined);
    outcomes.set(/** @type {Feature} */ (feature), ends);
  }
  return { client, isServed, outcomes };
}

/**
 * Whether a route exists: where it does, an empty request is a bad one.
 *
 * @param {Target} target
 * @param {string} route
 */
async function serves({ baseURL, apiKey, fetch }, route) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${apiKey}` };
  const { status } = await fetch(`${baseURL}/${route}`, { method: "POST", headers, body: "{}" });
  return status !== 404;
}

/**
 * @param {() => Promise<void>} test
 * @returns {Promise<Outcome>}
 */
async function outcomeOf(test) {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${TEST_TIMEOUT_MS} ms`)), TEST_TIMEOUT_MS);
  });
  try {
    await Promise.race([test(), timeout]);
    return { passed: true };
  } catch (error) {
    return { passed: false, error };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {Row[]} rows
 * @param {string[]} targets
 */
function tableOf(rows, targets) {
  const features = Object.entries(FEATURES);
  const cell = (/** @type {Row} */ { outcomes, isServed }, /** @type {Feature} */ feature) => {
    if (!outcomes.has(feature)) return "–";
    if (!isServed) return "not served";
    return outcomes.get(feature)?.map((outcome) => (outcome?.passed ? "✓" : "✗")).join(" ") ?? "";
  };
  const lines = [
    `| ${targets.join(", ")} | ${rows.map(({ client }) => client.name).join(" | ")} |`,
    `|---|${":-:|".repeat(rows.length)}`,
    ...features.map(([feature, title]) => {
      const cells = rows.map((row) => cell(row, /** @type {Feature} */ (feature)));
      return `| ${title} | ${cells.join(" | ")} |`;
    }),
  ];
  return lines.join("\n");
}

/**
 * @param {Row[]} rows
 * @returns {[string, Feature, unknown][]}
 */
function failuresOf(rows) {
  return rows.flatMap(({ client, outcomes }) =>
    [...outcomes].flatMap(([feature, ends]) =>
      ends.flatMap((end) => (end && !end.passed ? [/** @type {const} */ ([client.name, feature, end.error])] : [])),
    ),
  );
}

/** @returns {Record<string, string>} */
function dependencies() {
  return JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")).dependencies;
}
