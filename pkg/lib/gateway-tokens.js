// How many tokens a request may use, and how many its call has used.

/** @import { Outcome } from "./wasm.js" */

/** What an answer may have where the request sets no limit. */
const DEFAULT_ANSWER_TOKENS = 1024;
/** What an image, or another file in a request, is taken for. */
const FILE_TOKENS = 1000;
/** How many characters a token has, about. */
const TOKEN_LENGTH = 4;

/**
 * Those of the texts of a request, and with them those that its answer may have.
 *
 * @typedef {{ prompt: number, total: number }} Estimate
 */

/**
 * How many tokens a request may use, about.
 *
 * @param {any} request JSON; undefined if it is none, and will be refused
 * @param {boolean} isChat whether its answer is written by a model
 * @returns {Estimate}
 */
export function estimateTokens(request, isChat) {
  const prompt = Math.ceil(lengthOf(request) / TOKEN_LENGTH);
  return { prompt, total: prompt + (isChat ? answerTokens(request) : 0) };
}

/** @param {any} request */
function answerTokens({ max_completion_tokens: newer, max_tokens: older, max_output_tokens: ofResponse, n } = {}) {
  const limit = [newer, older, ofResponse].find(isCount) ?? DEFAULT_ANSWER_TOKENS;
  return limit * (isCount(n) ? n : 1);
}

/**
 * The length of the texts in a value. Its depth is the caller's, so nothing calls itself here.
 *
 * @param {unknown} value
 */
function lengthOf(value) {
  let length = 0;
  const left = [value];
  while (left.length > 0) {
    const member = left.pop();
    if (typeof member === "string") length += member.startsWith("data:") ? FILE_TOKENS * TOKEN_LENGTH : member.length;
    // Tokens may be sent instead of texts.
    else if (typeof member === "number") length += TOKEN_LENGTH;
    else if (typeof member === "object" && member !== null) for (const inner of Object.values(member)) left.push(inner);
  }
  return length;
}

/** @param {unknown} value */
function isCount(value) {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

/**
 * How many tokens a call has used. The service says so at the end of an answer. Without that: nothing, where nothing
 * was sent or the service refused; of an answer that was not received to its end, what there is of it; else what was
 * reserved.
 *
 * @param {Outcome} outcome
 * @param {string | undefined} partial what was received of an answer that is not complete, as JSON text
 * @param {Estimate} estimate
 */
export function tokensOf({ report: { usage, attempts, phase } }, partial, { prompt, total }) {
  if (usage) return usage.total_tokens;
  if (phase === "complete") return total;
  if (partial !== undefined) return prompt + Math.ceil(lengthOf(JSON.parse(partial).choices) / TOKEN_LENGTH);
  return attempts.every(({ status = 0 }) => status >= 400) ? 0 : prompt;
}
