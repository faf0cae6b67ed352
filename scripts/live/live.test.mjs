// `make live`: the package against a real endpoint on a Dedicated AI Cluster. docs/dac.md says what has to be set.
// With RECORD=1 it keeps what the service sent, redacted, and answers what is not known of it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { ask, BUDGET, clientOf, formatOf } from "./calls.mjs";
import { answerQuestions, tableOf } from "./questions.mjs";
import { Recorder } from "./recorder.mjs";
import { redactor } from "./redact.mjs";
import { readSettings } from "./settings.mjs";

const settings = given();
const skip = settings.missing ? `not set: ${settings.missing.join(", ")}` : false;
if (skip) console.log(`The live tests are skipped. ${skip}`);

/** The settings. What is set and can't be used is a line, not a trace. */
function given() {
  try {
    return readSettings();
  } catch (error) {
    console.error(`The live tests can't be run: ${error.message}`);
    process.exit(1);
  }
}

describe("live", { skip }, () => {
  const { endpointId, record } = settings;
  const recorder = new Recorder({ budget: BUDGET });
  const oci = skip ? undefined : clientOf(settings, recorder, { retry: { maxAttempts: 2 } });
  let streamed = [];
  let rows;

  after(async () => {
    if (!record) return;
    await recorder.settled();
    const root = new URL("../../tests/out/live/", import.meta.url);
    const folder = settings.folder ? new URL(`${pathToFileURL(settings.folder)}/`) : root;
    const redact = redactor(settings.secrets);
    recorder.save(folder, redact);
    if (rows) {
      const table = redact(tableOf(rows));
      writeFileSync(new URL("answers.md", folder), `${table}\n`);
      console.log(`\n${table}`);
    }
    console.log(`\n${recorder.exchanges.length} answers are in ${fileURLToPath(folder)}; read them once more before they go anywhere.`);
  });

  test("the OCID routes to DEDICATED on the native transport", () => {
    const { transport, servingMode, url } = oci.route(endpointId);
    assert.equal(transport, "native");
    assert.deepEqual(servingMode, { servingType: "DEDICATED", endpointId });
    assert.ok(url.endsWith("/20231130/actions/chat"));
  });

  test("a completion has content", async () => {
    recorder.label("completion");
    const { choices, usage } = await oci.chat(ask(endpointId, { max_tokens: 256 }));
    assert.ok(choices[0]?.message.content, `no content: finish_reason ${choices[0]?.finish_reason}, usage ${JSON.stringify(usage)}`);
  });

  test("a stream yields at least one chunk and ends", async (t) => {
    recorder.label("stream");
    const before = recorder.exchanges.length;
    const stream = oci.stream(ask(endpointId, { max_tokens: 256 }));
    let chunks = 0;
    for await (const chunk of stream) chunks += chunk.choices.length;
    await recorder.settled();
    // The requests that were made in the format that the endpoint speaks.
    streamed = recorder.exchanges.slice(before);
    assert.ok(chunks >= 1);
    assert.ok(stream.report.finishReason, "the stream ended without a finish");
    if (stream.report.fallback) t.diagnostic(`it came unstreamed: ${stream.report.fallback}`);
  });

  test("what is not known of the service", { skip: !record && "asked with RECORD=1 only" }, async (t) => {
    const format = formatOf(recorder.exchanges);
    if (!format) return t.skip("no call went through");
    rows = await answerQuestions({ settings, recorder, streamed, format });
  });
});
