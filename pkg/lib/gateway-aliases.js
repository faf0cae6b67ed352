// What an operator sets by alias, beside its targets.

import { createError } from "./error.js";

/** @import { CacheOptions, ModelInfo } from "../gateway.d.ts" */
/** @import { TimeoutOptions } from "../index.js" */

/**
 * Whether a value can be used, and what it has to be.
 *
 * @typedef {{ accepts: (value: unknown) => boolean, kind: string }} Rule
 */

/** @type {Rule} */
const COUNT = {
  accepts: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  kind: "a whole number of at least 1",
};
/** @type {Rule} */
const NAMES = {
  accepts: (value) => Array.isArray(value) && value.every((name) => typeof name === "string" && name !== ""),
  kind: "a list of strings",
};

/** @type {Rule} */
const FLAG = { accepts: (value) => typeof value === "boolean", kind: "true or false" };

/**
 * Validates the option `cache`.
 *
 * @param {unknown} cache
 * @param {object} [models] the aliases
 * @returns {ReadonlyMap<string, CacheOptions>}
 */
export function readCache(cache, models) {
  const settings = readByAlias("cache", { maxAgeSeconds: COUNT, tools: FLAG }, cache, models);
  for (const [alias, { maxAgeSeconds }] of settings) {
    if (maxAgeSeconds !== undefined) continue;
    throw createError("invalid_options", `the option cache.${alias}.maxAgeSeconds must be set`);
  }
  return settings;
}

/**
 * Validates the option `aliasTimeouts`.
 *
 * @param {unknown} timeouts
 * @param {object} [models] the aliases
 * @returns {ReadonlyMap<string, TimeoutOptions>}
 */
export function readAliasTimeouts(timeouts, models) {
  return readByAlias("aliasTimeouts", { totalMs: COUNT, firstChunkMs: COUNT, chunkMs: COUNT }, timeouts, models);
}

/**
 * Validates the option `modelInfo`.
 *
 * @param {unknown} info
 * @param {object} [models] the aliases
 * @returns {ReadonlyMap<string, ModelInfo>}
 */
export function readModelInfo(info, models) {
  const rules = { context_length: COUNT, input_modalities: NAMES, output_modalities: NAMES, operations: NAMES };
  return readByAlias("modelInfo", rules, info, models);
}

/**
 * Validates an option that has an object for each alias.
 *
 * @param {string} option
 * @param {Record<string, Rule>} rules by member
 * @param {unknown} value
 * @param {object} [models] the aliases
 * @returns {ReadonlyMap<string, any>}
 */
export function readByAlias(option, rules, value = {}, models = {}) {
  if (!isObject(value)) throw createError("invalid_options", `the option ${option} must be an object`);
  for (const [alias, members] of Object.entries(value)) {
    const path = `the option ${option}.${alias}`;
    if (!Object.hasOwn(models, alias)) throw createError("invalid_options", `${path} is about no alias of models`);
    if (!isObject(members)) throw createError("invalid_options", `${path} must be an object`);
    for (const [name, member] of Object.entries(members)) {
      if (!Object.hasOwn(rules, name)) {
        const hint = `the options of ${option}.${alias} are ${Object.keys(rules).join(", ")}`;
        throw createError("invalid_options", `${path}.${name} is not known`, hint);
      }
      if (member !== undefined && !rules[name]?.accepts(member)) {
        throw createError("invalid_options", `${path}.${name} must be ${rules[name]?.kind}`);
      }
    }
  }
  return new Map(Object.entries(value));
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
