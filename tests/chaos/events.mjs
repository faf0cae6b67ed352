// The answer of a call: numbered deltas, as the events and the whole body of each wire.

/** @import { Operation, Plan, Wire } from "./types.d.ts" */

const encoder = new TextEncoder();
/** In a text of a plan, where the bytes of its answer are no UTF-8. */
export const REPLACEMENT = "\uFFFD";
const INVALID = [[0xff], [0xf0, 0x9f], [0xc3]];

/**
 * The text of a whole answer.
 *
 * @param {Plan} plan
 */
export function textOf({ texts }) {
  return texts.join("");
}

/**
 * The JSON of each delta.
 *
 * @param {Plan} plan
 */
export function deltasOf({ wire, texts }) {
  return texts.map((text) => JSON.stringify(delta(wire, text)));
}

/**
 * The JSON of the event that ends an answer.
 *
 * @param {Plan} plan
 */
export function finishOf(plan) {
  return JSON.stringify(finish(plan.wire, textOf(plan)));
}

/**
 * The JSON of a whole answer.
 *
 * @param {Plan} plan
 * @param {number} inputs how many there are to embed
 */
export function wholeOf(plan, inputs) {
  const text = textOf(plan);
  return JSON.stringify(plan.operation === "chat" ? whole(plan.wire, text) : result(plan.operation, text, inputs));
}

/**
 * The bytes of a JSON text. What stands for invalid bytes becomes such bytes.
 *
 * @param {string} json
 */
export function bytesOf(json) {
  const parts = json.split(REPLACEMENT).map((part) => encoder.encode(part));
  const bytes = parts.flatMap((part, at) => [...(at === 0 ? [] : (INVALID[at % INVALID.length] ?? [])), ...part]);
  return Uint8Array.from(bytes);
}

/** An event by which the service reports a failure. */
export const ERROR_EVENT = JSON.stringify({ code: "500", message: "the model fell over" });

/**
 * @param {Wire} wire
 * @param {string} text
 */
function delta(wire, text) {
  switch (wire) {
    case "GENERIC":
      return { index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text }] }, pad: "aaa" };
    case "COHERE":
      return { apiFormat: "COHERE", text, pad: "aa" };
    case "COHEREV2":
      return { apiFormat: "COHEREV2", message: { content: [{ type: "TEXT", text }] } };
    default:
      return chunk([{ index: 0, delta: { content: text }, finish_reason: null }]);
  }
}

/**
 * @param {Wire} wire
 * @param {string} text
 */
function finish(wire, text) {
  switch (wire) {
    case "GENERIC":
      return { message: { content: [{ type: "TEXT", text: "" }] }, finishReason: "stop" };
    case "COHERE":
      return { apiFormat: "COHERE", text, chatHistory: [], finishReason: "COMPLETE" };
    case "COHEREV2":
      return { apiFormat: "COHEREV2", finishReason: "COMPLETE" };
    default:
      return chunk([{ index: 0, delta: {}, finish_reason: "stop" }]);
  }
}

/**
 * @param {Wire} wire
 * @param {string} text
 */
function whole(wire, text) {
  const content = [{ type: "TEXT", text }];
  switch (wire) {
    case "GENERIC":
      return answer({ choices: [{ index: 0, message: { role: "ASSISTANT", content }, finishReason: "stop" }] }, wire);
    case "COHERE":
      return answer({ text, chatHistory: [], finishReason: "COMPLETE" }, wire);
    case "COHEREV2":
      return answer({ message: { role: "ASSISTANT", content }, finishReason: "COMPLETE" }, wire);
    default: {
      const message = { role: "assistant", content: text, refusal: null };
      const choices = [{ index: 0, message, finish_reason: "stop" }];
      return { ...HEAD, object: "chat.completion", choices };
    }
  }
}

/**
 * The answer of an action other than a chat, with the text in a place that callers get.
 *
 * @param {Operation} operation
 * @param {string} text
 * @param {number} inputs
 */
function result(operation, text, inputs) {
  switch (operation) {
    case "embed":
      return { id: "e", embeddings: Array.from({ length: inputs }, (_, at) => [at, 0.5]), inputs: [text] };
    case "rerank":
      return { id: "r", documentRanks: [{ index: 0, relevanceScore: 0.5, document: { text } }] };
    default: {
      const found = { label: "PERSON", offset: 0, length: 1, text, score: 1 };
      return { results: { personallyIdentifiableInformation: [found] } };
    }
  }
}

const HEAD = { id: "chatcmpl-chaos", created: 1, model: "m" };

/** @param {object[]} choices */
function chunk(choices) {
  return { ...HEAD, object: "chat.completion.chunk", choices };
}

/**
 * @param {object} chatResponse
 * @param {Wire} apiFormat
 */
function answer(chatResponse, apiFormat) {
  return { modelId: "m", modelVersion: "1", chatResponse: { apiFormat, ...chatResponse } };
}
