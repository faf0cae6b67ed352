// `oci.fetch`: OpenAI's HTTP API as a function.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { endpointId } from "../simulator/server.mjs";
import { rejectsWithReason } from "./support/assertions.mjs";
import { startHarness } from "./support/harness.mjs";
import { chunksOf, eventData } from "./support/streams.mjs";

const models = {
  house: endpointId("simgeneric"),
  "meta/llama": ["meta.llama-3.3-70b-instruct", endpointId("simgeneric")],
};
const { simulator, client, ask, lastRequest } = await startHarness({
  verify: false,
  client: { models, retry: { maxAttempts: 1 } },
});
const { simulator: paced } = await startHarness({ verify: false, pace: 5 });
const oci = client();

const COMPLETIONS = "https://any.example/v1/chat/completions";

/** The init of a POST request. */
function post(body, init) {
  const headers = { "content-type": "application/json", authorization: "Bearer ignored" };
  return { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body), ...init };
}

describe("POST …/chat/completions", { timeout: 30_000 }, () => {
  test("unstreamed", async () => {
    for (const more of [{}, { stream: false }, { stream: null }]) {
      const response = await oci.fetch(COMPLETIONS, post(ask("house", undefined, more)));
      assert.ok(response instanceof Response);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.match(response.headers.get("x-request-id"), /^[0-9A-F]{32}\//);
      const completion = await response.json();
      assert.deepEqual(
        [completion.object, completion.model, completion.choices[0].finish_reason],
        ["chat.completion", "house", "stop"],
      );
      assert.match(completion.choices[0].message.content, /Hello\?/);
    }
  });

  test("streamed", async () => {
    const response = await oci.fetch(COMPLETIONS, post(ask("house", "tokens=60", { stream: true })));
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^text\/event-stream/);
    assert.equal(response.headers.get("cache-control"), "no-cache");
    assert.match(response.headers.get("x-request-id"), /^[0-9A-F]{32}\//);
    const chunks = chunksOf(await response.text());
    assert.ok(
      chunks.length > 30 &&
        chunks.every(({ object, usage }) => object === "chat.completion.chunk" && usage === undefined),
    );
    assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
  });

  test("accepts any origin and prefix, any form of request, and a call without `this`", async () => {
    const { fetch } = oci;
    const json = JSON.stringify(ask("house"));
    const streamOf = (text) =>
      ReadableStream.from([new TextEncoder().encode(text.slice(0, 20)), new TextEncoder().encode(text.slice(20))]);
    for (const args of [
      ["http://localhost:1/chat/completions", post(json)],
      ["https://any.example/a/b/openai/v1/chat/completions/", post(json)],
      ["https://any.example/v1/chat/completions?api-version=1#x", post(json)],
      [new URL(COMPLETIONS), post(json)],
      [new Request(COMPLETIONS, post(json))],
      [new Request(COMPLETIONS, post(json)), { headers: { "x-a": "b" } }],
      [new Request(COMPLETIONS), post(json)],
      [COMPLETIONS, { method: "POST", body: new TextEncoder().encode(json) }],
      [COMPLETIONS, { method: "POST", body: new Blob([json]) }],
      [COMPLETIONS, { method: "POST", body: streamOf(json) }],
      [COMPLETIONS, { method: "POST", body: streamOf(json), duplex: "half" }],
      [new Request(COMPLETIONS, { method: "POST", body: streamOf(json), duplex: "half" })],
      [COMPLETIONS, { method: "post", body: `\ufeff${json}`.slice(1) }],
    ]) {
      const response = await fetch(...args);
      assert.equal(response.status, 200, JSON.stringify(args));
      assert.equal((await response.json()).object, "chat.completion");
    }
  });

  test("does not forward the caller's headers", async () => {
    await oci.fetch(
      COMPLETIONS,
      post(ask("house"), { headers: { authorization: "Bearer caller", cookie: "a=b", "x-caller": "c" } }),
    );
    const { headers } = lastRequest();
    assert.deepEqual([headers.authorization, headers.cookie, headers["x-caller"]], [undefined, undefined, undefined]);
  });

  test("errors have OpenAI's body and a matching status", async () => {
    for (const [body, status, code, type] of [
      [{ ...ask("house"), model: "nothing" }, 404, "invalid_model"],
      [ask("simunknown"), 404, "not_found_or_unauthorized"],
      [ask("simblocklist"), 400, "content_filtered", "invalid_request_error"],
      [ask("simthrottled"), 429, "rate_limited", "rate_limit_error"],
      [ask("simcreating"), 409, "conflict"],
      [ask("simdown"), 503, "service_unavailable", "server_error"],
      [ask("simgateway"), 503, "service_unavailable", "server_error"],
      [ask("simredirect"), 502, "redirected", "server_error"],
      [ask("house", "x", { temperature: "hot" }), 400, "invalid_request", "invalid_request_error"],
      ["{not json", 400, "invalid_request", "invalid_request_error"],
      ["", 400, "invalid_request", "invalid_request_error"],
      ["[]", 400, "invalid_request", "invalid_request_error"],
      [("[".repeat(100_000)), 400, "invalid_request", "invalid_request_error"],
    ]) {
      for (const stream of [false, true]) {
        const response = await oci.fetch(COMPLETIONS, post(typeof body === "string" ? body : { ...body, stream }));
        assert.equal(response.status, status, code);
        assert.match(response.headers.get("content-type"), /^application\/json/);
        const isThrottled = code === "rate_limited";
        assert.deepEqual(
          ["x-should-retry", "retry-after", "retry-after-ms"].map((name) => response.headers.get(name)),
          isThrottled ? ["true", "1", "1000"] : ["false", null, null],
          code,
        );
        const { error, ...rest } = await response.json();
        assert.deepEqual(rest, {});
        assert.deepEqual(Object.keys(error).toSorted(), ["code", "message", "param", "type"]);
        assert.equal(error.code, code);
        if (type) assert.equal(error.type, type);
        assert.ok(error.message.length > 5);
      }
    }
    const { error } = await (await oci.fetch(COMPLETIONS, post(ask("house", "x", { temperature: "hot" })))).json();
    assert.equal(error.param, "temperature");
    const rejected = await oci.fetch(COMPLETIONS, post(ask("simblocklist")));
    assert.match(rejected.headers.get("x-request-id"), /^[0-9A-F]{32}\//);
  });

  test("a wait that the service asks for is passed on, and says whether a retry may succeed", async () => {
    const ask429 = (headers) => {
      const fetch = async () => Response.json({ code: "429", message: "later" }, { status: 429, headers });
      return client({ fetch }).fetch(COMPLETIONS, post(ask("house")));
    };
    const busy = await ask429({ "retry-after": "90.5" });
    assert.deepEqual(
      ["x-should-retry", "retry-after", "retry-after-ms"].map((name) => busy.headers.get(name)),
      ["true", "91", "90500"],
    );
    // A wait beside an error that will recur is passed on, but is no reason to try again.
    const rejecting = async () =>
      Response.json({ code: "401", message: "no" }, { status: 401, headers: { "retry-after": "5" } });
    const rejected = await client({ fetch: rejecting }).fetch(COMPLETIONS, post(ask("house")));
    assert.deepEqual([rejected.headers.get("x-should-retry"), rejected.headers.get("retry-after")], ["false", "5"]);
  });

  test("errors say what the service said, and those of toResponse do not", async () => {
    const refused = await oci.fetch(COMPLETIONS, post(ask("simblocklist")));
    const { error } = await refused.json();
    assert.match(error.message, /^the service answered with status 400: Inappropriate /);
    const words = /The model stopped unexpectedly/;
    const broken = await oci.fetch(COMPLETIONS, post(ask("simerrorevent", "tokens=60", { stream: true })));
    assert.match(JSON.parse(eventData(await broken.text()).at(-1)).error.message, words);
    const response = await oci.stream(ask("simerrorevent", "tokens=60")).toResponse();
    const { code, message } = JSON.parse(eventData(await response.text()).at(-1)).error;
    assert.deepEqual([code, message], ["stream_error", "the service reported an error"]);
  });

  test("errors of the configuration are server errors", async () => {
    for (const [options, body] of [
      [{ compartmentId: undefined }, ask("house")],
      [
        {
          sign: () => {
            throw new Error("hunter2");
          },
        },
        ask("house"),
      ],
      [{ sign: () => ({ cookie: "hunter2" }) }, ask("house")],
      [{ region: "us-ashburn-1" }, ask("house")],
    ]) {
      const response = await client(options).fetch(COMPLETIONS, post(body));
      assert.equal(response.status, 500);
      const text = await response.text();
      assert.equal(JSON.parse(text).error.type, "server_error");
      assert.ok(!text.includes("hunter2"));
    }
    const { url } = await startHarness();
    const response = await client({ endpoint: url }).fetch(COMPLETIONS, post(ask("house")));
    assert.deepEqual([response.status, (await response.json()).error.code], [401, "unauthorized"]);
  });

  test("a failure after the first chunk is an event with the error, without [DONE]", async () => {
    for (const [name, code] of [
      ["simcut", "stream_truncated"],
      ["simerrorevent", "stream_error"],
      ["simnofinish", "stream_truncated"],
    ]) {
      const response = await oci.fetch(COMPLETIONS, post(ask(name, "tokens=60", { stream: true })));
      assert.equal(response.status, 200);
      const events = eventData(await response.text());
      assert.ok(events.length > 5);
      assert.equal(JSON.parse(events.at(-1)).error.code, code);
      assert.ok(!events.includes("[DONE]"));
    }
  });

  test("an abort rejects with its reason, and cancelling the body ends the request", async () => {
    const reason = new Error("left");
    await rejectsWithReason(oci.fetch(COMPLETIONS, post(ask("house"), { signal: AbortSignal.abort(reason) })), reason);

    const slow = client({ endpoint: paced.url });
    const stop = new AbortController();
    const waiting = slow.fetch(COMPLETIONS, post(ask("simhang", "x", { stream: true }), { signal: stop.signal }));
    while (paced.requests.length === 0) await sleep(2);
    stop.abort(reason);
    await rejectsWithReason(waiting, reason);

    const middle = new AbortController();
    const streaming = await slow.fetch(
      COMPLETIONS,
      post(ask("house", "tokens=2000", { stream: true }), { signal: middle.signal }),
    );
    const reader = streaming.body.getReader();
    await reader.read();
    middle.abort(reason);
    const readToEnd = async () => {
      while (!(await reader.read()).done);
    };
    await rejectsWithReason(readToEnd(), reason);

    const unread = await slow.fetch(COMPLETIONS, post(ask("house", "tokens=2000", { stream: true })));
    await unread.body.cancel();
    for (const record of paced.requests) {
      await record.done;
      assert.equal(record.clientGone, true);
    }
  });

  test("an unstreamed fallback is sent as one chunk", async () => {
    const response = await oci.fetch(COMPLETIONS, post(ask("simnostream", "Hello?", { stream: true })));
    const [whole, end, done] = eventData(await response.text());
    assert.equal(JSON.parse(whole).oci.fallback, "bad_request: the service answered with status 400");
    assert.equal(JSON.parse(end).choices[0].finish_reason, "stop");
    assert.equal(done, "[DONE]");
  });
});

describe("other paths", () => {
  test("GET …/models lists the aliases", async () => {
    for (const url of [
      "https://any.example/v1/models",
      "https://any.example/models/",
      "https://any.example/x/v1/models?limit=5",
    ]) {
      const response = await oci.fetch(url);
      assert.equal(response.status, 200);
      const { object, data } = await response.json();
      assert.equal(object, "list");
      assert.deepEqual(
        data.map((model) => [model.id, model.object]),
        [
          ["house", "model"],
          ["meta/llama", "model"],
        ],
      );
      assert.ok(data.every(({ created, owned_by }) => Number.isInteger(created) && typeof owned_by === "string"));
    }
    assert.deepEqual(
      (await (await client({ models: undefined }).fetch("https://any.example/v1/models")).json()).data,
      [],
    );
    assert.equal((await oci.fetch("https://any.example/v1/models", { method: "HEAD" })).status, 200);
  });

  test("GET …/models/{alias} shows one, or names those that there are", async () => {
    for (const [path, id] of [
      ["/v1/models/house", "house"],
      ["/v1/models/meta/llama", "meta/llama"],
      ["/v1/models/meta%2Fllama/", "meta/llama"],
    ]) {
      const response = await oci.fetch(`https://any.example${path}`);
      assert.equal(response.status, 200);
      const { id: shown, object } = await response.json();
      assert.deepEqual([shown, object], [id, "model"]);
    }
    const missing = await oci.fetch("https://any.example/v1/models/hose");
    assert.equal(missing.status, 404);
    const { error } = await missing.json();
    assert.equal(error.code, "invalid_model");
    assert.equal(error.message, "there is no such alias; the aliases are house, meta/llama");
    const none = await client({ models: undefined }).fetch("https://any.example/v1/models/a");
    assert.match((await none.json()).error.message, /there are no aliases$/);
    assert.equal((await oci.fetch("https://any.example/v1/models/house", { method: "DELETE" })).status, 405);
  });

  test("unknown paths are 404, other methods 405", async () => {
    for (const [path, method, status, code, allow] of [
      ["/v1/images", "POST", 404, "not_found"],
      ["/v1/embeddings", "GET", 405, "method_not_allowed", "POST"],
      ["/v1/rerank", "GET", 405, "method_not_allowed", "POST"],
      ["/v1/moderations", "PUT", 405, "method_not_allowed", "POST"],
      ["/", "GET", 404, "not_found"],
      ["/v1/chat/completions/x", "POST", 404, "not_found"],
      ["/v1/mychat/completions", "POST", 404, "not_found"],
      ["/v1/chat/completions", "GET", 405, "method_not_allowed", "POST"],
      ["/v1/chat/completions", "DELETE", 405, "method_not_allowed", "POST"],
      ["/v1/models", "POST", 405, "method_not_allowed", "GET"],
    ]) {
      const { length } = simulator.requests;
      const response = await oci.fetch(`https://any.example${path}`, { method });
      assert.equal(response.status, status, `${method} ${path}`);
      assert.equal((await response.json()).error.code, code);
      if (allow) assert.equal(response.headers.get("allow"), allow);
      assert.equal(simulator.requests.length, length);
    }
  });

  test("rejects an invalid URL as fetch does", async () => {
    await assert.rejects(oci.fetch("not a url"), TypeError);
    await assert.rejects(oci.fetch(), TypeError);
  });
});
