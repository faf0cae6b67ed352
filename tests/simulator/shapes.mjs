// The terms in which request models are written. A shape is a function that returns why a value is
// invalid.

/** @typedef {(value: any, path: string) => string | undefined} Shape */
/** @typedef {{ shape: Shape, required: true }} RequiredField */
/** @typedef {Record<string, Shape | RequiredField>} Fields */

export const string = scalar("string", (value) => typeof value === "string");
export const boolean = scalar("boolean", (value) => typeof value === "boolean");
export const number = scalar("number", (value) => typeof value === "number");
export const integer = scalar("integer", (value) => Number.isInteger(value));
/** @type {Shape} */
export const any = () => undefined;

/**
 * @param {...string} names
 * @returns {Shape}
 */
export function oneOf(...names) {
  return (value, path) => (names.includes(value) ? undefined : `${path} is not one of ${names.join(", ")}`);
}

/**
 * @param {Shape} shape
 * @returns {Shape}
 */
export function listOf(shape) {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is not an array`;
    return firstProblem(value, (item, index) => shape(item, `${path}[${index}]`));
  };
}

/**
 * @param {Shape} shape
 * @returns {Shape}
 */
export function mapOf(shape) {
  return (value, path) => {
    if (!isObject(value)) return `${path} is not an object`;
    return firstProblem(Object.entries(value), ([key, item]) => shape(item, `${path}.${key}`));
  };
}

/**
 * A field of a model that must be present.
 *
 * @param {Shape} shape
 * @returns {RequiredField}
 */
export function required(shape) {
  return { shape, required: true };
}

/**
 * A value that may be null.
 *
 * @param {Shape} shape
 * @returns {Shape}
 */
export function nullable(shape) {
  return (value, path) => (value === null ? undefined : shape(value, path));
}

/**
 * An object with these fields, and no others.
 *
 * @param {Fields} fields
 * @returns {Shape}
 */
export function model(fields) {
  return (value, path) => {
    if (!isObject(value)) return `${path} is not an object`;
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key));
    if (unknown !== undefined) return `${path}.${unknown} is not a known key`;
    return firstProblem(Object.entries(fields), ([key, field]) => {
      const isRequired = typeof field === "object";
      if (!Object.hasOwn(value, key)) return isRequired ? `${path}.${key} is missing` : undefined;
      const shape = isRequired ? field.shape : field;
      return shape(value[key], `${path}.${key}`);
    });
  };
}

/**
 * One of several models, by the value of `key`, which each of them has as a field.
 *
 * @param {string} key
 * @param {Record<string, Fields>} variants
 * @returns {Shape}
 */
export function union(key, variants) {
  const models = new Map(
    Object.entries(variants).map(([name, fields]) => [name, model({ ...fields, [key]: required(string) })]),
  );
  return (value, path) => {
    if (!isObject(value)) return `${path} is not an object`;
    if (!Object.hasOwn(value, key)) return `${path}.${key} is missing`;
    const variant = models.get(value[key]);
    return variant ? variant(value, path) : `${path}.${key} is not one of ${[...models.keys()].join(", ")}`;
  };
}

/**
 * @param {string} name
 * @param {(value: unknown) => boolean} accepts
 * @returns {Shape}
 */
function scalar(name, accepts) {
  return (value, path) => (accepts(value) ? undefined : `${path} is not of type ${name}`);
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T, index: number) => string | undefined} check
 */
function firstProblem(items, check) {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index);
    if (problem) return problem;
  }
  return undefined;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
