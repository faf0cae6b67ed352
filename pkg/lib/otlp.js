// OTLP in JSON: attributes, times and histograms.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

/**
 * Attributes by name. A number is an integer, unless it is given as an OTLP value; what is undefined is left out.
 *
 * @typedef {Record<string, string | number | boolean | string[] | { doubleValue: number } | undefined>} Attributes
 */

const DELTA = 1;

/** @param {Attributes} attributes */
export function attributesOf(attributes) {
  return Object.entries(attributes).flatMap(([key, value]) => {
    return value === undefined ? [] : [{ key, value: valueOf(value) }];
  });
}

/**
 * @param {string | number | boolean | string[] | { doubleValue: number }} value
 * @returns {object}
 */
function valueOf(value) {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  // Integers of 64 bits are strings.
  if (typeof value === "number") return { intValue: String(value) };
  return Array.isArray(value) ? { arrayValue: { values: value.map(valueOf) } } : value;
}

/**
 * A parameter of a request as an attribute, if it is a number of the kind.
 *
 * @param {unknown} value
 * @param {"int" | "double"} kind
 */
export function numberAttribute(value, kind) {
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  if (kind === "double") return { doubleValue: value };
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * A time, from milliseconds since 1970.
 *
 * @param {number} ms
 */
export function nanosOf(ms) {
  return `${Math.round(ms)}000000`;
}

/**
 * A histogram of single values: what one call adds. An isolate can't add up those of all.
 *
 * @param {string} name
 * @param {string} unit
 * @param {readonly number[]} bounds
 * @param {{ start: number, end: number }} times
 * @param {readonly (readonly [value: number, attributes: object[]])[]} points
 */
export function histogramOf(name, unit, bounds, times, points) {
  const dataPoints = points.map(([value, attributes]) => {
    const found = bounds.findIndex((bound) => value <= bound);
    const bucket = found === -1 ? bounds.length : found;
    return {
      attributes,
      startTimeUnixNano: nanosOf(times.start),
      timeUnixNano: nanosOf(Math.max(times.end, times.start + 1)),
      count: "1",
      sum: value,
      min: value,
      max: value,
      explicitBounds: bounds,
      bucketCounts: Array.from({ length: bounds.length + 1 }, (_, index) => (index === bucket ? "1" : "0")),
    };
  });
  return { name, unit, histogram: { aggregationTemporality: DELTA, dataPoints } };
}
