// curl, which calls the gateway.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { LONG, QUESTION, WEATHER, callerGone } from "./features.mjs";

/** @import { Client, Target } from "./features.mjs" */

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "get_weather", parameters } }];
const messages = [{ role: "user", content: QUESTION }];

/**
 * Starts curl on a chat.
 *
 * @param {Target} target
 * @param {object} body
 * @param {string[]} [options]
 */
function start({ baseURL, apiKey }, body, options = []) {
  const headers = ["-H", "content-type: application/json", "-H", `authorization: Bearer ${apiKey}`];
  const request = ["-d", JSON.stringify({ model: "gpt", messages, ...body })];
  return spawn("curl", ["-sS", ...options, ...headers, ...request, `${baseURL}/chat/completions`]);
}

/** @param {Parameters<typeof start>} args What curl printed. */
async function print(...args) {
  const curl = start(...args);
  let output = "";
  curl.stdout.on("data", (data) => (output += data));
  const [code] = await once(curl, "close");
  return { output, code };
}

/** @param {Parameters<typeof start>} args The chunks of a stream. */
async function chunks(target, body, options = []) {
  const { output } = await print(target, { ...body, stream: true }, ["-N", ...options]);
  const events = output.split("\n\n").filter(Boolean);
  assert.equal(events.pop(), "data: [DONE]");
  return events.map((event) => JSON.parse(event.replace(/^data: /, "")));
}

/** @type {Client} */
export const curl = {
  name: "curl",
  npm: "curl",
  route: "chat/completions",
  tests: {
    async text(target) {
      const { choices } = JSON.parse((await print(target, {})).output);
      assert.match(choices[0].message.content, /You asked: "How is the weather in Oslo\?"/);
    },

    async stream(target) {
      const text = (await chunks(target, {})).map(({ choices }) => choices[0]?.delta.content ?? "").join("");
      assert.match(text, /the end of the answer\.$/);
    },

    async tools(target) {
      const { message } = JSON.parse((await print(target, { tools })).output).choices[0];
      const [{ id, function: call }] = message.tool_calls;
      assert.deepEqual([call.name, JSON.parse(call.arguments)], ["get_weather", { city: "Oslo" }]);
      const conversation = [...messages, message, { role: "tool", tool_call_id: id, content: WEATHER }];
      const { output } = await print(target, { tools, messages: conversation });
      assert.match(JSON.parse(output).choices[0].message.content, /sunny with 7 degrees/);
    },

    async structured(target) {
      const schema = { ...parameters, additionalProperties: false };
      const format = { type: "json_schema", json_schema: { name: "place", strict: true, schema } };
      const { choices } = JSON.parse((await print(target, { response_format: format })).output);
      assert.deepEqual(JSON.parse(choices[0].message.content), { city: "Oslo" });
    },

    async usage(target) {
      const { usage } = JSON.parse((await print(target, {})).output);
      assert.ok(usage.total_tokens > 0);
      const last = (await chunks(target, { stream_options: { include_usage: true } })).at(-1);
      assert.deepEqual([last.choices, last.usage], [[], usage]);
    },

    async error(target) {
      for (const options of [[], ["-N"]]) {
        const stream = options.length > 0;
        const { output } = await print(target, { model: "blocked", stream }, [...options, "-w", "\n%{http_code}"]);
        const [body = "", status] = output.split("\n");
        const { error } = JSON.parse(body);
        assert.deepEqual([status, error.code, error.type], ["400", "content_filtered", "invalid_request_error"]);
      }
      // `--fail` ends with 22, for a script.
      assert.equal((await print(target, { model: "nothing" }, ["--fail"])).code, 22);
    },

    async abort(target) {
      const running = start(target, { messages: [{ role: "user", content: LONG }], stream: true }, ["-N"]);
      await once(running.stdout, "data");
      running.kill();
      await callerGone(target);
    },
  },
};

/** Undefined where there is no curl. */
export function curlVersion() {
  return /^curl ([\d.]+)/.exec(spawnSync("curl", ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1];
}
