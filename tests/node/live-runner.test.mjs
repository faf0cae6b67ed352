// The program of `make live`, without a tenancy: when it skips, and complete runs against the
// simulator.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { streamFacts } from "../../scripts/live/stream-facts.mjs";
import { endpointId, makeCredentials, makeSessionToken, startSimulator } from "../simulator/server.mjs";
import { startHarness } from "./support/harness.mjs";
import { startServer } from "./support/local-server.mjs";

const runner = fileURLToPath(new URL("../../scripts/live/live.test.mjs", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "oci-live-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Makes a home directory with this ~/.oci/config, and files beside it. */
function makeHome(config, files = {}) {
  const folder = mkdtempSync(join(scratch, "home-"));
  mkdirSync(join(folder, ".oci"));
  if (config !== undefined) writeFileSync(join(folder, ".oci", "config"), config);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, ".oci", name), content);
  return folder;
}

/** Runs the program with this environment and PATH only. */
function runLive(env) {
  const options = { env: { PATH: process.env.PATH, ...env }, timeout: 120_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--test-reporter=tap", runner], options, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    );
  });
}

const DAC = {
  OCI_DAC_ENDPOINT_OCID: endpointId("simgeneric"),
  OCI_DAC_COMPARTMENT_ID: "ocid1.compartment.oc1..simcompartment",
  OCI_DAC_REGION: "us-chicago-1",
};

describe("without its settings", () => {
  test("skips, and lists everything that is missing", async () => {
    const { code, output } = await runLive({ HOME: makeHome() });
    assert.equal(code, 0, output);
    assert.match(
      output,
      /skipped\. not set: OCI_DAC_ENDPOINT_OCID, OCI_DAC_COMPARTMENT_ID, OCI_DAC_REGION, a profile \[DEFAULT\]/,
    );
    assert.match(output, /# SKIP/);
  });

  test("skips when one variable or the profile is missing", async () => {
    const { OCI_DAC_REGION, ...most } = DAC;
    const config = "[DEFAULT]\nuser=u\n";
    const [region, profile] = await Promise.all([
      runLive({ ...most, HOME: makeHome(config) }),
      runLive({ ...DAC, HOME: makeHome(config), OCI_PROFILE: "TEAM" }),
    ]);
    assert.deepEqual([region.code, profile.code], [0, 0]);
    assert.match(region.output, /not set: OCI_DAC_REGION$/m);
    assert.match(profile.output, /not set: a profile \[TEAM\] in ~\/\.oci\/config$/m);
  });

  test("fails with one line when the profile is unusable", async () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "correct horse" },
    });
    const { tenancy, user, fingerprint } = makeCredentials();
    const identity = `user=${user}\ntenancy=${tenancy}\nfingerprint=${fingerprint}`;
    const config = `[DEFAULT]\n${identity}\nkey_file=~/.oci/key.pem\npass_phrase=wrong horse\n`;
    const { code, output } = await runLive({ ...DAC, HOME: makeHome(config, { "key.pem": privateKey }) });
    assert.equal(code, 1);
    assert.match(output, /^The live tests can't be run: profile \[DEFAULT\] .* pass_phrase does not fit key_file \(/m);
    assert.doesNotMatch(output, /(correct|wrong) horse|at .*\.mjs/);
  });
});

