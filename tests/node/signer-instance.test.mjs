// `instancePrincipalSigner` of `oci-genai-edge/signer/node`, against a metadata service and a
// federation service that check what they receive.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, describe, test } from "node:test";
import { OciError, OciGenAI } from "oci-genai-edge";
import { instancePrincipalSigner } from "oci-genai-edge/signer/node";
import { endpointId, startSimulator } from "../simulator/server.mjs";
import { makeCertificate } from "./support/certificate.mjs";
import { startInstance } from "./support/instance.mjs";
import { startServer } from "./support/local-server.mjs";
import { keyIdOf, problem, rejectsWithout, REQUEST } from "./support/signed-request.mjs";

const MINUTE = 60_000;

/** An instance, and a signer on it whose clock, and the services', can be moved. */
async function start(options = {}) {
  const clock = { now: Date.now() };
  const instance = await startInstance({ now: () => clock.now, ...options });
  const { metadataUrl, federationEndpoint } = instance;
  const now = () => new Date(clock.now);
  let sent = 0;
  const countingFetch = (url, init) => {
    sent++;
    return fetch(url, init);
  };
  const sign = instancePrincipalSigner({ metadataUrl, federationEndpoint, now, env: {}, fetch: countingFetch });
  return { instance, clock, sign, sent: () => sent, check: () => problem(sign, instance.issued, clock.now) };
}

