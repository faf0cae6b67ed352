// The settings of the gateway: from its bindings, or from a `configure` of its operator's.

import { nearestName } from "./core.js";
import { readOrigins } from "./cors.js";
import { createError } from "./error.js";
import { readAliasTimeouts, readCache, readModelInfo } from "./gateway-aliases.js";
import { readRateLimit } from "./gateway-rate.js";
import { readTelemetry, readTelemetryVariables } from "./gateway-telemetry-settings.js";
import { readGuardrails } from "./guardrails.js";
import { apiKeySigner, tokenSigner } from "../signer.js";

/** @import { GatewayConfiguration, GatewayEnv, GuardrailOptions } from "../gateway.d.ts" */
/** @import { CacheOptions, TelemetryOptions } from "../gateway.d.ts" */
/** @import { KeyNamespace, ModelInfo, ObjectNamespace, RateLimiter } from "../gateway.d.ts" */
/** @import { ClientOptions, TimeoutOptions } from "../index.js" */
/** @import { Origins } from "./cors.js" */
/** @import { RateLimit } from "./gateway-rate.js" */
/** @import { UsageSettings } from "./gateway-usage.js" */

/**
 * Settings with their defaults.
 *
 * @typedef {object} GatewaySettings
 * @property {string} token empty if there is none
 * @property {KeyNamespace} [keys]
 * @property {RateLimiter} [rateLimiter]
 * @property {RateLimit} [rateLimit]
 * @property {ObjectNamespace} [budgets]
 * @property {ObjectNamespace} [targetHealth]
 * @property {number} maxBodyBytes
 * @property {number} bodyTimeoutMs
 * @property {Origins} origins
 * @property {boolean} logErrors
 * @property {ReadonlyMap<string, GuardrailOptions>} guardrails by alias
 * @property {number} keepAliveMs 0: never
 * @property {boolean} keepAliveJson
 * @property {ReadonlyMap<string, TimeoutOptions>} aliasTimeouts by alias
 * @property {ReadonlyMap<string, ModelInfo>} modelInfo by alias
 * @property {UsageSettings} usage
 * @property {ReadonlyMap<string, CacheOptions>} cache by alias
 * @property {TelemetryOptions} [telemetry]
 * @property {ClientOptions} options of the client
 */

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const BODY_TIMEOUT_MS = 30_000;
/** The default timeouts of a call. A whole answer has to be complete in `firstChunkMs`. */
const TIMEOUTS = Object.freeze({ totalMs: 900_000, firstChunkMs: 120_000, chunkMs: 60_000 });
const KEEP_ALIVE_MS = 15_000;

/** The bindings of `GatewayEnv` whose names begin with `GATEWAY_` or `OCI_`. */
export const VARIABLES = [
  "GATEWAY_TOKEN",
  "GATEWAY_KEYS",
  "GATEWAY_RATE_LIMIT",
  "GATEWAY_ORIGINS",
  "GATEWAY_MAX_BODY_BYTES",
  "GATEWAY_BODY_TIMEOUT_MS",
  "GATEWAY_TOTAL_TIMEOUT_MS",
  "GATEWAY_FIRST_CHUNK_TIMEOUT_MS",
  "GATEWAY_CHUNK_TIMEOUT_MS",
  "GATEWAY_TIMEOUTS",
  "GATEWAY_KEEP_ALIVE_MS",
  "GATEWAY_KEEP_ALIVE_JSON",
  "GATEWAY_MODEL_INFO",
  "GATEWAY_CACHE",
  "GATEWAY_LOG_ERRORS",
  "GATEWAY_GUARDRAILS",
  "OCI_REGION",
  "OCI_REALM",
  "OCI_COMPARTMENT_ID",
  "OCI_TENANCY",
  "OCI_USER",
  "OCI_FINGERPRINT",
  "OCI_PRIVATE_KEY",
  "OCI_SESSION_TOKEN",
  "OCI_API_KEY",
  "OCI_ENDPOINT",
  "OCI_MODELS",
  "OCI_ALLOW_ANY_MODEL",
];

/**
 * Settings as the gateway uses them. Throws an OciError about what can't be used.
 *
 * @param {GatewayConfiguration} configuration
 * @returns {GatewaySettings}
 */
