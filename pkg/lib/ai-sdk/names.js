// Names: `oci` has snake_case, as OpenAI's API has, and options of the AI SDK have camelCase.

/**
 * An object with its own names in snake_case. Names inside it stay.
 *
 * @param {Record<string, unknown>} object
 */
export function toSnakeCase(object) {
  return renamed(object, (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/**
 * An object with its own names in camelCase, without what is undefined. Names inside it stay.
 *
 * @param {Record<string, unknown>} object
 */
export function toCamelCase(object) {
  return renamed(object, (name) => name.replaceAll(/([a-z\d])_([a-z])/g, (_, last, letter) => last + letter.toUpperCase()));
}

/**
 * @param {Record<string, unknown>} object
 * @param {(name: string) => string} rename
 * @returns {Record<string, unknown>}
 */
function renamed(object, rename) {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [rename(name), value]));
}