describe("against the simulator", async () => {
  const session = makeSessionToken();
  const { key, url, compartmentId, observe } = await startHarness({
    credentials: [session],
    apiKeys: ["sk-live-test-key-0001"],
  });
  const serving = await startSimulator({
    credentials: [key],
    apiKeys: ["sk-live-test-key-0001"],
    openaiServesEndpoints: true,
  });
  after(() => serving.close());
  const otherRegion = await startServer((_, response) => {
    const id = randomBytes(16).toString("hex");
    response.writeHead(404, { "content-type": "application/json", "retry-after": "7", "opc-request-id": id });
    const message = `no ${endpointId("simgeneric")} for ${key.user} here`;
    response.end(JSON.stringify({ code: "NotAuthorizedOrNotFound", message }));
  });

  const CONFIG = [
    "[DEFAULT]",
    `user=${key.user}`,
    `tenancy=${key.tenancy}`,
    `fingerprint=${key.fingerprint}`,
    "key_file=~/.oci/key.pem",
    "region=us-chicago-1",
    "[SESSION]",
    "security_token_file=~/.oci/token",
    "key_file=~/.oci/session.pem",
  ].join("\n");
  const HOME = makeHome(CONFIG, {
    "key.pem": key.privateKey,
    "session.pem": session.privateKey,
    token: `${session.token}\n`,
  });

  /** Runs the program: its exit code and output, the requests, and what it wrote. */
  async function run(name, env = {}) {
    const folder = mkdtempSync(join(scratch, "live-"));
    const { result, requests } = await observe(() =>
      runLive({
        HOME,
        ...DAC,
        OCI_DAC_ENDPOINT_OCID: endpointId(name),
        OCI_DAC_COMPARTMENT_ID: compartmentId,
        OCI_ENDPOINT: url,
        OCI_OTHER_ENDPOINT: otherRegion,
        OCI_LIVE_FOLDER: folder,
        ...env,
      }),
    );
    const inspections = requests.filter(({ method }) => method === "GET");
    const files = readdirSync(folder).toSorted();
    const read = (file) => readFileSync(join(folder, file), "latin1");
    const answers = files.includes("answers.md") ? read("answers.md") : "";
    const answer = (question) =>
      answers
        .split("\n")
        .find((line) => line.includes(question))
        ?.split("|")[2]
        .trim();
    const posts = requests.filter(({ method }) => method === "POST");
    return { ...result, requests: posts, inspections, files, read, answers, answer };
  }

  test("checks with two requests and what doctor inspects, and writes nothing", async () => {
    const { code, output, requests, inspections, files } = await run("simgeneric");
    assert.equal(code, 0, output);
    assert.deepEqual(
      requests.map(({ body }) => body.chatRequest.isStream === true),
      [true, false],
    );
    assert.deepEqual(
      requests.map(({ status }) => status),
      [200, 200],
    );
    assert.ok(requests.every(({ body }) => body.servingMode.servingType === "DEDICATED"));
    assert.match(requests[0].headers.authorization, new RegExp(key.fingerprint));
    assert.deepEqual(
      inspections.map(({ path }) => path.split("/")[2]),
      [undefined, "endpoints", "models"],
    );
    assert.match(output, /# ok endpoint: ACTIVE/);
    assert.ok(!output.includes(key.fingerprint), "findings are redacted");
    assert.deepEqual(files, []);
  });

  test("signs with a session token although DEFAULT has a user", async () => {
    const { code, output, requests } = await run("simgeneric", { OCI_PROFILE: "SESSION" });
    assert.equal(code, 0, output);
    assert.ok(requests.every(({ headers }) => headers.authorization.includes('keyId="ST$')));
  });

  test("an endpoint that can't stream passes with the fallback", async () => {
    const { code, output, requests } = await run("simnostream");
    assert.equal(code, 0, output);
    assert.match(output, /warn streaming: the answer came in one piece: bad_request: the service answered with status 400/);
    assert.equal(requests.length, 3);
  });

  test("fails for an endpoint that is down, and for another region", async () => {
    const [down, region] = await Promise.all([
      run("simdown"),
      run("simgeneric", { OCI_DAC_REGION: "us-ashburn-1", RECORD: "1" }),
    ]);
    assert.equal(down.code, 1);
    assert.match(down.output, /service_unavailable/);
    assert.equal(region.code, 1);
    assert.match(region.output, /region_mismatch/);
    assert.equal(region.answers, "");
  });

  test("RECORD=1 asks every question, and records the answers without ids", async () => {
    const env = {
      RECORD: "1",
      OCI_GENAI_API_KEY: "sk-live-test-key-0001",
      OCI_DAC_EMBED_ENDPOINT_OCID: endpointId("simembed"),
      OCI_DAC_RERANK_ENDPOINT_OCID: endpointId("simrerank"),
    };
    const { code, output, requests, files, read, answers, answer } = await run("simgeneric", env);
    assert.equal(code, 0, output);
    assert.ok(requests.length <= 20, `${requests.length} requests`);
    assert.ok(output.includes(answers.trim()), "the table is printed");

    // One row each, in the order of section 9 of the protocol document.
    const numbers = answers
      .trim()
      .split("\n")
      .slice(2)
      .map((line) => Number(line.slice(2, 3)));
    assert.deepEqual(numbers, [1, 2, 2, 2, 2, 3, 4, 4, 4, 4, 4, 5, 6, 6, 7, 8, 8]);
    assert.equal(
      answer("COHEREV2 streams"),
      "no text in the finish event; [DONE] does not come; usage in the finish event; pad is there",
    );
    assert.equal(answer("can't stream says"), "not seen: this endpoint streams");
    assert.match(
      answer("in the wrong region"),
      /^404 NotAuthorizedOrNotFound: no ocid1\.generativeaiendpoint\.oc1\.us-chicago-1\.x/,
    );
    assert.equal(
      answer("COHERE to a model that speaks GENERIC"),
      "400 400: Chat request type does not match serving model",
    );
    assert.match(answer("bearer key"), /^401 NotAuthenticated/);
    for (const how of ["a signature", "a key"]) {
      assert.match(answer(`/openai/v1/chat/completions, with ${how}`), /^400 Dedicated endpoints/);
      assert.match(answer(`/openai/v1/responses, with ${how}`), /^40[04] /);
    }
    const paths = requests.filter(({ path }) => path.startsWith("/openai/")).map(({ path, headers }) => {
      return [path, headers.authorization.split(" ")[0], headers["opc-compartment-id"]];
    });
    assert.deepEqual(paths, [
      ["/openai/v1/chat/completions", "Signature", compartmentId],
      ["/openai/v1/responses", "Signature", compartmentId],
      ["/openai/v1/chat/completions", "Bearer", undefined],
      ["/openai/v1/responses", "Bearer", undefined],
    ]);
    assert.match(answer("embedText with an endpoint"), /^200, with embeddings, id, /);
    assert.match(answer("rerankText with an endpoint"), /^200, with documentRanks, id, /);
    assert.equal(answer("[DONE] after a COHERE stream"), "it does not come");
    assert.equal(answer("temperature of 1000"), "200, accepted (application/json)");
    assert.match(answer("gzip is offered"), /^200, not compressed, in \d+ reads$/);
    assert.equal(answer("middle of a stream"), "none in 4 streams");
    assert.equal(answer("Retry-After"), '"7" with 404');

    // Every answer has metadata, and its body has the length that the metadata gives.
    const metas = files.filter((file) => file.endsWith(".meta.json"));
    assert.equal(metas.length, requests.length + 1);
    for (const file of metas) {
      const meta = JSON.parse(read(file));
      const body = read(files.find((other) => other !== file && other.startsWith(file.replace("meta.json", ""))));
      assert.equal(
        meta.chunks.reduce((sum, { bytes }) => sum + bytes, 0),
        body.length,
        file,
      );
      assert.ok(meta.chunks.every(({ at }, index) => at >= (meta.chunks[index - 1]?.at ?? 0)));
      assert.equal(typeof meta.status, "number");
      assert.equal(meta.headers.authorization, undefined);
    }
    const stream = files.find((file) => file.endsWith("stream.sse"));
    assert.equal(streamFacts(read(stream)).done, true);
    assert.deepEqual(
      JSON.parse(read(stream.replace(".sse", ".meta.json"))).request.chatRequest.messages[0].role,
      "USER",
    );

    const everything = files.map(read).join("\n");
    const unique = (ocid) => ocid.split(".").at(-1);
    const ocids = [key.user, key.tenancy, compartmentId].map(unique);
    const names = ["simgeneric", "simembed", "simrerank"];
    for (const secret of [key.fingerprint, ...ocids, ...names, "sk-live", "127.0.0.1", "Signature"]) {
      assert.ok(!everything.includes(secret), `${secret} was written`);
    }
    for (const { headers } of requests) assert.ok(!everything.includes(headers.authorization));
    // The simulator's request ids have 32 hexadecimal digits: only stand-ins are left.
    for (const [digits] of everything.matchAll(/\b[0-9A-Fa-f]{16,}\b/g)) assert.match(digits, /^0+\d{1,4}$/);
    for (const [ocid] of everything.matchAll(/ocid1\.[\w.-]+/g)) assert.match(unique(ocid), /^x+\d{0,4}$/, ocid);
  });

  test("says of an OpenAI-compatible route that serves endpoints that it does", async () => {
    const env = { RECORD: "1", OCI_GENAI_API_KEY: "sk-live-test-key-0001", OCI_ENDPOINT: serving.url };
    const { code, output, answer } = await run("simgeneric", env);
    assert.equal(code, 0, output);
    for (const how of ["a signature", "a key"]) {
      assert.match(answer(`/openai/v1/chat/completions, with ${how}`), /^200, accepted/);
    }
  });

  test("finds the format of an endpoint once, and uses it from then on", async () => {
    const { code, output, requests, answer } = await run("simcohere", { RECORD: "1" });
    assert.equal(code, 0, output);
    assert.deepEqual(
      requests.slice(0, 4).map(({ apiFormat }) => apiFormat),
      ["GENERIC", "COHEREV2", "COHERE", "COHERE"],
    );
    assert.equal(answer("[DONE] after a COHERE stream"), "it does not come");
    assert.equal(
      answer("GENERIC to a model that speaks COHERE"),
      "400 400: Chat request type does not match serving model",
    );
    assert.equal(answer("bearer key"), "not asked: OCI_GENAI_API_KEY is not set");
    assert.equal(answer("on /openai/v1, with a key"), "not asked: OCI_GENAI_API_KEY is not set");
    assert.equal(answer("embedText"), "not asked: OCI_DAC_EMBED_ENDPOINT_OCID is not set");
    assert.ok(requests.length <= 20);
  });

  test("uses an explicit format, records a rejected stream, and skips the other region", async () => {
    const env = { RECORD: "1", OCI_DAC_API_FORMAT: "COHERE", OCI_OTHER_ENDPOINT: "" };
    const { code, output, requests, answer } = await run("simnostreamcohere", env);
    assert.equal(code, 0, output);
    assert.equal(requests[0].apiFormat, "COHERE");
    assert.equal(answer("can't stream says"), "400 400: Streaming is not supported by this model.");
    assert.match(answer("wrong region"), /^not asked/);
    assert.equal(answer("[DONE] after a COHERE stream"), "400 400: Streaming is not supported by this model.");
  });

  test("asks a COHEREV2 endpoint itself how it streams", async () => {
    const { answer, requests } = await run("simcoherev2", { RECORD: "1" });
    assert.match(answer("COHEREV2 streams"), /^no text in the finish event/);
    const streams = requests.filter(({ apiFormat }) => apiFormat === "COHEREV2");
    assert.ok(streams.every(({ servingMode }) => servingMode.servingType !== "ON_DEMAND"));
  });
});
