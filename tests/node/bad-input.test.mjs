// Requests and options that no program should pass: a typed error or the right request, and the client works
// afterwards.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import vm from "node:vm";
import { OciError, OciGenAI } from "oci-genai-edge";
import { FINISH, textEvent } from "./support/fake-service.mjs";
import { memoryPages } from "./support/wasm-memory.mjs";

const unhandled = [];
const onUnhandled = (reason) => unhandled.push(reason);
process.on("unhandledRejection", onUnhandled);
after(() => process.off("unhandledRejection", onUnhandled));

const DAC = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
const messages = [{ role: "user", content: "Hello?" }];
const boom = new Error("the caller's own");
const fail = () => {
  throw boom;
};

const sent = [];
const fetch = async (_, init) => {
  sent.push(JSON.parse(new TextDecoder().decode(init.body)));
  return new Response(textEvent("fine") + FINISH, { headers: { "content-type": "text/event-stream" } });
};
const OPTIONS = { compartmentId: "c", retry: { maxAttempts: 1 }, fetch };
const oci = new OciGenAI(OPTIONS);

async function assertWorks(client = oci) {
  const { length } = sent;
  const completion = await client.stream({ model: DAC, messages }).final();
  assert.equal(completion.choices[0].message.content, "fine");
  assert.equal(sent.length, length + 1);
}

function deep(levels) {
  let value = { content: "x" };
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}

function deepText(levels) {
  return `${'{"value":'.repeat(levels)}1${"}".repeat(levels)}`;
}

const cycle = { model: DAC, messages };
cycle.self = cycle;
const hostile = (name) => new Proxy({ model: DAC, messages }, { [name]: fail });
const revoked = Proxy.revocable({}, {});
revoked.revoke();

const BAD_REQUESTS = {
  nothing: undefined,
  null: null,
  "a string": "x",
  "a symbol": Symbol("x"),
  "a function": fail,
  "an array": [1],
  "a BigInt": { model: DAC, messages, n: 1n },
  "a cycle": cycle,
  "a million levels": { model: DAC, messages, metadata: deep(1_000_000) },
  "a hundred thousand levels": { model: DAC, messages, metadata: deep(100_000) },
  "a thousand levels": { model: DAC, messages, metadata: deep(1000) },
  "messages a thousand levels deep": { model: DAC, messages: [deep(1000)] },
  "a getter that throws": {
    model: DAC,
    get messages() {
      return fail();
    },
  },
  "stream_options that throw": {
    model: DAC,
    messages,
    get stream_options() {
      return fail();
    },
  },
  "toJSON that throws": { toJSON: fail },
  "toJSON of nothing": { toJSON: () => undefined },
  "a proxy that throws for every member": hostile("get"),
  "a proxy without keys": hostile("ownKeys"),
  "a proxy that was revoked": revoked.proxy,
  "a model that is an object": { model: {}, messages },
  "more text than crosses the boundary": { model: DAC, messages: [{ role: "user", content: "x".repeat(2 ** 27) }] },
};

/** Every way to make a call of a request. */
const CALLS = {
  chat: (client, request, options) => client.chat(request, options),
  stream: (client, request, options) => client.stream(request, options).final(),
  text: async (client, request, options) => {
    for await (const _ of client.stream(request, options).text());
  },
  toResponse: (client, request, options) => client.stream(request, options).toResponse(),
};

