// The signers, against the published vectors, the official signer and a server that sees what is really sent.
// Every key is made at run time; the one public key below is printed in draft-cavage-http-signatures, Appendix C.

import assert from "node:assert/strict";
import {
  createPrivateKey,
  createPublicKey,
  createHash,
  generateKeyPairSync,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { inspect } from "node:util";

import * as entry from "../../pkg/signer.js";

const { apiKeySigner, tokenSigner, signingString } = entry;

const TENANCY = "ocid1.tenancy.oc1..aaaaaaaatenancy";
const USER = "ocid1.user.oc1..aaaaaaaauser";
const FINGERPRINT = "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";
const IDENTITY = { tenancy: TENANCY, user: USER, fingerprint: FINGERPRINT };
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl";
const SIGNED = ["x-date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];
const DATE = "Thu, 02 Jan 2025 03:04:05 GMT";
const clock = () => new Date(DATE);

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PKCS8 = rsa.privateKey.export({ type: "pkcs8", format: "pem" });
const PKCS1 = rsa.privateKey.export({ type: "pkcs1", format: "pem" });
const SPKI = rsa.publicKey.export({ type: "spki", format: "pem" });

const encoder = new TextEncoder();

function request(overrides = {}) {
  return {
    method: "POST",
    url: "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: encoder.encode('{"text":"grüße ✓"}'),
    attempt: 1,
    ...overrides,
  };
}

/** The parameters of an Authorization header, in order. */
function parseAuthorization(header) {
  assert.match(header, /^Signature /);
  const params = {};
  const rest = header.slice("Signature ".length).replace(/([a-zA-Z]+)="([^"]*)"(,|$)/g, (_, name, value) => {
    assert.ok(!(name in params), `${name} twice`);
    params[name] = value;
    return "";
  });
  assert.equal(rest, "");
  return params;
}

