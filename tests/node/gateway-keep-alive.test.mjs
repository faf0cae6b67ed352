// Keep-alive: responses that begin before there is an answer, and comments between the events of slow ones.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway } from "oci-genai-edge/gateway";
import { endpointId } from "../simulator/server.mjs";

const MS = 40;
const COMMENT = ": keep-alive\n\n";
const encoder = new TextEncoder();
const messages = [{ role: "user", content: "Hello?" }];

const GENERIC = ["Hi", " there"].map((text) => `data: {"message":{"content":[{"type":"TEXT","text":"${text}"}]}}\n\n`);
GENERIC.push('data: {"message":{"content":[]},"finishReason":"stop"}\n\n');
const deltas = [{ delta: { role: "assistant", content: "Hi" } }, { delta: { content: "?" } }];
const OPENAI = [...deltas, { delta: {}, finish_reason: "stop" }]
  .map((choice) => ({ id: "c1", object: "chat.completion.chunk", created: 1, choices: [{ index: 0, ...choice }] }))
  .map((data) => `data: ${JSON.stringify(data)}\n\n`)
  .concat("data: [DONE]\n\n");

/** A service that sends parts of a body, each after a wait; a part that is an Error breaks it. */
function serviceOf(parts, { status = 200, type = "text/event-stream", waits = [] } = {}) {
  const service = { requests: 0, aborted: 0 };
  service.fetch = async (_url, { signal }) => {
    service.requests += 1;
    signal.addEventListener("abort", () => (service.aborted += 1));
    await sleep(waits[0] ?? 0, undefined, { signal });
    const body = new ReadableStream({
      async start(controller) {
        for (const [index, part] of parts.entries()) {
          if (index > 0) await sleep(waits[index] ?? 0);
          if (part instanceof Error) return controller.error(part);
          try {
            controller.enqueue(encoder.encode(part));
          } catch {
            return; // Cancelled.
          }
        }
        controller.close();
      },
    });
    return new Response(body, { status, headers: { "content-type": type } });
  };
  return service;
}

const models = {
  ours: { model: endpointId("simgeneric"), apiFormat: "GENERIC", transport: "native" },
  theirs: { model: endpointId("simgeneric"), transport: "openai" },
};

/** Asks a gateway in front of a service. */
function ask(service, { keepAliveMs = MS, path = "/v1/chat/completions", body, signal, ...more } = {}) {
  const configure = () => ({
    token: "token",
    apiKey: "key",
    sign: async () => ({ authorization: "Signature x", date: "now" }),
    region: "us-chicago-1",
    compartmentId: "ocid1.compartment.oc1..aaaaexample",
    models,
    retry: { maxAttempts: 1 },
    fetch: service.fetch,
    keepAliveMs,
    ...more,
  });
  const input = path.endsWith("responses") ? { input: "Hello?" } : { messages };
  return createGateway({ configure }).fetch(
    new Request(`https://gateway.example${path}`, {
      method: "POST",
      headers: { authorization: "Bearer token" },
      body: JSON.stringify({ model: "ours", stream: true, ...input, ...body }),
      signal,
    }),
  );
}

/** What a stream has without its comments, each of which has to stand between two events. */
function withoutComments(text) {
  const events = text.split(/(?<=\n\n)/);
  assert.equal(events.join(""), text);
  const others = events.filter((event) => event !== COMMENT).join("");
  assert.doesNotMatch(others, /keep-alive/);
  return others;
}

/** The ids and times of a stream are its own. */
const comparable = (text) => text.replaceAll(/"(?:id|item_id)":"[^"]*"|"created(?:_at)?":\d+|"completed_at":\d+/g, "");

const DIALECTS = [
  ["Chat Completions", {}],
  ["Responses", { path: "/v1/responses" }],
  ["Chat Completions on the openai transport", { body: { model: "theirs" } }, OPENAI],
];

for (const [name, options, parts = GENERIC] of DIALECTS) {
  describe(name, () => {
    let expected;
    test("off, or fast: the same bytes and headers", async () => {
      const responses = [];
      for (const keepAliveMs of [0, 60_000, undefined]) {
        const response = await ask(serviceOf(parts), { ...options, keepAliveMs: keepAliveMs ?? 15_000 });
        responses.push([response.status, [...response.headers], comparable(await response.text())]);
      }
      for (const response of responses) assert.deepEqual(response, responses[0]);
      assert.ok(responses[0][2].includes("Hi"));
      assert.ok(responses[0][1].some(([header]) => header === "oci-route"));
      expected = responses[0][2];
    });

    test("a slow start: the response begins with comments, and its events follow", async () => {
      const response = await ask(serviceOf(parts, { waits: [8 * MS] }), options);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
      assert.equal(response.headers.get("oci-route"), null, "not known yet");
      const text = await response.text();
      assert.ok(text.startsWith(COMMENT), text.slice(0, 100));
      assert.equal(comparable(withoutComments(text)), expected);
    });

    test("a silence between events gets comments", async () => {
      const response = await ask(serviceOf(parts, { waits: [0, 8 * MS, 8 * MS] }), options);
      assert.ok(response.headers.has("oci-route"));
      const text = await response.text();
      assert.ok(text.includes(COMMENT), text);
      assert.ok(!text.startsWith(COMMENT));
      assert.equal(comparable(withoutComments(text)), expected);
    });

    test("a failure after the beginning is an event, and ends the stream", async () => {
      const body = JSON.stringify({ code: "429", message: "too many" });
      const service = serviceOf([body], { status: 429, type: "application/json", waits: [3 * MS] });
      const response = await ask(service, options);
      assert.equal(response.status, 200);
      const event = withoutComments(await response.text());
      const data = JSON.parse(event.replace(/^(?:event: error\n)?data: /, ""));
      assert.equal(data.error.code, "rate_limited");
      assert.equal(data.error.type, "rate_limit_error");
      assert.ok(data.error.message);
      assert.match(event, /\n\n$/);
      const isResponses = options.path !== undefined;
      assert.equal(event.startsWith("event: error\n"), isResponses);
      if (isResponses) assert.deepEqual([data.type, data.code, data.sequence_number], ["error", "rate_limited", 0]);
    });

    test("a caller that leaves a response that has begun ends the request", async () => {
      const service = serviceOf(parts, { waits: [60_000] });
      const response = await ask(service, { ...options, retry: { maxAttempts: 5 } });
      const reader = response.body.getReader();
      await reader.read();
      await reader.cancel();
      await sleep(3 * MS);
      assert.deepEqual([service.requests, service.aborted], [1, 1]);
    });
  });
}

