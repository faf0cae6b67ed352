// The client's authentication hooks: `sign` and `apiKey`.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apiKeySigner, tokenSigner } from "oci-genai-edge/signer";
import { profileSigner } from "oci-genai-edge/signer/node";
import { endpointId, makeCredentials, makeSessionToken } from "../simulator/server.mjs";
import { failsWith, OFFLINE } from "./support/assertions.mjs";
import { startHarness } from "./support/harness.mjs";

const session = makeSessionToken();
const {
  url,
  compartmentId,
  sign: signWithKey,
  client,
  ask: chatRequest,
  observe,
} = await startHarness({
  credentials: [session],
  apiKeys: ["sk-simulated"],
  question: "Is it 東京?",
  client: { sign: undefined, retry: { maxAttempts: 3, baseDelayMs: 1 } },
});
const ask = (model = "simgeneric") => chatRequest(model);
const LLAMA = "meta.llama-3.3-70b-instruct";

/** A signer that records its requests. */
function recordingSigner() {
  const signed = [];
  const sign = (request) => {
    signed.push({ ...request, headers: { ...request.headers }, body: request.body.slice() });
    return signWithKey(request);
  };
  return { sign, signed };
}

/** The requests that arrive during an action. */
const requestsOf = async (action) => (await observe(action)).requests;