export function readSettings(configuration) {
  const { token, maxBodyBytes, bodyTimeoutMs, origins, logErrors, allowAnyModel, guardrails, ...others } =
    configuration;
  const { keys, rateLimiter, rateLimit, budgets, targetHealth, ...rest } = others;
  const { keepAliveMs, keepAliveJson, aliasTimeouts, ...more } = rest;
  const { modelInfo, usageDataset, usageQueue, cache, telemetry, ...options } = more;
  return {
    token: readToken(token),
    keys: readEngine("keys", keys, ["get"]),
    rateLimiter: readEngine("rateLimiter", rateLimiter, ["limit"]),
    rateLimit: readRateLimit(rateLimit),
    budgets: readEngine("budgets", budgets, ["idFromName", "get"]),
    targetHealth: readEngine("targetHealth", targetHealth, ["idFromName", "get"]),
    maxBodyBytes: readCount("maxBodyBytes", maxBodyBytes, MAX_BODY_BYTES),
    bodyTimeoutMs: readCount("bodyTimeoutMs", bodyTimeoutMs, BODY_TIMEOUT_MS),
    origins: readVariable("origins", () => readOrigins(origins)),
    logErrors: readFlag("logErrors", logErrors),
    guardrails: readGuardrails(guardrails, options.models),
    keepAliveMs: readCount("keepAliveMs", keepAliveMs, KEEP_ALIVE_MS, 0),
    keepAliveJson: readFlag("keepAliveJson", keepAliveJson),
    aliasTimeouts: readAliasTimeouts(aliasTimeouts, options.models),
    modelInfo: readModelInfo(modelInfo, options.models),
    cache: readCache(cache, options.models),
    telemetry: readTelemetry(telemetry),
    usage: {
      dataset: readEngine("usageDataset", usageDataset, ["writeDataPoint"]),
      queue: readEngine("usageQueue", usageQueue, ["send"]),
    },
    options: {
      ...options,
      aliasesOnly: !readFlag("allowAnyModel", allowAnyModel),
      timeouts: withDefaults(options.timeouts),
    },
  };
}

/** @param {unknown} token */
function readToken(token = "") {
  if (typeof token !== "string") throw createError("invalid_options", "the token must be a string");
  // Secrets are often set from files and commands, which end with a line break.
  const trimmed = token.trim();
  if (/[^\x21-\x7e]/.test(trimmed)) {
    const hint = "use ASCII letters, digits and punctuation";
    throw createError("invalid_options", "the token contains a character that can't be sent as one", hint);
  }
  return trimmed;
}

/**
 * An engine of the runtime's. Its methods are not called here, where the Worker has no request.
 *
 * @template T
 * @param {string} name
 * @param {T | undefined} engine
 * @param {string[]} methods
 * @returns {T | undefined}
 */
function readEngine(name, engine, methods) {
  if (engine === undefined) return undefined;
  const members = /** @type {Record<string, unknown> | null} */ (engine);
  if (typeof engine === "object" && methods.every((method) => typeof members?.[method] === "function")) return engine;
  throw createError("invalid_options", `the option ${name} must be a binding with ${methods.join(" and ")}`);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} fallback
 * @param {number} [least]
 */
function readCount(name, value, fallback, least = 1) {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && Number(value) >= least) return Number(value);
  throw createError("invalid_options", `the option ${name} must be a whole number of at least ${least}`);
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function readFlag(name, value = false) {
  if (typeof value === "boolean") return value;
  throw createError("invalid_options", `the option ${name} must be true or false`);
}

/**
 * @param {TimeoutOptions | undefined} timeouts
 * @returns {TimeoutOptions}
 */
function withDefaults(timeouts) {
  if (timeouts !== undefined && (typeof timeouts !== "object" || timeouts === null)) return timeouts;
  const given = Object.entries(timeouts ?? {}).filter(([, value]) => value !== undefined);
  return { ...TIMEOUTS, ...Object.fromEntries(given) };
}

// ---------------------------------------------------------------- bindings

/**
 * The bindings of `GatewayEnv` as a configuration.
 *
 * @param {GatewayEnv} env
 * @returns {GatewayConfiguration}
 */
export function readBindings(env) {
  rejectUnknownVariables(env);
  return {
    token: readText(env, "GATEWAY_TOKEN"),
    keys: env.GATEWAY_KEYS,
    rateLimiter: env.RATE_LIMITER,
    rateLimit: readText(env, "GATEWAY_RATE_LIMIT"),
    budgets: env.BUDGETS,
    targetHealth: env.TARGET_HEALTH,
    origins: readVariable("GATEWAY_ORIGINS", () => splitOrigins(readText(env, "GATEWAY_ORIGINS"))),
    maxBodyBytes: readNumber(env, "GATEWAY_MAX_BODY_BYTES"),
    bodyTimeoutMs: readNumber(env, "GATEWAY_BODY_TIMEOUT_MS"),
    logErrors: readBoolean(env, "GATEWAY_LOG_ERRORS"),
    guardrails: readObject(env, "GATEWAY_GUARDRAILS"),
    keepAliveMs: readNumber(env, "GATEWAY_KEEP_ALIVE_MS", 0),
    keepAliveJson: readBoolean(env, "GATEWAY_KEEP_ALIVE_JSON"),
    aliasTimeouts: readObject(env, "GATEWAY_TIMEOUTS"),
    modelInfo: readObject(env, "GATEWAY_MODEL_INFO"),
    cache: readObject(env, "GATEWAY_CACHE"),
    telemetry: readTelemetryVariables(env),
    usageDataset: env.USAGE,
    usageQueue: env.USAGE_QUEUE,
    allowAnyModel: readBoolean(env, "OCI_ALLOW_ANY_MODEL"),
    timeouts: {
      totalMs: readNumber(env, "GATEWAY_TOTAL_TIMEOUT_MS"),
      firstChunkMs: readNumber(env, "GATEWAY_FIRST_CHUNK_TIMEOUT_MS"),
      chunkMs: readNumber(env, "GATEWAY_CHUNK_TIMEOUT_MS"),
    },
    region: readText(env, "OCI_REGION"),
    realm: readText(env, "OCI_REALM"),
    compartmentId: readText(env, "OCI_COMPARTMENT_ID"),
    endpoint: readText(env, "OCI_ENDPOINT"),
    models: readObject(env, "OCI_MODELS"),
    apiKey: readText(env, "OCI_API_KEY"),
    sign: readSigner(env),
  };
}

