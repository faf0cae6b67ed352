// A file of variables: JSON, or the lines of .dev.vars.

import { CommandError } from "./failure.js";

/**
 * @param {string} text
 * @returns {Record<string, any>}
 */
export function parseVariables(text) {
  if (text.trimStart().startsWith("{")) return parseJson(text);
  return Object.fromEntries(text.split(/\r?\n/).flatMap(parseLine));
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    // A parser's message may quote a secret.
    throw new CommandError("the file of --config is not JSON", "write an object of variables, or NAME=value lines");
  }
}

/**
 * @param {string} line
 * @param {number} index
 * @returns {[name: string, value: string][]}
 */
function parseLine(line, index) {
  if (/^\s*(#|$)/.test(line)) return [];
  const [, name, value] = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new CommandError(`line ${index + 1} of the file of --config is not NAME=value`, "write one variable a line");
  }
  const [, quote, quoted] = /^(["'])(.*)\1$/.exec(value) ?? [];
  if (quoted === undefined) return [[name, value]];
  return [[name, quote === '"' ? quoted.replaceAll(String.raw`\n`, "\n") : quoted]];
}
