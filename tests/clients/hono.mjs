// The npm package `hono`: its app around `oci.fetch`, called by the npm package `openai`; and a stream of its own.

import assert from "node:assert/strict";
import { appOf } from "./hono-app.mjs";
import { LONG, QUESTION, callerGone } from "./features.mjs";
import { chatCompletions } from "./openai.mjs";

/** @import { Client, Target, Test } from "./features.mjs" */

/** The app, and where it is. @param {Target} target */
function appOn({ client, workerOrigin }) {
  if (client === undefined) return { origin: `${workerOrigin}/hono`, fetch: globalThis.fetch };
  const app = appOf(() => client);
  const fetch = async (/** @type {any} */ url, /** @type {any} */ init) => app.fetch(new Request(url, init));
  return { origin: "https://hono.invalid", fetch };
}

/**
 * A test of `openai`, whose requests go to the app.
 *
 * @param {Test | undefined} test
 * @returns {Test}
 */
const throughApp = (test) => async (target) => {
  const { origin, fetch } = appOn(target);
  await test?.({ ...target, baseURL: `${origin}/v1`, fetch });
};

const { text, tools, streamedTools, twoTools, structured, usage, error, abort, embeddings } = chatCompletions.tests;

/** @type {Client} */
export const hono = {
  name: "hono",
  npm: "hono",
  route: undefined,
  notes: { stream: "Also `streamSSE()` over `oci.stream().text()`, left before its end." },
  tests: {
    ...Object.fromEntries(
      Object.entries({ text, tools, streamedTools, twoTools, structured, usage, error, abort, embeddings }).map(
        ([feature, test]) => [feature, throughApp(test)],
      ),
    ),

    async stream(target) {
      await throughApp(chatCompletions.tests.stream)(target);
      const { origin, fetch } = appOn(target);
      const ask = async (/** @type {string} */ body) => {
        const stop = new AbortController();
        const response = await fetch(`${origin}/ask/house`, { method: "POST", body, signal: stop.signal });
        return { stop, response };
      };
      const { response } = await ask(QUESTION);
      const pieces = (await response.text()).matchAll(/^data: (.*)$/gm);
      const whole = Array.from(pieces, ([, json = ""]) => JSON.parse(json)).join("");
      assert.match(whole, /^You asked: "How is the weather in Oslo\?"[^]*the end of the answer\.$/);
      const long = await ask(LONG);
      await long.response.body?.getReader().read();
      long.stop.abort();
      await callerGone(target);
    },
  },
};
