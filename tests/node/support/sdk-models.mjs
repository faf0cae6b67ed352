// The official SDK's models, read from its declarations: which fields a body may have, which it must have, which words they take.

import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../../node_modules/oci-generativeaiinference/lib/model/", import.meta.url);
// What the SDK turns an unknown word of an answer into. It is never sent.
const NOT_SENT = "UNKNOWN_VALUE";

/** name -> { name, base, fields: { key: { type, optional } }, enums: { name: [words] }, tag: [key, value] or undefined } */
export const models = new Map();
for (const file of readdirSync(FOLDER)) {
  if (!file.endsWith(".d.ts") || file === "index.d.ts") continue;
  const text = readFileSync(new URL(file, FOLDER), "utf8").replace(/\/\*[^]*?\*\//g, "");
  const found = /export interface (\w+)(?: extends model\.(\w+))? \{([^]*?)\n\}/.exec(text);
  if (!found) continue;
  const [, name, base, members] = found;
  const fields = {};
  for (const [, key, optional, type] of members.matchAll(/"(\w+)"(\?)?:\s*(\{[^}]*\}|[^;]*);/g)) {
    fields[key] = { type: type.trim(), optional: optional === "?" };
  }
  const enums = {};
  for (const [, word, values] of text.matchAll(/enum (\w+) \{([^}]*)\}/g)) {
    enums[word] = [...values.matchAll(/= "([^"]*)"/g)].map(([, value]) => value).filter((value) => value !== NOT_SENT);
  }
  const constant = /const (\w+) = "([^"]*)";/.exec(text);
  models.set(name, { name, base, fields, enums, tag: constant?.slice(1, 3) });
}

/** The fields of a model with those that it inherits. */
export function fieldsOf(name) {
  const { base, fields } = models.get(name);
  return base ? { ...fieldsOf(base), ...fields } : fields;
}

/** The models that stand for a name: those that extend it and are told apart by a tag, or itself. */
export function variantsOf(name) {
  const below = [...models.values()].filter((model) => model.tag && model.name !== name && descends(model, name));
  return below.length > 0 ? below : [models.get(name)];
}

function descends({ base }, name) {
  return base !== undefined && (base === name || descends(models.get(base), name));
}

/**
 * What is wrong with a value of a type, one line each; `seen` collects every `Model.field` and `Model.field=WORD` that is there.
 */
export function problemsOf(type, value, path, seen = new Set()) {
  const problems = [];
  check(type, value, path, undefined);
  return problems;

  function check(type, value, path, field) {
    const list = /^Array<([^]*)>$/.exec(type);
    const map = /^\{\s*\[key: string\]:\s*([^]*?);?\s*\}$/.exec(type);
    if (type === "any") return;
    if (value === null || value === undefined) {
      problems.push(`${path} is ${value}`);
    } else if (type === "string" || type === "number" || type === "boolean") {
      if (typeof value !== type) problems.push(`${path} is no ${type}: ${JSON.stringify(value)}`);
    } else if (list) {
      if (!Array.isArray(value)) problems.push(`${path} is no array`);
      else value.forEach((item, index) => check(list[1], item, `${path}[${index}]`, field));
    } else if (map) {
      if (!isObject(value)) problems.push(`${path} is no object`);
      else Object.entries(value).forEach(([key, item]) => check(map[1], item, `${path}.${key}`, field));
    } else if (type.split("|").every((one) => /^\s*model\.\w+\s*$/.test(one))) {
      const names = type.split("|").map((one) => one.trim().slice("model.".length));
      checkModel(names.flatMap(variantsOf), value, path);
    } else {
      const [, owner, word] = /^(\w+)\.(\w+)$/.exec(type) ?? [];
      const words = models.get(owner)?.enums[word];
      if (!words) throw new Error(`the declarations have a type that this reader does not know: ${type}`);
      if (!words.includes(value))
        problems.push(`${path} is ${JSON.stringify(value)} and not one of ${words.join(", ")}`);
      seen.add(`${field}=${value}`);
    }
  }

  function checkModel(variants, value, path) {
    if (!isObject(value)) return problems.push(`${path} is no object`);
    const model = variants.find(({ tag }) => !tag || value[tag[0]] === tag[1]);
    if (!model) {
      const wanted = variants.map(({ tag }) => tag.join(" ")).join(", ");
      return problems.push(`${path} is none of: ${wanted}; it has ${JSON.stringify(value[variants[0].tag[0]])}`);
    }
    seen.add(model.name);
    const fields = fieldsOf(model.name);
    for (const [key, item] of Object.entries(value)) {
      if (!Object.hasOwn(fields, key)) {
        problems.push(`${path}.${key} is no field of ${model.name}`);
        continue;
      }
      seen.add(`${model.name}.${key}`);
      check(fields[key].type, item, `${path}.${key}`, `${model.name}.${key}`);
    }
    for (const [key, { optional }] of Object.entries(fields)) {
      if (!optional && !Object.hasOwn(value, key))
        problems.push(`${path}.${key} is missing, and ${model.name} needs it`);
    }
  }
}

/** Every field, word and variant that a body of this type could have: what `seen` would hold if all had been there. */
export function everythingIn(type, all = new Set()) {
  const list = /^Array<([^]*)>$/.exec(type)?.[1] ?? /^\{\s*\[key: string\]:\s*([^]*?);?\s*\}$/.exec(type)?.[1];
  if (list) return everythingIn(list, all);
  const names = [...type.matchAll(/model\.(\w+)/g)].map(([, name]) => name);
  for (const model of names.flatMap(variantsOf)) {
    if (all.has(model.name)) continue;
    all.add(model.name);
    for (const [key, field] of Object.entries(fieldsOf(model.name))) {
      all.add(`${model.name}.${key}`);
      const [, owner, word] = /^(\w+)\.(\w+)$/.exec(field.type) ?? [];
      for (const value of models.get(owner)?.enums[word] ?? []) all.add(`${model.name}.${key}=${value}`);
      everythingIn(field.type, all);
    }
  }
  return all;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