/** Waits for what runs in the background. */
async function until(condition) {
  for (let waits = 0; !condition(); waits++) {
    assert.ok(waits < 6000, "it never happens");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const rejects = ({ leaf, issued }, promise, message, hint) =>
  rejectsWithout(
    [leaf.keyPem.split("\n")[1], ...issued.map(({ keyId }) => keyId.slice(3)), "Signature version"],
    promise,
    "signer_failed",
    message,
    hint,
  );

describe("instancePrincipalSigner", () => {
  test("a call is accepted by the service", async () => {
    const instance = await startInstance();
    const simulator = await startSimulator({ credentials: instance.issued });
    after(() => simulator.close());
    const { url: endpoint, compartmentId } = simulator;
    const oci = new OciGenAI({ endpoint, compartmentId, sign: instancePrincipalSigner(instance) });
    const messages = [{ role: "user", content: "Hello?" }];
    const { choices } = await oci.chat({ model: endpointId("simgeneric"), messages });
    assert.match(choices[0].message.content, /Hello\?/);
    assert.equal(instance.issued.length, 1);
    assert.equal(simulator.requests[0].headers.authorization.includes(instance.issued[0].keyId), true);
  });

  test("reads nothing until the first call, and one token serves the next", async () => {
    const { instance, check } = await start();
    assert.deepEqual(instance.log, { metadata: [], federation: [] });
    assert.equal(await check(), undefined);
    assert.equal(await check(), undefined);
    assert.deepEqual(instance.log.federation, [undefined]);
    const files = ["identity/cert.pem", "identity/intermediate.pem", "identity/key.pem"];
    assert.deepEqual(instance.log.metadata.toSorted(), files);
  });

  test("certificates of both forms of the tenancy", async () => {
    const { check } = await start({ unit: "opc-identity" });
    assert.equal(await check(), undefined);
  });

  test("signs the bytes as they are when it is called", async () => {
    const { instance, sign, clock } = await start();
    const body = REQUEST.body.slice();
    const signing = sign({ ...REQUEST, body });
    body.fill(0);
    assert.equal(await problem(() => signing, instance.issued, clock.now), undefined);
  });

  test("50 calls at once share one request", async () => {
    const { instance, sign } = await start();
    const keyIds = await Promise.all(Array.from({ length: 50 }, () => keyIdOf(sign)));
    assert.deepEqual([...new Set(keyIds)], [instance.issued[0].keyId]);
    assert.deepEqual([instance.log.federation.length, instance.log.metadata.length], [1, 3]);
  });

  test("the token is renewed before it expires, while calls use the old one", async () => {
    const { instance, clock, sign, sent, check } = await start();
    assert.equal(await check(), undefined);
    clock.now += 15 * MINUTE - 1000;
    const before = sent();
    assert.equal(await check(), undefined);
    assert.equal(sent(), before, "not yet");
    clock.now += 2000;
    assert.equal(await keyIdOf(sign), instance.issued[0].keyId);
    await until(() => instance.issued.length === 2);
    clock.now += 10 * MINUTE;
    // Past the end of the first.
    assert.equal(await check(), undefined);
    assert.equal(instance.issued.length, 2);
    const [first, second] = instance.issued;
    assert.notEqual(first.publicKey, second.publicKey);
  });

  test("calls wait for the new token when the old one is about to expire", async () => {
    const { instance, clock, sign } = await start();
    await keyIdOf(sign);
    clock.now += 19.9 * MINUTE;
    const keyIds = await Promise.all(Array.from({ length: 50 }, () => keyIdOf(sign)));
    assert.deepEqual([...new Set(keyIds)], [instance.issued[1].keyId]);
    assert.equal(instance.issued.length, 2);
  });

  test("a short life is renewed when half of it is over", async () => {
    const { instance, clock, sent, check } = await start();
    instance.lifetimeSeconds = 60;
    assert.equal(await check(), undefined);
    clock.now += 29_000;
    const before = sent();
    assert.equal(await check(), undefined);
    assert.equal(sent(), before);
    clock.now += 2000;
    assert.equal(await check(), undefined);
    await until(() => instance.issued.length === 2);
  });

  test("a token that can't be renewed is used until it expires, with a pause between attempts", async () => {
    const { instance, clock, sign, sent, check } = await start();
    assert.equal(await check(), undefined);
    instance.answers = Array.from({ length: 20 }, () => 400);
    clock.now += 16 * MINUTE;
    assert.equal(await check(), undefined);
    // A refusal is followed by one attempt with the certificate that is there then.
    await until(() => instance.log.federation.length === 3);
    clock.now += 20_000;
    const before = sent();
    assert.equal(await check(), undefined);
    assert.equal(sent(), before);
    clock.now += 40_000;
    assert.equal(await check(), undefined);
    await until(() => instance.log.federation.length === 5);
    clock.now += 5 * MINUTE;
    await rejects(instance, sign(REQUEST), /refused the instance's certificate \(400 NotAuth/);
    instance.answers = [];
    assert.equal(await check(), undefined);
    assert.equal(instance.issued.length, 2);
  });

  test("a certificate that was replaced is read again, and so is a key that does not belong to it", async () => {
    const { instance, clock, check } = await start();
    assert.equal(await check(), undefined);
    instance.rotate();
    clock.now += 21 * MINUTE;
    assert.equal(await check(), undefined);
    const [oldKey] = [instance.leaf.keyPem];
    instance.rotate();
    instance.oldKeys.push(oldKey);
    clock.now += 21 * MINUTE;
    assert.equal(await check(), undefined);
    assert.deepEqual(instance.log.federation, [undefined, undefined, undefined]);
  });

  test("a certificate that is replaced between reading and asking is requested with again", async () => {
    const { instance, check } = await start();
    instance.answers = [401];
    assert.equal(await check(), undefined);
    assert.deepEqual(instance.log.federation, ["401", undefined]);
  });

  test("a federation service that fails is requested again", async () => {
    const { instance, check } = await start();
    instance.answers = [503, 429];
    assert.equal(await check(), undefined);
    assert.deepEqual(instance.log.federation, ["503", "429", undefined]);
  });

  test("says what the federation service did, and the next call asks again", async () => {
    const { instance, sign, check } = await start();
    instance.answers = [503, 503, 503];
    await rejects(instance, sign(REQUEST), /^the federation service at 127\S+ failed \(503 NotAuth/, /later/);
    instance.answers = ["<html>proxy</html>"];
    await rejects(instance, sign(REQUEST), /^the answer of the federation service at \S+ has no token$/, /proxy/);
    instance.answers = [JSON.stringify({ token: "two words" })];
    await rejects(instance, sign(REQUEST), /token must be/, /proxy/);
    assert.equal(await check(), undefined);
  });

  test("a clock that is wrong is refused, with the advice to set it", async () => {
    const { instance, clock } = await start();
    const { metadataUrl, federationEndpoint } = instance;
    const now = () => new Date(clock.now - 10 * MINUTE);
    const sign = instancePrincipalSigner({ metadataUrl, federationEndpoint, now });
    await rejects(instance, sign(REQUEST), /refused .* \(401 NotAuthenticated\)/, /check the clock/);
    await assert.rejects(sign(REQUEST), { status: 401, opcRequestId: "federation-request" });
    assert.match(instance.log.federation[0], /date/);
  });

  test("a certificate of somebody else is refused, and so is another tenancy", async () => {
    const { instance, sign, check, clock } = await start();
    const { leaf } = instance;
    instance.leaf = instance.makeLeaf(makeCertificate({ commonName: "another" }));
    await rejects(instance, sign(REQUEST), /refused/);
    assert.match(instance.log.federation[0], /not issued/);
    instance.leaf = leaf;
    assert.equal(await check(), undefined);
    instance.leaf = instance.makeLeaf(undefined, "ocid1.tenancy.oc1..another");
    clock.now += 21 * MINUTE;
    await rejects(instance, sign(REQUEST), /certificate of another tenancy/, /metadataUrl/);
  });

  test("what the metadata service has can be unusable", async () => {
    const { instance, sign } = await start();
    const { leaf } = instance;
    for (const [unusable, message] of [
      [{ ...leaf, pem: "none" }, /a certificate or a key that can't be read/],
      [{ ...leaf, keyPem: leaf.keyPem.slice(0, 200) }, /a certificate or a key that can't be read/],
      [{ ...leaf, keyPem: instance.makeLeaf().keyPem }, /a key that does not belong to its certificate/],
      [makeCertificate({ commonName: "none" }), /a certificate that names no tenancy/],
    ]) {
      instance.leaf = unusable;
      await rejects(instance, sign(REQUEST), message, /try again/);
    }
  });

  test("the federation service is that of the instance's region and realm", async () => {
    const { instance } = await start();
    const requested = [];
    const answer = (url, init) => {
      if (String(url).startsWith(instance.metadataUrl)) return fetch(url, init);
      requested.push([String(url), init.redirect]);
      return fetch(`${instance.federationEndpoint}/v1/x509`, init);
    };
    const { metadataUrl } = instance;
    const region = { realmDomainComponent: "oraclecloud.eu", regionIdentifier: "eu-frankfurt-2" };
    instance.regionInfo = JSON.stringify(region);
    const sign = instancePrincipalSigner({ metadataUrl, fetch: answer });
    assert.equal(await problem(sign, instance.issued), undefined);
    assert.deepEqual(requested, [["https://auth.eu-frankfurt-2.oraclecloud.eu/v1/x509", "manual"]]);
    for (const wrong of ["", "null", "{}", JSON.stringify({ ...region, regionIdentifier: "evil.example/" })]) {
      instance.regionInfo = wrong;
      const other = instancePrincipalSigner({ metadataUrl, fetch: answer });
      await rejects(instance, other(REQUEST), /no region/);
    }
    assert.equal(requested.length, 1);
  });
});

describe("not on an instance", () => {
  const HINT = /^not on an OCI instance\? .*profileSigner/;

  test("a metadata service that can't be reached, or is another", async () => {
    const other = await startServer((_, response) => response.writeHead(404).end());
    const port = await new Promise((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => resolve(address.port));
      });
    });
    for (const [metadataUrl, message] of [
      [`http://127.0.0.1:${port}/opc/v2`, /^the metadata service at http:\S+ can't be reached \(ECONNREFUSED\)$/],
      [other, /answered 404 to identity\/cert\.pem$/],
    ]) {
      for (const options of [{ metadataUrl }, { env: { OCI_METADATA_BASE_URL: `${metadataUrl}/` } }]) {
        await rejectsWithout([], instancePrincipalSigner(options)(REQUEST), "signer_failed", message, HINT);
      }
    }
  });

  test("a metadata service that never answers, even with a fetch that does not heed its signal", async () => {
    const silent = await startServer(() => {});
    for (const fetch of [undefined, () => new Promise(() => {})]) {
      const sign = instancePrincipalSigner({ metadataUrl: silent, timeoutMs: 50, fetch });
      await rejectsWithout([], sign(REQUEST), "signer_failed", /can't be reached \(TimeoutError\)$/, HINT);
    }
  });

  test("the client's error has the advice", async () => {
    const sign = instancePrincipalSigner({ metadataUrl: "http://127.0.0.1:1/opc/v2" });
    const oci = new OciGenAI({ compartmentId: "ocid1.compartment.oc1..example", sign });
    const messages = [{ role: "user", content: "Hello?" }];
    await assert.rejects(oci.chat({ model: endpointId("simgeneric"), messages }), (error) => {
      assert.ok(error instanceof OciError);
      assert.equal(error.code, "signer_failed");
      assert.match(error.hint, HINT);
      return true;
    });
  });

  test("a federation service that can't be reached", async () => {
    const { metadataUrl } = await startInstance();
    const sign = instancePrincipalSigner({ metadataUrl, federationEndpoint: "http://127.0.0.1:1" });
    const message = /^the federation service at 127\.0\.0\.1:1 can't be reached \(\S+\)$/;
    await rejectsWithout([], sign(REQUEST), "signer_failed", message, /service gateway/);
  });
});

test("malformed options are invalid_options at once", () => {
  for (const options of [
    null,
    "http://127.0.0.1",
    { metadataUrl: "169.254.169.254" },
    { metadataUrl: "file:///etc" },
    { federationEndpoint: "http://auth.us-chicago-1.oraclecloud.com" },
    { federationEndpoint: "" },
    { timeoutMs: 0 },
    { timeoutMs: 60_001 },
    { now: 5 },
    { fetch: 5 },
  ]) {
    assert.throws(
      () => instancePrincipalSigner(options),
      (error) => error instanceof OciError && error.code === "invalid_options" && !/undefined/.test(error.message),
    );
  }
  instancePrincipalSigner({ federationEndpoint: "https://auth.us-chicago-1.oraclecloud.com", timeoutMs: 60_000 });
});
