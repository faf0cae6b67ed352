// A host that breaks the rules: every way out is one typed error, and the next call works.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createServer } from "node:http";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import vm from "node:vm";
import { OciError, OciGenAI } from "oci-genai-edge";

const request = {
  model: "ocid1.generativeaiendpoint.oc1.us-chicago-1.example",
  messages: [{ role: "user", content: "Hello?" }],
};
const TEXT = 'data: {"index":0,"message":{"content":[{"type":"TEXT","text":"Hi"}]}}\n\n';
const FINISH = 'data: {"finishReason":"stop"}\n\n';
const bytes = (text) => new TextEncoder().encode(text);
const boom = new Error("a trap of the host's");
const events = (text = TEXT + FINISH) => new Response(text, { headers: { "content-type": "text/event-stream" } });

function client(fetch) {
  const options = { retry: { maxAttempts: 1 }, fallback: "never", compartmentId: "ocid1.compartment.oc1..example" };
  return new OciGenAI({ ...options, sign: () => ({ authorization: "x" }), fetch });
}

/** A response whose body is a reader with these methods. */
function withReader(reader) {
  const body = { getReader: () => ({ cancel: async () => {}, ...reader }) };
  const headers = new Headers({ "content-type": "text/event-stream" });
  return { status: 200, type: "default", headers, body };
}

/** A reader that gives these chunks and then does as `last` says. */
function reading(chunks, last) {
  const left = [...chunks];
  return withReader({ read: () => (left.length > 0 ? Promise.resolve({ done: false, value: left.shift() }) : last()) });
}

/** A promise with a member of its own. */
function promiseWith(name, member) {
  return Object.defineProperty(Promise.resolve({ done: true }), name, member);
}

const HOSTS = {
  "a read whose promise has a then that throws": () =>
    reading([bytes(TEXT)], () => promiseWith("then", { value: () => assert.fail("then") })),
  "a read whose promise has a constructor that throws": () =>
    reading([bytes(TEXT)], () => promiseWith("constructor", { get: () => assert.fail("constructor") })),
  "a first read whose promise has a then that throws": () =>
    reading([], () => promiseWith("then", { value: () => assert.fail("then") })),
  "a first read whose promise has a constructor that throws": () =>
    reading([], () => promiseWith("constructor", { get: () => assert.fail("constructor") })),
  "a body that is locked": () => {
    const response = events();
    response.body.getReader();
    return response;
  },
  "a body that is used": async () => {
    const response = events();
    await response.text();
    response.body.getReader().releaseLock();
    response.body.cancel().catch(() => {});
    const body = { getReader: () => response.body.getReader({ mode: "byob" }) };
    return { status: 200, type: "default", headers: response.headers, body };
  },
  "a body that is not a stream": () => ({ status: 200, type: "default", headers: new Headers(), body: "text" }),
  "headers that throw": () => ({
    status: 200,
    get headers() {
      throw boom;
    },
  }),
  "no headers": () => ({ status: 200, body: null }),
  "a status that throws": () => ({
    headers: new Headers(),
    get status() {
      throw boom;
    },
  }),
  "no status": () => ({ headers: new Headers(), body: null }),
  "a body that throws": () => ({
    status: 200,
    headers: new Headers(),
    get body() {
      throw boom;
    },
  }),
  "a reader that throws": () =>
    withReader({
      read: () => {
        throw boom;
      },
    }),
  "a reader that rejects": () => withReader({ read: () => Promise.reject(boom) }),
  "a reader that gives nothing": () => withReader({ read: () => undefined }),
  "a reader that gives text": () => withReader({ read: async () => ({ done: false, value: "text" }) }),
  "a thenable that throws": () =>
    withReader({
      read: () => ({
        get then() {
          throw boom;
        },
      }),
    }),
  "a reader that throws after the first chunk": () =>
    reading([bytes(TEXT)], () => {
      throw boom;
    }),
  "text after the first chunk": () => reading([bytes(TEXT), "text"], () => Promise.resolve({ done: true })),
  "a result that throws after the first chunk": () =>
    reading([bytes(TEXT)], async () => ({
      get done() {
        throw boom;
      },
    })),
  "a cancel that throws": () =>
    withReader({
      read: () => Promise.reject(boom),
      cancel: () => {
        throw boom;
      },
    }),
  "a fetch that throws": () => {
    throw boom;
  },
  "a fetch that gives nothing": () => undefined,
};

