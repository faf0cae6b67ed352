// The signers against the published vectors, the official signer, and a server that sees what is
// really sent. The one public key in this file is printed in draft-cavage-http-signatures, Appendix
// C.

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, verify } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { apiKeySigner, signingString, tokenSigner } from "oci-genai-edge/signer";
import { startServer } from "./support/local-server.mjs";
import {
  clock,
  DATE,
  FINGERPRINT,
  IDENTITY,
  nodeSignature,
  parseAuthorization,
  PKCS1,
  PKCS8,
  request,
  sha256,
  SPKI,
  TENANCY,
  TOKEN,
  USER,
  verifies,
} from "./support/signing.mjs";

const encoder = new TextEncoder();
const VECTORS = new URL("../../../shared/protocol/fixtures/signing/vectors.json", import.meta.url);
const TEST_PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----`;

describe("the published vectors", { skip: !existsSync(VECTORS) && "the vectors are not on this machine" }, () => {
  const { vectors, keyId } = existsSync(VECTORS) ? JSON.parse(readFileSync(VECTORS, "utf8")) : { vectors: [] };

  for (const vector of vectors) {
    test(vector.name, async () => {
      const params = parseAuthorization(vector.authorization);
      const names = params.headers.split(" ");
      const lines = new Map(
        vector.signing_string
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
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
      const composed = signingString(names, {
        method: method.toUpperCase(),
        url: `https://${lines.get("host")}${target}`,
        headers,
      });
      assert.equal(composed, vector.signing_string);

      assert.equal(params.keyId, keyId);
      assert.equal(params.signature, vector.signature);
      assert.ok(await verifies(TEST_PUBLIC_KEY, composed, vector.signature), "the published signature");
      assert.ok(
        !(await verifies(TEST_PUBLIC_KEY, `${composed} `, vector.signature)),
        "the verifier rejects another text",
      );

      // The signers accept the vectors' identity, and build the same keyId.
      const [tenancy, user, fingerprint] = keyId.split("/");
      if (vector.body !== undefined) {
        const signer = apiKeySigner({ tenancy, user, fingerprint, privateKey: PKCS8, clock });
        const made = await signer(
          request({ url: `https://${lines.get("host")}${target}`, body: encoder.encode(vector.body) }),
        );
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
    test(`agrees, ${name} key`, async () => {
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
      assert.deepEqual(Object.keys(ours).toSorted(), Object.keys(theirs).toSorted());
      const theirNames = theirs.headers.toLowerCase().split(" ");
      assert.deepEqual(ours.headers.split(" ").toSorted(), theirNames.toSorted());
      assert.equal(made["x-content-sha256"], official.headers.get("x-content-sha256"));
      assert.equal(made["x-date"], official.headers.get("x-date"));

      // Each signature with the same verifier, over a text of its own list of headers, with the
      // values that the official signer put on its request. Ours also with a verifier that is
      // independent of WebCrypto.
      const values = Object.fromEntries(official.headers);
      const theirText = signingString(theirNames, { method: "POST", url: official.uri, headers: values });
      const ourText = signingString(ours.headers.split(" "), { method: "POST", url: official.uri, headers: values });
      assert.ok(await verifies(SPKI, theirText, theirs.signature), "theirs");
      assert.ok(await verifies(SPKI, ourText, ours.signature), "ours");
      const publicKey = createPublicKey(createPrivateKey(key));
      assert.ok(verify("RSA-SHA256", Buffer.from(ourText), publicKey, Buffer.from(ours.signature, "base64")));

      // RSASSA-PKCS1-v1_5 is deterministic: an independent signer makes the same signatures.
      assert.equal(nodeSignature(theirText), theirs.signature);
      assert.equal(nodeSignature(ourText), ours.signature);
    });
  }
});

describe("over HTTP", () => {
  test("a server can verify the signature from what it received", async () => {
    let verified;
    const origin = await startServer(async (incoming, response) => {
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
        signature: verify("RSA-SHA256", Buffer.from(text), SPKI, Buffer.from(signature, "base64")),
        body: incoming.headers["x-content-sha256"] === sha256(body),
      };
      response.end("{}");
    });
    const subject = request({
      url: `${origin}/20231130/actions/chat?q=a%20b`,
      headers: { "content-type": " application/json; charset=utf-8 " },
    });
    const added = await tokenSigner({ token: TOKEN, privateKey: PKCS1 })(subject);
    const response = await fetch(subject.url, {
      method: subject.method,
      headers: { ...subject.headers, ...added },
      body: subject.body,
    });
    await response.text();
    assert.deepEqual(verified, { keyId: `ST$${TOKEN}`, signature: true, body: true });
  });
});
