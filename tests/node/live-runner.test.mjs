// The runner of `make live`, without a tenancy: how it reads a profile, what it leaves out of a recording, how it skips, and a whole
// run against the simulator.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes, randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { expandHome, parseConfig, profileOf, signerOf } from "../../scripts/live/profile.mjs";
import { redactor } from "../../scripts/live/redact.mjs";
import { streamFacts } from "../../scripts/live/stream-facts.mjs";
import { endpointId, makeCredentials, makeSessionToken, startSimulator } from "../simulator/server.mjs";

const runner = fileURLToPath(new URL("../../scripts/live/live.test.mjs", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "oci-live-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

describe("profiles", () => {
  const CONFIG = `
\uFEFF# a comment
[DEFAULT]
user = ocid1.user.oc1..someone
fingerprint: aa:bb
TENANCY=ocid1.tenancy.oc1..ours
key_file=~/.oci/key.pem\r
; another

  [ session ]
  security_token_file = ~/.oci/sessions/x/token
  key_file=~/a=b.pem
[KEY]
user=ocid1.user.oc1..other
[bare]
`.trimStart();
  const sections = parseConfig(CONFIG);

  test("sections, both separators, comments, line ends; keys in any case", () => {
    assert.deepEqual(Object.keys(sections), ["DEFAULT", "session", "KEY", "bare"]);
    assert.deepEqual(sections.DEFAULT, {
      user: "ocid1.user.oc1..someone",
      fingerprint: "aa:bb",
      tenancy: "ocid1.tenancy.oc1..ours",
      key_file: "~/.oci/key.pem",
    });
    assert.equal(sections.session.key_file, "~/a=b.pem");
  });

  test("what DEFAULT says is inherited", () => {
    const { kind, values } = profileOf(sections, "KEY");
    assert.equal(kind, "key");
    assert.equal(values.user, "ocid1.user.oc1..other");
    assert.equal(values.tenancy, "ocid1.tenancy.oc1..ours");
    assert.equal(profileOf(sections, "bare").values.user, "ocid1.user.oc1..someone");
  });

  test("a user that is only inherited makes no API key of a session token", () => {
    const { kind, values } = profileOf(sections, "session");
    assert.equal(values.user, "ocid1.user.oc1..someone");
    assert.equal(kind, "token");
  });

  test("a token that is only inherited makes no session of an API key", () => {
    const mixed = parseConfig("[DEFAULT]\nsecurity_token_file=t\nkey_file=k\n[mine]\nuser=u\n[none]\nregion=x");
    assert.equal(profileOf(mixed, "mine").kind, "key");
    assert.equal(profileOf(mixed, "none").kind, "token");
    assert.equal(profileOf(mixed, "DEFAULT").kind, "token");
  });

  test("a profile that is not there, also by a name that every object has", () => {
    assert.equal(profileOf(sections, "missing"), undefined);
    assert.equal(profileOf(sections, "constructor"), undefined);
    assert.equal(profileOf({}, "DEFAULT"), undefined);
  });

  test("a line that makes no sense is not quoted", () => {
    for (const text of ["[A]\nsecret words", "user=x", "[]\n"]) {
      assert.throws(() => parseConfig(text), (error) => /neither a \[section\]/.test(error.message) && !/secret/.test(error.message));
    }
  });

  test("~ is the home directory at the beginning only", () => {
    assert.equal(expandHome("~/x/y", "h"), join("h", "x", "y"));
    assert.equal(expandHome("~", "h"), "h");
    for (const path of ["~other/x", "a/~/b", "./x"]) assert.equal(expandHome(path, "h"), path);
  });

  test("what a profile lacks is said by name", () => {
    assert.throws(() => signerOf(profileOf(parseConfig("[DEFAULT]\nuser=u\nkey_file=k"), "DEFAULT")), /no tenancy, fingerprint$/);
    assert.throws(() => signerOf(profileOf(parseConfig("[DEFAULT]\nsecurity_token_file=t"), "DEFAULT")), /no key_file$/);
  });

  test("a file that is not there is said by its key", () => {
    const config = "[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nkey_file=~/none.pem";
    assert.throws(() => signerOf(profileOf(parseConfig(config), "DEFAULT"), scratch), /key_file names can't be read \(ENOENT\)/);
  });

  test("the token is read for every request", async () => {
    const { privateKey } = makeCredentials();
    writeFileSync(join(scratch, "s.pem"), privateKey);
    writeFileSync(join(scratch, "token"), "first\n");
    const sign = signerOf(profileOf(parseConfig("[DEFAULT]\nuser=u\n[s]\nsecurity_token_file=~/token\nkey_file=~/s.pem"), "s"), scratch);
    const request = { method: "POST", url: "https://oci.invalid/x", headers: { "content-type": "application/json" }, body: new Uint8Array(2), attempt: 1 };
    const keyId = async () => /keyId="([^"]*)"/.exec(new Headers(await sign(request)).get("authorization"))[1];
    assert.equal(await keyId(), "ST$first");
    writeFileSync(join(scratch, "token"), "second\n");
    assert.equal(await keyId(), "ST$second");
  });
});

describe("redaction", () => {
  const letters = (length, alphabet = "abcdefghijklmnopqrstuvwxyz234567") => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
  const hex = (length) => letters(length, randomInt(2) ? "0123456789abcdef" : "0123456789ABCDEF");
  const anyOf = (...values) => values[randomInt(values.length)];
  const uuid = () => [8, 4, 4, 4, 12].map(hex).join("-");

  /** Something that must not survive: the text that holds it, and the part that tells. */
  const TELLING = [
    () => {
      const unique = anyOf("amaaaaaa", "aaaaaaaa", "") + letters(anyOf(8, 52));
      const kind = anyOf("tenancy", "user", "compartment", "generativeaiendpoint", "generativeai_x", "API-key");
      const head = anyOf("ocid1", "OCID1", "ocid2");
      return [`${head}.${kind}.${anyOf("oc1", "oc19", "OC2")}.${anyOf("", "iad", "us-chicago-1")}.${anyOf("", "", "future.")}${unique}`, unique];
    },
    () => repeated(Array.from({ length: anyOf(16, 20, 32) }, () => hex(2)).join(":")),
    () => repeated(uuid()),
    () => repeated(hex(anyOf(16, 24, 32, 64))),
    () => repeated(`${hex(32)}/${hex(32)}/${hex(32)}`),
    () => repeated(`eyJ${letters(30)}.eyJ${letters(40)}.${letters(50)}`),
    () => repeated(`sk-${letters(40)}`),
    () => repeated(`${letters(8)}.${letters(6)}@example.com`),
    () => {
      const prefix = `team-${letters(6)}`;
      return [`${prefix}.pe.inference.generativeai.us-chicago-1.oci.oraclecloud.com`, prefix];
    },
    () => {
      const id = anyOf(`chatcmpl-tool-${letters(12)}`, `fp_${letters(8)}`, `call ${letters(9)}`);
      const name = anyOf("id", "opcRequestId", "opc-request-id", "request_id", "tenantId", "user_id", "system_fingerprint");
      const pair = `"${name}"${anyOf(":", ": ")}"${id}"`;
      return [anyOf(`{${pair}}`, JSON.stringify({ message: `{${pair}}` })), id];
    },
  ];
  const repeated = (value) => [value, value];
  const FILLER = () => anyOf("data: ", "\n\n", '"text":"one, two"', " – ", "é", '{"finishReason":"stop"}', ",", " (", ")", "1.0.0");

  test("no id survives; every byte keeps its place; a second time changes nothing", () => {
    for (let run = 0; run < 2000; run++) {
      const telling = Array.from({ length: 1 + randomInt(5) }, () => anyOf(...TELLING)());
      const text = `${telling.map(([whole]) => `${FILLER()} ${whole} ${FILLER()}`).join(" ")}\n`;
      const bytes = Buffer.from(text);
      const redact = redactor();
      const shown = redact(bytes.toString("latin1"));
      assert.equal(shown.length, bytes.length, text);
      for (const [, part] of telling) assert.ok(!shown.toLowerCase().includes(part.toLowerCase()), `${part} in ${shown}`);
      assert.equal(redact(shown), shown);
    }
  });

  test("known values go wherever they stand, in any case", () => {
    const redact = redactor(["ocid1.tenancy.oc1..Kn0wn", "opaque value (1)", "team.example:8443"]);
    const shown = redact("tenant kn0wn, OPAQUE VALUE (1), https://team.example:8443/x, ocid1.tenancy.oc1..Kn0wn");
    assert.doesNotMatch(shown, /kn0wn|opaque|value|team|8443/i);
    assert.match(shown, /^tenant x{4}\d|^tenant xxxx/);
  });

  test("different ids stay different, the same id the same", () => {
    const redact = redactor();
    const [a, b] = [hex(32), hex(32)];
    const [first, second, third] = redact(`${a} ${b} ${a}`).split(" ");
    assert.notEqual(first, second);
    assert.equal(first, third);
  });

  test("answers without ids stay as they are", () => {
    for (const text of [
      'data: {"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":"one, two"}]},"pad":"aaaaaaaaaaaa"}\n\ndata: [DONE]\n\n',
      '{"code":"404","message":"Authorization failed or requested resource not found."}',
      '{"modelId":"meta.llama-3.3-70b-instruct","modelVersion":"1.0.0","timeCreated":"2026-09-18T19:46:59.025Z"}',
    ]) {
      assert.equal(redactor(["ocid1.tenancy.oc1..unrelated"])(text), text);
    }
  });
});

test("what a stream shows", () => {
  const events = (...payloads) => payloads.map((payload) => `data: ${typeof payload === "string" ? payload : JSON.stringify(payload)}\n\n`).join("");
  const piece = (text, more) => ({ apiFormat: "COHEREV2", message: { content: [{ type: "TEXT", text }] }, ...more });
  const usage = { completionTokens: 1 };
  const repeated = streamFacts(events(piece("a"), piece("b"), piece("ab", { finishReason: "COMPLETE", usage, pad: "a" })));
  assert.deepEqual(repeated, { events: 3, done: false, finish: "COMPLETE", usage: "in the finish event", pad: true, repeats: "the whole text is repeated", errors: 0 });
  const generic = streamFacts(events(piece("a"), { finishReason: "stop" }, { usage }, "[DONE]"));
  assert.deepEqual(generic, { events: 3, done: true, finish: "stop", usage: "after the finish event", pad: false, repeats: "no text in the finish event", errors: 0 });
  assert.equal(streamFacts(events(piece("a"), { code: "500", message: "x" })).errors, 1);
  assert.equal(streamFacts(events("<html>")).errors, 1);
  assert.deepEqual(streamFacts("").events, 0);
});

// ---------------------------------------------------------------- the runner as a program

/** A home directory with ~/.oci/config of that text, and the files beside it. */
function home(config, files = {}) {
  const folder = mkdtempSync(join(scratch, "home-"));
  mkdirSync(join(folder, ".oci"));
  if (config !== undefined) writeFileSync(join(folder, ".oci", "config"), config);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, ".oci", name), content);
  return folder;
}

