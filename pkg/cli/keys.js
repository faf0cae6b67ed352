// `keys`: the keys of a gateway's callers, in its KV namespace.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";

import { nameOf, readKeyRecord } from "../lib/gateway-keys.js";
import { numberOf } from "./arguments.js";
import { CommandError, UsageError } from "./failure.js";
import { bold, note, print } from "./terminal.js";

/** @import { KeyRecord } from "oci-genai-edge/gateway" */
/** @import { Option, Values } from "./arguments.js" */
/** @import { Invocation } from "./main.js" */

/**
 * A key in the list. Without `record`, something else than this command has written it.
 *
 * @typedef {{ name: string, record?: KeyRecord }} ListedKey
 */

export const usage = "keys add NAME | list | revoke NAME|DIGEST [options]";
export const summary = "the keys of a gateway's callers: adds one, lists them, revokes one";

/** @type {Record<string, Option>} */
export const options = {
  models: { value: "A,B", help: "add: the aliases that the key may call (all)" },
  expires: { value: "TIME", help: "add: when it ends: 2027-01-31, or 90d from now (never)" },
  "requests-per-minute": { value: "N", help: "add: how many requests a minute (that of RATE_LIMITER)" },
  "tokens-per-day": { value: "N", help: "add: how many tokens of prompts and answers a day, UTC (no limit)" },
  json: { help: "list: as JSON" },
  local: { help: "the state of `wrangler dev` on this machine instead of Cloudflare's" },
  binding: { value: "NAME", help: "binding of the namespace in wrangler's configuration (GATEWAY_KEYS)" },
  "namespace-id": { value: "ID", help: "id of the namespace, instead of a binding" },
  config: { value: "FILE", help: "wrangler's configuration (that of the current folder)" },
  env: { value: "NAME", help: "environment in it" },
  "persist-to": { value: "DIR", help: "folder of the local state" },
};

export const more = `\`wrangler\` does the writing: as whoever is logged in, or has CLOUDFLARE_API_TOKEN.
The key is printed once and stored nowhere; the namespace has its SHA-256. A key that is revoked
is refused everywhere within a minute.`;

const DAY_MS = 24 * 60 * 60 * 1000;
/** The most that KV keeps beside a value, in bytes. */
const MAX_METADATA = 1024;
/** How much of a digest tells keys apart for people. */
const SHOWN_DIGITS = 12;
const PREFIX = "sha256:";

/** @param {Invocation} invocation */
export async function run({ values, positionals: [action, subject, ...rest], env, signal }) {
  const isList = action === "list";
  const isKnown = isList || action === "add" || action === "revoke";
  const isComplete = isKnown && rest.length === 0 && isList === (subject === undefined);
  if (!isComplete) throw new UsageError(`usage: oci-genai-edge ${usage}`);
  const namespace = new Namespace(values, env, signal);
  if (isList) return list(namespace, values);
  return action === "add" ? add(namespace, values, subject) : revoke(namespace, subject);
}

/**
 * @param {Namespace} namespace
 * @param {Values} values
 * @param {string} owner
 */
async function add(namespace, values, owner) {
  const record = recordOf(values, owner);
  const key = `oge-${randomBytes(32).toString("base64url")}`;
  const name = await nameOf(key);
  await namespace.put(name, record);
  print(`${key}\n`);
  note(`added ${shorten(name)} for ${owner}; this is the only time that the key is shown`);
  return 0;
}

/**
 * @param {Values} values
 * @param {string} owner
 * @returns {KeyRecord}
 */
