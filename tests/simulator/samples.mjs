// Plausible values for a tool's parameters or a response schema.

/** @type {Record<string, string>} */
const PYTHON_TYPES = { str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object" };

/**
 * A value of a JSON Schema. Strings are the given word.
 *
 * @param {any} schema
 * @param {string} word
 * @returns {any}
 */
export function sample(schema, word) {
  if (Array.isArray(schema?.enum)) return schema.enum[0];
  if (schema?.const !== undefined) return schema.const;
  const type = [schema?.type].flat().find((name) => name !== "null");
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "boolean") return true;
  if (type === "array") return [sample(schema.items ?? { type: "string" }, word)];
  if (type === "object" || schema?.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([key, property]) => [key, sample(property, word)]),
    );
  }
  return word;
}

/**
 * Cohere's parameterDefinitions, which have Python type names, as a JSON Schema.
 *
 * @param {Record<string, { type: string }>} [definitions]
 */
export function schemaOfDefinitions(definitions = {}) {
  const properties = Object.entries(definitions).map(([key, { type }]) => {
    const name = type.toLowerCase().split("[")[0] ?? "";
    return [key, { type: PYTHON_TYPES[name] ?? type }];
  });
  return { type: "object", properties: Object.fromEntries(properties) };
}

/**
 * JSON as Python prints it, with a space after commas and colons. vLLM does.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function pythonJson(value) {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item)}`);
    return `{${entries.join(", ")}}`;
  }
  return JSON.stringify(value);
}