/** One verifier, on WebCrypto, for the published vectors, the official signer and this one. */
async function verifies(spkiPem, text, signature) {
  const der = Buffer.from(spkiPem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("spki", der, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm.name, key, Buffer.from(signature, "base64"), encoder.encode(text));
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("base64");

/** The text to sign, written down here by hand, with nothing of the code under test. */
function expectedText({ host, target, length, type = "application/json", sha }) {
  return [
    `x-date: ${DATE}`,
    `(request-target): post ${target}`,
    `host: ${host}`,
    `content-length: ${length}`,
    `content-type: ${type}`,
    `x-content-sha256: ${sha}`,
  ].join("\n");
}

const nodeSignature = (text, key = rsa.privateKey) => nodeSign("RSA-SHA256", Buffer.from(text), key).toString("base64");

async function signatureOf(privateKey, overrides) {
  const headers = await apiKeySigner({ ...IDENTITY, privateKey, clock })(request(overrides));
  return parseAuthorization(headers.authorization).signature;
}

const EXPECTED = nodeSignature(
  expectedText({
    host: "inference.generativeai.us-chicago-1.oci.oraclecloud.com",
    target: "/20231130/actions/chat",
    length: request().body.byteLength,
    sha: sha256(request().body),
  }),
);

/** No run of 10 characters of any base64 in `secrets` may show anywhere in the error. */
function assertNoSecret(error, ...secrets) {
  const shown = [error.message, String(error.stack), inspect(error, { depth: 9, showHidden: true })].join("\n");
  assert.equal(error.cause, undefined);
  for (const secret of secrets) {
    const packed = secret.replace(/-----[^-]+-----|\\[rn]|\s/g, "");
    for (let at = 0; at + 10 <= packed.length; at++) {
      const run = packed.slice(at, at + 10);
      assert.ok(!shown.includes(run), "an error shows what it was given");
    }
  }
}

describe("apiKeySigner", () => {
  it("sets three headers, in the documented form", async () => {
    const headers = await apiKeySigner({ ...IDENTITY, privateKey: PKCS8, clock })(request());
    assert.deepEqual(Object.keys(headers).sort(), ["authorization", "x-content-sha256", "x-date"]);
    assert.equal(headers["x-date"], DATE);
    assert.equal(headers["x-content-sha256"], sha256(request().body));
    assert.equal(
      headers.authorization,
      `Signature version="1",headers="${SIGNED.join(" ")}",keyId="${TENANCY}/${USER}/${FINGERPRINT}",` +
        `algorithm="rsa-sha256",signature="${EXPECTED}"`,
    );
  });

  it("uses the current time unless told otherwise", async () => {
    const headers = await apiKeySigner({ ...IDENTITY, privateKey: PKCS8 })(request());
    assert.match(headers["x-date"], /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.ok(Math.abs(Date.parse(headers["x-date"]) - Date.now()) < 60_000);
  });

  it("signs the port, the query and the empty body", async () => {
    const signature = await signatureOf(PKCS8, {
      url: "http://127.0.0.1:8443/a%20b/chat?x=1&y=%2F#part",
      body: new Uint8Array(),
    });
    const text = expectedText({
      host: "127.0.0.1:8443",
      target: "/a%20b/chat?x=1&y=%2F",
      length: 0,
      sha: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    });
    assert.equal(signature, nodeSignature(text));
  });

  it("leaves the default port out of host", async () => {
    const signature = await signatureOf(PKCS8, { url: request().url.replace(".com/", ".com:443/") });
    assert.equal(signature, EXPECTED);
  });

  it("signs a view of a larger buffer, even when its bytes change after the call", async () => {
    const memory = new Uint8Array(4096).fill(7);
    const body = request().body;
    memory.set(body, 100);
    const signing = signatureOf(PKCS8, { body: memory.subarray(100, 100 + body.length) });
    memory.fill(0);
    assert.equal(await signing, EXPECTED);
  });

  it("signs a large body", async () => {
    const body = new Uint8Array(5_000_000).fill(97);
    const text = expectedText({
      host: new URL(request().url).host,
      target: "/20231130/actions/chat",
      length: 5_000_000,
      sha: sha256(body),
    });
    assert.equal(await signatureOf(PKCS8, { body }), nodeSignature(text));
  });

  it("works with a 4096 bit key", async () => {
    const big = generateKeyPairSync("rsa", { modulusLength: 4096 }).privateKey;
    const signature = await signatureOf(big.export({ type: "pkcs1", format: "pem" }));
    assert.equal(Buffer.from(signature, "base64").length, 512);
    const text = expectedText({
      host: new URL(request().url).host,
      target: "/20231130/actions/chat",
      length: request().body.byteLength,
      sha: sha256(request().body),
    });
    assert.equal(signature, nodeSignature(text, big));
  });

  it("drops whitespace around, and has the fingerprint in lower case", async () => {
    const signer = apiKeySigner({
      tenancy: ` ${TENANCY}\n`,
      user: `${USER}\r\n`,
      fingerprint: ` ${FINGERPRINT.toUpperCase()} `,
      privateKey: PKCS8,
      clock,
    });
    const { keyId } = parseAuthorization((await signer(request())).authorization);
    assert.equal(keyId, `${TENANCY}/${USER}/${FINGERPRINT}`);
  });

  it("refuses malformed options at creation, and names them only", () => {
    const cases = {
      tenancy: [undefined, null, 7, "", USER, "ocid1.tenancy.", `${TENANCY}"`, `${TENANCY}\r\nx: y`, `a ${TENANCY}`, PKCS8],
      user: [undefined, "", TENANCY, `${USER}"`, `${USER}/x`, `${USER}\nx`, `${USER}é`, PKCS8],
      fingerprint: [undefined, "", FINGERPRINT.slice(3), `${FINGERPRINT}:00`, FINGERPRINT.replace("20", "2g"), `${FINGERPRINT}"`, PKCS8],
      privateKey: [undefined, null, 7, {}, new Uint8Array(9), rsa.privateKey],
      clock: [7, "now", new Date()],
    };
    for (const [name, values] of Object.entries(cases)) {
      for (const value of values) {
        if (name === "clock" && value === undefined) continue;
        assert.throws(
          () => apiKeySigner({ ...IDENTITY, privateKey: PKCS8, [name]: value }),
          (error) => {
            assert.ok(error instanceof TypeError);
            assert.ok(error.message.startsWith(name), error.message);
            assertNoSecret(error, PKCS8, ...(typeof value === "string" && value.length > 40 ? [value] : []));
            return true;
          },
        );
      }
    }
    assert.throws(() => apiKeySigner(), TypeError);
    assert.throws(() => apiKeySigner(null), TypeError);
  });

  it("refuses requests that it can't sign", async () => {
    const signer = apiKeySigner({ ...IDENTITY, privateKey: PKCS8 });
    await assert.rejects(signer(request({ method: "GET" })), /POST, PUT and PATCH/);
    await assert.rejects(signer(request({ body: "text" })), /Uint8Array/);
    await assert.rejects(signer(request({ headers: {} })), /no content-type header/);
    await assert.rejects(signer(request({ headers: { "content-type": "a/b\r\nhost: x" } })), /line break/);
    await assert.rejects(signer(request({ url: "/relative" })), TypeError);
    for (const bad of [() => new Date(NaN), () => 0, () => undefined]) {
      await assert.rejects(apiKeySigner({ ...IDENTITY, privateKey: PKCS8, clock: bad })(request()), /clock/);
    }
  });

  it("does not expose anything", () => {
    const signer = apiKeySigner({ ...IDENTITY, privateKey: PKCS8 });
    assert.deepEqual(Reflect.ownKeys(signer).sort(), ["length", "name"]);
    assert.ok(!inspect(signer, { showHidden: true, depth: 9 }).includes("PRIVATE"));
    assert.deepEqual(Object.keys(entry).sort(), ["apiKeySigner", "signingString", "tokenSigner"]);
  });
});

describe("privateKey", () => {
  const importKey = (extractable = false, hash = "SHA-256", name = "RSASSA-PKCS1-v1_5") =>
    crypto.subtle.importKey(
      "pkcs8",
      rsa.privateKey.export({ type: "pkcs8", format: "der" }),
      { name, hash },
      extractable,
      ["sign"],
    );

  it("gives one signature in every form", async () => {
    const cryptoKey = await importKey();
    const forms = { PKCS8, PKCS1, cryptoKey };
    for (const [name, form] of Object.entries(forms)) {
      assert.equal(await signatureOf(form), EXPECTED, name);
      assert.equal(await signatureOf(() => form), EXPECTED, `${name}, function`);
      assert.equal(await signatureOf(async () => form), EXPECTED, `${name}, async function`);
    }
  });

  it("tolerates what environments do to a PEM text", async () => {
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
        "text around": `Bag Attributes\n    friendlyName: key\n\n${pem}\nsome more - text\n`,
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

  it("goes by the content where the label is wrong", async () => {
    const swap = (pem, from, to) => pem.replaceAll(`${from}-----`, `${to}-----`);
    assert.equal(await signatureOf(swap(PKCS8, "PRIVATE KEY", "RSA PRIVATE KEY")), EXPECTED);
    assert.equal(await signatureOf(swap(PKCS1, "RSA PRIVATE KEY", "PRIVATE KEY")), EXPECTED);
  });

  it("refuses what can't sign, says what to do, and shows nothing of it", async () => {
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const ed = generateKeyPairSync("ed25519");
    const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
    const locked = (type) =>
      rsa.privateKey.export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "correct horse" });
    const lines = PKCS8.trim().split("\n");
    const relabel = (pem, label) => pem.replace(/(BEGIN|END) [A-Z0-9 ]+/g, `$1 ${label}`);
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
      ["EC SEC1, labelled RSA", relabel(ec.privateKey.export({ type: "sec1", format: "pem" }), "RSA PRIVATE KEY"), /not an RSA key/],
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
      ["RSA in name only", armor(Buffer.concat([Buffer.from([0x30, 6]), Buffer.from([2, 1, 0, 2, 1, 5])])), /could not import/],
    ];
    for (const [name, pem, message] of cases) {
      const signer = apiKeySigner({ ...IDENTITY, privateKey: pem });
      // twice: a failure is reported at each call
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

  it("survives any damage to the bytes without showing them", async () => {
    const der = rsa.privateKey.export({ type: "pkcs1", format: "der" });
    for (let round = 0; round < 300; round++) {
      const broken = Buffer.from(der);
      // Mostly the structure at the start, where the reader looks.
      const at = round < 200 ? round % 40 : (round * 7919) % broken.length;
      broken[at] ^= 1 + ((round * 31) % 255);
      const cut = round % 3 === 0 ? broken.subarray(0, 1 + ((round * 131) % broken.length)) : broken;
      const pem = `-----BEGIN RSA PRIVATE KEY-----\n${cut.toString("base64")}\n-----END RSA PRIVATE KEY-----`;
      await apiKeySigner({ ...IDENTITY, privateKey: pem })(request()).catch((error) => {
        // A damaged number may import and fail, or sign wrongly; only the reader's own errors are ours to check.
        if (error instanceof TypeError) assert.match(error.message, /^privateKey can't be used: /);
        else assert.equal(error.name, "OperationError");
        assert.ok(!inspect(error).includes(pem.slice(40, 60)));
      });
    }
  });

  it("refuses CryptoKeys that can't make OCI signatures", async () => {
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

  it("is imported once for 100 parallel signings, and not exportable", async (t) => {
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

  it("is asked for again after a failure of its function", async () => {
    const failures = [
      () => Promise.reject(new Error("the store is away")),
      () => {
        throw new Error("the store is away");
      },
      () => "garbage",
    ];
    let calls = 0;
    const signer = apiKeySigner({ ...IDENTITY, clock, privateKey: () => (failures[calls++] ?? (() => PKCS8))() });
    await assert.rejects(signer(request()), { message: "the store is away" });
    await assert.rejects(signer(request()), { message: "the store is away" });
    await assert.rejects(signer(request()), /not PEM/);
    assert.equal(parseAuthorization((await signer(request())).authorization).signature, EXPECTED);
    await signer(request());
    assert.equal(calls, 4);
  });

  it("is asked for again when a read never ends, as when a Worker's request was cancelled", async (t) => {
    t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
    let calls = 0;
    const privateKey = () => (++calls === 1 ? new Promise(() => {}) : PKCS8);
    const signer = apiKeySigner({ ...IDENTITY, clock, privateKey });
    // The first call is lost with its read; those that wait for it are not.
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

describe("tokenSigner", () => {
  it("signs as ST$<token>, with the same signature as an API key's", async () => {
    const headers = await tokenSigner({ token: ` ${TOKEN}\n`, privateKey: PKCS8, clock })(request());
    const { keyId, signature } = parseAuthorization(headers.authorization);
    assert.equal(keyId, `ST$${TOKEN}`);
    assert.equal(signature, EXPECTED);
  });

  it("asks for the token at each call, and for the key once", async () => {
    let tokens = 0;
    let keys = 0;
    const signer = tokenSigner({
      token: async () => `token-${++tokens}`,
      privateKey: () => (keys++, PKCS8),
      clock,
    });
    for (const n of [1, 2, 3]) {
      const { keyId } = parseAuthorization((await signer(request({ attempt: n }))).authorization);
      assert.equal(keyId, `ST$token-${n}`);
    }
    assert.equal(keys, 1);
  });

  it("passes the token function's failure on, and recovers", async () => {
    let calls = 0;
    const token = () => {
      if (++calls === 1) throw new Error("no session");
      return TOKEN;
    };
    const signer = tokenSigner({ token, privateKey: PKCS8 });
    await assert.rejects(signer(request()), { message: "no session" });
    await signer(request());
  });

  it("refuses malformed tokens without showing them", async () => {
    const bad = [`${TOKEN}\r\nx-evil: 1`, `${TOKEN} ${TOKEN}`, `${TOKEN}"`, `"${TOKEN}"`, `ST$${TOKEN}`, `${TOKEN}\\`, `${TOKEN}é`];
    for (const token of [...bad, "", "  ", undefined, null, 7, {}]) {
      const safe = (error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, /^token must be/);
        assertNoSecret(error, TOKEN);
        return true;
      };
      assert.throws(() => tokenSigner({ token, privateKey: PKCS8 }), safe);
      await assert.rejects(tokenSigner({ token: () => token, privateKey: PKCS8 })(request()), safe);
    }
    assert.throws(() => tokenSigner({ token: TOKEN }), /privateKey/);
    assert.throws(() => tokenSigner(), TypeError);
  });
});

// ---------------------------------------------------------------- against others

const VECTORS = new URL("../../../shared/protocol/fixtures/signing/vectors.json", import.meta.url);
const TEST_PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----`;

describe("the published vectors", { skip: !existsSync(VECTORS) && "the folder with the vectors is not here" }, () => {
  const { vectors, keyId } = existsSync(VECTORS) ? JSON.parse(readFileSync(VECTORS, "utf8")) : { vectors: [] };

  for (const vector of vectors) {
    it(vector.name, async () => {
      const params = parseAuthorization(vector.authorization);
      const names = params.headers.split(" ");
      const lines = new Map(
        vector.signing_string.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
      );
      const [method, target] = lines.get("(request-target)").split(" ");
      const headers = { date: lines.get("date") };
      if (vector.body !== undefined) {
        // Computed from the body, not taken from the expected text.
        const body = encoder.encode(vector.body);
        headers["content-length"] = String(body.byteLength);
        headers["content-type"] = "application/json";
        headers["x-content-sha256"] = sha256(body);
      }
      const composed = signingString(names, { method: method.toUpperCase(), url: `https://${lines.get("host")}${target}`, headers });
      assert.equal(composed, vector.signing_string);

      assert.equal(params.keyId, keyId);
      assert.equal(params.signature, vector.signature);
      assert.ok(await verifies(TEST_PUBLIC_KEY, composed, vector.signature), "the published signature");
      assert.ok(!(await verifies(TEST_PUBLIC_KEY, `${composed} `, vector.signature)), "the verifier can say no");

      // The signers take the identity that the vectors use, and build the same keyId.
      const [tenancy, user, fingerprint] = keyId.split("/");
      if (vector.body !== undefined) {
        const signer = apiKeySigner({ tenancy, user, fingerprint, privateKey: PKCS8, clock });
        const made = await signer(request({ url: `https://${lines.get("host")}${target}`, body: encoder.encode(vector.body) }));
        const ours = parseAuthorization(made.authorization);
        assert.equal(ours.keyId, keyId);
        assert.equal(made["x-content-sha256"], lines.get("x-content-sha256"));
        const text = vector.signing_string.replace(/^date: .*/, `x-date: ${DATE}`);
        assert.ok(await verifies(SPKI, text, ours.signature));
      }
    });
  }
});

describe("the official signer (oci-common)", () => {
  const requireModule = createRequire(import.meta.url);

  for (const [name, key] of Object.entries({ "PKCS#8": PKCS8, "PKCS#1": PKCS1 })) {
    it(`agrees, ${name} key`, async () => {
      const { DefaultRequestSigner, SimpleAuthenticationDetailsProvider } = requireModule("oci-common");
      const subject = request();

      const provider = new SimpleAuthenticationDetailsProvider(TENANCY, USER, FINGERPRINT, key, null);
      const official = {
        method: "POST",
        uri: subject.url,
        headers: new Headers({ "content-type": "application/json", "x-date": DATE }),
        body: new TextDecoder().decode(subject.body),
      };
      await new DefaultRequestSigner(provider).signHttpRequest(official);
      const theirs = parseAuthorization(official.headers.get("authorization"));

      const made = await apiKeySigner({ ...IDENTITY, privateKey: key, clock })(subject);
      const ours = parseAuthorization(made.authorization);

      for (const param of ["version", "keyId", "algorithm"]) assert.equal(ours[param], theirs[param], param);
      assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
      const theirNames = theirs.headers.toLowerCase().split(" ");
      assert.deepEqual(ours.headers.split(" ").sort(), theirNames.toSorted());
      assert.equal(made["x-content-sha256"], official.headers.get("x-content-sha256"));
      assert.equal(made["x-date"], official.headers.get("x-date"));

      // Each signature with one verifier, over a text built from its own list of headers, with the values that the
      // official signer put on its request; ours again with a verifier that shares nothing with WebCrypto.
      const values = Object.fromEntries(official.headers);
      const theirText = signingString(theirNames, { method: "POST", url: official.uri, headers: values });
      const ourText = signingString(ours.headers.split(" "), { method: "POST", url: official.uri, headers: values });
      assert.ok(await verifies(SPKI, theirText, theirs.signature), "theirs");
      assert.ok(await verifies(SPKI, ourText, ours.signature), "ours");
      const publicKey = createPublicKey(createPrivateKey(key));
      assert.ok(nodeVerify("RSA-SHA256", Buffer.from(ourText), publicKey, Buffer.from(ours.signature, "base64")));

      // RSASSA-PKCS1-v1_5 is deterministic: an independent signer, over their text, gives their signature
      // exactly, and over ours, ours.
      assert.equal(nodeSignature(theirText), theirs.signature);
      assert.equal(nodeSignature(ourText), ours.signature);
    });
  }
});

describe("on the wire", () => {
  it("a server that knows only what it received can verify the signature", async () => {
    let verified;
    const server = createServer(async (incoming, response) => {
      const chunks = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const { headers, keyId, signature } = parseAuthorization(incoming.headers.authorization);
      const text = headers
        .split(" ")
        .map((name) =>
          name === "(request-target)"
            ? `${name}: ${incoming.method.toLowerCase()} ${incoming.url}`
            : `${name}: ${incoming.headers[name]}`,
        )
        .join("\n");
      verified = {
        keyId,
        signature: nodeVerify("RSA-SHA256", Buffer.from(text), SPKI, Buffer.from(signature, "base64")),
        body: incoming.headers["x-content-sha256"] === sha256(body),
      };
      response.end("{}");
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const subject = request({
        url: `http://127.0.0.1:${server.address().port}/20231130/actions/chat?q=a%20b`,
        headers: { "content-type": " application/json; charset=utf-8 " },
      });
      const added = await tokenSigner({ token: TOKEN, privateKey: PKCS1 })(subject);
      const answer = await fetch(subject.url, {
        method: subject.method,
        headers: { ...subject.headers, ...added },
        body: subject.body,
      });
      await answer.text();
      assert.deepEqual(verified, { keyId: `ST$${TOKEN}`, signature: true, body: true });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe("signingString", () => {
  it("takes names in any case and keeps their order", () => {
    const text = signingString(["Host", "(request-target)", "X-Date"], {
      method: "GET",
      url: new URL("https://example.com:8443/a?b=c"),
      headers: { "x-date": DATE },
    });
    assert.equal(text, `host: example.com:8443\n(request-target): get /a?b=c\nx-date: ${DATE}`);
  });

  it("refuses what is missing or has a line break", () => {
    const subject = { method: "GET", url: "https://example.com/", headers: { "x-date": `${DATE}\nhost: x` } };
    assert.throws(() => signingString(["date"], subject), /no date header/);
    assert.throws(() => signingString(["constructor"], subject), TypeError);
    assert.throws(() => signingString(["x-date"], subject), /line break/);
  });
});
