// The conformance suite of `make matrix`: what is conformant passes, and what is not fails in the check that says so.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { startHub } from "../matrix/hub.mjs";
import { CHECK_COUNT, reportSuite, runSuite } from "../matrix/suite.mjs";

const entry = { OciError, OciGenAI, apiKeySigner };

/** The names of the checks that fail. */
async function failures(changes = {}) {
  const hub = await startHub();
  try {
    const results = await runSuite({ ...entry, baseUrl: hub.origin, ...changes });
    assert.equal(results.length, CHECK_COUNT);
    return results.filter(({ ok }) => !ok).map(({ name }) => name);
  } finally {
    await hub.close();
  }
}

test("passes, and tells the hub its results", async () => {
  const hub = await startHub();
  await reportSuite({ ...entry, baseUrl: hub.origin });
  const results = await hub.results;
  assert.deepEqual([results.length, results.filter(({ ok }) => !ok)], [CHECK_COUNT, []]);
  await hub.close();
});

test("fails in the check of what is wrong", async () => {
  // The call's options are lost: its signal and its id. So are tools, and the fallback.
  class Careless extends OciGenAI {
    stream({ tools: _, ...request }) {
      return super.stream(request, { fallback: "never" });
    }
  }
  const failed = await failures({ OciGenAI: Careless, OciError: class extends Error {} });
  assert.deepEqual(failed, ["abort", "fallback", "error", "tools", "signer", "report"]);
});

test("fails nearly everywhere where requests are signed as somebody else", async () => {
  const signAsOther = (options) => apiKeySigner({ ...options, tenancy: "ocid1.tenancy.oc1..other" });
  const failed = await failures({ apiKeySigner: signAsOther });
  assert.equal(failed.length, CHECK_COUNT - 2, `${failed}: all but import, and the check that expects a refusal`);
});

test("tells the hub why there are no results", async () => {
  const hub = await startHub();
  const broken = () => {
    throw new Error("no signer here");
  };
  await reportSuite({ ...entry, apiKeySigner: broken, baseUrl: hub.origin });
  await assert.rejects(hub.results, /no signer here/);
  await hub.close();
});
