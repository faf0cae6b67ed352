// A stream of chunks, and every way to read it.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ChatStream, OciError, OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { endpointId, makeCredentials, startSimulator } from "../simulator/server.mjs";

const key = makeCredentials();
const simulator = await startSimulator({ credentials: [key], apiKeys: ["sk-simulated"] });
after(() => simulator.close());

const { compartmentId, url: endpoint } = simulator;
const client = (options) => new OciGenAI({ endpoint, compartmentId, sign: apiKeySigner(key), retry: { baseDelayMs: 1 }, ...options });
const oci = client();
const ask = (model, question = "Is it 東京?", more = {}) => ({ model, messages: [{ role: "user", content: question }], ...more });
const dac = endpointId("simgeneric");

async function collected(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

// A service in a few lines, where it has to be precise.
const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
const said = (text) => event({ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text }] } });
const FINISH = event({ finishReason: "stop" });
const answering = (...pieces) => {
  const encoder = new TextEncoder();
  const body = () => ReadableStream.from(pieces.map((piece) => (typeof piece === "string" ? encoder.encode(piece) : piece)));
  return new OciGenAI({ endpoint: "https://oci.example", compartmentId, fetch: async () => new Response(body(), { headers: { "content-type": "text/event-stream" } }) });
};

const TOOL = {
  type: "function",
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
};