describe("a hostile host", { timeout: 20_000 }, () => {
  const unhandled = [];
  const record = (error) => unhandled.push(error);
  process.on("unhandledRejection", record);
  after(() => process.off("unhandledRejection", record));

  const READERS = {
    "for await": async (oci) => {
      for await (const chunk of oci.stream(request)) assert.ok(chunk);
    },
    text: async (oci) => {
      for await (const text of oci.stream(request).text()) assert.ok(text);
    },
    final: (oci) => oci.stream(request).final(),
    chat: (oci) => oci.chat(request),
  };

  for (const [name, host] of Object.entries(HOSTS)) {
    test(name, async () => {
      for (const [how, read] of Object.entries(READERS)) {
        await assert.rejects(read(client(async () => host())), (error) => {
          assert.ok(error instanceof OciError, `${how}: ${error}`);
          assert.ok(["network", "stream_truncated", "invalid_response"].includes(error.code), `${how}: ${error.code}`);
          return true;
        });
      }
      const response = await client(async () => host()).fetch("https://oci.invalid/v1/chat/completions", {
        method: "POST",
        body: JSON.stringify({ ...request, stream: true }),
      });
      const text = await response.text();
      assert.match(text, /"error"/);

      const next = await client(async () => events()).stream(request).final();
      assert.equal(next.choices[0].message.content, "Hi");
      await sleep(0);
      assert.deepEqual(unhandled, []);
    });
  }

  test("what was received before the host failed is in `partial`", async () => {
    const oci = client(async () => HOSTS["a reader that throws after the first chunk"]());
    await assert.rejects(oci.stream(request).final(), (error) => {
      assert.equal(error.code, "stream_truncated");
      assert.equal(error.cause, boom);
      assert.equal(error.partial.choices[0].message.content, "Hi");
      return true;
    });
  });
});

test("bytes are bytes, in whichever view and of whichever realm", async () => {
  const foreign = vm.runInNewContext("(array) => Uint8Array.from(array)");
  const forms = {
    Uint8Array: (text) => bytes(text),
    Buffer: (text) => Buffer.from(text),
    "Uint8Array of another realm": (text) => foreign([...bytes(text)]),
    "part of a buffer": (text) => Buffer.from(`__${text}__`).subarray(2, -2),
    DataView: (text) => new DataView(bytes(text).buffer),
    ArrayBuffer: (text) => bytes(text).buffer,
  };
  for (const [name, form] of Object.entries(forms)) {
    const oci = client(async () => reading([form(TEXT), form(FINISH)], async () => ({ done: true })));
    const completion = await oci.stream(request).final();
    assert.equal(completion.choices[0].message.content, "Hi", name);
    assert.equal(completion.choices[0].finish_reason, "stop", name);
  }
});

test("a chunk that is not bytes is an error with what was received", async () => {
  for (const chunk of ["text", 7, null, undefined, {}, { length: 3 }, [1, 2], Object.create(Uint8Array.prototype)]) {
    const streaming = client(async () => reading([bytes(TEXT), chunk], async () => ({ done: true })));
    await assert.rejects(streaming.stream(request).final(), (error) => {
      assert.equal(error.code, "stream_truncated");
      assert.ok(error.cause instanceof TypeError);
      assert.equal(error.partial.choices[0].message.content, "Hi");
      return true;
    });
    const opening = client(async () => reading([chunk], async () => ({ done: true })));
    for (const call of [() => opening.stream(request).final(), () => opening.chat(request)]) {
      await assert.rejects(call, (error) => {
        assert.equal(error.code, "network");
        assert.ok(error.cause instanceof TypeError);
        return true;
      });
    }
  }
});

test("many attempts and calls add no listener to the signal of the call", async () => {
  const warnings = [];
  const onWarning = (warning) => warnings.push(warning);
  process.on("warning", onWarning);
  try {
    const signals = new Set();
    const oci = new OciGenAI({
      compartmentId: "c",
      retry: { maxAttempts: 30, maxRequests: 30, baseDelayMs: 1, maxDelayMs: 1 },
      sign: async ({ signal }) => {
        signals.add(signal);
        return { authorization: "x" };
      },
      fetch: async () => {
        throw boom;
      },
    });
    const stop = new AbortController();
    await assert.rejects(oci.chat(request, { signal: stop.signal }), (error) => {
      assert.equal(error.attempts.length, 30);
      return error.code === "network";
    });
    assert.equal(signals.size, 1);
    // Nor do many calls add more than one to that of their caller.
    const hung = new OciGenAI({ compartmentId: "c", fetch: () => new Promise(() => {}) });
    const calls = Array.from({ length: 30 }, () => hung.chat(request, { signal: stop.signal }));
    await sleep(1);
    assert.equal(getEventListeners(stop.signal, "abort").length, 1);
    stop.abort(boom);
    for (const call of calls) await assert.rejects(call, (error) => error === boom);
    for (const signal of [...signals, stop.signal]) assert.equal(getEventListeners(signal, "abort").length, 0);
    await sleep(5);
    assert.deepEqual(warnings, []);
  } finally {
    process.off("warning", onWarning);
  }
});

test("a connection that stays open after [DONE] is closed", { timeout: 60_000 }, async () => {
  const sockets = new Set();
  let opened = 0;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(TEXT);
    setTimeout(() => response.write(`${FINISH}data: [DONE]\n\n`), 50);
  });
  server.on("connection", (socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const oci = new OciGenAI({
      endpoint: `http://127.0.0.1:${server.address().port}`,
      compartmentId: "ocid1.compartment.oc1..example",
      sign: () => ({ authorization: "x" }),
    });
    const completions = await Promise.all(Array.from({ length: 10 }, () => oci.stream(request).final()));
    assert.deepEqual(new Set(completions.map((completion) => completion.choices[0].message.content)), new Set(["Hi"]));
    assert.ok(opened > 0);
    while (sockets.size > 0) await sleep(50);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
