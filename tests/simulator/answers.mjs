// What the simulated model says. Everything follows from the request, so that an answer which reaches
// the wrong caller is noticed, and the same request always gets the same answer.

import { createHash } from "node:crypto";
import { sample } from "./samples.mjs";
import { fragments, tokenise } from "./tokens.mjs";

const FILLER = [" and", " then", " naïve", " façade", "\n", " 東京", " 😀", " straße", " more", " words"];
const QUESTION_LIMIT = 400;
const PLACE = /(?:^|\s)(?:in|for|of|at|and|or)\s+(\p{Lu}[\p{L}\p{M}-]+)/gu;

/**
 * The answer for one choice:
 * { reasoning: [token], text: [token], calls: [{digest, name, arguments}], finish, promptTokens, completionTokens }
 * where finish is "stop", "length", "stop_sequence" or "tool_calls". With calls, text is the plan.
 */
export function answerTo(prompt, choice = 0) {
  const calls = callsFor(prompt);
  const budget = prompt.limit ?? Infinity;
  const thought = prompt.reasoning ? tokenise(`The user asks: ${excerpt(prompt)}. Let me think — step by step.`) : [];
  const reasoning = thought.slice(0, Math.min(budget, prompt.reasoningLimit ?? Infinity));
  const left = budget - reasoning.length;

  const spoken =
    calls.length > 0
      ? { tokens: tokenise(planFor(calls)), stopped: false }
      : beforeStop(words(prompt, choice), prompt.stops);
  const text = spoken.tokens.slice(0, left);
  const callTokens = calls.reduce((sum, call) => sum + fragments(JSON.stringify(call.arguments)).length + 1, 0);
  return {
    reasoning,
    text,
    calls,
    finish: finishOf({ calls, cut: text.length < spoken.tokens.length, stopped: spoken.stopped }),
    promptTokens: prompt.texts.reduce((sum, part) => sum + tokenise(part).length + 3, 0),
    completionTokens: text.length + callTokens,
  };
}

function finishOf({ calls, cut, stopped }) {
  if (calls.length > 0) return "tool_calls";
  if (cut) return "length";
  return stopped ? "stop_sequence" : "stop";
}

function words(prompt, choice) {
  if (prompt.json) return tokenise(JSON.stringify(jsonFor(prompt)));
  const spoken = tokenise(sentences(prompt, choice));
  const wanted = /\btokens=(\d+)/.exec(prompt.question);
  return wanted ? exactly(spoken, Number(wanted[1])) : spoken;
}

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

// Numbered filler: a token lost or repeated in the middle of a long answer shows.
function exactly(spoken, count) {
  const tokens = spoken.slice(0, count);
  for (let at = tokens.length; at < count; at += 1) tokens.push(at % 10 === 0 ? ` ${at}` : FILLER[at % FILLER.length]);
  return tokens;
}

// The tokens before the first stop sequence, and whether there was one.
function beforeStop(tokens, stops) {
  const whole = tokens.join("");
  const ends = stops.filter((stop) => stop !== "").map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
  if (ends.length === 0) return { tokens, stopped: false };
  const kept = [];
  let left = Math.min(...ends);
  for (const token of tokens) {
    if (left <= 0) break;
    kept.push(token.slice(0, left));
    left -= token.length;
  }
  return { tokens: kept, stopped: true };
}

function jsonFor(prompt) {
  const value = prompt.json.schema ? sample(prompt.json.schema, cities(prompt)[0]) : { answer: excerpt(prompt) };
  return typeof value === "object" ? value : { answer: value };
}

function callsFor(prompt) {
  const { tools, choice, question, results } = prompt;
  if (tools.length === 0 || choice === "none" || results) return [];
  if (choice === "auto" && !/weather/i.test(question)) return [];
  const tool = tools.find(({ name }) => name === choice.name) ?? tools[0];
  const places = cities(prompt);
  const wanted = prompt.parallel && /parallel/i.test(question) ? [places[0], places[1] ?? "Rome"] : [places[0]];
  return wanted.map((place, position) => ({
    digest: createHash("sha256").update(`${position} ${tool.name} ${prompt.seed}`).digest("hex"),
    name: tool.name,
    arguments: sample({ type: "object", ...tool.schema }, place),
  }));
}

function planFor(calls) {
  return `I will use ${calls.map((call) => call.name).join(" and ")} — one moment.`;
}

function cities({ question }) {
  const found = [...question.matchAll(PLACE)].map((match) => match[1]);
  return found.length > 0 ? found : ["Paris"];
}

function excerpt({ question }) {
  return [...question].slice(0, QUESTION_LIMIT).join("");
}