function recordOf(values, owner) {
  /** @type {KeyRecord} */
  const record = {
    name: owner,
    models: values.models?.split(",").map((/** @type {string} */ alias) => alias.trim()),
    expires: expiryOf(values.expires),
    requests_per_minute: numberOf(values, "requests-per-minute", { min: 1 }),
    tokens_per_day: numberOf(values, "tokens-per-day", { min: 1 }),
  };
  try {
    readKeyRecord(record);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  return record;
}

/** @param {string | undefined} text */
function expiryOf(text) {
  if (text === undefined) return undefined;
  const [, days] = /^([1-9]\d{0,4})d$/.exec(text) ?? [];
  const time = days === undefined ? Date.parse(text) : Date.now() + Number(days) * DAY_MS;
  if (Number.isNaN(time)) throw new UsageError("--expires must be a time such as 2027-01-31, or 90d");
  if (time <= Date.now()) throw new UsageError("--expires must be in the future");
  return new Date(time).toISOString();
}

/**
 * @param {Namespace} namespace
 * @param {Values} values
 */
async function list(namespace, values) {
  const keys = await namespace.list();
  if (values.json) {
    print(`${JSON.stringify(keys.map(({ name, record }) => ({ key: name, ...record })), null, 2)}\n`);
    return 0;
  }
  if (keys.length === 0) note("there are no keys");
  for (const { name, record } of keys) print(`${describe(name, record)}\n`);
  return 0;
}

/**
 * @param {string} name
 * @param {KeyRecord | undefined} record
 */
function describe(name, record) {
  const { name: owner, models, expires, requests_per_minute: requests, tokens_per_day: tokens } = record ?? {};
  const isOver = expires !== undefined && Date.parse(expires) <= Date.now();
  const parts = [
    models && `models ${models.join(", ")}`,
    requests && `${requests} requests a minute`,
    tokens && `${tokens} tokens a day`,
    expires && `${isOver ? "expired" : "expires"} ${expires}`,
  ];
  const columns = [shorten(name), bold(owner ?? "(not added by this command)"), parts.filter(Boolean).join("; ")];
  return columns.join("  ").trimEnd();
}

/**
 * @param {Namespace} namespace
 * @param {string} subject
 */
async function revoke(namespace, subject) {
  const keys = await namespace.list();
  const digest = subject.startsWith(PREFIX) ? subject : `${PREFIX}${subject}`;
  const isDigest = /^sha256:[0-9a-f]{8,64}$/.test(digest);
  const found = keys.filter(({ name, record }) => record?.name === subject || (isDigest && name.startsWith(digest)));
  const [only, ...others] = found;
  if (only === undefined) {
    throw new CommandError(`there is no key of ${subject}`, "`oci-genai-edge keys list` lists them");
  }
  if (others.length > 0) {
    const hint = `name one by its digest: ${found.map(({ name }) => shorten(name)).join(", ")}`;
    throw new CommandError(`there are ${found.length} keys of ${subject}`, hint);
  }
  await namespace.delete(only.name);
  note(`revoked ${shorten(only.name)}${only.record ? ` of ${only.record.name}` : ""}; it is refused within a minute`);
  return 0;
}

/** @param {string} name */
function shorten(name) {
  return name.slice(0, PREFIX.length + SHOWN_DIGITS);
}

/** A KV namespace, by way of wrangler. */
class Namespace {
  #flags;
  #env;
  #signal;

  /**
   * @param {Values} values
   * @param {NodeJS.ProcessEnv} env
   * @param {AbortSignal} signal
   */
  constructor(values, env, signal) {
    const id = values["namespace-id"];
    const flags = id === undefined ? ["--binding", values.binding ?? "GATEWAY_KEYS"] : ["--namespace-id", id];
    flags.push(values.local ? "--local" : "--remote");
    for (const name of ["config", "env", "persist-to"]) {
      if (values[name] !== undefined) flags.push(`--${name}`, values[name]);
    }
    this.#flags = flags;
    this.#env = env;
    this.#signal = signal;
  }

  /**
   * @param {string} name
   * @param {KeyRecord} record
   */
  async put(name, record) {
    const text = JSON.stringify(record);
    // For the list, which would otherwise read each record by itself.
    const metadata = Buffer.byteLength(text) <= MAX_METADATA ? text : JSON.stringify({ name: record.name });
    await this.#wrangler("put", name, text, "--metadata", metadata);
  }

  /** @returns {Promise<ListedKey[]>} */
  async list() {
    const output = await this.#wrangler("list", "--prefix", PREFIX);
    try {
      /** @type {{ name: string, metadata?: KeyRecord }[]} */
      const keys = JSON.parse(output.slice(output.indexOf("[")));
      return keys.map(({ name, metadata }) => ({ name, record: metadata }));
    } catch {
      throw new CommandError("wrangler's list of keys can't be read");
    }
  }

  /** @param {string} name */
  async delete(name) {
    await this.#wrangler("delete", name);
  }

  /** @param {string[]} args */
  async #wrangler(...args) {
    const command = ["wrangler", "kv", "key", ...args, ...this.#flags];
    const env = { ...this.#env, WRANGLER_SEND_METRICS: "false", CI: "1" };
    try {
      const settings = { env, signal: this.#signal, maxBuffer: MAX_OUTPUT };
      const { stdout } = await promisify(execFile)("npx", command, settings);
      return stdout;
    } catch (error) {
      this.#signal.throwIfAborted();
      const { stderr = "", message } = /** @type {Error & { stderr?: string }} */ (error);
      throw new CommandError("wrangler failed", stderr.trim() || message);
    }
  }
}

const MAX_OUTPUT = 64 * 1024 * 1024;
