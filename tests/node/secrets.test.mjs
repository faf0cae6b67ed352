// Secrets are planted wherever a host, a caller or the service can put one, every way to fail is
// taken, and everything that comes out is searched for all of them.

import assert from "node:assert/strict";
import { after, before, describe, mock, test } from "node:test";
import { inspect } from "node:util";
import { OciError, OciGenAI } from "oci-genai-edge";
import { createGateway } from "oci-genai-edge/gateway";
import { tokenSigner } from "oci-genai-edge/signer";
import { makeSessionToken } from "../simulator/server.mjs";
import { FINISH, event, textEvent } from "./support/fake-service.mjs";

const session = makeSessionToken();
const [, keyLine] = session.privateKey.split("\n");

/** Each is unlike any other text. */
const SECRETS = {
  // of the operator
  gatewayToken: "planted-01-gateway-token",
  privateKey: keyLine,
  sessionToken: session.token,
  apiKey: "planted-04-sk-api-key",
  clientHeader: "planted-05-client-header",
  signature: "planted-06-signature",
  thrownBySigner: "planted-07-thrown-by-signer",
  thrownByFetch: "planted-08-thrown-by-fetch",
  // of the caller
  wrongToken: "planted-09-wrong-token",
  callerHeader: "planted-10-caller-header",
  cookie: "planted-11-cookie",
  prompt: "planted-12-prompt",
  systemPrompt: "planted-13-system-prompt",
  image: "cGxhbnRlZC0xNC1pbWFnZQ==",
  tool: "planted-15-tool-description",
  toolResult: "planted-16-tool-result",
  user: "planted-17-user",
  // of the service, which may repeat all of these too
  errorMessage: "planted-18-error-message",
  errorCode: "planted-19 error code",
  errorParam: "planted-20-error-param",
  responseHeader: "planted-21-response-header",
  location: "planted-22-location",
  proxyPage: "planted-23-proxy-page",
  streamError: "planted-24-stream-error",
  // of the model
  answer: "planted-25-answer",
  reasoning: "planted-26-reasoning",
  toolCall: "planted-27-tool-call",
};
/** What an answer may have, which is the caller's. */
const OF_THE_MODEL = ["answer", "reasoning", "toolCall"];

const sessionSigner = tokenSigner(session);
const models = { ours: "ocid1.generativeaiendpoint.oc1.us-chicago-1.example" };
const compartmentId = "ocid1.compartment.oc1..example";

const request = {
  model: "ours",
  messages: [
    { role: "system", content: SECRETS.systemPrompt },
    {
      role: "user",
      content: [
        { type: "text", text: SECRETS.prompt },
        { type: "image_url", image_url: { url: `data:image/png;base64,${SECRETS.image}` } },
      ],
    },
    { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "1", content: SECRETS.toolResult },
  ],
  tools: [{ type: "function", function: { name: "f", description: SECRETS.tool } }],
};

// ---------------------------------------------------------------- the service

const headers = { "x-secret": SECRETS.responseHeader, "set-cookie": SECRETS.responseHeader };
const events = (...parts) =>
  new Response(parts.join(""), { headers: { ...headers, "content-type": "text/event-stream" } });
const toolCall = { id: "1", type: "FUNCTION", name: "f", arguments: `{"a":"${SECRETS.toolCall}"}` };
const START = [
  textEvent(SECRETS.answer),
  event({ message: { content: [], reasoningContent: SECRETS.reasoning } }),
  event({ message: { toolCalls: [toolCall] } }),
];
const FORMS = { "": ({ body }) => body, " in OpenAI's form": ({ nested }) => nested };

/** Repeats everything that it received, in every field of an error. */
function echo(status, init) {
  const received = JSON.stringify([Object.fromEntries(new Headers(init.headers)), new TextDecoder().decode(init.body)]);
  // In pieces, since only the start of a text is kept.
  const all = `${SECRETS.errorMessage} ${Object.values(SECRETS).join(" ")} ${received}`;
  const code = `${SECRETS.errorCode} ${all}`;
  const nested = { error: { message: all, code, param: `${SECRETS.errorParam} ${all}`, type: all } };
  return { status, body: { code, message: all }, nested };
}

const STREAM_ERROR = { code: SECRETS.errorCode, message: SECRETS.streamError };

