// Requests on the openai transport.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { COMPARTMENT_ID, endpointId } from "../simulator/server.mjs";
import { assertUnsent, captureClient } from "./support/capture.mjs";

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

  test("with an API key, sends it as Bearer without a compartment, and never on the native transport", async () => {
    const { oci, sent } = captureClient({ sign: undefined, apiKey: "sk-made-up" });
    await oci.chat({ model: MODEL, messages });
    assert.equal(sent[0].headers.authorization, "Bearer sk-made-up");
    assert.equal(sent[0].headers["opc-compartment-id"], undefined);
    await oci.chat({ model: ENDPOINT, messages });
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
