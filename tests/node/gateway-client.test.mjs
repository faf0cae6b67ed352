// This package's client in front of its own gateway: what the gateway found out reaches the client.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciGenAI } from "oci-genai-edge";
import { createGateway } from "oci-genai-edge/gateway";
import { endpointId } from "../simulator/server.mjs";
import { failsWith } from "./support/assertions.mjs";
import { startHarness } from "./support/harness.mjs";
import { collect } from "./support/streams.mjs";

const { url, compartmentId, sign, simulator, ask } = await startHarness();

const ALIASES = {
  good: endpointId("simgeneric"),
  cut: endpointId("simcut"),
  failing: endpointId("simerrorevent"),
  filtered: endpointId("simguardrail"),
  missing: endpointId("simunknown"),
  busy: endpointId("simthrottled"),
};
const quick = { baseDelayMs: 1, maxDelayMs: 1 };

/** A client whose service is the gateway. */
function clientOfGateway(options) {
  const models = ALIASES;
  const settings = { token: "token", endpoint: url, compartmentId, sign, models, retry: quick, ...options };
  const gateway = createGateway({ configure: () => settings });
  const fetch = (input, init) => gateway.fetch(new Request(input, init), {});
  const endpoint = "https://gateway.example";
  return new OciGenAI({ endpoint, apiKey: "token", transport: "openai", fetch, retry: quick });
}

const oci = clientOfGateway();

describe("client, gateway, client", { timeout: 30_000 }, () => {
  test("a text, and the id of the service's answer", async () => {
    const stream = oci.stream(ask("good"));
    assert.ok((await collect(stream)).length > 5);
    assert.match(stream.report.attempts[0].opcRequestId, /^[0-9A-F]{32}/);
    const completion = await oci.chat(ask("good"));
    assert.match(completion.choices[0].message.content, /Hello\?/);
  });

  for (const [alias, code] of [
    ["filtered", "content_filtered"],
    ["missing", "not_found_or_unauthorized"],
    ["busy", "rate_limited"],
  ]) {
    test(`${alias}: ${code}, with one hint at most and the id`, async (t) => {
      t.mock.method(console, "error", () => {});
      for (const action of [() => oci.chat(ask(alias)), () => collect(oci.stream(ask(alias)))]) {
        await assert.rejects(
          action,
          failsWith(code, (error) => {
            assert.match(error.opcRequestId, /^[0-9A-F]{32}/);
            assert.equal(error.serviceCode, code);
            assert.equal(error.hint, undefined);
          }),
        );
      }
    });
  }

  test("a stream that is cut off is stream_truncated, with what was received", async () => {
    await assert.rejects(
      collect(oci.stream(ask("cut"))),
      failsWith("stream_truncated", ({ partial }) => assert.ok(partial.choices[0].message.content.length > 0)),
    );
  });

  test("an error event is stream_error", async () => {
    await assert.rejects(collect(oci.stream(ask("failing"))), failsWith("stream_error"));
  });

  test("a mistyped alias names the known ones, once", async () => {
    const { length } = simulator.requests;
    await assert.rejects(
      oci.chat(ask("goood")),
      failsWith("invalid_model", (error) => {
        const names = error.serviceMessage.match(/good, cut, failing, filtered, missing, busy/g);
        assert.equal(names.length, 1);
        assert.equal(error.hint, undefined);
      }),
    );
    assert.equal(simulator.requests.length, length);
  });

  test("the gateway's credentials are not the caller's", async (t) => {
    t.mock.method(console, "error", () => {});
    const gateway = clientOfGateway({ sign: () => ({ authorization: "Signature invalid" }) });
    const check = (error) => assert.equal(error.status, 502);
    await assert.rejects(gateway.chat(ask("good")), failsWith("unauthorized", check));
  });
});
