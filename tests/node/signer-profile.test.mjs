// `readProfile` and `profileSigner` of `oci-genai-edge/signer/node`: profiles of ~/.oci/config.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { profileSigner, readProfile } from "oci-genai-edge/signer/node";
import { expandHome, parseConfig, profileOf } from "../../pkg/lib/node-config-file.js";
import { makeCredentials, makeSessionToken } from "../simulator/server.mjs";
import { keyIdOf, problem, rejectsWithout, REQUEST } from "./support/signed-request.mjs";

const scratch = mkdtempSync(join(tmpdir(), "oci-profile-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

describe("the configuration file", () => {
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

  test("parses sections, both separators, comments, line endings and keys in any case", () => {
    assert.deepEqual(Object.keys(sections), ["DEFAULT", "session", "KEY", "bare"]);
    assert.deepEqual({ ...sections.DEFAULT }, {
      user: "ocid1.user.oc1..someone",
      fingerprint: "aa:bb",
      tenancy: "ocid1.tenancy.oc1..ours",
      key_file: "~/.oci/key.pem",
    });
    assert.equal(sections.session.key_file, "~/a=b.pem");
  });

  test("inherits the values of DEFAULT", () => {
    const { kind, values } = profileOf(sections, "KEY");
    assert.equal(kind, "api_key");
    assert.equal(values.user, "ocid1.user.oc1..other");
    assert.equal(values.tenancy, "ocid1.tenancy.oc1..ours");
    assert.equal(profileOf(sections, "bare").values.user, "ocid1.user.oc1..someone");
  });

  test("an inherited user does not turn a session token into an API key", () => {
    const { kind, values } = profileOf(sections, "session");
    assert.equal(values.user, "ocid1.user.oc1..someone");
    assert.equal(kind, "session_token");
  });

  test("an inherited token does not turn an API key into a session token", () => {
    const mixed = parseConfig("[DEFAULT]\nsecurity_token_file=t\nkey_file=k\n[mine]\nuser=u\n[none]\nregion=x");
    assert.equal(profileOf(mixed, "mine").kind, "api_key");
    assert.equal(profileOf(mixed, "none").kind, "session_token");
    assert.equal(profileOf(mixed, "DEFAULT").kind, "session_token");
  });

  test("a missing profile is undefined, even with the name of an inherited property", () => {
    assert.equal(profileOf(sections, "missing"), undefined);
    assert.equal(profileOf(sections, "constructor"), undefined);
    assert.equal(profileOf({}, "DEFAULT"), undefined);
  });

  test("does not quote a malformed line", () => {
    for (const text of ["[A]\nsecret words", "user=x", "[]\n"]) {
      assert.throws(
        () => parseConfig(text),
        (error) => /neither a \[section\]/.test(error.message) && !/secret/.test(error.message),
      );
    }
  });

  test("expands ~ at the start of a path only", () => {
    assert.equal(expandHome("~/x/y", "h"), join("h", "x", "y"));
    assert.equal(expandHome("~", "h"), "h");
    for (const path of ["~other/x", "a/~/b", "./x"]) assert.equal(expandHome(path, "h"), path);
  });

  test("a section named as an inherited property changes no other object", () => {
    const odd = parseConfig("[__proto__]\nuser=x\n__proto__=y\n[constructor]\nuser=z");
    assert.deepEqual(Object.keys(odd), ["__proto__", "constructor"]);
    assert.equal({}.user, undefined);
    assert.equal(profileOf(odd, "constructor").values.user, "z");
  });
});

const key = makeCredentials();
const session = makeSessionToken();
const PASS_PHRASE = "correct horse battery staple";
const encrypted = (type, cipher) =>
  String(createPrivateKey(key.privateKey).export({ type, format: "pem", cipher, passphrase: PASS_PHRASE }));

const API_KEY = [
  `user=${key.user}`,
  `tenancy=${key.tenancy}`,
  `fingerprint=${key.fingerprint}`,
  "region=us-chicago-1",
  "key_file=~/.oci/key.pem",
];
const CONFIG = [
  "[DEFAULT]",
  ...API_KEY,
  "[SESSION]",
  "security_token_file=~/.oci/token",
  "key_file=~/.oci/session.pem",
  "compartment_id=ocid1.compartment.oc1..house",
].join("\n");

/** A home directory with this ~/.oci/config, and files beside it: its path, and the environment. */
function makeHome(config = CONFIG, files = {}) {
  const home = mkdtempSync(join(scratch, "home-"));
  mkdirSync(join(home, ".oci"));
  if (config) writeFileSync(join(home, ".oci", "config"), config);
  const all = { "key.pem": key.privateKey, "session.pem": session.privateKey, token: `${session.token}\n`, ...files };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(home, ".oci", name), content);
  return { env: { HOME: home }, path: (name) => join(home, ".oci", name) };
}

const rejects = (promise, code, message, hint, secrets = []) =>
  rejectsWithout([PASS_PHRASE, session.token, ...secrets], promise, code, message, hint);

describe("readProfile", () => {
  test("an API key", async () => {
    const { env, path } = makeHome();
    assert.deepEqual(await readProfile({ env }), {
      name: "DEFAULT",
      file: path("config"),
      kind: "api_key",
      tenancy: key.tenancy,
      user: key.user,
      fingerprint: key.fingerprint,
      region: "us-chicago-1",
      keyFile: path("key.pem"),
    });
  });

  test("a session, without the user that it inherits", async () => {
    const { env, path } = makeHome();
    assert.deepEqual(await readProfile({ env, profile: "SESSION" }), {
      name: "SESSION",
      file: path("config"),
      kind: "session_token",
      tenancy: key.tenancy,
      region: "us-chicago-1",
      keyFile: path("session.pem"),
      securityTokenFile: path("token"),
      compartmentId: "ocid1.compartment.oc1..house",
    });
  });

  test("the environment names file and profile, and options override it", async () => {
    const { env, path } = makeHome("", { other: CONFIG, third: CONFIG });
    const named = { ...env, OCI_CLI_CONFIG_FILE: "~/.oci/other", OCI_CLI_PROFILE: "SESSION" };
    const { file, name } = await readProfile({ env: named });
    assert.deepEqual([file, name], [path("other"), "SESSION"]);
    const sdk = await readProfile({ env: { ...env, OCI_CONFIG_FILE: path("other") } });
    assert.deepEqual([sdk.file, sdk.name], [path("other"), "DEFAULT"]);
    const own = await readProfile({ env: named, configFile: path("third"), profile: "DEFAULT" });
    assert.deepEqual([own.file, own.name], [path("third"), "DEFAULT"]);
  });

  test("the default compartment of OCI's CLI", async () => {
    const rc = "[DEFAULT]\ncompartment-id = ocid1.compartment.oc1..cli\n";
    const { env } = makeHome(CONFIG, { oci_cli_rc: rc });
    assert.equal((await readProfile({ env })).compartmentId, "ocid1.compartment.oc1..cli");
    assert.equal((await readProfile({ env, profile: "SESSION" })).compartmentId, "ocid1.compartment.oc1..house");
  });

  test("says what is missing", async () => {
    const none = makeHome("");
    await rejects(readProfile(none), "invalid_options", /there is no OCI configuration file ~\/.oci\/config$/, /setup/);
    const { env } = makeHome();
    const profile = "TEAM";
    await rejects(readProfile({ env, profile }), "invalid_options", /config has no profile \[TEAM\]$/, /DEFAULT, SES/);
    const bare = makeHome("[DEFAULT]\nuser=u\nkey_file=k");
    await rejects(readProfile(bare), "invalid_options", /profile \[DEFAULT\] of ~.* has no tenancy, fingerprint$/);
    const keyless = makeHome("[DEFAULT]\nsecurity_token_file=t");
    await rejects(readProfile(keyless), "invalid_options", /has no key_file$/);
    const { env: home } = makeHome(`[DEFAULT]\npass_phrase ${PASS_PHRASE}`);
    await rejects(readProfile({ env: home }), "invalid_options", /^line 2 of ~.* is neither/);
    await rejects(readProfile({ env: { HOME: scratch, OCI_CLI_CONFIG_FILE: "~/" } }), "invalid_options", /EISDIR/);
    await rejects(readProfile("DEFAULT"), "invalid_options", /takes an object/);
  });
});

describe("profileSigner", () => {
  test("signs with an API key, and with a session token", async () => {
    const { env } = makeHome();
    assert.equal(await problem(profileSigner({ env }), [key]), undefined);
    assert.equal(await problem(profileSigner({ env, profile: "SESSION" }), [session]), undefined);
    assert.equal(await problem(profileSigner({ env }), [session]), "keyId is not known");
  });

  test("signs the bytes as they are when it is called", async () => {
    const { env } = makeHome();
    for (const profile of ["DEFAULT", "SESSION"]) {
      const body = REQUEST.body.slice();
      const signing = profileSigner({ env, profile })({ ...REQUEST, body });
      body.fill(0);
      assert.equal(await problem(() => signing, [key, session]), undefined);
    }
  });

  test("decrypts a key, in both forms", async () => {
    for (const [type, cipher] of [
      ["pkcs8", "aes-256-cbc"],
      ["pkcs1", "aes-128-cbc"],
    ]) {
      const pem = encrypted(type, cipher);
      const config = (...more) => ["[DEFAULT]", ...API_KEY, ...more].join("\n");
      const right = makeHome(config(`pass_phrase=${PASS_PHRASE}`), { "key.pem": pem });
      assert.equal(await problem(profileSigner(right), [key]), undefined);
      const none = makeHome(config(), { "key.pem": pem });
      await rejects(profileSigner(none)(REQUEST), "invalid_options", /key_file is encrypted/, /add its pass_phrase/);
      const wrong = makeHome(config("pass_phrase=wrong-secret"), { "key.pem": pem });
      const secrets = ["wrong-secret"];
      await rejects(profileSigner(wrong)(REQUEST), "invalid_options", /does not fit/, /pass_phrase/, secrets);
    }
  });

  test("is made without reading anything, and reads again after a failure", async () => {
    const { env, path } = makeHome("");
    const sign = profileSigner({ env });
    await rejects(sign(REQUEST), "invalid_options", /there is no OCI configuration file/);
    writeFileSync(path("config"), CONFIG);
    rmSync(path("key.pem"));
    const message = /\[DEFAULT\].* key_file names can't be read \(ENOENT\)/;
    await rejects(sign(REQUEST), "invalid_options", message, /working dir/);
    writeFileSync(path("key.pem"), key.privateKey);
    assert.equal(await problem(sign, [key]), undefined);
  });

  test("names the option that is malformed, and not its value", async () => {
    const { env } = makeHome(CONFIG.replace(key.fingerprint, "not-a-fingerprint"));
    const secrets = ["not-a-fingerprint"];
    const message = /\[DEFAULT\] .*fingerprint must/;
    await rejects(profileSigner({ env })(REQUEST), "invalid_options", message, undefined, secrets);
  });

  test("takes a new token, and a new key, from their files", async () => {
    const { env, path } = makeHome();
    const sign = profileSigner({ env, profile: "SESSION" });
    assert.equal(await problem(sign, [session]), undefined);
    const next = makeSessionToken();
    writeFileSync(path("token"), next.token);
    writeFileSync(path("session.pem"), next.privateKey);
    assert.equal(await problem(sign, [next]), undefined);
    assert.equal(await keyIdOf(sign), next.keyId);
  });

  test("an expired token is not sent", async () => {
    const { env, path } = makeHome();
    const later = new Date(Date.now() + 2 * 3_600_000);
    let time = new Date();
    const sign = profileSigner({ env, profile: "SESSION", now: () => time });
    assert.equal(await problem(sign, [session]), undefined);
    time = later;
    const hint = /^run `oci session refresh --profile SESSION`/;
    await rejects(sign(REQUEST), "signer_failed", /session token of profile \[SESSION\] .* expired at 20/, hint);
    const next = makeSessionToken({ lifetimeSeconds: 3 * 3600 });
    writeFileSync(path("token"), next.token);
    writeFileSync(path("session.pem"), next.privateKey);
    assert.equal(await problem(sign, [next], later.getTime()), undefined);
  });

  test("rejects a token that is none, without quoting it", async () => {
    const { env } = makeHome(CONFIG, { token: "two words" });
    const sign = profileSigner({ env, profile: "SESSION" });
    await rejects(sign(REQUEST), "signer_failed", /\[SESSION\].*: token must be/, undefined, ["two words"]);
  });
});