describe("stream", () => {
  for (const [name, options] of [
    ["simgeneric"],
    ["simcohere", { apiFormat: "COHERE" }],
    ["simcohere"],
    ["simcoherev2", { apiFormat: "COHEREV2" }],
    ["simcoheresplit", { apiFormat: "COHERE" }],
    ["simxai"],
    ["simgpt"],
    ["simgemini"],
    ["simoneevent"],
    ["simsinglenewline"],
    ["simcrlf"],
    ["simcomments"],
    ["simsplit"],
    ["cohere.command-r-08-2024"],
    ["meta.llama-3.3-70b-instruct"],
  ]) {
    test(`${name}${options ? ` as ${options.apiFormat}` : ""}: the same answer as unstreamed, piece by piece`, async () => {
      const model = name.includes(".") ? name : endpointId(name);
      const stream = oci.stream(ask(model, "tokens=60"), options);
      const chunks = await collected(stream);
      const whole = await oci.chat(ask(model, "tokens=60"), options);

      assert.equal(textOf(chunks), whole.choices[0].message.content);
      assert.ok(name === "simoneevent" ? chunks.length >= 2 : chunks.length > 30, `${chunks.length} chunks`);
      assert.equal(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size, 1);
      assert.match(chunks[0].id, /^chatcmpl-/);
      assert.ok(chunks.every(({ object }) => object === "chat.completion.chunk"));
      assert.deepEqual(chunks.flatMap(({ choices }, at) => (choices[0].delta.role ? [[at, choices[0].delta.role]] : [])), [[0, "assistant"]]);
      assert.deepEqual(chunks.flatMap(({ choices }, at) => (choices[0].finish_reason ? [[at, choices[0].finish_reason]] : [])), [[chunks.length - 1, "stop"]]);
      assert.ok(chunks.every((chunk) => !chunk.oci?.fallback));
      const final = await stream.final();
      const parts = ({ choices: [{ index, message, finish_reason }] }) => [index, message.role, message.content, finish_reason];
      assert.deepEqual(parts(final), parts(whole));
      assert.deepEqual(final.usage, whole.usage);
      assert.equal(final.id, chunks[0].id);
      assert.deepEqual(stream.report.usage, whole.usage);
    });
  }

  test("usage comes in a last chunk without choices, if it is asked for, and never else", async () => {
    for (const model of [dac, "cohere.command-r-08-2024", "meta.llama-3.3-70b-instruct"]) {
      const plain = await collected(oci.stream(ask(model)));
      assert.ok(plain.every((chunk) => chunk.usage === undefined && chunk.choices.length === 1), model);
      const stream = oci.stream(ask(model, undefined, { stream_options: { include_usage: true } }));
      const asked = await collected(stream);
      const last = asked.pop();
      assert.deepEqual(last.choices, []);
      assert.ok(last.usage.total_tokens > 0);
      assert.ok(asked.every((chunk) => chunk.usage === null && chunk.choices.length === 1), model);
      assert.deepEqual((await stream.final()).usage, last.usage);
      assert.equal(asked.length, plain.length);
    }
  });

  test("OCI's id of the request is on the first chunk", async () => {
    const [first, ...rest] = await collected(oci.stream(ask(dac)));
    assert.match(first.oci.opc_request_id, /^[0-9A-F]{32}\//);
    assert.ok(rest.every((chunk) => chunk.oci === undefined));
  });

  for (const [name, options] of [["simgeneric"], ["simxai"], ["simgpt"], ["simgemini"], ["simoneevent"], ["simqwen"], ["simcohere", { apiFormat: "COHERE" }], ["simcoheresplit", { apiFormat: "COHERE" }], ["simcoherev2", { apiFormat: "COHEREV2" }]]) {
    test(`tool calls of ${name}: what is streamed is what is put together`, async () => {
      const request = ask(endpointId(name), "The weather in Oslo and Lima, parallel?", { tools: [TOOL] });
      const stream = oci.stream(request, options);
      const calls = [];
      let finish;
      for await (const { choices } of stream) {
        finish = choices[0].finish_reason ?? finish;
        for (const { index, id, type, function: { name, arguments: piece } } of choices[0].delta.tool_calls ?? []) {
          if (id !== undefined) {
            assert.equal(calls[index], undefined, "a call opens once");
            assert.equal(index, calls.length, "calls open in order");
            calls[index] = { id, type, function: { name, arguments: "" } };
          }
          calls[index].function.arguments += piece;
        }
      }
      assert.equal(finish, "tool_calls");
      assert.deepEqual(calls.map((call) => JSON.parse(call.function.arguments).city), ["Oslo", "Lima"]);
      const final = await stream.final();
      assert.deepEqual(final.choices[0].message.tool_calls, calls);
      assert.equal(final.choices[0].finish_reason, "tool_calls");
    });
  }

  test("calls that a model writes as text stay text where they are not wanted as calls", async () => {
    const request = ask(endpointId("simqwen"), "The weather in Oslo?", { tools: [TOOL] });
    const calls = oci.stream(request);
    for await (const text of calls.text()) assert.ok(!text.includes("<tool_call>"));
    assert.equal((await calls.final()).choices[0].finish_reason, "tool_calls");

    const off = client({ toolCallText: "off" }).stream(request);
    let text = "";
    for await (const piece of off.text()) text += piece;
    assert.match(text, /<tool_call>[^]*Oslo[^]*<\/tool_call>/);
    const { message, finish_reason } = (await off.final()).choices[0];
    assert.deepEqual([message.content, message.tool_calls, finish_reason], [text, undefined, "stop"]);
    const unstreamed = (await client({ toolCallText: "off" }).chat(request)).choices[0].message;
    assert.deepEqual([unstreamed.content, unstreamed.tool_calls], [text, undefined]);
    assert.equal((await oci.chat(request)).choices[0].message.tool_calls.length, 1);
  });

  test("several answers keep apart, and text() is the first one's", async () => {
    const request = ask(dac, "Hello?", { n: 2 });
    const texts = ["", ""];
    const stream = oci.stream(request);
    for await (const { choices } of stream) for (const { index, delta } of choices) texts[index] += delta.content ?? "";
    assert.deepEqual((await stream.final()).choices.map(({ message }) => message.content), texts);
    assert.notEqual(texts[0], texts[1]);
    assert.equal((await collected(oci.stream(request).text())).join(""), texts[0]);
  });

  test("text() is the text alone", async () => {
    const stream = oci.stream(ask(dac, "tokens=40", { stream_options: { include_usage: true } }));
    const pieces = await collected(stream.text());
    assert.ok(pieces.length > 10 && pieces.every((piece) => typeof piece === "string" && piece !== ""));
    assert.equal(pieces.join(""), (await stream.final()).choices[0].message.content);
    const called = oci.stream(ask(dac, "The weather in Oslo?", { tools: [TOOL] }));
    const plan = (await collected(called.text())).join("");
    const { message } = (await called.final()).choices[0];
    assert.equal(plan, message.content ?? "");
    assert.equal(message.tool_calls.length, 1);
  });

  test("final() before, after and between, once and again", async () => {
    const whole = await oci.chat(ask(dac, "tokens=40"));
    const { content } = whole.choices[0].message;

    const before = oci.stream(ask(dac, "tokens=40"));
    const [first, second] = await Promise.all([before.final(), before.final()]);
    assert.equal(first.choices[0].message.content, content);
    assert.deepEqual(second, first);
    assert.deepEqual(await collected(before), []);

    const between = oci.stream(ask(dac, "tokens=40"));
    const chunks = [(await between.next()).value, (await between.next()).value];
    assert.equal((await between.final()).choices[0].message.content, content);
    assert.ok(content.startsWith(textOf(chunks)) && textOf(chunks) !== "");
    assert.deepEqual(await between.next(), { value: undefined, done: true });
    // What is given away is a copy.
    (await between.final()).choices.length = 0;
    assert.equal((await between.final()).choices.length, 1);
  });

  test("chunks, text and next() may take turns", async () => {
    const stream = oci.stream(ask(dac, "tokens=40"));
    let text = (await stream.next()).value.choices[0].delta.content;
    const words = stream.text();
    for (let turn = 0; turn < 5; turn++) {
      text += (await words.next()).value;
      text += (await stream.next()).value.choices[0].delta.content;
    }
    for await (const piece of words) text += piece;
    assert.equal(text, (await stream.final()).choices[0].message.content);
  });

  test("calls of next() may overlap: each chunk once, in order", async () => {
    const stream = oci.stream(ask(dac, "tokens=40"));
    const steps = await Promise.all(Array.from({ length: 100 }, () => stream.next()));
    const chunks = steps.filter(({ done }) => !done).map(({ value }) => value);
    assert.equal(textOf(chunks), (await stream.final()).choices[0].message.content);
    assert.ok(chunks.length < 100 && steps.at(-1).done, "the rest say that it is over");
    assert.ok(steps.every(({ done }, at) => at === 0 || done || !steps[at - 1].done));
  });

  test("nothing is checked, signed or sent before something is asked of it", async () => {
    let asked = 0;
    const counting = client({
      sign: (request) => (asked++, apiKeySigner(key)(request)),
      fetch: (...args) => (asked++, fetch(...args)),
    });
    const stream = counting.stream(ask(dac));
    assert.ok(stream instanceof ChatStream);
    assert.equal(stream.report, undefined);
    const iterator = stream[Symbol.asyncIterator]();
    assert.equal(iterator, stream);
    stream.text();
    stream.toReadableStream();
    counting.stream({ model: "no such model" });
    counting.stream(undefined);
    await nextTurn();
    await nextTurn();
    assert.equal(asked, 0);
    await iterator.next();
    assert.equal(asked, 2);
    await stream.cancel();
  });

  test("answers without text end like any other", async () => {
    for (const pieces of [[FINISH], [said(""), FINISH], [": hi\n\n", FINISH, "data: [DONE]\n\n"]]) {
      const service = answering(...pieces);
      const request = { model: dac, messages: [{ role: "user", content: "x" }] };
      assert.deepEqual(await collected(service.stream(request).text()), []);
      const stream = service.stream(request);
      const chunks = await collected(stream);
      assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
      assert.equal((await stream.final()).choices[0].message.content, "");
    }
  });

  test("any cut of the bytes gives the same chunks", async () => {
    const whole = new TextEncoder().encode(said("naïve 東京 😀") + said("\u2028 \"x\"\n") + FINISH);
    const request = { model: dac, messages: [{ role: "user", content: "x" }] };
    const wanted = 'naïve 東京 😀\u2028 "x"\n';
    for (const size of [1, 2, 3, 5, 7, 64, whole.length]) {
      const pieces = [];
      for (let at = 0; at < whole.length; at += size) pieces.push(whole.slice(at, at + size));
      const chunks = await collected(answering(...pieces).stream(request));
      assert.equal(textOf(chunks), wanted, `cut at ${size}`);
      assert.equal(chunks.length, 3);
      assert.equal((await collected(answering(...pieces).stream(request).text())).join(""), wanted);
    }
    // Longer than the buffer in wasm is.
    const long = "東".repeat(200_000);
    assert.equal((await collected(answering(said(long) + said("!") + FINISH).stream(request).text())).join(""), `${long}!`);
  });

  test("model output can't reach a prototype", async () => {
    const service = answering(
      `data: {"index":0,"message":{"toolCalls":[{"id":"a","name":"f","arguments":"{\\"__proto__\\":{\\"polluted\\":1}}"}]},"__proto__":{"polluted":1}}\n\n`,
      FINISH,
    );
    const stream = service.stream({ model: dac, messages: [{ role: "user", content: "x" }] });
    for await (const chunk of stream) assert.equal(chunk.polluted, undefined);
    const final = await stream.final();
    assert.equal(final.choices[0].message.tool_calls[0].function.arguments, '{"__proto__":{"polluted":1}}');
    assert.equal({}.polluted, undefined);
  });

  for (const [name, code, said] of [["simcut", "stream_truncated"], ["simnofinish", "stream_truncated"], ["simerrorevent", "stream_error", /The model stopped unexpectedly/]]) {
    test(`${name} breaks in the middle: everything before is read, then ${code} with what there was`, async () => {
      const sent = simulator.requests.length;
      const stream = oci.stream(ask(endpointId(name), "tokens=60"));
      const chunks = [];
      let failure;
      await assert.rejects(
        async () => {
          for await (const chunk of stream) chunks.push(chunk);
        },
        (error) => ((failure = error), true),
      );
      assert.ok(failure instanceof OciError);
      assert.equal(failure.code, code);
      if (said) assert.match(failure.message, said);
      assert.equal(failure.retryable, true);
      assert.ok(textOf(chunks).length > 0);
      assert.equal(failure.partial.choices[0].message.content, textOf(chunks));
      assert.equal(failure.partial.choices[0].finish_reason, null);
      assert.equal(failure.partial.object, "chat.completion");
      assert.ok(failure.opcRequestId, "OCI's id of the request that broke is known");
      assert.equal(simulator.requests.length, sent + 1, "nothing is repeated after the first chunk");
      assert.equal(failure.attempts.length, 1);
      assert.equal(failure.attempts[0].code, code);

      // Told once to a loop; final() tells it whenever it is asked.
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      await assert.rejects(stream.final(), (error) => error === failure);
      await assert.rejects(stream.final(), (error) => error === failure);
      assert.equal(stream.report.error, code);
    });
  }

  test("text() and final() of a stream that breaks", async () => {
    const stream = oci.stream(ask(endpointId("simerrorevent"), "tokens=60"));
    let text = "";
    await assert.rejects(
      async () => {
        for await (const piece of stream.text()) text += piece;
      },
      (error) => error.code === "stream_error" && error.partial.choices[0].message.content === text && text !== "",
    );
    await assert.rejects(oci.stream(ask(endpointId("simcut"), "tokens=60")).final(), (error) => error.code === "stream_truncated" && error.partial !== undefined);
  });

  test("an error event in the same network chunk comes after the text before it", async () => {
    const service = answering(said("one") + said(" two") + event({ code: "500", message: "no more" }));
    const stream = service.stream({ model: dac, messages: [{ role: "user", content: "x" }] });
    assert.equal((await stream.next()).value.choices[0].delta.content, "one");
    assert.equal((await stream.next()).value.choices[0].delta.content, " two");
    await assert.rejects(stream.next(), { code: "stream_error" });
    assert.deepEqual(await stream.next(), { value: undefined, done: true });
  });

  test("usage after the finish is read, and what follows [DONE] is not", async () => {
    const usage = event({ usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 } });
    const service = answering(said("a"), FINISH, usage, "data: [DONE]\n\n", "data: {not json\n\n");
    const stream = service.stream({ model: dac, messages: [{ role: "user", content: "x" }] });
    await collected(stream);
    assert.deepEqual((await stream.final()).usage, { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 });
  });
});
