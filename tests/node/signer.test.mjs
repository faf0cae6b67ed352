// The signers of `oci-genai-edge/signer`: `apiKeySigner`, `tokenSigner` and `signingString`.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import * as entry from "oci-genai-edge/signer";
import {
  assertNoSecret,
  clock,
  DATE,
  EXPECTED,
  expectedText,
  FINGERPRINT,
  IDENTITY,
  nodeSignature,
  parseAuthorization,
  PKCS8,
  request,
  rsa,
  sha256,
  signatureOf,
  TENANCY,
  TOKEN,
  USER,
} from "./support/signing.mjs";

const { apiKeySigner, tokenSigner, signingString } = entry;
const SIGNED = ["x-date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];

describe("apiKeySigner", () => {
  test("sets three headers, in the documented form", async () => {
    const headers = await apiKeySigner({ ...IDENTITY, privateKey: PKCS8, clock })(request());
    assert.deepEqual(Object.keys(headers).toSorted(), ["authorization", "x-content-sha256", "x-date"]);
    assert.equal(headers["x-date"], DATE);
    assert.equal(headers["x-content-sha256"], sha256(request().body));
    assert.equal(
      headers.authorization,
      `Signature version="1",headers="${SIGNED.join(" ")}",keyId="${TENANCY}/${USER}/${FINGERPRINT}",` +
        `algorithm="rsa-sha256",signature="${EXPECTED}"`,
    );
  });

  test("uses the current time by default", async () => {
    const headers = await apiKeySigner({ ...IDENTITY, privateKey: PKCS8 })(request());
    assert.match(headers["x-date"], /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.ok(Math.abs(Date.parse(headers["x-date"]) - Date.now()) < 60_000);
  });

  test("signs the port, the query and the empty body", async () => {
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

  test("leaves the default port out of host", async () => {
    const signature = await signatureOf(PKCS8, { url: request().url.replace(".com/", ".com:443/") });
    assert.equal(signature, EXPECTED);
  });

  test("signs a view of a larger buffer, even when its bytes change after the call", async () => {
    const memory = new Uint8Array(4096).fill(7);
    const body = request().body;
    memory.set(body, 100);
    const signing = signatureOf(PKCS8, { body: memory.subarray(100, 100 + body.length) });
    memory.fill(0);
    assert.equal(await signing, EXPECTED);
  });

  test("signs a large body", async () => {
    const body = new Uint8Array(5_000_000).fill(97);
    const text = expectedText({
      host: new URL(request().url).host,
      target: "/20231130/actions/chat",
      length: 5_000_000,
      sha: sha256(body),
    });
    assert.equal(await signatureOf(PKCS8, { body }), nodeSignature(text));
  });

  test("works with a 4096 bit key", async () => {
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

  test("trims its options, and writes the fingerprint in lower case", async () => {
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

  test("rejects malformed options at creation, with their name and without their value", () => {
    const cases = {
      tenancy: [
        undefined,
        null,
        7,
        "",
        USER,
        "ocid1.tenancy.",
        `${TENANCY}"`,
        `${TENANCY}\r\nx: y`,
        `a ${TENANCY}`,
        PKCS8,
      ],
      user: [undefined, "", TENANCY, `${USER}"`, `${USER}/x`, `${USER}\nx`, `${USER}é`, PKCS8],
      fingerprint: [
        undefined,
        "",
        FINGERPRINT.slice(3),
        `${FINGERPRINT}:00`,
        FINGERPRINT.replace("20", "2g"),
        `${FINGERPRINT}"`,
        PKCS8,
      ],
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

  test("rejects requests that it can't sign", async () => {
    const signer = apiKeySigner({ ...IDENTITY, privateKey: PKCS8 });
    await assert.rejects(signer(request({ method: "OPTIONS" })), /POST, PUT and PATCH/);
    await assert.rejects(signer(request({ method: "GET" })), /without a body/);
    await assert.rejects(signer(request({ body: "text" })), /Uint8Array/);
    await assert.rejects(signer(request({ headers: {} })), /no content-type header/);
    await assert.rejects(signer(request({ headers: { "content-type": "a/b\r\nhost: x" } })), /line break/);
    await assert.rejects(signer(request({ url: "/relative" })), TypeError);
    for (const invalid of [() => new Date(NaN), () => 0, () => undefined]) {
      await assert.rejects(apiKeySigner({ ...IDENTITY, privateKey: PKCS8, clock: invalid })(request()), /clock/);
    }
  });

  test("exposes nothing of its options", () => {
    const signer = apiKeySigner({ ...IDENTITY, privateKey: PKCS8 });
    assert.deepEqual(Reflect.ownKeys(signer).toSorted(), ["length", "name"]);
    assert.ok(!inspect(signer, { showHidden: true, depth: 9 }).includes("PRIVATE"));
    assert.deepEqual(Object.keys(entry).toSorted(), ["apiKeySigner", "signingString", "tokenSigner"]);
  });
});

describe("tokenSigner", () => {
  test("signs with the keyId ST$<token>, and the same signature as an API key", async () => {
    const headers = await tokenSigner({ token: ` ${TOKEN}\n`, privateKey: PKCS8, clock })(request());
    const { keyId, signature } = parseAuthorization(headers.authorization);
    assert.equal(keyId, `ST$${TOKEN}`);
    assert.equal(signature, EXPECTED);
  });

  test("reads the token at each call, and the key once", async () => {
    let tokens = 0;
    let keys = 0;
    const signer = tokenSigner({
      token: async () => `token-${++tokens}`,
      privateKey: () => {
        keys++;
        return PKCS8;
      },
      clock,
    });
    for (const n of [1, 2, 3]) {
      const { keyId } = parseAuthorization((await signer(request({ attempt: n }))).authorization);
      assert.equal(keyId, `ST$token-${n}`);
    }
    assert.equal(keys, 1);
  });

  test("rejects with the error of the token function, and recovers", async () => {
    let calls = 0;
    const token = () => {
      if (++calls === 1) throw new Error("no session");
      return TOKEN;
    };
    const signer = tokenSigner({ token, privateKey: PKCS8 });
    await assert.rejects(signer(request()), { message: "no session" });
    await signer(request());
  });

  test("rejects malformed tokens without showing them", async () => {
    const malformed = [
      `${TOKEN}\r\nx-evil: 1`,
      `${TOKEN} ${TOKEN}`,
      `${TOKEN}"`,
      `"${TOKEN}"`,
      `ST$${TOKEN}`,
      `${TOKEN}\\`,
      `${TOKEN}é`,
    ];
    for (const token of [...malformed, "", "  ", undefined, null, 7, {}]) {
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

describe("signingString", () => {
  test("accepts names in any case, and keeps their order", () => {
    const text = signingString(["Host", "(request-target)", "X-Date"], {
      method: "GET",
      url: new URL("https://example.com:8443/a?b=c"),
      headers: { "x-date": DATE },
    });
    assert.equal(text, `host: example.com:8443\n(request-target): get /a?b=c\nx-date: ${DATE}`);
  });

  test("rejects missing headers, and values with a line break", () => {
    const subject = { method: "GET", url: "https://example.com/", headers: { "x-date": `${DATE}\nhost: x` } };
    assert.throws(() => signingString(["date"], subject), /no date header/);
    assert.throws(() => signingString(["constructor"], subject), TypeError);
    assert.throws(() => signingString(["x-date"], subject), /line break/);
  });
});