test("comments stand between events, however the service's bytes are cut", { timeout: 60_000 }, async () => {
  const text = OPENAI.slice(2).join("");
  for (const stream of [text, text.replaceAll("\n", "\r\n")]) {
    const cuts = Array.from({ length: stream.length - 1 }, (_, index) => index + 1);
    await Promise.all(
      cuts.map(async (at) => {
        const parts = [stream.slice(0, at), stream.slice(at)];
        const response = await ask(serviceOf(parts, { waits: [0, 4 * MS] }), { body: { model: "theirs" } });
        const received = await response.text();
        const reference = await (await ask(serviceOf([stream]), { body: { model: "theirs" } })).text();
        const events = received.split(/(?<=\n\n|\r\n\r\n)/).filter((event) => event !== COMMENT);
        assert.equal(events.join(""), reference, `cut at ${at}`);
      }),
    );
  }
});

test("bytes that come one by one, with silences", { timeout: 60_000 }, async () => {
  const stream = OPENAI.slice(2).join("");
  const parts = [...stream];
  const at = stream.indexOf("\n\n") + 2;
  const waits = parts.map((_, index) => (index === at ? 5 * MS : 0));
  const text = await (await ask(serviceOf(parts, { waits }), { body: { model: "theirs" } })).text();
  const afterStart = text.slice(text.indexOf("data:"));
  assert.ok(afterStart.includes(COMMENT), "after an event whose end came in single bytes");
  assert.equal(withoutComments(text), stream);
});

test("a connection that breaks in a silence: the error follows the comments", async () => {
  const parts = [GENERIC[0], new TypeError("broken")];
  const text = await (await ask(serviceOf(parts, { waits: [0, 6 * MS] }))).text();
  const events = withoutComments(text).split("\n\n").filter(Boolean);
  assert.ok(text.includes(COMMENT));
  assert.equal(JSON.parse(events.at(-1).slice("data: ".length)).error.code, "stream_truncated");
});

test("nothing is sent ahead of a reader that does not read", async () => {
  for (const waits of [[40 * MS], [0, 40 * MS]]) {
    const response = await ask(serviceOf(GENERIC, { waits }));
    const reader = response.body.getReader();
    if (waits.length > 1) await reader.read();
    // A read that has been answered, so that the body waits for more.
    await reader.read();
    await sleep(15 * MS);
    let waiting = 0;
    const reading = (async () => {
      for (; !(await reader.read()).done; ) waiting += 1;
    })().catch(() => {});
    await sleep(MS / 2);
    assert.ok(waiting <= 3, `${waiting} comments were waiting`);
    await reader.cancel();
    await reading;
  }
});

describe("responses that are no streams", () => {
  const answer = JSON.stringify({
    modelId: "m",
    chatResponse: {
      apiFormat: "GENERIC",
      choices: [{ index: 0, message: { content: [{ type: "TEXT", text: "Hi" }] }, finishReason: "stop" }],
    },
  });
  const slow = (status = 200) => serviceOf([answer], { status, type: "application/json", waits: [6 * MS] });
  const body = { stream: false };

  test("are left alone", async () => {
    const response = await ask(slow(), { body });
    assert.ok(response.headers.has("oci-route"));
    assert.match(await response.text(), /^\{/);
  });

  test("begin with white space where that is told", async () => {
    const response = await ask(slow(), { body, keepAliveJson: true });
    assert.equal(response.headers.get("content-type"), "application/json");
    const text = await response.text();
    assert.match(text, /^ +\{/);
    assert.equal(JSON.parse(text).choices[0].message.content, "Hi");
    const fast = await ask(serviceOf([answer], { type: "application/json" }), { body, keepAliveJson: true });
    assert.match(await fast.text(), /^\{/);
  });

  test("a failure is a body with OpenAI's error", async () => {
    const response = await ask(slow(500), { body, keepAliveJson: true });
    assert.equal(response.status, 200);
    assert.equal((await response.json()).error.type, "server_error");
  });
});

test("the options are checked", async () => {
  for (const more of [{ keepAliveMs: -1 }, { keepAliveMs: "soon" }, { keepAliveJson: "yes" }]) {
    assert.equal((await ask(serviceOf(GENERIC), more)).status, 500);
  }
});