/** Runs it with this environment and nothing of ours but the path. */
function live(env) {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--test-reporter=tap", runner], { env: { PATH: process.env.PATH, ...env }, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    );
  });
}

const DAC = {
  OCI_DAC_ENDPOINT_OCID: endpointId("simgeneric"),
  OCI_DAC_COMPARTMENT_ID: "ocid1.compartment.oc1..simcompartment",
  OCI_DAC_REGION: "us-chicago-1",
};

describe("without what it needs", () => {
  test("nothing is set: it skips, and says everything that is missing", async () => {
    const { code, output } = await live({ HOME: home() });
    assert.equal(code, 0, output);
    assert.match(output, /skipped\. not set: OCI_DAC_ENDPOINT_OCID, OCI_DAC_COMPARTMENT_ID, OCI_DAC_REGION, a profile \[DEFAULT\]/);
    assert.match(output, /# SKIP/);
  });

  test("one variable, or the profile, is missing", async () => {
    const { OCI_DAC_REGION, ...most } = DAC;
    const config = "[DEFAULT]\nuser=u\n";
    const [region, profile] = await Promise.all([live({ ...most, HOME: home(config) }), live({ ...DAC, HOME: home(config), OCI_PROFILE: "TEAM" })]);
    assert.deepEqual([region.code, profile.code], [0, 0]);
    assert.match(region.output, /not set: OCI_DAC_REGION$/m);
    assert.match(profile.output, /not set: a profile \[TEAM\] in ~\/\.oci\/config$/m);
  });

  test("a profile that can't be used is a failure in one line", async () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "correct horse" },
    });
    const config = "[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nkey_file=~/.oci/key.pem\npass_phrase=correct horse\n";
    const { code, output } = await live({ ...DAC, HOME: home(config, { "key.pem": privateKey }) });
    assert.equal(code, 1);
    assert.match(output, /^The live tests can't be run: key_file is encrypted, and pass_phrase is not supported here/m);
    assert.doesNotMatch(output, /correct horse|at .*\.mjs/);
  });
});

