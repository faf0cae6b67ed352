// Requests for embeddings, reranking and moderation, and what callers get.

/** @import { Plan } from "./types.d.ts" */

/** More than the service takes at once: they are sent in two batches. */
const INPUTS = 100;

/** By operation: the path that it is posted to. @type {Record<Plan["operation"], string>} */
export const PATHS = {
  chat: "chat/completions",
  embed: "embeddings",
  rerank: "rerank",
  moderate: "moderations",
};

/**
 * The request of a plan, without its model. It names the call wherever it is sent.
 *
 * @param {Plan} plan
 * @returns {Record<string, any>}
 */
export function operationRequest({ operation, number }) {
  const name = `chaos-${number}`;
  switch (operation) {
    case "embed": {
      const input = number % 2 === 0 ? name : Array.from({ length: INPUTS }, () => name);
      return { input, oci: { is_echo: true } };
    }
    case "rerank":
      return { query: name, documents: ["a document"], return_documents: true };
    default:
      return { input: name, oci: { categories: [], pii_types: ["PERSON"] } };
  }
}

/**
 * The text of an answer, or what is wrong with it, which is no beginning of a text.
 *
 * @param {Plan} plan
 * @param {any} answer
 * @returns {string}
 */
export function operationText(plan, answer) {
  if (plan.operation === "rerank") return answer.results[0].document.text;
  if (plan.operation === "moderate") return answer.results[0].oci.personally_identifiable_information[0].text;
  const count = [operationRequest(plan).input].flat().length;
  const isInOrder = answer.data.every((/** @type {any} */ { index }, /** @type {number} */ at) => index === at);
  if (answer.data.length !== count || !isInOrder) return `\0 ${answer.data.length} embeddings for ${count} inputs`;
  const [text, ...others] = answer.oci.inputs;
  return others.every((/** @type {string} */ other) => other === text) ? text : "\0 other inputs";
}

/**
 * How many inputs a request to OCI has.
 *
 * @param {string} body JSON text
 */
export function inputsOf(body) {
  return /"inputs":(\[.*?\])/.exec(body)?.[1]?.split(",").length ?? 1;
}
