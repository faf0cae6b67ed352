// `make live`: the package against a real endpoint on a Dedicated AI Cluster. docs/dac.md lists what has to be set.
// With RECORD=1 it keeps the service's responses, redacted, and answers the open questions about the service.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { OciError } from "oci-genai-edge";

import { runChecks } from "../../pkg/cli/checks/all.js";
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
  /** @type {import("./recorder.mjs").Exchange[]} */
  let streamed = [];
  /** @type {import("./questions.mjs").Row[] | undefined} */
  let rows;
  const redact = redactor(settings.secrets);

  after(async () => {
    if (!record) return;
    await recorder.settled();
    const folder = settings.folder
      ? new URL(`${pathToFileURL(settings.folder)}/`)
      : new URL("../../tests/out/live/", import.meta.url);
    recorder.save(folder, redact);
    if (rows) {
      const table = redact(tableOf(rows));
      writeFileSync(new URL("answers.md", folder), `${table}\n`);
      console.log(`\n${table}`);
    }
    const count = recorder.exchanges.length;
    console.log(`\n${count} responses are in ${fileURLToPath(folder)}. Read them before you publish them.`);
  });

  test("each link of the chain from the OCID to a stream holds", async (t) => {
    recorder.label("stream");
    const failed = [];
    for await (const { name, status, found, advice } of runChecks(factsOf(settings, recorder))) {
      const line = redact(`${status} ${name}: ${found}${advice === undefined ? "" : ` → ${advice}`}`);
      t.diagnostic(line);
      if (status === "fail") failed.push(line);
    }
    await recorder.settled();
    streamed = [...recorder.exchanges];
    assert.deepEqual(failed, []);
  });

  test("a completion has content", async () => {
    recorder.label("completion");
    const apiFormat = /** @type {typeof settings.apiFormat} */ (formatOf(recorder.exchanges) ?? settings.apiFormat);
    const oci = clientOf(settings, recorder, { retry: { maxAttempts: 2 }, apiFormat });
    const { choices, usage } = await oci.chat(chatRequest(endpointId, { max_tokens: 256 }));
    const details = `finish_reason ${choices[0]?.finish_reason}, usage ${JSON.stringify(usage)}`;
    assert.ok(choices[0]?.message.content, `no content: ${details}`);
  });

  test("the open questions about the service", { skip: !record && "needs RECORD=1" }, async () => {
    const format = formatOf(recorder.exchanges);
    assert.ok(format, "no call succeeded that would show the format of the model");
    rows = await answerQuestions({ settings, recorder, streamed, format });
  });
}

/**
 * What doctor's checks begin with.
 *
 * @param {import("./settings.mjs").Settings} settings
 * @param {Recorder} recorder
 * @returns {import("../../pkg/cli/checks/facts.js").Facts}
 */
function factsOf({ endpointId, region, compartmentId, endpoint, apiFormat, sign, profile }, recorder) {
  return {
    model: endpointId,
    client: { region, compartmentId, endpoint, apiFormat, sign },
    credentials: { kind: profile.kind, description: `profile ${profile.name}`, sign, profile },
    env: process.env,
    signal: new AbortController().signal,
    // What the control plane says has names of the tenancy's own, and is not recorded.
    fetch: (url, init) => (init?.method === "POST" ? recorder.fetch(url, init) : fetch(url, init)),
  };
}
