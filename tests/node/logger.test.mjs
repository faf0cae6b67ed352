// The option `logger`, and what reports say of a call's way.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createGateway } from "oci-genai-edge/gateway";
import { endpointId } from "../simulator/server.mjs";
import { failsWith } from "./support/assertions.mjs";
import { startHarness } from "./support/harness.mjs";
import { collect } from "./support/streams.mjs";

const models = { ours: endpointId("simgeneric"), cohere: endpointId("simcohere"), once: endpointId("simnostream") };
const { url, compartmentId, sign, client, ask } = await startHarness({
  client: { models, retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 } },
});

/** A logger that keeps its lines. */
function keepingLogger() {
  const lines = [];
  const level = (name) => (message, report) => lines.push([name, message, report]);
  return { lines, debug: level("debug"), warn: level("warn"), error: level("error") };
}

/** The lines that an action logs. */
async function logged(action, options) {
  const logger = keepingLogger();
  const reports = [];
  const oci = client({ logger, onFinish: (report) => reports.push(report), ...options });
  await action(oci).catch(() => {});
  assert.deepEqual(
    logger.lines.map(([, , report]) => report),
    reports,
  );
  return logger.lines;
}

describe("logger", () => {
  const failing = (status) => async () => Response.json({ code: "x", message: "hunter2" }, { status });

  test("one line a call: failures, retries and fallbacks louder than what went well", async () => {
    const rows = [
      [(oci) => oci.chat(ask("ours")), {}, "debug", /^oci-genai-edge: chat of ours took \d+ ms$/],
      [
        (oci) => oci.chat(ask("ours")),
        { fetch: failing(404) },
        "error",
        /^oci-genai-edge: chat of ours failed: not_found_or_unauthorized: .*404 \(OCI answers the same .*\)$/,
      ],
      [
        (oci) => collect(oci.stream(ask("once"))),
        {},
        "warn",
        /^oci-genai-edge: chat of once was not streamed: bad_request: /,
      ],
      [
        (oci) => oci.chat(ask("cohere")),
        {},
        "warn",
        /^oci-genai-edge: chat of cohere took another request to find its format: set apiFormat to COHERE$/,
      ],
      [(oci) => oci.chat(ask("none")), { aliasesOnly: true }, "error", /^oci-genai-edge: call of none failed: .*ours/],
      [(oci) => oci.chat({ messages: [] }), {}, "error", /^oci-genai-edge: call of no model failed: /],
    ];
    for (const [action, options, level, message] of rows) {
      const lines = await logged(action, options);
      assert.equal(lines.length, 1, JSON.stringify(lines));
      assert.equal(lines[0][0], level, lines[0][1]);
      assert.match(lines[0][1], message);
      assert.doesNotMatch(JSON.stringify(lines), /hunter2|Hello\?/);
    }
  });

  test("a retry that helped is a warning", async () => {
    let count = 0;
    const fetch = (input, init) => (count++ === 0 ? failing(429)() : globalThis.fetch(input, init));
    const [[level, message]] = await logged((oci) => oci.chat(ask("ours")), { fetch });
    assert.deepEqual([level, message], ["warn", "oci-genai-edge: chat of ours succeeded after rate_limited"]);
  });

  test("an abort is nobody's failure", async () => {
    const [[level, message]] = await logged(async (oci) => {
      for await (const chunk of oci.stream(ask("ours"))) if (chunk) break;
    });
    assert.deepEqual([level, message], ["debug", "oci-genai-edge: chat of ours was ended by its caller"]);
  });

  test("one that throws changes nothing", async () => {
    const thrown = () => {
      throw new Error("no");
    };
    const reports = [];
    const logger = { debug: thrown, warn: thrown, error: thrown };
    const oci = client({ logger, onFinish: (report) => reports.push(report) });
    assert.ok((await oci.chat(ask("ours"))).choices[0].message.content);
    assert.equal(reports.length, 1);
  });

  test("console is one, and a function is not", () => {
    client({ logger: console });
    for (const logger of [null, () => {}, {}, { ...console, warn: 1 }]) {
      assert.throws(
        () => client({ logger }),
        failsWith("invalid_options", ({ message }) => assert.match(message, /logger has no method/)),
      );
    }
  });
});

describe("reports", () => {
  test("have the operation, the route of the last attempt, and the caller's id", async () => {
    const reports = [];
    const oci = client({ onFinish: (report) => reports.push(report), region: "us-chicago-1" });
    await oci.chat(ask("cohere"), { requestId: "req-1" });
    await oci.embed({ model: "cohere.embed-v4.0", input: "a" }, { requestId: "req-2" });
    const [chat, embed] = reports;
    assert.deepEqual([chat.operation, chat.requestId], ["chat", "req-1"]);
    const { apiFormat, transport, region, servingMode } = chat.route;
    assert.deepEqual([apiFormat, transport, region], ["COHERE", "native", "us-chicago-1"]);
    assert.equal(servingMode.endpointId, models.cohere);
    assert.deepEqual([embed.operation, embed.requestId], ["embed", "req-2"]);
    assert.match(embed.route.url, /embedText$/);
  });

  test("a request id that no log should have is refused", async () => {
    for (const requestId of ["", "a b", "a\n", "é", "x".repeat(201), 1]) {
      await assert.rejects(client().chat(ask("ours"), { requestId }), failsWith("invalid_options"));
    }
  });

  test("the gateway takes up x-request-id, if it can be one", async () => {
    const reports = [];
    const options = { token: "t", endpoint: url, compartmentId, sign, models };
    const gateway = createGateway({ configure: () => ({ ...options, onFinish: (it) => reports.push(it) }) });
    for (const [sent, kept] of [
      ["req-3", "req-3"],
      ["a b", undefined],
    ]) {
      const headers = { authorization: "Bearer t", "content-type": "application/json", "x-request-id": sent };
      const request = new Request("https://gateway.example/v1/chat/completions", {
        method: "POST",
        headers,
        body: JSON.stringify(ask("ours")),
      });
      assert.equal((await gateway.fetch(request, {})).status, 200);
      assert.equal(reports.at(-1).requestId, kept);
    }
  });
});