describe("requests", { timeout: 120_000 }, () => {
  for (const [name, request] of Object.entries(BAD_REQUESTS)) {
    test(`${name}: an error with a code, and the next call works`, async () => {
      const { length } = sent;
      for (const call of Object.values(CALLS)) {
        await assert.rejects(
          async () => call(oci, request),
          (error) => {
            assert.ok(error instanceof OciError, `${error}`);
            assert.equal(error.code, "invalid_request");
            return true;
          },
        );
      }
      assert.equal(sent.length, length);
      await assertWorks();
    });
  }

  test("as the text of a body", async () => {
    for (const body of [
      "",
      "null",
      "[]",
      "{",
      '"x"',
      "1e999",
      deepText(1_000_000),
      `{"model":"${DAC}","messages":[${deepText(100_000)}]}`,
      `{"model":"${DAC}","messages":[{"role":"user","content":"${"x".repeat(2 ** 27)}"}]}`,
      "\u0000",
      "\ud800",
    ]) {
      const response = await oci.fetch("https://oci.invalid/v1/chat/completions", { method: "POST", body });
      assert.equal(response.status, 400);
      assert.equal((await response.json()).error.code, "invalid_request");
    }
    await assertWorks();
  });

  test("names of prototypes are names", async () => {
    const text = `{"model":"${DAC}","messages":[{"role":"user","content":"Hi","__proto__":{"name":"x"}}],
      "tools":[{"type":"function","function":{"name":"constructor","parameters":
        {"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}}}}}]}`;
    const request = JSON.parse(text);
    await oci.stream(request).final();
    const { parameters } = sent.at(-1).chatRequest.tools[0];
    assert.deepEqual(Object.keys(parameters.properties), ["__proto__", "constructor"]);
    assert.equal({}.name, undefined);
    for (const name of ["__proto__", "constructor", "prototype", "toString"]) {
      const unknown = JSON.parse(`{"model":"${DAC}","messages":[{"role":"user","content":"Hi"}],"${name}":{"a":1}}`);
      await assert.rejects(oci.chat(unknown), { code: "invalid_request", param: name });
      assert.throws(() => oci.route(name), { code: "invalid_model" });
    }
    await assertWorks();
  });

  test("lone surrogates become U+FFFD", async () => {
    await oci.stream({ model: DAC, messages: [{ role: "user", content: "a\ud83d" }] }).final();
    assert.equal(sent.at(-1).chatRequest.messages[0].content[0].text, "a\ufffd");
    assert.throws(() => oci.route("\ud83d"), { code: "invalid_model" });
    await assertWorks();
  });

  test("a proxy that behaves, and objects of another realm, are read", async () => {
    const foreign = vm.runInNewContext(`(${JSON.stringify({ model: DAC, messages })})`);
    for (const request of [new Proxy({ model: DAC, messages }, {}), foreign]) {
      await oci.stream(request).final();
      assert.equal(sent.at(-1).chatRequest.messages[0].content[0].text, "Hello?");
    }
  });

  test("a text of 40 MB is sent as it is", async () => {
    const content = "é".repeat(20_000_000);
    await oci.stream({ model: DAC, messages: [{ role: "user", content }] }).final();
    assert.equal(sent.pop().chatRequest.messages[0].content[0].text, content);
    sent.push(undefined);
    // The memory that it took is not kept.
    await Promise.resolve();
    assert.ok(memoryPages() < 200, `${memoryPages()} pages`);
    await assertWorks();
  });

  test("the memory of a large request is kept while another call is live", async () => {
    let push;
    const source = { start: (controller) => (push = (text) => controller.enqueue(new TextEncoder().encode(text))) };
    const other = new OciGenAI({ ...OPTIONS, fetch: async () => new Response(new ReadableStream(source)) });
    const live = other.stream({ model: DAC, messages });
    const first = live.next();
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    push(textEvent("one"));
    await first;
    await oci.stream({ model: DAC, messages: [{ role: "user", content: "x".repeat(40_000_000) }] }).final();
    sent.pop();
    push(textEvent("two"));
    assert.equal((await live.next()).value.choices[0].delta.content, "two");
    await live.cancel();
    await Promise.resolve();
    assert.ok(memoryPages() < 200, `${memoryPages()} pages`);
    await assertWorks();
  });
});

const options = { compartmentId: "c" };
const optionCycle = { ...options };
optionCycle.headers = { loop: optionCycle };

