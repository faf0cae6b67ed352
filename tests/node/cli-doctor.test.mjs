// `oci-genai-edge doctor`, against the simulator: what it finds, and what it says to do.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { endpointId, makeCredentials, makeSessionToken, startSimulator } from "../simulator/server.mjs";
import { makeHome, profileFiles, runCli } from "./support/cli.mjs";
import { startHarness } from "./support/harness.mjs";

const CHECKS = [
  "model id",
  "host",
  "profile",
  "key",
  "dns",
  "connection",
  "clock",
  "signature",
  "endpoint",
  "compartment",
  "served model",
  "policy",
  "format",
  "streaming",
  "latency",
];

describe("doctor", { timeout: 300_000 }, async () => {
  const { key, url, compartmentId, observe } = await startHarness({ apiKeys: ["sk-right"] });
  const session = makeSessionToken();
  const env = { HOME: makeHome(profileFiles(key)), OCI_ENDPOINT: url, OCI_COMPARTMENT_ID: compartmentId };
  const secrets = [key.privateKey.split("\n")[5], session.token];

  /** A simulator with other settings, that knows the key. */
  async function otherSimulator(settings) {
    const simulator = await startSimulator({ credentials: [key, session], ...settings });
    after(() => simulator.close());
    return simulator.url;
  }

  /** The findings by name, with the exit code and the options. */
  async function examine(name, { args = [], env: own = {} } = {}) {
    const model = /[.:]/.test(name) ? name : endpointId(name);
    const { code, stdout, stderr } = await runCli(["doctor", model, "--json", ...args], { env: { ...env, ...own } });
    assert.equal(stderr, "");
    for (const secret of [...secrets, "Signature version"]) assert.ok(!stdout.includes(secret), "a secret was printed");
    const { ok, checks, options } = JSON.parse(stdout);
    assert.deepEqual(
      checks.map((check) => check.name),
      CHECKS,
    );
    assert.equal(code, ok ? 0 : 1);
    const failed = checks.filter(({ status }) => status === "fail").map((check) => check.name);
    const byName = Object.fromEntries(checks.map((check) => [check.name.replace(" ", "_"), check]));
    return { code, options, failed, ...byName };
  }

  test("finds every link well, and fills in the options", async () => {
    const { result, requests } = await observe(() => examine("simgeneric"));
    const { code, failed, options, key: own, endpoint, served_model: served, streaming, latency, profile } = result;
    assert.deepEqual([code, failed], [0, []]);
    assert.deepEqual(options, { endpoint: url, compartmentId, apiFormat: "GENERIC" });
    assert.match(profile.found, /^profile DEFAULT of .*config \(api_key\), with tenancy, user, fingerprint,/);
    assert.equal(own.found, `RSA, 2048 bits, and its fingerprint is ${key.fingerprint}`);
    assert.match(endpoint.found, /^ACTIVE, simgeneric, on ocid1\.generativeaidedicatedaicluster\./);
    assert.match(served.found, /of meta/);
    assert.match(streaming.found, /^\d+ chunks$/);
    assert.match(latency.found, /^first chunk after \d+ ms, \d+ ms in all for \d+ tokens$/);
    // A probe, the endpoint, its model, and one chat.
    assert.deepEqual(
      requests.map(({ method, status }) => `${method} ${status}`).toSorted(),
      ["GET 200", "GET 200", "GET 404", "POST 200"],
    );
  });

  test("prints for people: a line a check, arrows, and options to paste", async () => {
    const { code, stdout, stderr } = await runCli(["doctor", endpointId("simcohere")], { env });
    assert.deepEqual([code, stderr], [0, ""]);
    for (const name of CHECKS) assert.match(stdout, new RegExp(`^(ok|warn|skip) +${name}  `, "m"));
    assert.match(stdout, /^warn {2}format +COHERE, found after 2 rejected requests\n +→ set apiFormat: "COHERE"/m);
    const end = /new OciGenAI\(\{\n[^]*apiFormat: "COHERE",\n {2}sign: profileSigner\(\{ profile: "DEFAULT" \}\)/;
    assert.match(stdout, end);
  });

  test("an explicit format that is wrong fails, and the right one is named", async () => {
    const { failed, format, options } = await examine("simcohere", { args: ["--api-format", "GENERIC"] });
    assert.deepEqual(failed, ["format"]);
    assert.match(format.advice, /to COHERE$/);
    assert.equal(options.apiFormat, "COHERE");
    const right = await examine("simcohere", { env: { OCI_DAC_API_FORMAT: "COHERE" } });
    assert.deepEqual([right.failed, right.format.status], [[], "ok"]);
  });

  test("an endpoint that can't stream is a warning", async () => {
    const { code, streaming } = await examine("simnostream");
    assert.deepEqual([code, streaming.status], [0, "warn"]);
    assert.match(streaming.found, /in one piece/);
  });

  test("without a compartment, the endpoint's own is found and used", async () => {
    const { code, compartment, options } = await examine("simgeneric", { env: { OCI_COMPARTMENT_ID: "" } });
    assert.deepEqual([code, compartment.status, options.compartmentId], [0, "warn", compartmentId]);
    assert.match(compartment.advice, new RegExp(`to ${compartmentId}$`));
  });

  test("tells the causes of a 404 apart", async () => {
    const [unknown, elsewhere, denied, unread, blind] = await Promise.all([
      examine("simunknown"),
      examine("simgeneric", { args: ["--compartment-id", "ocid1.compartment.oc1..other"] }),
      examine("simgeneric", { env: { OCI_ENDPOINT: await otherSimulator({ policies: ["read endpoints"] }) } }),
      examine("simgeneric", { env: { OCI_ENDPOINT: await otherSimulator({ policies: ["chat"] }) } }),
      examine("simgeneric", { env: { OCI_ENDPOINT: await otherSimulator({ policies: [] }) } }),
    ]);
    assert.deepEqual([unknown.failed, unknown.endpoint.status], [["policy"], "warn"]);
    assert.match(unknown.policy.advice, /^OCI answers the same for three causes/);
    assert.deepEqual(elsewhere.failed, ["compartment", "policy"]);
    assert.match(elsewhere.compartment.advice, new RegExp(`to ${compartmentId}$`));
    assert.equal(elsewhere.policy.advice, "see the compartment above");
    assert.deepEqual(denied.failed, ["policy"]);
    assert.match(denied.policy.advice, /so the policy is missing: `allow group GROUP to use generative-ai-chat/);
    assert.deepEqual([unread.code, unread.endpoint.status], [0, "skip"]);
    assert.deepEqual(blind.failed, ["policy"]);
    assert.match(blind.endpoint.advice, /read generative-ai-endpoint/);
  });

  test("an endpoint that is not ACTIVE, one that is down, and one that does something else", async () => {
    const names = ["simcreating", "simdown", "simembed"];
    const [creating, down, embeds] = await Promise.all(names.map((name) => examine(name)));
    assert.ok(creating.failed.includes("endpoint"));
    assert.match(creating.endpoint.found, /^CREATING/);
    assert.equal(creating.endpoint.advice, "wait until it is ACTIVE");
    assert.deepEqual(down.failed, ["streaming"]);
    assert.match(down.streaming.found, /service_unavailable/);
    assert.deepEqual(embeds.failed, ["served model"]);
    assert.match(embeds.served_model.advice, /oci\.embed\(\)/);
  });

  test("a clock that is wrong is found before the signature that fails of it", async () => {
    const late = await otherSimulator({ now: () => Date.now() + 3_600_000 });
    const { failed, clock, signature } = await examine("simgeneric", { env: { OCI_ENDPOINT: late } });
    assert.deepEqual(failed, ["clock", "signature"]);
    assert.match(clock.found, /^3\d{3} s behind the service's$/);
    assert.equal(signature.advice, "set this machine's clock, as above");
    const ahead = await otherSimulator({ now: () => Date.now() - 120_000 });
    const other = await examine("simgeneric", { env: { OCI_ENDPOINT: ahead } });
    assert.deepEqual([other.failed, other.clock.status], [[], "warn"]);
    assert.match(other.clock.found, /ahead of/);
  });

  test("a key that is another's, missing, damaged, or readable by others", async () => {
    const other = makeCredentials();
    const files = profileFiles(key);
    const shared = makeHome(files);
    chmodSync(join(shared, ".oci", "key.pem"), 0o644);
    const [wrong, missing, damaged, open] = await Promise.all([
      examine("simgeneric", { env: { HOME: makeHome({ ...files, "key.pem": other.privateKey }) } }),
      examine("simgeneric", { env: { HOME: makeHome({ config: files.config }) } }),
      examine("simgeneric", { env: { HOME: makeHome({ ...files, "key.pem": key.publicKey }) } }),
      examine("simgeneric", { env: { HOME: shared } }),
    ]);
    assert.deepEqual(wrong.failed, ["key", "signature"]);
    const both = `^the fingerprint of the key is ${other.fingerprint}, and not ${key.fingerprint}`;
    assert.match(wrong.key.found, new RegExp(both));
    assert.match(wrong.signature.found, /^unauthorized/);
    assert.match(missing.key.found, /key\.pem can't be read \(ENOENT\)/);
    assert.match(missing.signature.found, /^signer_failed/);
    assert.match(damaged.key.found, /can't be read/);
    assert.deepEqual([open.failed, open.key.status], [[], "warn"]);
    assert.match(open.key.advice, /^chmod 600 /);
  });

  test("a profile that is not there: what needs none is checked all the same", async () => {
    const [none, other] = await Promise.all([
      examine("simgeneric", { env: { HOME: makeHome() } }),
      examine("simgeneric", { args: ["--profile", "TEAM"] }),
    ]);
    assert.deepEqual(none.failed, ["profile"]);
    assert.match(none.profile.advice, /oci setup config/);
    assert.deepEqual([none.connection.status, none.clock.status, none.signature.status], ["ok", "ok", "skip"]);
    assert.match(other.profile.found, /no profile \[TEAM\]/);
  });

  test("a session token, and one that has expired", async () => {
    const files = (token) => ({
      config: "[DEFAULT]\nsecurity_token_file=~/.oci/token\nkey_file=~/.oci/key.pem\n",
      "key.pem": session.privateKey,
      token,
    });
    const old = makeSessionToken({ lifetimeSeconds: -60 });
    const OCI_ENDPOINT = await otherSimulator({});
    const [fresh, expired] = await Promise.all([
      examine("simgeneric", { env: { OCI_ENDPOINT, HOME: makeHome(files(session.token)) } }),
      examine("simgeneric", { env: { OCI_ENDPOINT, HOME: makeHome(files(old.token)) } }),
    ]);
    assert.deepEqual(fresh.failed, []);
    assert.match(fresh.key.found, /expires in \d+ minutes$/);
    assert.ok(expired.failed.includes("key"));
    assert.match(expired.key.found, /expired at /);
    assert.match(expired.key.advice, /^oci session authenticate/);
  });

  test("a host that is not there, and a model id that can't be called", async () => {
    const [refused, unresolved, cluster] = await Promise.all([
      examine("simgeneric", { env: { OCI_ENDPOINT: "http://127.0.0.1:1" } }),
      examine("simgeneric", { env: { OCI_ENDPOINT: "https://oci.invalid" } }),
      examine("ocid1.generativeaidedicatedaicluster.oc1.us-chicago-1.simcluster"),
    ]);
    assert.ok(refused.failed.includes("connection"));
    assert.ok(refused.failed.includes("streaming"));
    assert.equal(refused.signature.status, "skip");
    assert.match(unresolved.dns.found, /oci\.invalid does not resolve/);
    assert.match(unresolved.dns.advice, /private endpoint/);
    assert.deepEqual(cluster.failed, ["model id"]);
    assert.match(cluster.model_id.found, /^invalid_model/);
  });

  test("an on-demand model has no endpoint to inspect", async () => {
    const { failed, endpoint, format } = await examine("cohere.command-r-08-2024");
    assert.deepEqual([failed, endpoint.status, format.found], [[], "skip", "COHERE"]);
  });

  test("an API key of the service, for the openai transport", async () => {
    const HOME = makeHome();
    const model = "meta.llama-3.3-70b-instruct";
    const [right, wrong] = await Promise.all([
      examine(model, { env: { HOME, OCI_GENAI_API_KEY: "sk-right" } }),
      examine(model, { env: { HOME, OCI_GENAI_API_KEY: "sk-wrong" } }),
    ]);
    assert.deepEqual([right.failed, right.signature.found], [[], "the API key was accepted"]);
    assert.match(right.format.found, /none on the openai transport/);
    assert.deepEqual(wrong.failed, ["signature"]);
    assert.match(wrong.signature.advice, /^check the API key/);
  });

  test("an encrypted key, whose pass phrase the profile has or has not", async () => {
    const encrypted = createPrivateKey(key.privateKey).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "correct horse",
    });
    const files = (more) => ({ ...profileFiles(key, more), "key.pem": encrypted });
    const [fits, none] = await Promise.all([
      examine("simgeneric", { env: { HOME: makeHome(files({ pass_phrase: "correct horse" })) } }),
      examine("simgeneric", { env: { HOME: makeHome(files({})) } }),
    ]);
    assert.deepEqual([fits.failed, fits.key.found], [[], "encrypted, and its pass phrase fits"]);
    assert.deepEqual(none.failed, ["key", "signature"]);
    assert.match(none.key.advice, /pass_phrase/);
  });

  test("--simulate needs no account", async () => {
    const { code, stdout } = await runCli(["doctor", "--simulate", "--pace", "0"]);
    assert.equal(code, 0);
    assert.match(stdout, /^ok +endpoint +ACTIVE/m);
  });
});
