// The example of the README runs as a module, with OCI's host played by the simulator.

import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointId, makeCredentials } from "../simulator/server.mjs";
import { startExamples } from "./support/examples.mjs";
import { chunksOf, contentOf } from "./support/streams.mjs";

const { blocks, compartmentId, lastRequest, load, preload } = await startExamples("README.md");
await preload();

test("there is one example", () => assert.equal(blocks.length, 1));

test("a Worker that streams from a DAC", async () => {
  const { default: worker } = await load(0);
  const key = makeCredentials();
  const env = {
    OCI_COMPARTMENT_ID: compartmentId,
    OCI_DAC_ENDPOINT_OCID: endpointId("simgeneric"),
    OCI_TENANCY: key.tenancy,
    OCI_USER: key.user,
    OCI_FINGERPRINT: key.fingerprint,
    OCI_PRIVATE_KEY: key.privateKey,
  };
  const request = new Request("https://worker.example/", { method: "POST", body: "Is this README true?" });
  const response = await worker.fetch(request, env);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.match(contentOf(chunksOf(await response.text())), /Is this README true\?/);
  assert.match(lastRequest().headers.authorization, /^Signature version="1"/);
});
