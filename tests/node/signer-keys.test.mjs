// The private keys of the signers: accepted forms, rejected ones, and when they are imported.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { apiKeySigner } from "oci-genai-edge/signer";
import {
  assertNoSecret,
  clock,
  EXPECTED,
  IDENTITY,
  parseAuthorization,
  PKCS1,
  PKCS8,
  request,
  rsa,
  signatureOf,
  SPKI,
} from "./support/signing.mjs";

describe("privateKey", () => {
  const importKey = (extractable = false, hash = "SHA-256", name = "RSASSA-PKCS1-v1_5") =>
    crypto.subtle.importKey(
      "pkcs8",
      rsa.privateKey.export({ type: "pkcs8", format: "der" }),
      { name, hash },
      extractable,
      ["sign"],
    );

  test("makes the same signature in every form", async () => {
    const cryptoKey = await importKey();
    const forms = { PKCS8, PKCS1, cryptoKey };
    for (const [name, form] of Object.entries(forms)) {
      assert.equal(await signatureOf(form), EXPECTED, name);
      assert.equal(await signatureOf(() => form), EXPECTED, `${name}, function`);
      assert.equal(await signatureOf(async () => form), EXPECTED, `${name}, async function`);
    }
  });

  test("accepts PEM text as environments change it", async () => {
    for (const pem of [PKCS8, PKCS1]) {
      const [head, tail] = [pem.split("\n")[0], pem.trim().split("\n").at(-1)];
      const body = pem.trim().split("\n").slice(1, -1);
      const forms = {
        "literal \\n": pem.replaceAll("\n", "\\n"),
        "literal \\r\\n": pem.replaceAll("\n", "\\r\\n"),
        "literal \\\\n": pem.replaceAll("\n", "\\\\n"),
        CRLF: pem.replaceAll("\n", "\r\n"),
        CR: pem.replaceAll("\n", "\r"),
        "the console's last line": `${pem}OCI_API_KEY\n`,
        "the console's last line, escaped": `${pem}OCI_API_KEY`.replaceAll("\n", "\\n"),
        "surrounding text": `Bag Attributes\n    friendlyName: key\n\n${pem}\nsome more - text\n`,
        quotes: `"${pem.replaceAll("\n", "\\n")}"`,
        indentation: pem.replaceAll("\n", "\n    \t"),
        "spaces for line breaks": pem.trim().replaceAll("\n", " "),
        "one line": `${head}${body.join("")}${tail}`,
        "another block before": `${SPKI}${pem}`,
        "no last line break, BOM": `\ufeff${pem.trim()}`,
      };
      for (const [name, form] of Object.entries(forms)) assert.equal(await signatureOf(form), EXPECTED, name);
    }
  });

  test("accepts a wrong PEM label", async () => {
    const swap = (pem, from, to) => pem.replaceAll(`${from}-----`, `${to}-----`);
    assert.equal(await signatureOf(swap(PKCS8, "PRIVATE KEY", "RSA PRIVATE KEY")), EXPECTED);
    assert.equal(await signatureOf(swap(PKCS1, "RSA PRIVATE KEY", "PRIVATE KEY")), EXPECTED);
  });

  test("rejects keys that can't sign, with advice, without showing them", async () => {
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const ed = generateKeyPairSync("ed25519");
    const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
    const locked = (type) =>
      rsa.privateKey.export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "correct horse" });
    const lines = PKCS8.trim().split("\n");
    const relabel = (pem, label) => pem.replaceAll(/(BEGIN|END) [A-Z0-9 ]+/g, `$1 ${label}`);
    const armor = (der) => `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
    const der = Buffer.from(lines.slice(1, -1).join(""), "base64");
    const cases = [
      ["encrypted PKCS#8", locked("pkcs8"), /encrypted.*openssl pkcs8/],
      ["encrypted PKCS#8, escaped", locked("pkcs8").replaceAll("\n", "\\n"), /encrypted.*openssl pkcs8/],
      ["encrypted PKCS#1", locked("pkcs1"), /encrypted.*openssl pkcs8/],
      ["public key", SPKI, /public key/],
      ["PKCS#1 public key", rsa.publicKey.export({ type: "pkcs1", format: "pem" }), /public key/],
      ["public key, labelled private", relabel(SPKI, "PRIVATE KEY"), /public key/],
      ["certificate", relabel(SPKI, "CERTIFICATE"), /certificate/],
      ["ssh public key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ user@host", /public key/],
      ["OpenSSH private key", relabel(PKCS8, "OPENSSH PRIVATE KEY"), /ssh-keygen/],
      ["EC PKCS#8", ec.privateKey.export({ type: "pkcs8", format: "pem" }), /not an RSA key/],
      ["EC SEC1", ec.privateKey.export({ type: "sec1", format: "pem" }), /not an RSA key/],
      [
        "EC SEC1, labelled RSA",
        relabel(ec.privateKey.export({ type: "sec1", format: "pem" }), "RSA PRIVATE KEY"),
        /not an RSA key/,
      ],
      ["Ed25519", ed.privateKey.export({ type: "pkcs8", format: "pem" }), /not an RSA key/],
      ["RSA-PSS", pss.privateKey.export({ type: "pkcs8", format: "pem" }), /not an RSA key/],
      ["base64 around PEM", btoa(PKCS8), /base64 around/],
      ["a path", "~/.oci/oci_api_key.pem", /not its path/],
      ["garbage", "hunter2hunter2hunter2", /not PEM/],
      ["empty", "", /not PEM/],
      ["no armor", lines.slice(1, -1).join("\n"), /not PEM/],
      ["first line only", lines[0], /cut off/],
      ["no END", lines.slice(0, -1).join("\n"), /cut off/],
      ["a line missing", lines.toSpliced(4, 1).join("\n"), /cut off/],
      ["not base64", PKCS8.replace(lines[3], `${lines[3].slice(0, 20)}!${lines[3].slice(21)}`), /damaged/],
      ["empty block", armor(Buffer.alloc(0)), /damaged/],
      ["one byte", armor(Buffer.from([0x30])), /damaged/],
      ["indefinite length", armor(Buffer.from([0x30, 0x80, 2, 1, 0])), /damaged/],
      ["huge length", armor(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])), /damaged/],
      ["bytes after", armor(Buffer.concat([der, Buffer.alloc(3)])), /damaged/],
      [
        "RSA in name only",
        armor(Buffer.concat([Buffer.from([0x30, 6]), Buffer.from([2, 1, 0, 2, 1, 5])])),
        /could not import/,
      ],
    ];
    for (const [name, pem, message] of cases) {
      const signer = apiKeySigner({ ...IDENTITY, privateKey: pem });
      // Twice: each call reports the failure.
      for (const _ of [1, 2]) {
        await assert.rejects(signer(request()), (error) => {
          assert.ok(error instanceof TypeError, name);
          assert.match(error.message, message, name);
          assert.match(error.message, /^privateKey /);
          assertNoSecret(error, ...(pem.length > 40 ? [pem, PKCS8] : [PKCS8]));
          return true;
        });
      }
    }
  });

  test("handles damaged bytes without showing them", async () => {
    const der = rsa.privateKey.export({ type: "pkcs1", format: "der" });
    for (let round = 0; round < 300; round++) {
      const broken = Buffer.from(der);
      // Mostly the structure at the start, which is what is parsed.
      const at = round < 200 ? round % 40 : (round * 7919) % broken.length;
      broken[at] ^= 1 + ((round * 31) % 255);
      const cut = round % 3 === 0 ? broken.subarray(0, 1 + ((round * 131) % broken.length)) : broken;
      const pem = `-----BEGIN RSA PRIVATE KEY-----\n${cut.toString("base64")}\n-----END RSA PRIVATE KEY-----`;
      await apiKeySigner({ ...IDENTITY, privateKey: pem })(request()).catch((error) => {
        // A key with a damaged number may be imported and fail later, or sign wrongly; WebCrypto's
        // errors are its own.
        if (error instanceof TypeError) assert.match(error.message, /^privateKey can't be used: /);
        else assert.equal(error.name, "OperationError");
        assert.ok(!inspect(error).includes(pem.slice(40, 60)));
      });
    }
  });

  test("rejects CryptoKeys that can't make OCI signatures", async () => {
    const { publicKey } = await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
      false,
      ["sign", "verify"],
    );
    const hmac = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const wrong = [await importKey(false, "SHA-512"), await importKey(false, "SHA-256", "RSA-PSS"), publicKey, hmac];
    for (const key of wrong) {
      await assert.rejects(apiKeySigner({ ...IDENTITY, privateKey: key })(request()), /RSASSA-PKCS1-v1_5/);
      await assert.rejects(apiKeySigner({ ...IDENTITY, privateKey: () => key })(request()), /RSASSA-PKCS1-v1_5/);
    }
    for (const nothing of [undefined, null, 7, {}, new Uint8Array(3)]) {
      await assert.rejects(apiKeySigner({ ...IDENTITY, privateKey: () => nothing })(request()), /function must return/);
    }
  });

  test("is imported once for 100 concurrent signatures, and not extractable", async (t) => {
    const importing = t.mock.method(crypto.subtle, "importKey");
    let reads = 0;
    const read = async () => {
      reads++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return PKCS1;
    };
    for (const privateKey of [PKCS1, read]) {
      const signer = apiKeySigner({ ...IDENTITY, privateKey, clock });
      assert.equal(importing.mock.callCount(), 0, "nothing happens at creation");
      const all = await Promise.all(Array.from({ length: 100 }, () => signer(request())));
      await signer(request());
      for (const { authorization } of all) assert.equal(parseAuthorization(authorization).signature, EXPECTED);
      assert.equal(importing.mock.callCount(), 1);
      assert.equal(importing.mock.calls[0].arguments[3], false);
      importing.mock.resetCalls();
    }
    assert.equal(reads, 1);
  });

  test("is read again after its function failed", async () => {
    const failures = [
      () => Promise.reject(new Error("the store is unavailable")),
      () => {
        throw new Error("the store is unavailable");
      },
      () => "garbage",
    ];
    let calls = 0;
    const signer = apiKeySigner({ ...IDENTITY, clock, privateKey: () => (failures[calls++] ?? (() => PKCS8))() });
    await assert.rejects(signer(request()), { message: "the store is unavailable" });
    await assert.rejects(signer(request()), { message: "the store is unavailable" });
    await assert.rejects(signer(request()), /not PEM/);
    assert.equal(parseAuthorization((await signer(request())).authorization).signature, EXPECTED);
    await signer(request());
    assert.equal(calls, 4);
  });

  test("is read again when a read never settles, as when a Worker's request was cancelled", async (t) => {
    t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
    let calls = 0;
    const privateKey = () => (++calls === 1 ? new Promise(() => {}) : PKCS8);
    const signer = apiKeySigner({ ...IDENTITY, clock, privateKey });
    // The first call never settles, like its read; those that wait for it do.
    void signer(request());
    const waiting = [signer(request()), signer(request())];
    assert.equal(calls, 1);
    t.mock.timers.tick(4999);
    await new Promise(setImmediate);
    assert.equal(calls, 1);
    t.mock.timers.tick(1);
    for (const headers of await Promise.all([...waiting, signer(request())])) {
      assert.equal(parseAuthorization(headers.authorization).signature, EXPECTED);
    }
    assert.equal(calls, 2);
  });
});
