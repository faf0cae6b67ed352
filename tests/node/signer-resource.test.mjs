// `resourcePrincipalSigner` of `oci-genai-edge/signer/node`.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";
import { resourcePrincipalSigner } from "oci-genai-edge/signer/node";
import { rereadSigner } from "../../pkg/lib/node-session.js";
import { endpointId, makeSessionToken, startSimulator } from "../simulator/server.mjs";
import { keyIdOf, problem, rejectsWithout, REQUEST } from "./support/signed-request.mjs";

const scratch = mkdtempSync(join(tmpdir(), "oci-resource-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const session = makeSessionToken();
const PASSPHRASE = "correct horse battery staple";
const ENCRYPTED = String(
  createPrivateKey(session.privateKey).export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: PASSPHRASE,
  }),
);
const VALUES = {
  OCI_RESOURCE_PRINCIPAL_VERSION: "2.2",
  OCI_RESOURCE_PRINCIPAL_RPST: session.token,
  OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: session.privateKey,
  OCI_RESOURCE_PRINCIPAL_REGION: "us-chicago-1",
};

/** A file of its own, with what a platform puts there. */
function file(name, content) {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

const rejects = (env, message, hint) =>
  rejectsWithout(
    [PASSPHRASE, session.token, session.privateKey.split("\n")[1], ENCRYPTED.split("\n")[1], scratch],
    resourcePrincipalSigner({ env })(REQUEST),
    "signer_failed",
    message,
    hint,
  );

describe("resourcePrincipalSigner", () => {
  test("a call is accepted by the service", async () => {
    const simulator = await startSimulator({ credentials: [session] });
    after(() => simulator.close());
    const { url: endpoint, compartmentId } = simulator;
    const oci = new OciGenAI({ endpoint, compartmentId, sign: resourcePrincipalSigner({ env: VALUES }) });
    const messages = [{ role: "user", content: "Hello?" }];
    const { choices } = await oci.chat({ model: endpointId("simgeneric"), messages });
    assert.match(choices[0].message.content, /Hello\?/);
  });

  test("values and files, also of an encrypted key", async () => {
    const files = {
      ...VALUES,
      OCI_RESOURCE_PRINCIPAL_RPST: file("rpst", `${session.token}\n`),
      OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: file("key", session.privateKey),
    };
    for (const env of [
      VALUES,
      files,
      {
        ...VALUES,
        OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: ENCRYPTED,
        OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE: PASSPHRASE,
      },
      {
        ...files,
        OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: file("encrypted", ENCRYPTED),
        OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE: file("passphrase", `${PASSPHRASE}\n`),
      },
    ]) {
      assert.equal(await problem(resourcePrincipalSigner({ env }), [session]), undefined);
    }
  });

  test("takes a new token and key from their files, for all of 50 calls at once", async () => {
    const env = {
      ...VALUES,
      OCI_RESOURCE_PRINCIPAL_RPST: file("rotating-rpst", session.token),
      OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: file("rotating-key", session.privateKey),
    };
    const sign = resourcePrincipalSigner({ env });
    assert.equal(await problem(sign, [session]), undefined);
    const next = makeSessionToken();
    file("rotating-rpst", next.token);
    file("rotating-key", next.privateKey);
    const keyIds = await Promise.all(Array.from({ length: 50 }, () => keyIdOf(sign)));
    assert.deepEqual([...new Set(keyIds)], [next.keyId]);
    assert.equal(await problem(sign, [next]), undefined);
  });

  test("what is half written, or a key that follows its token, is read again", async () => {
    const next = makeSessionToken();
    const of = ({ token, privateKey }) => ({ token, privateKey });
    const readings = [
      of({ ...session, token: session.token.slice(0, 40) }),
      of(session),
      of(session),
      of({ ...session, token: next.token }),
      of(next),
      of(next),
    ];
    let reads = 0;
    const sign = rereadSigner({
      place: "the test",
      read: async () => readings[Math.min(reads++, readings.length - 1)],
      usableKey: (key) => key,
      expired: () => assert.fail("it has not expired"),
    });
    assert.equal(await problem(sign, [session]), undefined);
    assert.equal(reads, 3);
    assert.equal(await problem(sign, [next]), undefined);
    assert.equal(reads, 6);
    await Promise.all(Array.from({ length: 50 }, () => keyIdOf(sign)));
    assert.equal(reads, 7, "once for all calls that wait");
  });

  test("an expired token is not sent", async () => {
    const now = () => new Date(Date.now() + 2 * 3_600_000);
    const sign = resourcePrincipalSigner({ env: VALUES, now });
    const message = /^the token of the resource principal expired at 20/;
    await rejectsWithout([session.token], sign(REQUEST), "signer_failed", message, /the platform replaces it/);
  });

  test("other versions are refused", async () => {
    for (const version of ["1.1", "2.1", "2.1.1", "3.0"]) {
      const env = { ...VALUES, OCI_RESOURCE_PRINCIPAL_VERSION: version };
      const escaped = version.replaceAll(".", String.raw`\.`);
      await rejects(env, new RegExp(`_VERSION is ${escaped}: this signer supports 2\\.2 only$`), /tokenSigner/);
    }
    const env = { ...VALUES, OCI_RESOURCE_PRINCIPAL_VERSION: session.token };
    await rejects(env, /_VERSION is not a version/);
  });

  test("says what is missing", async () => {
    const hint = /^not in an OCI Function/;
    for (const name of ["VERSION", "RPST", "PRIVATE_PEM"]) {
      const env = { ...VALUES, [`OCI_RESOURCE_PRINCIPAL_${name}`]: undefined };
      await rejects(env, new RegExp(`^OCI_RESOURCE_PRINCIPAL_${name} is not set$`), hint);
    }
    const missing = { ...VALUES, OCI_RESOURCE_PRINCIPAL_RPST: join(scratch, "none") };
    await rejects(missing, /the file that OCI_RESOURCE_PRINCIPAL_RPST names can't be read \(ENOENT\)$/, /right/);
    const encrypted = { ...VALUES, OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: ENCRYPTED };
    await rejects(encrypted, /the key in OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM is encrypted/, /PASSPHRASE/);
    const wrong = { ...encrypted, OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE: "wrong" };
    await rejects(wrong, /PASSPHRASE does not fit the key/);
    await rejects({ ...VALUES, OCI_RESOURCE_PRINCIPAL_RPST: "two words" }, /^the resource principal: token must be/);
    assert.throws(
      () => resourcePrincipalSigner(null),
      (error) => error instanceof OciError && error.code === "invalid_options",
    );
  });
});
