// Objects without what is undefined, and with other names: `oci` has snake_case, as OpenAI's API has, and
// options of the AI SDK have camelCase.

/**
 * An object with its own names in snake_case. Names inside it stay.
 *
 * @param {Record<string, unknown>} object
 */
export function toSnakeCase(object) {
  return renamed(object, (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/**
 * An object with its own names in camelCase. Names inside it stay.
 *
 * @param {Record<string, unknown>} object
 */
export function toCamelCase(object) {
  return renamed(object, (name) => {
    return name.replaceAll(/([a-z\d])_([a-z])/g, (_, last, letter) => last + letter.toUpperCase());
  });
}

/**
 * @template {object} T
 * @param {T} object
 * @returns {{ [Name in keyof T]?: Exclude<T[Name], undefined> }}
 */
export function withoutUndefined(object) {
  return /** @type {any} */ (renamed(/** @type {Record<string, unknown>} */ (object), (name) => name));
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
