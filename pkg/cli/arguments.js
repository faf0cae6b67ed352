// The options of the commands: one table each, from which arguments are parsed and help is printed.

import { parseArgs } from "node:util";

import { UsageError } from "./failure.js";
import { bold } from "./terminal.js";

/** @import { Command, Invocation } from "./main.js" */

/**
 * An option. One without `value` is a flag.
 *
 * @typedef {object} Option
 * @property {string} help
 * @property {string} [value] what its value is, in capitals
 * @property {boolean} [multiple]
 * @property {readonly string[]} [choices]
 *
 * @typedef {Record<string, any>} Values
 */

/** Who calls. `generative_ai_key` is for the openai transport only. */
export const AUTH_KINDS = /** @type {const} */ ([
  "api_key",
  "session_token",
  "instance_principal",
  "resource_principal",
  "generative_ai_key",
]);

/** @type {Record<string, Option>} */
export const ROUTE_OPTIONS = {
  region: { value: "REGION", help: "region of on-demand models; an endpoint's OCID names its own (OCI_REGION)" },
  realm: { value: "REALM", help: "realm, where the region does not imply it (OCI_REALM)" },
  endpoint: { value: "URL", help: "private endpoint or proxy, instead of the region's host (OCI_ENDPOINT)" },
  "api-format": {
    value: "FORMAT",
    choices: ["GENERIC", "COHERE", "COHEREV2"],
    help: "GENERIC, COHERE or COHEREV2; otherwise found by trying (OCI_DAC_API_FORMAT)",
  },
  transport: { value: "NAME", choices: ["native", "openai"], help: "native or openai, instead of the model's" },
};

/** @type {Record<string, Option>} */
export const CREDENTIAL_OPTIONS = {
  auth: {
    value: "KIND",
    choices: AUTH_KINDS,
    help: AUTH_KINDS.join(", "),
  },
  profile: { value: "NAME", help: "profile of the configuration file (OCI_PROFILE; DEFAULT)" },
  "config-file": { value: "FILE", help: "configuration file (OCI_CONFIG_FILE; ~/.oci/config)" },
  "compartment-id": { value: "OCID", help: "compartment of the endpoint (OCI_COMPARTMENT_ID)" },
};

/** @type {Record<string, Option>} */
export const SIMULATE_OPTIONS = {
  simulate: { help: "needs no account: a simulated OCI on this machine answers" },
  pace: { value: "MS", help: "time between the tokens of the simulation (20)" },
};

/** @type {Option} */
const HELP = { help: "this text" };

/**
 * Parses the arguments of a command. Throws a UsageError about what can't be used.
 *
 * @param {string} name
 * @param {Record<string, Option>} options
 * @param {string[]} args
 * @returns {{ values: Values, positionals: string[] }}
 */
export function parseArguments(name, options, args) {
  const all = { ...options, help: HELP };
  const entries = Object.entries(all).map(([key, { value, multiple }]) => {
    return [key, { type: value === undefined ? "boolean" : "string", ...(multiple && { multiple }) }];
  });
  const hint = `\`oci-genai-edge ${name} --help\` lists the options`;
  /** @type {{ values: Values, positionals: string[] }} */
  let parsed;
  try {
    parsed = parseArgs({ args, options: Object.fromEntries(entries), allowPositionals: true });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))) throw error;
    throw new UsageError(error.message.split(". ")[0] ?? "", hint);
  }
  for (const [key, { choices }] of Object.entries(all)) {
    const value = parsed.values[key];
    if (choices === undefined || value === undefined || choices.includes(value)) continue;
    throw new UsageError(`--${key} must be one of ${choices.join(", ")}`, hint);
  }
  return parsed;
}

/**
 * The value of an option that is a number.
 *
 * @param {Values} values
 * @param {string} name
 * @param {{ min?: number, max?: number, isWhole?: boolean }} [bounds]
 * @returns {number | undefined}
 */
export function numberOf(values, name, { min = 0, max = Infinity, isWhole = true } = {}) {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (number >= min && number <= max && (!isWhole || Number.isSafeInteger(number))) return number;
  const kind = isWhole ? "a whole number" : "a number";
  throw new UsageError(`--${name} must be ${kind} of at least ${min}${max === Infinity ? "" : ` and at most ${max}`}`);
}

/**
 * The model that is meant, and the other arguments: the first argument, or that of the environment. In a simulation,
 * what can't be a model is no model, and there is one to begin with.
 *
 * @param {Pick<Invocation, "values" | "positionals" | "env">} invocation
 * @param {string} usage
 * @returns {{ model: string, rest: string[] }}
 */
export function readModel({ values, positionals, env }, usage) {
  const [first, ...rest] = positionals;
  if (values.simulate) {
    const isModel = first !== undefined && /^(sim[a-z0-9]+|\S+[.:]\S+)$/.test(first);
    return isModel ? { model: first, rest } : { model: "simgeneric", rest: positionals };
  }
  const model = first ?? env.OCI_DAC_ENDPOINT_OCID;
  if (model) return { model, rest };
  const hint = "MODEL is the OCID of an endpoint, or an on-demand model's name; OCI_DAC_ENDPOINT_OCID stands in for it";
  throw new UsageError(`usage: oci-genai-edge ${usage}`, hint);
}

/**
 * @param {string[]} positionals what is left of them
 * @param {string} usage
 */
export function rejectMore(positionals, usage) {
  if (positionals.length > 0) throw new UsageError(`usage: oci-genai-edge ${usage}`);
}

/**
 * The help of a command.
 *
 * @param {Command} command
 */
export function helpOf({ usage, summary, options, more }) {
  const rows = Object.entries({ ...options, help: HELP }).map(([name, { value, help, multiple }]) => {
    return [`--${name}${value === undefined ? "" : ` ${value}`}`, multiple ? `${help} (repeatable)` : help];
  });
  const width = Math.max(...rows.map(([left = ""]) => left.length)) + 2;
  const table = rows.map(([left = "", right]) => `  ${left.padEnd(width)}${right}\n`).join("");
  const end = more === undefined ? "" : `\n${more}\n`;
  return `Usage: oci-genai-edge ${usage}\n\n${summary}\n\n${bold("Options")}\n${table}${end}`;
}
