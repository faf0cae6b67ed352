// The answers of the simulated model. They follow from the request: the same request has the same
// answer, and an answer that reaches the wrong caller is noticed.

import { createHash } from "node:crypto";
import { sample } from "./samples.mjs";
import { fragments, tokenize } from "./tokens.mjs";

/** @import { Answer, Finish, Prompt, ToolCall } from "./types.d.ts" */

const FILLER = [" and", " then", " naïve", " façade", "\n", " 東京", " 😀", " straße", " more", " words"];
const QUESTION_LIMIT = 400;
const CITY = /(?:^|\s)(?:in|for|of|at|and|or)\s+(\p{Lu}[\p{L}\p{M}-]+)/gu;

/**
 * The answer for each choice.
 *
 * @param {Prompt} prompt
 * @returns {[Answer, ...Answer[]]}
 */
export function answersTo(prompt) {
  const more = Array.from({ length: prompt.choices - 1 }, (_, index) => answerTo(prompt, index + 1));
  return [answerTo(prompt, 0), ...more];
}

/**
 * @param {Prompt} prompt
 * @param {number} choice
 * @returns {Answer}
 */
function answerTo(prompt, choice) {
  const calls = callsFor(prompt);
  const budget = prompt.limit ?? Infinity;
  const thought = prompt.reasoning ? tokenize(`The user asks: ${excerpt(prompt)}. Let me think — step by step.`) : [];
  const reasoning = thought.slice(0, Math.min(budget, prompt.reasoningLimit ?? Infinity));
  const rest = budget - reasoning.length;

  const { tokens, stopped } =
    calls.length > 0
      ? { tokens: tokenize(planFor(calls)), stopped: false }
      : beforeStop(contentTokens(prompt, choice), prompt.stops);
  const text = tokens.slice(0, rest);
  const callTokens = calls.reduce((sum, call) => sum + fragments(JSON.stringify(call.arguments)).length + 1, 0);
  return {
    reasoning,
    text,
    calls,
    finish: finishOf({ calls, cut: text.length < tokens.length, stopped }),
    promptTokens: prompt.texts.reduce((sum, part) => sum + tokenize(part).length + 3, 0),
    completionTokens: text.length + callTokens,
  };
}

/**
 * @param {{ calls: ToolCall[], cut: boolean, stopped: boolean }} answer
 * @returns {Finish}
 */
function finishOf({ calls, cut, stopped }) {
  if (calls.length > 0) return "tool_calls";
  if (cut) return "length";
  return stopped ? "stop_sequence" : "stop";
}

/**
 * @param {Prompt} prompt
 * @param {number} choice
 */
function contentTokens(prompt, choice) {
  if (prompt.json) return tokenize(JSON.stringify(jsonFor(prompt, prompt.json)));
  const tokens = tokenize(sentences(prompt, choice));
  const count = /\btokens=(\d+)/.exec(prompt.question);
  return count ? exactly(tokens, Number(count[1])) : tokens;
}

/**
 * @param {Prompt} prompt
 * @param {number} choice
 */
function sentences(prompt, choice) {
  const label = choice > 0 ? `(choice ${choice}) ` : "";
  const seen = prompt.images > 0 ? ` I can see ${prompt.images} image(s).` : "";
  if (prompt.results) {
    return `${label}You asked: "${excerpt(prompt)}".\n\nThe tool said: ${prompt.results.join(" | ")}. Voilà 🌍!`;
  }
  return (
    `${label}You asked: "${excerpt(prompt)}".${seen}\n\n` +
    "That is a naïve question, but a good one — 東京 agrees 😀.\nHere is the end of the answer."
  );
}

/**
 * Exactly so many tokens. The filler is numbered, so that a token that is lost or repeated is
 * noticed.
 *
 * @param {string[]} tokens
 * @param {number} count
 */
function exactly(tokens, count) {
  const filled = tokens.slice(0, count);
  for (let at = filled.length; at < count; at += 1) {
    filled.push(at % 10 === 0 ? ` ${at}` : (FILLER[at % FILLER.length]));
  }
  return filled;
}

/**
 * The tokens before the first stop sequence, and whether there was one.
 *
 * @param {string[]} tokens
 * @param {string[]} stops
 */
function beforeStop(tokens, stops) {
  const whole = tokens.join("");
  const ends = stops
    .filter((stop) => stop !== "")
    .map((stop) => whole.indexOf(stop))
    .filter((at) => at >= 0);
  if (ends.length === 0) return { tokens, stopped: false };
  const kept = [];
  let rest = Math.min(...ends);
  for (const token of tokens) {
    if (rest <= 0) break;
    kept.push(token.slice(0, rest));
    rest -= token.length;
  }
  return { tokens: kept, stopped: true };
}

/**
 * @param {Prompt} prompt
 * @param {{ schema: any }} json
 */
function jsonFor(prompt, { schema }) {
  const value = schema ? sample(schema, cities(prompt)[0]) : { answer: excerpt(prompt) };
  return typeof value === "object" ? value : { answer: value };
}

/**
 * @param {Prompt} prompt
 * @returns {ToolCall[]}
 */
function callsFor(prompt) {
  const { tools, choice, question, results } = prompt;
  if (choice === "none" || results) return [];
  const named = tools.filter(({ name }) => question.includes(name));
  if (choice === "auto" && named.length < 2 && !/weather/i.test(question)) return [];
  if (named.length > 1 && prompt.parallel && typeof choice === "string") {
    return named.map((tool) => callOf(tool, prompt));
  }
  const tool = tools.find(({ name }) => typeof choice === "object" && name === choice.name) ?? tools[0];
  if (!tool) return [];
  const [first, second = "Rome"] = cities(prompt);
  const wanted = prompt.parallel && /parallel/i.test(question) ? [first, second] : [first];
  return wanted.map((city, position) => callOf(tool, prompt, city, position));
}

/**
 * @param {Prompt["tools"][number]} tool
 * @param {Prompt} prompt
 * @returns {ToolCall}
 */
function callOf(tool, prompt, city = cities(prompt)[0], position = 0) {
  return {
    digest: createHash("sha256").update(`${position} ${tool.name} ${prompt.seed}`).digest("hex"),
    name: tool.name,
    arguments: sample({ type: "object", ...tool.schema }, city),
  };
}

/** @param {ToolCall[]} calls */
function planFor(calls) {
  return `I will use ${calls.map((call) => call.name).join(" and ")} — one moment.`;
}

/**
 * @param {Prompt} prompt
 * @returns {[string, ...string[]]}
 */
function cities({ question }) {
  const [first = "Paris", ...more] = Array.from(question.matchAll(CITY), ([, city = ""]) => city);
  return [first, ...more];
}

/** @param {Prompt} prompt */
function excerpt({ question }) {
  return [...question].slice(0, QUESTION_LIMIT).join("");
}
