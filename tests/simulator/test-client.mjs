// What a test needs to talk to the simulator without a client: requests, a signature, and eyes for streams.

import { createHash, sign } from "node:crypto";
import { endpointId, SCENARIOS } from "./scenarios.mjs";
import { COMPARTMENT_ID } from "./server.mjs";

const SIGNED = ["x-date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];

const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

/** The same tool in each format. */
export const TOOLS = {
  GENERIC: [{ type: "FUNCTION", name: "get_weather", description: "Weather", parameters: schema }],
  COHERE: [{ name: "get_weather", description: "Weather", parameterDefinitions: { city: { type: "str" } } }],
  COHEREV2: [{ type: "FUNCTION", function: { name: "get_weather", parameters: schema } }],
};

/** A chatRequest that asks `text`, with `more` fields on top. */
export function question(apiFormat, text, more = {}) {
  const asked =
    apiFormat === "COHERE" ? { message: text } : { messages: [{ role: "USER", content: [{ type: "TEXT", text }] }] };
  return { apiFormat, maxTokens: 200, ...asked, ...more };
}

/** The ChatDetails for a scenario's name or an on-demand model. */
export function envelope(target, chatRequest) {
  const servingMode = Object.hasOwn(SCENARIOS, target)
    ? { servingType: "DEDICATED", endpointId: endpointId(target) }
    : { servingType: "ON_DEMAND", modelId: target };
  return { compartmentId: COMPARTMENT_ID, servingMode, chatRequest };
}

/**
 * The headers that sign a body. Written apart from the simulator's own reader, so that both have to be right.
 * `names` are the signed headers, `at` is the client's clock.
 */
export function signedHeaders({ port }, body, { key, names = SIGNED, at = Date.now() }) {
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

/** What follows `data:` on each line of a stream. */
export function payloadsOf(text) {
  return [...text.matchAll(/^data: ?(.*)$/gm)].map((match) => match[1]);
}

/** The JSON events of a stream. */
export function eventsOf(text) {
  return payloadsOf(text).filter((data) => data !== "[DONE]").map((data) => JSON.parse(data));
}

/** The structure of a value: types instead of values, equal items of an array once. */
export function shape(value) {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return distinct(value).map((text) => JSON.parse(text));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
}

/** The different structures among events, in the order they first appear; the order of keys counts. */
export function kinds(events) {
  return distinct(events);
}

function distinct(values) {
  return [...new Set(values.map((value) => JSON.stringify(shape(value))))];
}
