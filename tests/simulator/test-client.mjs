// What a test needs to call the simulator without a client: requests, signatures, and readers of
// streams.

import { createHash, sign } from "node:crypto";
import { endpointId, SCENARIOS } from "./scenarios.mjs";
import { COMPARTMENT_ID } from "./server.mjs";

/** @import { ApiFormat, Json, Simulator } from "./types.d.ts" */

const SIGNED = ["x-date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];

const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

/** The same tool in each format. */
export const TOOLS = {
  GENERIC: [{ type: "FUNCTION", name: "get_weather", description: "Weather", parameters: schema }],
  COHERE: [{ name: "get_weather", description: "Weather", parameterDefinitions: { city: { type: "str" } } }],
  COHEREV2: [{ type: "FUNCTION", function: { name: "get_weather", parameters: schema } }],
};

/**
 * A chatRequest with one question, and more fields.
 *
 * @param {ApiFormat} apiFormat
 * @param {string} text
 * @param {Json} [more]
 */
export function question(apiFormat, text, more = {}) {
  const message =
    apiFormat === "COHERE" ? { message: text } : { messages: [{ role: "USER", content: [{ type: "TEXT", text }] }] };
  return { apiFormat, maxTokens: 200, ...message, ...more };
}

/**
 * The ChatDetails for a simulated endpoint or an on-demand model.
 *
 * @param {string} target the endpoint's name, or the model's id
 * @param {Json} chatRequest
 */
export function envelope(target, chatRequest) {
  const servingMode = Object.hasOwn(SCENARIOS, target)
    ? { servingType: "DEDICATED", endpointId: endpointId(target) }
    : { servingType: "ON_DEMAND", modelId: target };
  return { compartmentId: COMPARTMENT_ID, servingMode, chatRequest };
}

/**
 * The headers that sign a body. Independent of the simulator's verifier, so that both have to be
 * correct.
 *
 * @param {Pick<Simulator, "port">} simulator
 * @param {string} body
 * @param {{ key: { keyId: string, privateKey: string }, names?: string[], at?: number }} options `names` are the signed
 *   headers, `at` is the client's clock
 */
export function signedHeaders({ port }, body, { key, names = SIGNED, at = Date.now() }) {
  /** @type {Record<string, string>} */
  const values = {
    date: new Date(at).toUTCString(),
    "x-date": new Date(at).toUTCString(),
    "(request-target)": "post /20231130/actions/chat",
    host: `127.0.0.1:${port}`,
    "content-length": String(Buffer.byteLength(body)),
    "content-type": "application/json",
    "x-content-sha256": createHash("sha256").update(body).digest("base64"),
  };
  const text = names.map((name) => `${name}: ${values[name]}`).join("\n");
  const signature = sign("RSA-SHA256", Buffer.from(text), key.privateKey).toString("base64");
  const parameters = {
    algorithm: "rsa-sha256",
    headers: names.join(" "),
    keyId: key.keyId,
    signature,
    version: "1",
  };
  const list = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  const clock = names.includes("date") ? "date" : "x-date";
  return {
    [clock]: values[clock],
    "x-content-sha256": values["x-content-sha256"],
    authorization: `Signature ${list.join(",")}`,
  };
}

/**
 * The data of each line of a stream.
 *
 * @param {string} text
 */
export function payloadsOf(text) {
  return Array.from(text.matchAll(/^data: ?(.*)$/gm), ([, data = ""]) => data);
}

/**
 * The JSON events of a stream.
 *
 * @param {string} text
 */
export function eventsOf(text) {
  return payloadsOf(text)
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data));
}

/**
 * The structure of a value: types in place of values, and equal items of an array once.
 *
 * @param {Json} value
 * @returns {Json}
 */
export function shape(value) {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return distinct(value).map((text) => JSON.parse(text));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
}

/**
 * The different structures of events, in the order of their first appearance. The order of keys
 * matters.
 *
 * @param {Json[]} events
 */
export function kinds(events) {
  return distinct(events);
}

/** @param {Json[]} values */
function distinct(values) {
  return [...new Set(values.map((value) => JSON.stringify(shape(value))))];
}
