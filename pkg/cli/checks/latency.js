// How long the answer took.

import { callModel } from "./call.js";
import { ok, skip } from "./facts.js";

/** @import { Check } from "./facts.js" */

/** @type {Check} */
export const latency = {
  name: "latency",
  async run(facts) {
    if (facts.route === undefined || facts.credentials === undefined) return skip("no call was made");
    const { report, error } = await callModel(facts);
    if (error !== undefined || report?.firstChunkMs === undefined) return skip("no answer");
    const { firstChunkMs, totalMs, usage, attempts } = report;
    // Of the last attempt alone: those before it looked for the format.
    const before = attempts.slice(0, -1).reduce((sum, { ms }) => sum + ms, 0);
    const first = Math.max(0, Math.round(firstChunkMs - before));
    const whole = Math.max(0, Math.round(totalMs - before));
    const tokens = usage?.completion_tokens === undefined ? "" : ` for ${usage.completion_tokens} tokens`;
    return ok(`first chunk after ${first} ms, ${whole} ms in all${tokens}`);
  },
};
