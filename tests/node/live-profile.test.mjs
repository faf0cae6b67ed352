// How `make live` reads profiles of ~/.oci/config, and the signers that it makes of them.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { expandHome, parseConfig, profileOf, signerOf } from "../../scripts/live/profile.mjs";
import { makeCredentials } from "../simulator/server.mjs";

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

  test("parses sections, both separators, comments, line endings and keys in any case", () => {
    assert.deepEqual(Object.keys(sections), ["DEFAULT", "session", "KEY", "bare"]);
    assert.deepEqual(sections.DEFAULT, {
      user: "ocid1.user.oc1..someone",
      fingerprint: "aa:bb",
      tenancy: "ocid1.tenancy.oc1..ours",
      key_file: "~/.oci/key.pem",
    });
    assert.equal(sections.session.key_file, "~/a=b.pem");
  });

  test("inherits the values of DEFAULT", () => {
    const { kind, values } = profileOf(sections, "KEY");
    assert.equal(kind, "key");
    assert.equal(values.user, "ocid1.user.oc1..other");
    assert.equal(values.tenancy, "ocid1.tenancy.oc1..ours");
    assert.equal(profileOf(sections, "bare").values.user, "ocid1.user.oc1..someone");
  });

  test("an inherited user does not turn a session token into an API key", () => {
    const { kind, values } = profileOf(sections, "session");
    assert.equal(values.user, "ocid1.user.oc1..someone");
    assert.equal(kind, "token");
  });

  test("an inherited token does not turn an API key into a session token", () => {
    const mixed = parseConfig("[DEFAULT]\nsecurity_token_file=t\nkey_file=k\n[mine]\nuser=u\n[none]\nregion=x");
    assert.equal(profileOf(mixed, "mine").kind, "key");
    assert.equal(profileOf(mixed, "none").kind, "token");
    assert.equal(profileOf(mixed, "DEFAULT").kind, "token");
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

  test("names the keys that a profile lacks", () => {
    assert.throws(
      () => signerOf(profileOf(parseConfig("[DEFAULT]\nuser=u\nkey_file=k"), "DEFAULT")),
      /no tenancy, fingerprint$/,
    );
    assert.throws(
      () => signerOf(profileOf(parseConfig("[DEFAULT]\nsecurity_token_file=t"), "DEFAULT")),
      /no key_file$/,
    );
  });

  test("names the key whose file is missing", () => {
    const config = "[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nkey_file=~/none.pem";
    assert.throws(
      () => signerOf(profileOf(parseConfig(config), "DEFAULT"), scratch),
      /key_file names can't be read \(ENOENT\)/,
    );
  });

  test("reads the token for every request", async () => {
    const { privateKey } = makeCredentials();
    writeFileSync(join(scratch, "s.pem"), privateKey);
    writeFileSync(join(scratch, "token"), "first\n");
    const sign = signerOf(
      profileOf(parseConfig("[DEFAULT]\nuser=u\n[s]\nsecurity_token_file=~/token\nkey_file=~/s.pem"), "s"),
      scratch,
    );
    const headers = { "content-type": "application/json" };
    const request = { method: "POST", url: "https://oci.invalid/x", headers, body: new Uint8Array(2), attempt: 1 };
    const keyId = async () => /keyId="([^"]*)"/.exec(new Headers(await sign(request)).get("authorization"))[1];
    assert.equal(await keyId(), "ST$first");
    writeFileSync(join(scratch, "token"), "second\n");
    assert.equal(await keyId(), "ST$second");
  });
});