describe("sign", () => {
  test("is called once for each attempt, with exactly the bytes that are sent", async () => {
    for (const [start, attempts] of [
      [(oci) => oci.chat(ask()), 1],
      [(oci) => oci.stream(ask()).final(), 1],
      [(oci) => oci.stream(ask("simnostream")).final(), 2],
      [(oci) => oci.chat(ask(LLAMA)), 1],
      [(oci) => assert.rejects(oci.chat(ask("simdown"))), 3],
      [(oci) => oci.chat(ask("simcoherev2")), 2],
    ]) {
      const { sign, signed } = recordingSigner();
      const sent = await requestsOf(() => start(client({ sign, headers: { "X-Team": "search" } })));
      assert.equal(sent.length, attempts);
      assert.equal(signed.length, attempts);
      assert.deepEqual(
        signed.map(({ attempt }) => attempt),
        Array.from({ length: attempts }, (_, index) => index + 1),
      );
      for (const [index, { method, url: signedUrl, headers, body }] of signed.entries()) {
        const { method: sentMethod, path, headers: sentHeaders, rawBody } = sent[index];
        assert.deepEqual([method, signedUrl], [sentMethod, url + path]);
        assert.ok(body instanceof Uint8Array);
        assert.deepEqual(Buffer.from(body), rawBody);
        assert.ok(rawBody.includes("東京"), "the body is UTF-8");
        assert.equal(headers["content-type"], "application/json");
        assert.equal(headers["x-team"], "search");
        for (const [name, value] of Object.entries(headers)) {
          assert.equal(name, name.toLowerCase());
          assert.equal(sentHeaders[name], value, name);
        }
        for (const name of ["authorization", "host", "content-length"]) assert.ok(!(name in headers), name);
      }
    }
  });

  test("receives a frozen request with a signal", async () => {
    let seen;
    const sign = (request) => {
      seen = request;
      return signWithKey(request);
    };
    await client({ sign }).chat(ask());
    assert.ok(Object.isFrozen(seen) && Object.isFrozen(seen.headers));
    assert.ok(seen.signal instanceof AbortSignal);
    assert.equal(seen.method, "POST");
  });

  test("may return headers in any form", async () => {
    const forms = [
      (headers) => headers,
      (headers) => new Headers(headers),
      (headers) => Object.entries(headers),
      (headers) => new Map(Object.entries(headers)),
      (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])),
      (headers) => ({ ...headers, "opc-request-id": "abc", "opc-anything": "def" }),
    ];
    for (const form of forms) {
      const [sent] = await requestsOf(() =>
        client({ sign: async (request) => form(await signWithKey(request)) }).chat(ask()),
      );
      assert.equal(sent.status, 200);
    }
    const [sent] = await requestsOf(() =>
      client({ sign: async (request) => forms.at(-1)(await signWithKey(request)) }).chat(ask()),
    );
    assert.equal(sent.headers["opc-anything"], "def");
  });

  test("session tokens, and the compartment in a header on the openai transport", async () => {
    const sign = tokenSigner({ token: session.token, privateKey: session.privateKey });
    assert.ok(await client({ sign }).chat(ask()));
    const [sent] = await requestsOf(() => client({ sign }).chat(ask(LLAMA)));
    assert.equal(sent.headers["opc-compartment-id"], compartmentId);
    assert.match(sent.headers.authorization, /^Signature /);
  });

  for (const [name, fail] of Object.entries({
    throws: (error) => {
      throw error;
    },
    rejects: async (error) => {
      throw error;
    },
  })) {
    test(`that ${name} is signer_failed with its error as the cause, and nothing is sent or retried`, async () => {
      for (const thrown of [new Error("vault sealed: hunter2"), "a string", undefined]) {
        let calls = 0;
        const sign = () => {
          calls++;
          return fail(thrown);
        };
        const broken = client({
          sign,
          models: { two: [endpointId("simgeneric"), endpointId("simgeneric")] },
          fetch: OFFLINE.fetch,
        });
        const check = failsWith("signer_failed", (error) => {
          assert.equal(error.cause, thrown);
          assert.equal(error.retryable, false);
          assert.ok(!JSON.stringify(error).includes("hunter2") && !error.message.includes("hunter2"));
        });
        await assert.rejects(broken.chat(ask("two")), check);
        await assert.rejects(broken.stream(ask("two")).next(), check);
        assert.equal(calls, 2);
      }
    });
  }

  test("hands on what an OciError of the signer advises, in the error and its report", async () => {
    const foreign = Object.assign(new Error("expired: hunter2"), { name: "OciError", hint: "run `oci session refresh`" });
    const hostile = { name: "OciError", hint: "x".repeat(100_000) };
    const throwing = Object.defineProperty({}, "name", {
      get() {
        throw new Error("hunter2");
      },
    });
    for (const [thrown, hint] of [
      [foreign, foreign.hint],
      [hostile, "x".repeat(500)],
      [throwing, undefined],
      [{ name: "OciError", hint: 5 }, undefined],
      [Object.assign(new Error("other"), { hint: "no advice of ours" }), undefined],
    ]) {
      const sign = () => Promise.reject(thrown);
      const check = failsWith("signer_failed", (error) => {
        assert.equal(error.message, "the signer failed");
        assert.equal(error.hint, hint);
        assert.equal(error.cause, thrown);
      });
      await assert.rejects(client({ sign, fetch: OFFLINE.fetch }).chat(ask()), check);
      await assert.rejects(client({ sign, fetch: OFFLINE.fetch }).stream(ask()).next(), check);
    }
    const sign = profileSigner({ configFile: "/none/config" });
    const check = failsWith("signer_failed", (error) => assert.match(error.hint, /`oci setup config`/));
    await assert.rejects(client({ sign, fetch: OFFLINE.fetch }).chat(ask()), check);
    const apiKey = () => Promise.reject(foreign);
    await assert.rejects(
      client({ apiKey, fetch: OFFLINE.fetch }).chat(ask(LLAMA)),
      failsWith("signer_failed", (error) => assert.equal(error.hint, foreign.hint)),
    );
  });

  test("rejects anything but signing headers as invalid_signature, without their values", async () => {
    const SECRET = "hunter2";
    for (const returned of [
      undefined,
      null,
      "Signature",
      5,
      { authorization: SECRET, cookie: "a" },
      { authorization: SECRET, "content-type": "text/plain" },
      { authorization: SECRET, host: "evil.example" },
      { authorization: SECRET, "x-opc-a": "b" },
      { authorization: SECRET, "content-length": "5" },
      { authorization: 5 },
      { authorization: undefined },
      { authorization: [SECRET] },
      { authorization: `${SECRET}\r\nx-evil: 1` },
      { authorization: `${SECRET}\nx` },
      { authorization: `${SECRET}\0` },
      { authorization: `${SECRET}\u20ac` },
      { "x-date\r\nx-evil": "1" },
      { "": "x" },
      [["authorization"]],
      [["authorization", SECRET, "x"]],
      ["authorization"],
    ]) {
      const broken = client({ sign: () => returned, fetch: OFFLINE.fetch });
      for (const start of [() => broken.chat(ask()), () => broken.stream(ask()).next()]) {
        await assert.rejects(
          start,
          failsWith("invalid_signature", (error) => {
            assert.ok(!`${JSON.stringify(error)} ${error.stack}`.includes(SECRET), "the error contains the value");
            assert.equal(error.retryable, false);
          }),
          JSON.stringify(returned),
        );
      }
    }
  });

  test("a signer that never settles ends with the call's timeout", async () => {
    const waiting = client({ sign: () => new Promise(() => {}), timeouts: { totalMs: 50 }, fetch: OFFLINE.fetch });
    await assert.rejects(waiting.chat(ask()), failsWith("timeout"));
    await assert.rejects(waiting.stream(ask()).next(), failsWith("timeout"));
  });

  test("a wrong signature is unauthorized, with a hint", async () => {
    const wrong = client({ sign: apiKeySigner(makeCredentials()) });
    const sent = await requestsOf(() =>
      assert.rejects(
        wrong.stream(ask()).next(),
        failsWith("unauthorized", (error) => {
          assert.deepEqual([error.status, error.serviceCode, error.retryable], [401, "NotAuthenticated", false]);
          assert.match(error.hint, /sign/);
          assert.ok(error.opcRequestId);
        }),
      ),
    );
    assert.equal(sent.length, 1);
  });

  test("without a signer the request is sent unsigned", async () => {
    const [sent] = await requestsOf(() => assert.rejects(client().chat(ask()), failsWith("unauthorized")));
    assert.equal(sent.headers.authorization, undefined);
  });
});