/** Ways to answer. */
const SERVICES = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 408, 409, 413, 418, 429, 500, 502, 503].flatMap((status) =>
      Object.entries(FORMS).map(([form, bodyOf]) => {
        const answer = (init) => Response.json(bodyOf(echo(status, init)), { status, headers });
        return [`${status} with an echo${form}`, answer];
      }),
    ),
  ),
  "a blocked prompt": () =>
    Response.json({ message: `Inappropriate content detected in blocklist: ${SECRETS.errorMessage}` }, { status: 400 }),
  "another format": () =>
    Response.json({ message: `does not match serving model ${SECRETS.errorMessage}` }, { status: 400 }),
  "a proxy's page": () => new Response(`<html>${SECRETS.proxyPage}</html>`, { status: 502, headers }),
  "a redirect": () => new Response(SECRETS.proxyPage, { status: 307, headers: { location: `/${SECRETS.location}` } }),
  "an error event at once": () => events(event({ code: "500", message: SECRETS.streamError })),
  "an error event in the middle": () => events(...START, event(STREAM_ERROR)),
  "OpenAI's error event": () => events(...START, event({ error: STREAM_ERROR })),
  "a named error event": () => events(...START, `event: error\ndata: ${SECRETS.streamError}\n\n`),
  "a broken event": () => events(...START, `data: {"${SECRETS.streamError}\n\n`),
  "an answer that is cut": () => events(...START),
  "no stream": () => events(),
  "an answer that is no JSON": () => new Response(`{"${SECRETS.answer}`, { headers }),
  "an error with status 200": () => Response.json({ code: "500", message: SECRETS.errorMessage }, { headers }),
  "too much": () => events(...START, textEvent("x".repeat(5000)), FINISH),
  "a failure of fetch": () => Promise.reject(new Error(SECRETS.thrownByFetch)),
};

const SIGNERS = {
  "a signature": { sign: () => ({ authorization: `Signature ${SECRETS.signature}` }) },
  "a session token": { sign: sessionSigner },
  "an API key": { apiKey: SECRETS.apiKey, transport: "openai" },
};

const INVALID_SIGNERS = {
  "a signer that throws": {
    sign: () => {
      throw new Error(SECRETS.thrownBySigner);
    },
  },
  "a signer that returns another header": { sign: () => ({ "x-secret": SECRETS.signature }) },
  "a signer that returns a line break": { sign: () => ({ authorization: `Signature ${SECRETS.signature}\n` }) },
  "a signer that returns something else": { sign: () => SECRETS.signature },
  "an API key that can't be sent": { apiKey: `${SECRETS.apiKey}\n`, transport: "openai" },
};

const INVALID_REQUESTS = {
  "a parameter that is not one": { ...request, temperature: SECRETS.prompt },
  "a role that is not one": { ...request, messages: [{ role: SECRETS.prompt, content: "x" }] },
  "content that is not any": { ...request, messages: [{ role: "user", content: [{ type: SECRETS.prompt }] }] },
  "messages that are none": { ...request, messages: SECRETS.prompt },
  "a parameter that the format lacks": { ...request, audio: { voice: SECRETS.prompt } },
};

// ---------------------------------------------------------------- what comes out

const printed = [];
const mocks = [];
before(() => {
  const print = (...values) => printed.push(values.map((value) => inspect(value)).join(" "));
  for (const name of ["log", "info", "warn", "error", "debug", "trace"]) mocks.push(mock.method(console, name, print));
});
after(() => mocks.forEach((method) => method.mock.restore()));

/** Fails if a text has one of the secrets, but for those that are allowed. */
function assertClean(text, what, allowed = []) {
  for (const [name, secret] of Object.entries(SECRETS)) {
    if (allowed.includes(name)) continue;
    assert.ok(!text.includes(secret), `${what} has the secret ${name}: ${text.slice(0, 2000)}`);
  }
}

/** Everything that an error shows. Its cause is the host's own, and not what is tested. */
function shown(error) {
  assert.ok(error instanceof OciError, inspect(error));
  const { cause, stack, message, hint, param, serviceCode, opcRequestId } = error;
  const texts = [stack, message, hint, param, serviceCode, opcRequestId, `${error}`, JSON.stringify(error)];
  if (cause !== undefined) Object.defineProperty(error, "cause", { value: undefined });
  texts.push(inspect(error, { showHidden: true, depth: Infinity, getters: false }), inspect({ error }, { depth: 9 }));
  return texts.join("\n");
}

async function wholeResponse(response) {
  return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
}

/** The options of a client that calls a service. */
function optionsFor(service, credentials, reports) {
  return {
    compartmentId,
    region: "us-chicago-1",
    models: { ...models, two: [models.ours, `${models.ours}2`] },
    headers: { "x-client": SECRETS.clientHeader },
    retry: { maxAttempts: 2, baseDelayMs: 0 },
    limits: { maxResponseBytes: 4000 },
    fetch: async (_url, init) => service(init),
    onFinish: (report) => reports.push(JSON.stringify(report)),
    ...credentials,
  };
}

function gatewayFor(options, more) {
  const configuration = { token: SECRETS.gatewayToken, origins: "*", ...options, ...more };
  return createGateway({ configure: () => configuration });
}