const BAD_OPTIONS = {
  null: null,
  "a string": "x",
  "a cycle": optionCycle,
  "a million levels": { ...options, headers: deep(1_000_000) },
  "three thousand levels": { ...options, headers: deep(3000) },
  "a getter that throws": {
    get timeouts() {
      return fail();
    },
  },
  "a getter that throws inside": {
    headers: {
      get a() {
        return fail();
      },
    },
  },
  "a proxy that throws for every member": new Proxy({}, { get: fail, ownKeys: () => ["headers"] }),
  "a proxy without keys": new Proxy({}, { ownKeys: fail }),
  "a proxy that was revoked": revoked.proxy,
  "headers that are a proxy": { headers: new Proxy({}, { ownKeys: fail }) },
  "toJSON that throws": { headers: { toJSON: fail } },
  "__proto__ as a name": JSON.parse('{"__proto__":{"region":"us-chicago-1"}}'),
  "constructor as a name": { constructor: {} },
  "a header beyond ASCII": { headers: { "x-name": "Zoë" } },
  "a header beyond Latin-1": { headers: { "x-name": "日本" } },
  "a header with a line break": { headers: { "x-name": "a\r\nb" } },
  "a lone surrogate in a header": { headers: { "x-name": "\ud83d" } },
};

describe("options", { timeout: 120_000 }, () => {
  for (const [name, bad] of Object.entries(BAD_OPTIONS)) {
    test(`of a client, ${name}: invalid_options`, async () => {
      assert.throws(
        () => new OciGenAI(bad),
        (error) => {
          assert.ok(error instanceof OciError, `${error}`);
          assert.equal(error.code, "invalid_options");
          return true;
        },
      );
      await assertWorks();
    });

    test(`of a call, ${name}: invalid_options`, async () => {
      if (bad === null) return;
      for (const call of Object.values(CALLS)) {
        await assert.rejects(
          async () => call(oci, { model: DAC, messages }, bad),
          (error) => {
            assert.ok(error instanceof OciError, `${error}`);
            assert.equal(error.code, "invalid_options");
            return true;
          },
        );
      }
      await assertWorks();
    });
  }

  test("a signal that is none", async () => {
    const proxy = new Proxy({}, { get: fail });
    for (const signal of [{}, "x", Object.create(AbortSignal.prototype), new EventTarget(), proxy]) {
      await assert.rejects(oci.chat({ model: DAC, messages }, { signal }), { code: "invalid_options" });
    }
    await assertWorks();
  });

  test("the message names the header", () => {
    assert.throws(() => new OciGenAI({ headers: { "x-name": "Zoë" } }), /headers\.x-name/);
  });

  test("hosts that no URL can have", () => {
    for (const endpoint of [
      "https://xn--a.example",
      "https://a.xn--0",
      "https://0x7f.1",
      "https://1.2.3",
      "https://256.1.1.1",
      "https://host:65536",
      "https://ho%41st",
      "https://a<b",
      "https://a|b",
      "https://[::1",
      "https://a..b",
    ]) {
      assert.throws(() => new OciGenAI({ endpoint }), { code: "invalid_options" }, endpoint);
      const models = { alias: [{ model: DAC, endpoint }] };
      assert.throws(() => new OciGenAI({ models }), { code: "invalid_options" }, endpoint);
    }
  });

  test("every host that is accepted is one that the url standard parses unchanged", () => {
    const letters = ["a", "B", "xn--", "xn--a", "xn--zca", "0x", "0", "1", "255"];
    const parts = [...letters, "-", "_", ".", "..", "é", "%41", "[::1]", ":80", "@", "ß", " "];
    let accepted = 0;
    let seed = 1;
    const next = (below) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let round = 0; round < 5000; round++) {
      const host = Array.from({ length: 1 + next(4) }, () => parts[next(parts.length)]).join("");
      let client;
      try {
        client = new OciGenAI({ endpoint: `https://${host}` });
      } catch (error) {
        assert.equal(error.code, "invalid_options", host);
        continue;
      }
      accepted++;
      const url = new URL(client.route(DAC).url);
      assert.equal(url.href, client.route(DAC).url, host);
      assert.equal(url.host, new URL(`https://${host}`).host, host);
    }
    assert.ok(accepted > 50, `${accepted}`);
  });
});

test("nothing was left unhandled", () => assert.deepEqual(unhandled, []));
