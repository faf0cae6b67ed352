// `make clients`: unmodified clients of OpenAI's API against a simulated OCI, through `client.fetch` in Node and
// through the gateway in workerd; and `ai` with the provider of this package, in Node and in workerd. Prints tables of
// client and feature, and of the requests that retries make, and writes them into docs/clients.md. CLIENTS names some
// of the packages; `--node` leaves out workerd and what needs a large install, and writes nothing.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { revision, writeSection } from "../../scripts/robustness.mjs";
import { startStage, startWorker } from "../../scripts/stage.mjs";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";
import { agentsOnChat, agentsOnResponses } from "./agents.mjs";
import { ai6OnCompatible, ai7OnCompatible, aiOnChat, aiOnOpenResponses, aiOnResponses } from "./ai-sdk.mjs";
import { curl, curlVersion } from "./curl.mjs";
import { ALIASES, FEATURES } from "./features.mjs";
import { hono } from "./hono.mjs";
import { complianceOf } from "./llm-comply.mjs";
import { ai6OnOci, ai7OnOci } from "./oci-provider.mjs";
import { chatCompletions, responses } from "./openai.mjs";
import { hasPython, litellm, pythonOpenai, pythonVersions } from "./python.mjs";
import { failuresOf, tablesOf } from "./table.mjs";

/** @import { Client, Feature, Target } from "./features.mjs" */
/** @import { Count } from "./retries.mjs" */
/** @import { Group, Outcome, Row } from "./table.mjs" */

/** Python takes a minute to load on a busy machine. */
const TEST_TIMEOUT_MS = 120_000;
/** Of the simulated model, for each token: long answers have to be under way when they are aborted. */
const PACE_MS = 1;
/** The requests of a call that always fails, through a client that retries it itself: not streamed, and streamed. */
const RETRIES = /** @type {Record<string, { byDefault: number[], withNone: number[] }>} */ ({
  openai: { byDefault: [2, 3], withNone: [2, 3] },
  "ai, openai-compatible": { byDefault: [6, 9], withNone: [2, 3] },
  "ai, createOci()": { byDefault: [3, 4], withNone: [3, 4] },
  "@langchain/openai": { byDefault: [14, 21], withNone: [2, 3] },
});

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
  /** @type {Record<string, Target>} */
  const targets = { Node: await inNode(), ...(!isFast && { workerd: await inWorkerd() }) };
  /** @type {Group[]} */
  const groups = [];
  for (const { title, clients, where = Object.keys(targets) } of await groupsOfClients()) {
    const rows = [];
    for (const client of clients.filter(({ npm }) => !wanted || wanted.includes(npm))) {
      rows.push(await rowOf(client, where.map((name) => targets[name])));
    }
    if (rows.length > 0) groups.push({ title, targets: where, rows });
  }
  const compliance = targets.workerd && !wanted ? await complianceOf(targets.workerd, serves) : undefined;
  const retries = wanted ? undefined : await retriesOf();

  const table = tablesOf(groups);
  console.log([table, compliance?.markdown, retries?.markdown].filter(Boolean).join("\n\n"));
  const failures = failuresOf(groups);
  for (const [name, feature, error] of failures) console.error(`\n${name}: ${FEATURES[feature]}\n`, error);
  if (!isFast && !wanted) {
    const { date, commit } = revision();
    const sections = [`${date}, ${commit}. ${versions().join(", ")}.`, table];
    if (!hasPython) sections.push("The Python packages were skipped: they need python3 with venv and pip.");
    if (compliance) sections.push("### llm-comply", compliance.markdown);
    writeSection("clients", sections.join("\n\n"), "docs/clients.md");
    writeSection("retries", retries?.markdown ?? "", "docs/clients.md", "clients");
  }
  return failures.length === 0 && (compliance?.passed ?? true) && (retries?.passed ?? true);
}

/**
 * The clients of each table, and the targets that they reach, if not all.
 *
 * @returns {Promise<{ title: string, clients: Client[], where?: string[] }[]>}
 */
async function groupsOfClients() {
  const openai = { title: "OpenAI's own", clients: [chatCompletions, responses, agentsOnChat, agentsOnResponses] };
  const own = { title: "`ai` with the provider of this package", clients: [ai7OnOci, ai6OnOci] };
  const others = [ai7OnCompatible, ai6OnCompatible, aiOnChat, aiOnResponses, aiOnOpenResponses];
  const ai = { title: "`ai` with other providers", clients: others };
  if (isFast) return [openai, own, ai, { title: "Frameworks", clients: [hono] }];
  const { langchain } = await import("./more/langchain.mjs");
  const { llamaIndex } = await import("./more/llama-index.mjs");
  const { mastra } = await import("./more/mastra.mjs");
  if (!hasPython) console.error("clients: the Python packages are skipped: they need python3 with venv and pip");
  if (!curlVersion()) console.error("clients: curl is skipped: it is not installed");
  const outside = [...(curlVersion() ? [curl] : []), ...(hasPython ? [pythonOpenai, litellm] : [])];
  return [
    openai,
    own,
    ai,
    { title: "Frameworks", clients: [langchain, llamaIndex, mastra, hono] },
    { title: "Outside of JavaScript, through the gateway", clients: outside, where: ["workerd"] },
  ];
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
  const worker = await startWorker(stage.bindings, { flags: ["--config", config] });
  stops.unshift(worker.stop);
  const runInWorker = async (/** @type {string} */ path) => {
    const response = await fetch(`${worker.origin}/${path}`);
    if (!response.ok) throw new Error(await response.text());
  };
  const ofWorker = { runInWorker, workerOrigin: worker.origin };
  return { baseURL: `${origin}/v1`, apiKey: token, fetch: globalThis.fetch, simulator, ...ofWorker };
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

/** Counts the requests that retries make. */
async function retriesOf() {
  const script = fileURLToPath(new URL("retries.mjs", import.meta.url));
  const args = ["--no-warnings", script, ...(isFast ? [] : ["--more"])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  /** @type {Count[]} */
  const counts = JSON.parse(stdout);
  const wrong = counts.filter(({ name, ...count }) => JSON.stringify(count) !== JSON.stringify(RETRIES[name]));
  for (const count of wrong) console.error("retries:", count, "and not", RETRIES[count.name]);
  const cells = ({ name, byDefault, withNone }) => [name, byDefault.join(", "), withNone.join(", ")].join(" | ");
  const head = "| requests of a call, of a streamed one | by default | `maxRetries: 0` |\n|---|--:|--:|";
  const markdown = `${head}\n${counts.map((count) => `| ${cells(count)} |`).join("\n")}`;
  return { passed: wrong.length === 0, markdown };
}

function versions() {
  const npm = ["package.json", "more/package.json"].flatMap((file) => {
    const { dependencies } = JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
    return Object.entries(dependencies).map(([name, version]) => `${name} ${version.replace(/^npm:.*@/, "")}`);
  });
  return [...new Set(npm), `curl ${curlVersion()}`, ...(hasPython ? pythonVersions() : [])];
}
