// `doctor MODEL`: each link of the chain from a model id to an answer, with what to do about it.

import { OciError } from "oci-genai-edge";

import { CREDENTIAL_OPTIONS, ROUTE_OPTIONS, SIMULATE_OPTIONS, readModel, rejectMore } from "./arguments.js";
import { NAME_WIDTH, runChecks } from "./checks/all.js";
import { callModel } from "./checks/call.js";
import { inspectEndpoint } from "./checks/control-plane.js";
import { compartmentOf, routeSettings } from "./environment.js";
import { CommandError } from "./failure.js";
import { readSettings } from "./settings.js";
import { bold, dim, green, note, print, red, yellow } from "./terminal.js";

/** @import { ClientOptions } from "oci-genai-edge" */
/** @import { Option } from "./arguments.js" */
/** @import { Facts, Finding } from "./checks/facts.js" */
/** @import { Credentials } from "./credentials.js" */
/** @import { Invocation } from "./main.js" */

export const usage = "doctor MODEL [options]";
export const summary = "checks each link of the chain to a model, and says what to do";

/** @type {Record<string, Option>} */
export const options = {
  json: { help: "the findings as JSON" },
  ...ROUTE_OPTIONS,
  ...CREDENTIAL_OPTIONS,
  ...SIMULATE_OPTIONS,
};

export const more = `It asks the control plane for the endpoint and its model, which needs the policy \`read
generative-ai-endpoint\` and is skipped without it, and makes one short chat. The exit code is 1 where a
check fails.`;

/** @param {Invocation} invocation */
export async function run(invocation) {
  const { values } = invocation;
  const { model, rest } = readModel(invocation, usage);
  rejectMore(rest, usage);
  const { facts, close } = await startFacts(invocation, model);
  /** @type {Finding[]} */
  const findings = [];
  try {
    for await (const finding of runChecks(facts)) {
      findings.push(finding);
      if (!values.json) print(lineOf(finding));
    }
    const isWell = findings.every(({ status }) => status !== "fail");
    const found = await optionsOf(facts);
    const all = { model: facts.model, ok: isWell, checks: findings, options: found };
    if (values.json) print(`${JSON.stringify(all, null, 2)}\n`);
    else printEnd(isWell, found, facts.credentials);
    return isWell ? 0 : 1;
  } finally {
    await close();
  }
}

/**
 * Without credentials, what needs none is checked all the same.
 *
 * @param {Invocation} invocation
 * @param {string} model
 * @returns {Promise<{ facts: Facts, close: () => Promise<void> }>}
 */
async function startFacts(invocation, model) {
  const { env, signal, values } = invocation;
  const base = { env, signal, fetch: (/** @type {Parameters<typeof fetch>} */ ...args) => globalThis.fetch(...args) };
  try {
    const { credentials, client, close, model: id } = await readSettings(invocation, model);
    return { facts: { ...base, model: id, client, credentials }, close };
  } catch (error) {
    const isForeseen = error instanceof CommandError || error instanceof OciError;
    if (!isForeseen || values.simulate) throw error;
    const client = { ...routeSettings(values, env), compartmentId: compartmentOf(values, env) };
    return { facts: { ...base, model, client, credentialsFailure: error }, close: async () => {} };
  }
}

/** @type {Record<Finding["status"], (text: string) => string>} */
const STYLES = { ok: green, warn: yellow, fail: red, skip: (text) => text };

/** @param {Finding} finding */
function lineOf({ name, status, found, advice }) {
  const indent = " ".repeat(6 + NAME_WIDTH + 2);
  const cure = advice === undefined ? "" : `${indent}→ ${advice}\n`;
  return `${STYLES[status](status.padEnd(6))}${name.padEnd(NAME_WIDTH + 2)}${found}\n${cure}`;
}

/**
 * The options of a client that were found to work, without its credentials.
 *
 * @param {Facts} facts
 * @returns {Promise<ClientOptions>}
 */
async function optionsOf(facts) {
  const { region, realm, endpoint, transport, compartmentId, apiFormat } = facts.client;
  if (facts.route === undefined || facts.credentials === undefined) {
    return defined({ region, realm, endpoint, transport, compartmentId, apiFormat });
  }
  const { resource } = await inspectEndpoint(facts);
  const { apiFormat: worked } = await callModel(facts);
  const own = resource?.compartmentId ?? compartmentId;
  return defined({ region, realm, endpoint, transport, compartmentId: own, apiFormat: worked ?? apiFormat });
}

/**
 * @param {ClientOptions} given
 * @returns {ClientOptions}
 */
function defined(given) {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/**
 * @param {boolean} isWell
 * @param {ClientOptions} found
 * @param {Credentials} [credentials]
 */
function printEnd(isWell, found, credentials) {
  if (!isWell) return note(dim("\nA check failed: its arrow says what to do, and then run it again."));
  const lines = Object.entries(found).map(([name, value]) => `  ${name}: ${JSON.stringify(value)},\n`);
  print(`\n${bold("The options of a client")}\n\nnew OciGenAI({\n${lines.join("")}  ${signerOf(credentials)},\n})\n`);
}

/** @param {Credentials} [credentials] */
function signerOf({ kind, profile } = { kind: "api_key", description: "" }) {
  if (kind === "generative_ai_key") return "apiKey: process.env.OCI_API_KEY";
  if (kind === "instance_principal") return "sign: instancePrincipalSigner()";
  if (kind === "resource_principal") return "sign: resourcePrincipalSigner()";
  if (profile !== undefined) return `sign: profileSigner({ profile: ${JSON.stringify(profile.name)} })`;
  return kind === "session_token" ? "sign: tokenSigner({ … })" : "sign: apiKeySigner({ … })";
}
