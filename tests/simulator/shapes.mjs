// The vocabulary in which the request models are written, and the reader that applies it.
// A shape is a function (value, path) -> why the value is refused, or undefined.

export const string = scalar("string", (value) => typeof value === "string");
export const boolean = scalar("boolean", (value) => typeof value === "boolean");
export const number = scalar("number", (value) => typeof value === "number");
export const integer = scalar("integer", (value) => Number.isInteger(value));
export const any = () => undefined;

export function oneOf(...names) {
  return (value, path) => (names.includes(value) ? undefined : `${path} is not one of ${names.join(", ")}`);
}

export function listOf(shape) {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is not an array`;
    return first(value, (item, index) => shape(item, `${path}[${index}]`));
  };
}

export function mapOf(shape) {
  return (value, path) => {
    if (!isObject(value)) return `${path} is not an object`;
    return first(Object.entries(value), ([key, item]) => shape(item, `${path}.${key}`));
  };
}

/** Marks a field of a model as one that must be sent. */
export function required(shape) {
  return { shape, required: true };
}

/** Marks a field that may be null, which the service otherwise does not get to see. */
export function nullable(shape) {
  return (value, path) => (value === null ? undefined : shape(value, path));
}

export function model(fields) {
  return (value, path) => {
    if (!isObject(value)) return `${path} is not an object`;
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key));
    if (unknown !== undefined) return `${path}.${unknown} is not a known key`;
    return first(Object.entries(fields), ([key, field]) => {
      if (!Object.hasOwn(value, key)) return field.required ? `${path}.${key} is missing` : undefined;
      return (field.shape ?? field)(value[key], `${path}.${key}`);
    });
  };
}

/** One of several models, chosen by the value of `key`, which is a field of each of them. */
export function union(key, variants) {
  const models = Object.fromEntries(
    Object.entries(variants).map(([name, fields]) => [name, model({ ...fields, [key]: required(string) })]),
  );
  return (value, path) => {
    if (!isObject(value)) return `${path} is not an object`;
    if (!Object.hasOwn(value, key)) return `${path}.${key} is missing`;
    if (!Object.hasOwn(models, value[key])) return `${path}.${key} is not one of ${Object.keys(models).join(", ")}`;
    return models[value[key]](value, path);
  };
}

function scalar(name, accepts) {
  return (value, path) => (accepts(value) ? undefined : `${path} is not of type ${name}`);
}

function first(items, check) {
  for (const [index, item] of items.entries()) {
    const reason = check(item, index);
    if (reason) return reason;
  }
  return undefined;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