function ask(gateway, body, token = SECRETS.gatewayToken) {
  const init = {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: {
      authorization: `Bearer ${token}`,
      "x-caller": SECRETS.callerHeader,
      cookie: SECRETS.cookie,
      origin: "https://app.example",
    },
  };
  return gateway.fetch(new Request("https://gateway.example/v1/chat/completions", init), {});
}

/** Makes the call in every way that the library and the gateway have. */
async function search(what, service, credentials, body) {
  printed.length = 0;
  const reports = [];
  const options = optionsFor(service, credentials, reports);
  const oci = new OciGenAI(options);
  let failures = 0;
  for (const model of ["ours", "two"]) {
    const chat = { ...body, model };
    for (const start of [() => oci.chat(chat), () => oci.stream(chat).final()]) {
      try {
        await start();
      } catch (error) {
        failures++;
        assertClean(shown(error), `the error of ${what}`);
      }
    }
    try {
      // What is received before an error is the caller's.
      assertClean(await (await oci.stream(chat).toResponse()).text(), `toResponse of ${what}`, OF_THE_MODEL);
    } catch (error) {
      assertClean(shown(error), `the error of toResponse of ${what}`);
    }
    for (const stream of [true, false]) {
      const response = await ask(gatewayFor(options), { ...chat, stream });
      assertClean(await wholeResponse(response), `the gateway's answer to ${what}`, OF_THE_MODEL);
    }
  }
  assert.ok(failures > 0, `${what} is no failure`);
  assert.ok(reports.length > 0);
  assertClean(reports.join("\n"), `the report of ${what}`);
  assertClean(printed.join("\n"), `the log of ${what}`);
}

test("there are at least 20 secrets, no two alike", () => {
  const secrets = Object.values(SECRETS);
  assert.ok(secrets.length >= 20);
  for (const secret of secrets) assert.equal(secrets.filter((other) => other.includes(secret)).length, 1, secret);
});

describe("no secret comes out of", { timeout: 120_000 }, () => {
  for (const [name, service] of Object.entries(SERVICES)) {
    test(name, async () => {
      for (const [signer, credentials] of Object.entries(SIGNERS)) {
        await search(`${name} with ${signer}`, service, credentials, request);
      }
    });
  }
  for (const [name, credentials] of Object.entries(INVALID_SIGNERS)) {
    test(name, () => search(name, () => assert.fail("nothing may be sent"), credentials, request));
  }
  for (const [name, body] of Object.entries(INVALID_REQUESTS)) {
    test(name, () => search(name, () => assert.fail("nothing may be sent"), SIGNERS["a signature"], body));
  }
});

describe("the gateway shows no secret when it", () => {
  const service = () => assert.fail("nothing may be sent");
  const ENDPOINT = `https://u:${SECRETS.clientHeader}@a.example`;
  const rows = [
    ["refuses a token", {}, request, SECRETS.wrongToken, 401],
    ["refuses a body that is too large", { maxBodyBytes: 10 }, request, undefined, 413],
    ["refuses a body that is no JSON", {}, SECRETS.prompt, undefined, 400],
    ["has a configuration with a misspelt option", { tokne: SECRETS.gatewayToken }, request, undefined, 500],
    ["has a header that can't be sent", { headers: { "x a": SECRETS.clientHeader } }, request, undefined, 500],
    ["has an endpoint with a password", { endpoint: ENDPOINT }, request, undefined, 500],
    ["has a token with a line break", { token: `${SECRETS.gatewayToken}\n1` }, request, undefined, 500],
  ];
  for (const [name, more, body, token, status] of rows) {
    test(name, async () => {
      printed.length = 0;
      const reports = [];
      const gateway = gatewayFor(optionsFor(service, SIGNERS["a signature"], reports), more);
      const response = await ask(gateway, body, token);
      assert.equal(response.status, status);
      assertClean(`${await wholeResponse(response)} ${printed.join()} ${reports.join()}`, name);
    });
  }

  test("logs what the service said, where the operator asks for it, and answers without it", async () => {
    printed.length = 0;
    const options = optionsFor(SERVICES["400 with an echo"], SIGNERS["a signature"], []);
    const response = await ask(gatewayFor(options, { logErrors: true }), request);
    assertClean(await wholeResponse(response), "the answer");
    assert.ok(printed.join().includes(SECRETS.errorMessage), "the log has it");
  });
});

test("serviceMessage has what the service said", async () => {
  const oci = new OciGenAI(optionsFor(SERVICES["400 with an echo"], SIGNERS["a signature"], []));
  await assert.rejects(oci.chat(request), (error) => error.serviceMessage.startsWith(SECRETS.errorMessage));
});
