// llm-comply (https://pypi.org/project/llm-comply/): checks of answers by OpenAI's and Open Responses' own schemas.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { COMPLIANCE_ALIAS } from "./features.mjs";

/** @import { Client, Target } from "./features.mjs" */

/** @typedef {{ id: string, status: "passed" | "failed" | "skipped", errors?: string[], warnings?: string[] }} Check */

const program = fileURLToPath(new URL("../../.tools/llm-comply/bin/llm-comply", import.meta.url));

/** @type {{ suite: string, route: Client["route"] }[]} */
const SUITES = [
  { suite: "openai-chat", route: "chat/completions" },
  { suite: "open-responses", route: "responses" },
];

/**
 * Checks that fail, and why they are not served. Any other one that fails is an error, and so is one of these that
 * passes.
 *
 * @type {Record<string, string>}
 */
const NOT_SERVED = {
  "chat-reasoning-summary":
    "sends `reasoning.summary`, which Chat Completions does not have: rejected by name, as any unknown parameter is",
};

/**
 * Runs the suites whose route is served.
 *
 * @param {Target} target over HTTP
 * @param {(target: Target, route: Client["route"]) => Promise<boolean>} serves
 * @returns {Promise<{ markdown: string, passed: boolean }>}
 */
export async function complianceOf(target, serves) {
  if (!existsSync(program)) {
    return { markdown: "llm-comply was skipped: it needs python3 with venv and pip.", passed: true };
  }
  const lines = ["| llm-comply | checks | passed | warnings | not served |", "|---|---:|---:|---:|---|"];
  let passed = true;
  for (const { suite, route } of SUITES) {
    if (!(await serves(target, route))) {
      lines.push(`| ${suite} | – | – | – | the route |`);
      continue;
    }
    const checks = await runSuite(suite, target);
    const unexpected = checks.filter(({ id, status }) => (status === "passed") === Object.hasOwn(NOT_SERVED, id));
    for (const check of unexpected) console.error(`llm-comply, ${suite}: ${JSON.stringify(check)}`);
    passed &&= unexpected.length === 0;
    const good = checks.filter(({ status }) => status === "passed");
    const warnings = good.flatMap((check) => check.warnings ?? []);
    for (const warning of new Set(warnings)) console.error(`llm-comply, ${suite}: warning: ${warning}`);
    const others = checks.filter(({ status }) => status !== "passed");
    const reasons = others.map(({ id }) => `\`${id}\`: ${NOT_SERVED[id] ?? "not expected"}`);
    const warned = good.filter((check) => check.warnings?.length).map(({ id }) => `\`${id}\``);
    const counts = `${checks.length} | ${good.length} | ${[warnings.length, ...warned].join(" ")}`;
    lines.push(`| ${suite} | ${counts} | ${reasons.join("; ") || "–"} |`);
  }
  return { markdown: lines.join("\n"), passed };
}

/**
 * @param {string} suite
 * @param {Target} target
 * @returns {Promise<Check[]>}
 */
function runSuite(suite, { baseURL, apiKey }) {
  const options = ["--format", suite, "--base-url", baseURL, "--model", COMPLIANCE_ALIAS, "--json"];
  const env = { PATH: process.env.PATH, OPENRESPONSES_API_KEY: apiKey };
  return new Promise((resolve, reject) => {
    // It ends with 1 if a check failed.
    execFile(program, options, { env, timeout: 300_000 }, (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout).results);
      } catch (cause) {
        reject(new Error(`llm-comply printed no results: ${stdout}${stderr}`, { cause }));
      }
    });
  });
}