/**
 * A misspelled variable would otherwise be a setting that has no effect.
 *
 * @param {GatewayEnv} env
 */
function rejectUnknownVariables(env) {
  for (const [name, value] of Object.entries(env)) {
    if (!/^(OCI|GATEWAY)_/.test(name) || VARIABLES.includes(name) || value === undefined) continue;
    const nearest = nearestName(name, VARIABLES);
    const hint = nearest === undefined ? `the variables are ${VARIABLES.join(", ")}` : `did you mean ${nearest}?`;
    throw createError("invalid_options", `${name} is not a variable of the gateway`, hint);
  }
}

/**
 * A text without the line break that files and commands put at its end; undefined if it is empty.
 *
 * @param {GatewayEnv} env
 * @param {keyof GatewayEnv} name
 */
function readText(env, name) {
  const value = env[name] ?? "";
  if (typeof value !== "string") throw createError("invalid_options", `${name} must be a string`);
  return value.trim() || undefined;
}

/**
 * @param {GatewayEnv} env
 * @param {keyof GatewayEnv} name
 * @param {0 | 1} [least]
 */
function readNumber(env, name, least = 1) {
  const value = env[name] ?? "";
  const text = typeof value === "string" ? value.trim() : String(value);
  if (text === "") return undefined;
  if (/^(?:0|[1-9]\d{0,14})$/.test(text) && Number(text) >= least) return Number(text);
  throw createError("invalid_options", `${name} must be a whole number of at least ${least}`);
}

/**
 * @param {GatewayEnv} env
 * @param {keyof GatewayEnv} name
 */
function readBoolean(env, name) {
  const value = env[name] ?? "";
  if (value === "") return undefined;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw createError("invalid_options", `${name} must be "true" or "false"`);
}

/** @param {string} [text] */
function splitOrigins(text = "") {
  if (text === "*") return text;
  const origins = text.split(",").map((origin) => origin.trim());
  return readOrigins(origins.filter((origin) => origin !== ""));
}

/**
 * An object, or its JSON text.
 *
 * @param {GatewayEnv} env
 * @param {"OCI_MODELS" | "GATEWAY_GUARDRAILS" | "GATEWAY_TIMEOUTS" | "GATEWAY_MODEL_INFO" | "GATEWAY_CACHE"} name
 * @returns {any}
 */
function readObject(env, name) {
  if (typeof env[name] === "object") return env[name];
  const json = readText(env, name);
  return json === undefined ? undefined : readVariable(name, () => JSON.parse(json));
}

/** @param {GatewayEnv} env */
function readSigner(env) {
  const privateKey = readText(env, "OCI_PRIVATE_KEY");
  if (!privateKey) return undefined;
  const token = readText(env, "OCI_SESSION_TOKEN");
  if (token) return readVariable("OCI_SESSION_TOKEN", () => tokenSigner({ token, privateKey }));
  const credentials = {
    tenancy: readText(env, "OCI_TENANCY"),
    user: readText(env, "OCI_USER"),
    fingerprint: readText(env, "OCI_FINGERPRINT"),
    privateKey,
  };
  return readVariable("OCI_TENANCY, OCI_USER, OCI_FINGERPRINT", () => {
    // The signer rejects missing credentials.
    return apiKeySigner(/** @type {import("../signer.d.ts").ApiKeySignerOptions} */ (credentials));
  });
}

/**
 * @template T
 * @param {string} name
 * @param {() => T} read
 * @returns {T}
 */
function readVariable(name, read) {
  try {
    return read();
  } catch (cause) {
    // A parser's message may quote the value; the signer's messages never do.
    const { message } = /** @type {Error} */ (cause);
    throw createError("invalid_options", cause instanceof SyntaxError ? `${name} is not JSON` : `${name}: ${message}`);
  }
}
