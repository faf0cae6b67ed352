// `make live`: the package against a real endpoint on a Dedicated AI Cluster. docs/dac.md lists what has to be set.
// With RECORD=1 it keeps the service's responses, redacted, and answers the open questions about the service.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { OciError } from "oci-genai-edge";

import { BUDGET, chatRequest, clientOf, formatOf } from "./calls.mjs";
import { answerQuestions, tableOf } from "./questions.mjs";
import { Recorder } from "./recorder.mjs";
import { redactor } from "./redact.mjs";
import { readSettings } from "./settings.mjs";

const environment = await settingsOrExit();
if (environment.settings) {
  const { settings } = environment;
  describe("live", () => liveTests(settings));
} else {
  const skip = `not set: ${environment.missing.join(", ")}`;
  console.log(`The live tests are skipped. ${skip}`);
  describe("live", { skip }, () => {});
}

/** Settings that are present and unusable are reported in one line, without a stack trace. */
async function settingsOrExit() {
  try {
    return await readSettings();
  } catch (error) {
    const hint = error instanceof OciError && error.hint ? ` (${error.hint})` : "";
    console.error(`The live tests can't be run: ${error instanceof Error ? error.message : error}${hint}`);
    process.exit(1);
  }
}

function liveTests(/** @type {import("./settings.mjs").Settings} */ settings) {
  const { endpointId, record } = settings;
  const recorder = new Recorder({ budget: BUDGET });
  const oci = clientOf(settings, recorder, { retry: { maxAttempts: 2 } });
  /** @type {import("./recorder.mjs").Exchange[]} */
  let streamed = [];
  /** @type {import("./questions.mjs").Row[] | undefined} */
  let rows;

  after(async () => {
    if (!record) return;
    await recorder.settled();
    const folder = settings.folder
      ? new URL(`${pathToFileURL(settings.folder)}/`)
      : new URL("../../tests/out/live/", import.meta.url);
    const redact = redactor(settings.secrets);
    recorder.save(folder, redact);
    if (rows) {
      const table = redact(tableOf(rows));
      writeFileSync(new URL("answers.md", folder), `${table}\n`);
      console.log(`\n${table}`);
    }
    const count = recorder.exchanges.length;
    console.log(`\n${count} responses are in ${fileURLToPath(folder)}. Read them before you publish them.`);
  });

  test("the OCID routes to DEDICATED on the native transport", () => {
    const { transport, servingMode, url } = oci.route(endpointId);
    assert.equal(transport, "native");
    assert.deepEqual(servingMode, { servingType: "DEDICATED", endpointId });
    assert.ok(url.endsWith("/20231130/actions/chat"));
  });

  test("a completion has content", async () => {
    recorder.label("completion");
    const { choices, usage } = await oci.chat(chatRequest(endpointId, { max_tokens: 256 }));
    const details = `finish_reason ${choices[0]?.finish_reason}, usage ${JSON.stringify(usage)}`;
    assert.ok(choices[0]?.message.content, `no content: ${details}`);
  });

  test("a stream yields at least one chunk and ends", async (t) => {
    recorder.label("stream");
    const before = recorder.exchanges.length;
    const stream = oci.stream(chatRequest(endpointId, { max_tokens: 256 }));
    let chunks = 0;
    for await (const chunk of stream) chunks += chunk.choices.length;
    await recorder.settled();
    streamed = recorder.exchanges.slice(before);
    assert.ok(chunks >= 1);
    assert.ok(stream.report?.finishReason, "the stream ended without a finish reason");
    if (stream.report.fallback) t.diagnostic(`it came unstreamed: ${stream.report.fallback}`);
  });

  test("the open questions about the service", { skip: !record && "needs RECORD=1" }, async () => {
    const format = formatOf(recorder.exchanges);
    assert.ok(format, "no call succeeded that would show the format of the model");
    rows = await answerQuestions({ settings, recorder, streamed, format });
  });
}
