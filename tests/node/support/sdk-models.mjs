// The official SDK's models, read from its declarations: the fields of a body, which are required,
// and their values.

import { readdirSync, readFileSync } from "node:fs";

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string | undefined} base the model that it extends
 * @property {Record<string, { type: string, optional: boolean }>} fields without those of the base
 * @property {Record<string, string[]>} enums
 * @property {[key: string, value: string] | undefined} tag the field that distinguishes it
 */

const FOLDER = new URL("../../../node_modules/oci-generativeaiinference/lib/model/", import.meta.url);
// The SDK's stand-in for an unknown enum value in an answer. It is never sent.
const UNKNOWN_VALUE = "UNKNOWN_VALUE";
const LIST = /^Array<([^]*)>$/;
const MAP = /^\{\s*\[key: string\]:\s*([^]*?);?\s*\}$/;
const ENUM = /^(\w+)\.(\w+)$/;

/** @type {Map<string, Model>} */
const models = new Map();
for (const file of readdirSync(FOLDER)) {
  if (!file.endsWith(".d.ts") || file === "index.d.ts") continue;
  const model = parse(readFileSync(new URL(file, FOLDER), "utf8").replaceAll(/\/\*[^]*?\*\//g, ""));
  if (model) models.set(model.name, model);
}

/**
 * What is wrong with a value of a type, one line each.
 *
 * @param {string} rootType as the declarations write it
 * @param {unknown} root
 * @param {string} name of the value
 * @param {Set<string>} [seen] collects every `Model`, `Model.field` and `Model.field=VALUE` that occurs
 */
export function problemsOf(rootType, root, name, seen = new Set()) {
  /** @type {string[]} */
  const problems = [];
  check(rootType, root, name, undefined);
  return problems;

  /**
   * @param {string} type
   * @param {unknown} value
   * @param {string} path
   * @param {string | undefined} field `Model.field`
   */
  function check(type, value, path, field) {
    const list = LIST.exec(type)?.[1];
    const map = MAP.exec(type)?.[1];
    if (type === "any") return;
    if (value === null || value === undefined) {
      problems.push(`${path} is ${value}`);
    } else if (type === "string" || type === "number" || type === "boolean") {
      if (typeof value !== type) problems.push(`${path} is no ${type}: ${JSON.stringify(value)}`);
    } else if (list) {
      if (!Array.isArray(value)) return void problems.push(`${path} is no array`);
      value.forEach((item, index) => check(list, item, `${path}[${index}]`, field));
    } else if (map) {
      if (!isObject(value)) return void problems.push(`${path} is no object`);
      for (const [key, item] of Object.entries(value)) check(map, item, `${path}.${key}`, field);
    } else if (type.split("|").every((one) => /^\s*model\.\w+\s*$/.test(one))) {
      const names = type.split("|").map((one) => one.trim().slice("model.".length));
      checkModel(names.flatMap(variantsOf), value, path);
    } else {
      const values = enumValues(type);
      if (!values) throw new Error(`the declarations have an unknown type: ${type}`);
      if (typeof value !== "string" || !values.includes(value)) {
        problems.push(`${path} is ${JSON.stringify(value)} and not one of ${values.join(", ")}`);
      }
      seen.add(`${field}=${value}`);
    }
  }

  /**
   * @param {Model[]} variants
   * @param {unknown} value
   * @param {string} path
   */
  function checkModel(variants, value, path) {
    if (!isObject(value)) return void problems.push(`${path} is no object`);
    const model = variants.find(({ tag }) => !tag || value[tag[0]] === tag[1]);
    if (!model) {
      const expected = variants.map(({ tag }) => tag?.join(" ")).join(", ");
      const tag = variants[0]?.tag?.[0] ?? "";
      return void problems.push(`${path} is none of: ${expected}; it has ${JSON.stringify(value[tag])}`);
    }
    seen.add(model.name);
    const fields = fieldsOf(model);
    for (const [key, item] of Object.entries(value)) {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (!field) {
        problems.push(`${path}.${key} is no field of ${model.name}`);
        continue;
      }
      seen.add(`${model.name}.${key}`);
      check(field.type, item, `${path}.${key}`, `${model.name}.${key}`);
    }
    const required = Object.keys(fields).filter((key) => !fields[key]?.optional);
    for (const key of required.filter((one) => !Object.hasOwn(value, one))) {
      problems.push(`${path}.${key} is missing, and ${model.name} needs it`);
    }
  }
}

/**
 * Every model, field and enum value that a body of this type can have: what `seen` contains if all
 * occurred.
 *
 * @param {string} type
 * @param {Set<string>} [all]
 */
export function everythingIn(type, all = new Set()) {
  const item = LIST.exec(type)?.[1] ?? MAP.exec(type)?.[1];
  if (item) return everythingIn(item, all);
  const names = Array.from(type.matchAll(/model\.(\w+)/g), ([, name = ""]) => name);
  for (const model of names.flatMap(variantsOf)) {
    if (all.has(model.name)) continue;
    all.add(model.name);
    for (const [key, field] of Object.entries(fieldsOf(model))) {
      all.add(`${model.name}.${key}`);
      for (const value of enumValues(field.type) ?? []) all.add(`${model.name}.${key}=${value}`);
      everythingIn(field.type, all);
    }
  }
  return all;
}

/**
 * @param {string} text a declaration file
 * @returns {Model | undefined}
 */
function parse(text) {
  const found = /export interface (\w+)(?: extends model\.(\w+))? \{([^]*?)\n\}/.exec(text);
  if (!found) return undefined;
  const [, name = "", base, members = ""] = found;
  const fields = Array.from(
    members.matchAll(/"(\w+)"(\?)?:\s*(\{[^}]*\}|[^;]*);/g),
    ([, key = "", optional, type = ""]) => [key, { type: type.trim(), optional: optional === "?" }],
  );
  const enums = Array.from(text.matchAll(/enum (\w+) \{([^}]*)\}/g), ([, key = "", body = ""]) => {
    const values = Array.from(body.matchAll(/= "([^"]*)"/g), ([, value]) => value);
    return [key, values.filter((value) => value !== UNKNOWN_VALUE)];
  });
  const [, key, value] = /const (\w+) = "([^"]*)";/.exec(text) ?? [];
  const tag = key !== undefined && value !== undefined ? /** @type {[string, string]} */ ([key, value]) : undefined;
  return { name, base, fields: Object.fromEntries(fields), enums: Object.fromEntries(enums), tag };
}

/** @param {string} name */
function modelNamed(name) {
  const model = models.get(name);
  if (!model) throw new Error(`the declarations have no model ${name}`);
  return model;
}

/**
 * The fields of a model, including those of its bases.
 *
 * @param {Model} model
 * @returns {Model["fields"]}
 */
function fieldsOf({ base, fields }) {
  return base ? { ...fieldsOf(modelNamed(base)), ...fields } : fields;
}

/**
 * The models that a name stands for: those that extend it and have a tag, or itself.
 *
 * @param {string} name
 */
function variantsOf(name) {
  const below = [...models.values()].filter((model) => model.tag && model.name !== name && extendsModel(model, name));
  return below.length > 0 ? below : [modelNamed(name)];
}

/**
 * @param {Model} model
 * @param {string} name
 * @returns {boolean}
 */
function extendsModel({ base }, name) {
  return base !== undefined && (base === name || extendsModel(modelNamed(base), name));
}

/** @param {string} type */
function enumValues(type) {
  const [, owner = "", name = ""] = ENUM.exec(type) ?? [];
  return models.get(owner)?.enums[name];
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
