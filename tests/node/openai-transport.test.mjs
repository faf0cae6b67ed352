// Requests on the openai transport.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { COMPARTMENT_ID, endpointId } from "../simulator/server.mjs";
import { failsWith } from "./support/assertions.mjs";
import { assertUnsent, captureClient } from "./support/capture.mjs";
import { startHarness } from "./support/harness.mjs";

const ENDPOINT = endpointId("simgeneric");
const messages = [{ role: "user", content: "Hello" }];

describe("the openai transport", () => {
  const MODEL = "meta.llama-3.3-70b-instruct";

  test("adds include_usage to a stream, and nothing to an unstreamed request", async () => {
    const { oci, sent } = captureClient();
    await oci.chat({ model: MODEL, messages, stream: true, stream_options: { include_usage: true } });
    await oci
      .stream({ model: MODEL, messages, stream_options: { include_obfuscation: false, include_usage: false } })
      .final();
    await oci.stream({ model: `oci:${MODEL}`, messages }).final();
    assert.deepEqual(sent[0].body, { model: MODEL, messages });
    assert.deepEqual(sent[1].body, {
      model: MODEL,
      messages,
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: true },
    });
    assert.deepEqual(sent[2].body, { model: MODEL, messages, stream: true, stream_options: { include_usage: true } });
  });

  test("rejects every oci.* parameter", async () => {
    for (const name of ["top_k", "documents", "foo"]) {
      const error = await assertUnsent(undefined, { model: MODEL, messages, oci: { [name]: 1 } }, `oci.${name}`);
      assert.ok(error.message.includes("openai") && error.hint, error.message);
    }
    const { oci, sent } = captureClient();
    await oci.chat({ model: MODEL, messages, oci: {} });
    assert.deepEqual(sent[0].body, { model: MODEL, messages });
  });

  test("rejects oci that is not an object", async () => {
    for (const value of [5, "top_k", [1]]) await assertUnsent(undefined, { model: MODEL, messages, oci: value }, "oci");
  });

  test("ignores oci.* parameters that are null", async () => {
    const { oci, sent } = captureClient();
    await oci.chat({ model: MODEL, messages, oci: { top_k: null } });
    assert.deepEqual(sent[0].body, { model: MODEL, messages });
  });

  test("with a signer, sends the compartment in a header", async () => {
    const { oci, sent } = captureClient();
    await oci.chat({ model: MODEL, messages });
    const { authorization, "opc-compartment-id": compartment } = sent[0].headers;
    assert.deepEqual(
      { authorization, compartment },
      { authorization: "Signature made by the test", compartment: COMPARTMENT_ID },
    );
  });

  test("with an API key, sends it as Bearer without a compartment, never on the native transport", async () => {
    const { oci, sent } = captureClient({ sign: undefined, apiKey: "sk-made-up" });
    await oci.chat({ model: MODEL, messages });
    assert.equal(sent[0].headers.authorization, "Bearer sk-made-up");
    assert.equal(sent[0].headers["opc-compartment-id"], undefined);
    await oci.chat({ model: ENDPOINT, messages }, { transport: "native" });
    assert.equal(sent[1].headers.authorization, undefined);
  });

  test("sends a project from the headers of the client or the call", async () => {
    const project = "ocid1.generativeaiproject.oc1.us-chicago-1.example";
    const { oci, sent } = captureClient({ headers: { "OpenAI-Project": project } });
    await oci.chat({ model: MODEL, messages });
    await oci.stream({ model: MODEL, messages }).final();
    await oci.chat({ model: MODEL, messages }, { headers: { "openai-project": `${project}2` } });
    assert.deepEqual(
      sent.map(({ headers }) => headers["openai-project"]),
      [project, project, `${project}2`],
    );
  });
});

describe("an endpoint with an API key and without a signer", () => {
  const KEY = "sk-made-up";

  /** @param {boolean} openaiServesEndpoints */
  async function start(openaiServesEndpoints) {
    const harness = await startHarness({ apiKeys: [KEY], openaiServesEndpoints });
    return { ...harness, client: (options = {}) => harness.client({ sign: undefined, apiKey: KEY, ...options }) };
  }

  const paths = (requests) => requests.map(({ path }) => path);

  test("is called on the openai transport, where that serves it", async () => {
    const { client, ask, observe } = await start(true);
    const oci = client();
    const { transport, servingMode, apiFormat } = oci.route(ENDPOINT);
    assert.deepEqual({ transport, servingMode, apiFormat }, {
      transport: "openai",
      servingMode: undefined,
      apiFormat: undefined,
    });
    const { result, requests } = await observe(async () => {
      const whole = await oci.chat(ask("simgeneric"));
      return [whole, await oci.stream(ask("simgeneric")).final()];
    });
    for (const { choices } of result) assert.match(choices[0].message.content, /Hello/);
    assert.deepEqual(paths(requests), ["/openai/v1/chat/completions", "/openai/v1/chat/completions"]);
    for (const { headers, body } of requests) {
      assert.equal(headers.authorization, `Bearer ${KEY}`);
      assert.equal(body.model, ENDPOINT);
    }
  });

  test("fails with what the service said and what to set, where it does not", async () => {
    const { client, ask, observe } = await start(false);
    const oci = client();
    const { requests } = await observe(async () => {
      const refused = failsWith("bad_request", /Dedicated endpoints/, /set `sign`/);
      await assert.rejects(oci.chat(ask("simgeneric")), refused);
      await assert.rejects(oci.stream(ask("simgeneric")).final(), refused);
    });
    // Nothing else is tried: neither without streaming, nor unsigned on the native transport.
    assert.deepEqual(paths(requests), ["/openai/v1/chat/completions", "/openai/v1/chat/completions"]);
  });

  test("leaves the call to the next target, and is tried last for a while", async () => {
    const { client, ask, observe } = await start(false);
    const models = { house: [ENDPOINT, "meta.llama-3.3-70b-instruct"] };
    const oci = client({ models, region: "us-chicago-1" });
    const { requests } = await observe(async () => {
      await oci.chat(ask("house"));
      await oci.chat(ask("house"));
    });
    assert.deepEqual(
      requests.map(({ status }) => status),
      [400, 200, 200],
    );
  });

  test("is native where there is a signer, or the transport is set", async () => {
    const { client, sign } = await start(true);
    assert.equal(client({ sign }).route(ENDPOINT).transport, "native");
    const oci = client();
    assert.equal(oci.route(ENDPOINT, { transport: "native" }).transport, "native");
    assert.equal(oci.route(ENDPOINT, { apiFormat: "GENERIC" }).transport, "openai");
    assert.equal(oci.route(ENDPOINT, { operation: "embed" }).transport, "native");
    assert.equal(client({ region: "us-chicago-1" }).route("cohere.command-r-08-2024").transport, "native");
  });
});
