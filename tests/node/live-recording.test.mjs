// What `make live` records: redacted answers, and the facts of a stream.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, test } from "node:test";
import { redactor } from "../../scripts/live/redact.mjs";
import { streamFacts } from "../../scripts/live/stream-facts.mjs";

describe("redaction", () => {
  const letters = (length, alphabet = "abcdefghijklmnopqrstuvwxyz234567") =>
    Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
  const hex = (length) => letters(length, randomInt(2) ? "0123456789abcdef" : "0123456789ABCDEF");
  const anyOf = (...values) => values[randomInt(values.length)];
  const uuid = () => [8, 4, 4, 4, 12].map(hex).join("-");

  /**
   * Makers of identifiers that must not survive: the text with the identifier, and the part that
   * must be redacted.
   */
  const IDENTIFIERS = [
    () => {
      const unique = anyOf("amaaaaaa", "aaaaaaaa", "") + letters(anyOf(8, 52));
      const kind = anyOf("tenancy", "user", "compartment", "generativeaiendpoint", "generativeai_x", "API-key");
      const head = anyOf("ocid1", "OCID1", "ocid2");
      return [
        [
          head,
          kind,
          anyOf("oc1", "oc19", "OC2"),
          anyOf("", "iad", "us-chicago-1"),
          anyOf("", "", "future.") + unique,
        ].join("."),
        unique,
      ];
    },
    () => repeated(Array.from({ length: anyOf(16, 20, 32) }, () => hex(2)).join(":")),
    () => repeated(uuid()),
    () => repeated(hex(anyOf(16, 24, 32, 64))),
    () => repeated(`${hex(32)}/${hex(32)}/${hex(32)}`),
    () => repeated(`eyJ${letters(30)}.eyJ${letters(40)}.${letters(50)}`),
    () => repeated(`sk-${letters(40)}`),
    () => repeated(`${letters(8)}.${letters(6)}@example.com`),
    () => {
      const prefix = `team-${letters(6)}`;
      return [`${prefix}.pe.inference.generativeai.us-chicago-1.oci.oraclecloud.com`, prefix];
    },
    () => {
      const id = anyOf(`chatcmpl-tool-${letters(12)}`, `fp_${letters(8)}`, `call ${letters(9)}`);
      const name = anyOf(
        "id",
        "opcRequestId",
        "opc-request-id",
        "request_id",
        "tenantId",
        "user_id",
        "system_fingerprint",
      );
      const pair = `"${name}"${anyOf(":", ": ")}"${id}"`;
      return [anyOf(`{${pair}}`, JSON.stringify({ message: `{${pair}}` })), id];
    },
  ];
  const repeated = (value) => [value, value];
  const FILLER = () =>
    anyOf("data: ", "\n\n", '"text":"one, two"', " – ", "é", '{"finishReason":"stop"}', ",", " (", ")", "1.0.0");

  test("redacts every identifier, keeps the length, and is idempotent", () => {
    for (let run = 0; run < 2000; run++) {
      const identifiers = Array.from({ length: 1 + randomInt(5) }, () => anyOf(...IDENTIFIERS)());
      const text = `${identifiers.map(([whole]) => `${FILLER()} ${whole} ${FILLER()}`).join(" ")}\n`;
      const bytes = Buffer.from(text);
      const redact = redactor();
      const redacted = redact(bytes.toString("latin1"));
      assert.equal(redacted.length, bytes.length, text);
      for (const [, part] of identifiers) {
        assert.ok(!redacted.toLowerCase().includes(part.toLowerCase()), `${part} in ${redacted}`);
      }
      assert.equal(redact(redacted), redacted);
    }
  });

  test("redacts known values anywhere, in any case", () => {
    const redact = redactor(["ocid1.tenancy.oc1..Kn0wn", "opaque value (1)", "team.example:8443"]);
    const text = "tenant kn0wn, OPAQUE VALUE (1), https://team.example:8443/x, ocid1.tenancy.oc1..Kn0wn";
    const redacted = redact(text);
    assert.doesNotMatch(redacted, /kn0wn|opaque|value|team|8443/i);
    assert.match(redacted, /^tenant x{4}\d|^tenant xxxx/);
  });

  test("replaces equal ids by equal stand-ins, and different ids by different ones", () => {
    const redact = redactor();
    const [a, b] = [hex(32), hex(32)];
    const [first, second, third] = redact(`${a} ${b} ${a}`).split(" ");
    assert.notEqual(first, second);
    assert.equal(first, third);
  });

  test("leaves answers without ids unchanged", () => {
    for (const text of [
      'data: {"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":"one, two"}]},' +
        '"pad":"aaaaaaaaaaaa"}\n\ndata: [DONE]\n\n',
      '{"code":"404","message":"Authorization failed or requested resource not found."}',
      '{"modelId":"meta.llama-3.3-70b-instruct","modelVersion":"1.0.0","timeCreated":"2026-09-18T19:46:59.025Z"}',
    ]) {
      assert.equal(redactor(["ocid1.tenancy.oc1..unrelated"])(text), text);
    }
  });
});

test("extracts the facts of a recorded stream", () => {
  const data = (payload) => (typeof payload === "string" ? payload : JSON.stringify(payload));
  const events = (...payloads) => payloads.map((payload) => `data: ${data(payload)}\n\n`).join("");
  const piece = (text, more) => ({ apiFormat: "COHEREV2", message: { content: [{ type: "TEXT", text }] }, ...more });
  const usage = { completionTokens: 1 };
  const cohere = streamFacts(
    events(piece("a"), piece("b"), piece("ab", { finishReason: "COMPLETE", usage, pad: "a" })),
  );
  assert.deepEqual(cohere, {
    events: 3,
    done: false,
    finish: "COMPLETE",
    usage: "in the finish event",
    pad: true,
    repeats: "the whole text is repeated",
    errors: 0,
  });
  const generic = streamFacts(events(piece("a"), { finishReason: "stop" }, { usage }, "[DONE]"));
  assert.deepEqual(generic, {
    events: 3,
    done: true,
    finish: "stop",
    usage: "after the finish event",
    pad: false,
    repeats: "no text in the finish event",
    errors: 0,
  });
  assert.equal(streamFacts(events(piece("a"), { code: "500", message: "x" })).errors, 1);
  assert.equal(streamFacts(events("<html>")).errors, 1);
  assert.deepEqual(streamFacts("").events, 0);
});
