// The Python packages `openai` and `litellm`, which call the gateway: the tests are in python.py.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BOTH, LONG, QUESTION, WEATHER, callerGone } from "./features.mjs";

/** @import { Client, Feature, Target } from "./features.mjs" */

const program = fileURLToPath(new URL("../../.tools/python-clients/bin/python", import.meta.url));
const script = fileURLToPath(new URL("python.py", import.meta.url));

/** @type {Feature[]} */
const FEATURES = [
  "text",
  "stream",
  "tools",
  "streamedTools",
  "twoTools",
  "structured",
  "usage",
  "error",
  "abort",
  "embeddings",
];

/** Whether setup.sh found a Python. */
export const hasPython = existsSync(program);

export const pythonOpenai = clientOf("openai", {
  embeddings: "The package asks for base64 by itself, and decodes it.",
});
export const litellm = clientOf("litellm", {});

/**
 * @param {string} name a package
 * @param {Client["notes"]} notes
 * @returns {Client}
 */
function clientOf(name, notes) {
  const ask = asker(name);
  const tests = FEATURES.map((feature) => {
    const run = async (/** @type {Target} */ target) => {
      await ask(target, feature);
      if (feature === "abort") await callerGone(target);
    };
    return [feature, run];
  });
  const names = { name: `${name}, Python`, npm: `${name}.py` };
  return { ...names, route: "chat/completions", notes, tests: Object.fromEntries(tests) };
}

/** One process for a package, which takes seconds to load. @param {string} name */
function asker(name) {
  /** @type {ReturnType<typeof start> | undefined} */
  let running;
  return async (/** @type {Target} */ target, /** @type {Feature} */ feature) => {
    running ??= start(name, target);
    running.stdin.write(`${feature}\n`);
    for (;;) {
      const { value, done } = await running.answers.next();
      if (done) throw new Error(`Python ended: ${running.errors()}`);
      const [answered, fault] = JSON.parse(value);
      // The answer to a test that took too long comes later.
      if (answered !== feature) continue;
      if (fault !== null) throw new Error(fault);
      return;
    }
  };
}

/**
 * Its end is that of this process, which closes its input.
 *
 * @param {string} name
 * @param {Target} target
 */
function start(name, { baseURL, apiKey }) {
  const env = { PATH: process.env.PATH, BASE_URL: baseURL, API_KEY: apiKey, QUESTION, LONG, BOTH, WEATHER };
  // Otherwise litellm asks the network for its list of prices.
  const offline = { LITELLM_LOCAL_MODEL_COST_MAP: "True", PYTHONDONTWRITEBYTECODE: "1" };
  const { stdin, stdout, stderr } = spawn(program, [script, name], { env: { ...env, ...offline } });
  let printed = "";
  stderr.on("data", (data) => (printed += data));
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return { stdin, answers, errors: () => printed };
}

/** The packages and their versions. */
export function pythonVersions() {
  const text = readFileSync(new URL("requirements-clients.txt", import.meta.url), "utf8");
  return ["openai", "litellm"].map((name) => `${name} ${new RegExp(`^${name}==(.*)$`, "m").exec(text)?.[1]} (Python)`);
}