describe("apiKey", () => {
  test("is sent on the openai transport, as a string or from a function", async () => {
    for (const apiKey of ["sk-simulated", () => "sk-simulated", async () => "sk-simulated"]) {
      const oci = client({ apiKey, compartmentId: undefined });
      const sent = await requestsOf(async () => {
        assert.ok(await oci.chat(ask(LLAMA)));
        assert.ok(await oci.stream(ask(LLAMA)).final());
      });
      assert.deepEqual(
        sent.map(({ headers }) => headers.authorization),
        ["Bearer sk-simulated", "Bearer sk-simulated"],
      );
      assert.ok(sent.every(({ headers }) => headers["opc-compartment-id"] === undefined));
    }
  });

  test("is never sent on the native transport", async () => {
    let calls = 0;
    const readKey = () => {
      calls++;
      return "sk-simulated";
    };
    for (const apiKey of ["sk-simulated", readKey]) {
      const sent = await requestsOf(async () => {
        const native = { transport: "native" };
        await assert.rejects(client({ apiKey, ...native }).chat(ask()), failsWith("unauthorized", /set `sign`/));
        await assert.rejects(
          client({ apiKey }).stream(ask("cohere.command-r-08-2024")).next(),
          failsWith("unauthorized"),
        );
      });
      assert.equal(sent.length, 2);
      for (const { headers, rawBody } of sent) {
        assert.ok(!JSON.stringify(headers).includes("sk-simulated") && !rawBody.includes("sk-simulated"));
      }
    }
    assert.equal(calls, 0);
  });

  test("is ignored when there is a signer", async () => {
    const oci = client({ sign: signWithKey, apiKey: () => assert.fail("the key may not be read") });
    const [sent] = await requestsOf(() => oci.chat(ask(LLAMA)));
    assert.match(sent.headers.authorization, /^Signature /);
  });

  test("a function is called for each attempt", async () => {
    let calls = 0;
    const failing = async () => Response.json({ error: { message: "busy" } }, { status: 503 });
    const oci = client({ apiKey: () => `sk-${++calls}`, fetch: failing });
    await assert.rejects(oci.chat(ask(LLAMA)), failsWith("service_unavailable"));
    assert.equal(calls, 3);
  });

  test("a missing key is signer_failed, a malformed one invalid_signature", async () => {
    const cause = new Error("hunter2");
    for (const apiKey of [
      () => {
        throw cause;
      },
      async () => {
        throw cause;
      },
    ]) {
      await assert.rejects(
        client({ apiKey }).chat(ask(LLAMA)),
        failsWith("signer_failed", (error) => {
          assert.equal(error.cause, cause);
          assert.ok(!JSON.stringify(error).includes("hunter2"));
        }),
      );
    }
    for (const apiKey of [() => undefined, () => "", async () => 5]) {
      await assert.rejects(client({ apiKey }).chat(ask(LLAMA)), failsWith("signer_failed"));
    }
    for (const apiKey of ["sk-a\r\nx-evil: 1", "sk-a b", "sk-€"]) {
      await assert.rejects(
        client({ apiKey }).chat(ask(LLAMA)),
        failsWith("invalid_signature", (error) => assert.ok(!JSON.stringify(error).includes("sk-"))),
      );
    }
    await assert.rejects(
      client({ apiKey: "sk-wrong" }).chat(ask(LLAMA)),
      failsWith("unauthorized", (error) => assert.match(error.hint, /API key/)),
    );
  });
});
