// What a format can't express is rejected with its name, before anything is sent.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { endpointId } from "../simulator/server.mjs";
import { assertUnsent, captureClient } from "./support/capture.mjs";
import { INEXPRESSIBLE, INVALID, UNSUPPORTED } from "./support/unsupported.mjs";

const FORMATS = ["GENERIC", "COHERE", "COHEREV2"];
const ENDPOINT = endpointId("simgeneric");
const messages = [{ role: "user", content: "Hello" }];

/** A request with this parameter; `oci.x` is set in `oci`. */
function requestWith(name, value) {
  const parameters = name.startsWith("oci.") ? { oci: { [name.slice(4)]: value } } : { [name]: value };
  return { model: ENDPOINT, messages, ...parameters };
}

/**
 * The parameters that docs/parameters.md, which is printed from the tables, marks as rejected in a
 * column.
 */
function documentedAsRejected(format) {
  const text = readFileSync(new URL("../../docs/parameters.md", import.meta.url), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) => {
    const [name, ...cells] = row
      .split(/(?<!\\)\|/)
      .slice(1)
      .map((cell) => cell.trim());
    return /^\*\*\w+\*\*/.test(cells[FORMATS.indexOf(format)]) ? [name.slice(1, -1)] : [];
  });
}

describe("what a format can't express", () => {
  for (const format of FORMATS) {
    describe(format, () => {
      test("these tests cover every parameter that is documented as rejected", () => {
        assert.deepEqual(Object.keys(UNSUPPORTED[format]).toSorted(), documentedAsRejected(format).toSorted());
      });

      test("rejects an unsupported parameter with its name, the format and a hint", async () => {
        for (const [name, { rejected }] of Object.entries(UNSUPPORTED[format])) {
          for (const value of rejected) {
            const error = await assertUnsent(format, requestWith(name, value), name);
            assert.ok(error.message.includes(name) && error.message.includes(format), error.message);
            assert.ok(error.hint?.length > 5, `${name}: ${error.hint}`);
          }
        }
      });

      test("accepts its neutral values, and does not send them", async () => {
        const { oci, sent } = captureClient({ apiFormat: format });
        await oci.chat({ model: ENDPOINT, messages });
        const plain = sent[0].body;
        for (const [name, { neutral = [] }] of Object.entries(UNSUPPORTED[format])) {
          for (const value of [...neutral, null]) {
            await oci.chat(requestWith(name, value));
            assert.deepEqual(sent.at(-1).body, plain, `${name}: ${JSON.stringify(value)}`);
          }
        }
      });

      for (const [what, parameters, param] of INEXPRESSIBLE[format]) {
        test(`rejects ${what} with a hint`, async () => {
          const error = await assertUnsent(format, { model: ENDPOINT, messages, ...parameters }, param);
          assert.ok(error.message.includes(format), error.message);
          assert.ok(error.hint?.length > 5, String(error.hint));
        });
      }

      test("rejects invalid values with the parameter's name", async () => {
        for (const [param, parameters] of [...INVALID.native, ...INVALID[format]]) {
          await assertUnsent(format, { model: ENDPOINT, messages, ...parameters }, param);
        }
      });

      test("rejects unknown keys with their name", async () => {
        const ociNames = ["maxTokens", "topK", "apiFormat", "isStream", "compartmentId", "chatRequest", "message"];
        const names = ["foo", ...ociNames, "top_k", "__proto__", "toString", ""];
        for (const name of names) {
          for (const whole of [name, `oci.${name}`]) {
            if (whole === "oci.top_k") continue;
            const parameters = whole === name ? { [name]: 1 } : { oci: { [name]: 1 } };
            const error = await assertUnsent(format, { model: ENDPOINT, messages, ...parameters }, whole);
            assert.ok(error.message.includes(whole) && error.message.includes(format), error.message);
            assert.ok(error.hint, whole);
          }
        }
      });
    });
  }

  test("COHEREV2: tool_choice may name the only tool", async () => {
    const { oci, sent } = captureClient({ apiFormat: "COHEREV2" });
    const tools = [{ type: "function", function: { name: "f" } }];
    await oci.chat({ model: ENDPOINT, messages, tools, tool_choice: { type: "function", function: { name: "f" } } });
    assert.equal(sent[0].body.chatRequest.toolsChoice, "REQUIRED");
    const other = { type: "function", function: { name: "g" } };
    await assertUnsent("COHEREV2", { model: ENDPOINT, messages, tools, tool_choice: other }, "tool_choice");
  });

  test("COHERE: rejects a tool result without its call", async () => {
    const stray = [...messages, { role: "tool", tool_call_id: "call_1", content: "a" }];
    await assertUnsent("COHERE", { model: ENDPOINT, messages: stray }, "messages[1].tool_call_id");
  });
});