describe("against the simulator", async () => {
  const key = makeCredentials();
  const session = makeSessionToken();
  const simulator = await startSimulator({ credentials: [key, session], apiKeys: ["sk-live-test-key-0001"] });
  const elsewhere = createServer((_, response) => {
    response.writeHead(404, { "content-type": "application/json", "retry-after": "7", "opc-request-id": randomBytes(16).toString("hex") });
    response.end(JSON.stringify({ code: "NotAuthorizedOrNotFound", message: `no ${endpointId("simgeneric")} for ${key.user} here` }));
  });
  await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  after(() => Promise.all([simulator.close(), new Promise((resolve) => elsewhere.close(resolve))]));

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
  const HOME = home(CONFIG, { "key.pem": key.privateKey, "session.pem": session.privateKey, token: `${session.token}\n` });

  /** One run: { code, output, requests, folder, files, answers }. */
  async function run(name, env = {}) {
    const folder = mkdtempSync(join(scratch, "live-"));
    const before = simulator.requests.length;
    const result = await live({
      HOME,
      ...DAC,
      OCI_DAC_ENDPOINT_OCID: endpointId(name),
      OCI_DAC_COMPARTMENT_ID: simulator.compartmentId,
      OCI_ENDPOINT: simulator.url,
      OCI_OTHER_ENDPOINT: `http://127.0.0.1:${elsewhere.address().port}`,
      OCI_LIVE_FOLDER: folder,
      ...env,
    });
    const files = readdirSync(folder).sort();
    const read = (file) => readFileSync(join(folder, file), "latin1");
    const answers = files.includes("answers.md") ? read("answers.md") : "";
    const answer = (question) => answers.split("\n").find((line) => line.includes(question))?.split("|")[2].trim();
    return { ...result, requests: simulator.requests.slice(before), files, read, answers, answer };
  }

  test("the checks alone: two requests, nothing is written", async () => {
    const { code, output, requests, files } = await run("simgeneric");
    assert.equal(code, 0, output);
    assert.deepEqual(requests.map(({ body }) => body.chatRequest.isStream === true), [false, true]);
    assert.deepEqual(requests.map(({ status }) => status), [200, 200]);
    assert.ok(requests.every(({ body }) => body.servingMode.servingType === "DEDICATED"));
    assert.match(requests[0].headers.authorization, new RegExp(key.fingerprint));
    assert.deepEqual(files, []);
  });

  test("a session token, in a file whose DEFAULT has a user", async () => {
    const { code, output, requests } = await run("simgeneric", { OCI_PROFILE: "SESSION" });
    assert.equal(code, 0, output);
    assert.ok(requests.every(({ headers }) => headers.authorization.includes('keyId="ST$')));
  });

  test("an endpoint that can't stream passes by its fallback", async () => {
    const { code, output, requests } = await run("simnostream");
    assert.equal(code, 0, output);
    assert.match(output, /it came unstreamed: bad_request: Streaming is not supported/);
    assert.equal(requests.length, 3);
  });

  test("an endpoint that fails, and a region that is another's, are failures", async () => {
    const [down, region] = await Promise.all([run("simdown"), run("simgeneric", { OCI_DAC_REGION: "us-ashburn-1", RECORD: "1" })]);
    assert.equal(down.code, 1);
    assert.match(down.output, /service_unavailable/);
    assert.equal(region.code, 1);
    assert.match(region.output, /region_mismatch/);
    assert.equal(region.answers, "");
  });

  test("RECORD=1: everything is asked, and kept without ids", async () => {
    const { code, output, requests, files, read, answers, answer } = await run("simgeneric", { RECORD: "1", OCI_GENAI_API_KEY: "sk-live-test-key-0001" });
    assert.equal(code, 0, output);
    assert.ok(requests.length <= 15, `${requests.length} requests`);
    assert.ok(output.includes(answers.trim()), "the table is printed");

    // One row each, in the order of the wire document's section 9.
    const numbers = answers.trim().split("\n").slice(2).map((line) => parseInt(line.slice(2)));
    assert.deepEqual(numbers, [1, 2, 2, 2, 2, 3, 4, 4, 5, 6, 6, 7]);
    assert.equal(answer("COHEREV2 streams"), "no text in the finish event; [DONE] does not come; usage in the finish event; pad is there");
    assert.equal(answer("can't stream says"), "not seen: this endpoint streams");
    assert.match(answer("in the wrong region"), /^404 NotAuthorizedOrNotFound: no ocid1\.generativeaiendpoint\.oc1\.us-chicago-1\.x/);
    assert.equal(answer("COHERE to a model that speaks GENERIC"), "400 400: Chat request type does not match serving model");
    assert.match(answer("bearer key"), /^401 NotAuthenticated/);
    assert.match(answer("on /openai/v1"), /^400 Dedicated endpoints/);
    assert.equal(answer("[DONE] after a COHERE stream"), "it does not come");
    assert.equal(answer("temperature of 1000"), "200, accepted (application/json)");
    assert.match(answer("gzip is offered"), /^200, not compressed, in \d+ reads$/);
    assert.equal(answer("middle of a stream"), "none in 4 streams");
    assert.equal(answer("Retry-After"), '"7" with 404');

    // Every answer has a description, and its body has the length that the description says.
    const metas = files.filter((file) => file.endsWith(".meta.json"));
    assert.equal(metas.length, requests.length + 1);
    for (const file of metas) {
      const meta = JSON.parse(read(file));
      const body = read(files.find((other) => other !== file && other.startsWith(file.replace("meta.json", ""))));
      assert.equal(meta.chunks.reduce((sum, { bytes }) => sum + bytes, 0), body.length, file);
      assert.ok(meta.chunks.every(({ at }, index) => at >= (meta.chunks[index - 1]?.at ?? 0)));
      assert.equal(typeof meta.status, "number");
      assert.equal(meta.headers.authorization, undefined);
    }
    const stream = files.find((file) => /stream\.sse$/.test(file));
    assert.equal(streamFacts(read(stream)).done, true);
    assert.deepEqual(JSON.parse(read(stream.replace(".sse", ".meta.json"))).request.chatRequest.messages[0].role, "USER");

    const everything = files.map(read).join("\n");
    const unique = (ocid) => ocid.split(".").at(-1);
    for (const telling of [key.fingerprint, unique(key.user), unique(key.tenancy), unique(simulator.compartmentId), "simgeneric", "sk-live", "127.0.0.1", "Signature"]) {
      assert.ok(!everything.includes(telling), `${telling} was written`);
    }
    for (const { headers } of requests) assert.ok(!everything.includes(headers.authorization));
    // The simulator's request ids are 32 hexadecimal digits: only stand-ins are left.
    for (const [run] of everything.matchAll(/\b[0-9A-Fa-f]{16,}\b/g)) assert.match(run, /^0+\d{1,4}$/);
    for (const [ocid] of everything.matchAll(/ocid1\.[\w.-]+/g)) assert.match(unique(ocid), /^x+\d{0,4}$/, ocid);
  });

  test("an endpoint whose format nobody told: found once, asked in it from then on", async () => {
    const { code, output, requests, answer } = await run("simcohere", { RECORD: "1" });
    assert.equal(code, 0, output);
    assert.deepEqual(requests.slice(0, 4).map(({ apiFormat }) => apiFormat), ["GENERIC", "COHEREV2", "COHERE", "COHERE"]);
    assert.equal(answer("[DONE] after a COHERE stream"), "it does not come");
    assert.equal(answer("GENERIC to a model that speaks COHERE"), "400 400: Chat request type does not match serving model");
    assert.equal(answer("bearer key"), "not asked: OCI_GENAI_API_KEY is not set");
    assert.ok(requests.length <= 15);
  });

  test("a format that was told, a refused stream, a host that is replaced", async () => {
    const { code, output, requests, answer } = await run("simnostreamcohere", { RECORD: "1", OCI_DAC_API_FORMAT: "COHERE", OCI_OTHER_ENDPOINT: "" });
    assert.equal(code, 0, output);
    assert.equal(requests[0].apiFormat, "COHERE");
    assert.equal(answer("can't stream says"), "400 400: Streaming is not supported by this model.");
    assert.match(answer("wrong region"), /^not asked/);
    assert.equal(answer("[DONE] after a COHERE stream"), "400 400: Streaming is not supported by this model.");
  });

  test("a COHEREV2 endpoint answers for its own streams", async () => {
    const { answer, requests } = await run("simcoherev2", { RECORD: "1" });
    assert.match(answer("COHEREV2 streams"), /^no text in the finish event/);
    assert.equal(requests.filter(({ apiFormat, servingMode }) => apiFormat === "COHEREV2" && servingMode.servingType === "ON_DEMAND").length, 0);
  });
});
