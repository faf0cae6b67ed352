// `oci.stream`: its chunks, and every way to read them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ChatStream, OciError, OciGenAI } from "oci-genai-edge";
import { WEATHER_TOOL } from "./support/chat-request.mjs";
import { event, fakeService, FINISH, textEvent } from "./support/fake-service.mjs";
import { startHarness } from "./support/harness.mjs";
import { collect, collectUntilError, contentOf } from "./support/streams.mjs";

const { simulator, compartmentId, sign, client, ask } = await startHarness({
  apiKeys: ["sk-simulated"],
  question: "Is it 東京?",
  client: { retry: { baseDelayMs: 1 } },
});
const oci = client();

/** A client of a service that answers with these network chunks. */
function receiving(...chunks) {
  const { fetch } = fakeService(chunks);
  return new OciGenAI({ endpoint: "https://oci.example", compartmentId, fetch });
}

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
    const format = options ? ` as ${options.apiFormat}` : "";
    test(`${name}${format}: streams the same answer that chat() returns`, async () => {
      const stream = oci.stream(ask(name, "tokens=60"), options);
      const chunks = await collect(stream);
      const whole = await oci.chat(ask(name, "tokens=60"), options);

      assert.equal(contentOf(chunks), whole.choices[0].message.content);
      assert.ok(name === "simoneevent" ? chunks.length >= 2 : chunks.length > 30, `${chunks.length} chunks`);
      assert.equal(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size, 1);
      assert.match(chunks[0].id, /^chatcmpl-/);
      assert.ok(chunks.every(({ object }) => object === "chat.completion.chunk"));
      const roles = chunks.map(({ choices }) => choices[0].delta.role);
      assert.deepEqual(roles, ["assistant", ...chunks.slice(1).map(() => undefined)]);
      const finishReasons = chunks.map(({ choices }) => choices[0].finish_reason);
      assert.deepEqual(finishReasons, [...chunks.slice(1).map(() => null), "stop"]);
      assert.ok(chunks.every((chunk) => !chunk.oci?.fallback));
      const final = await stream.final();
      const parts = ({ choices: [{ index, message, finish_reason }] }) => [
        index,
        message.role,
        message.content,
        finish_reason,
      ];
      assert.deepEqual(parts(final), parts(whole));
      assert.deepEqual(final.usage, whole.usage);
      assert.equal(final.id, chunks[0].id);
      assert.deepEqual(stream.report.usage, whole.usage);
    });
  }

  test("has usage in a last chunk without choices, only if it was asked for", async () => {
    for (const model of ["simgeneric", "cohere.command-r-08-2024", "meta.llama-3.3-70b-instruct"]) {
      const plain = await collect(oci.stream(ask(model)));
      assert.ok(
        plain.every((chunk) => chunk.usage === undefined && chunk.choices.length === 1),
        model,
      );
      const stream = oci.stream(ask(model, undefined, { stream_options: { include_usage: true } }));
      const chunks = await collect(stream);
      const last = chunks.pop();
      assert.deepEqual(last.choices, []);
      assert.ok(last.usage.total_tokens > 0);
      assert.ok(
        chunks.every((chunk) => chunk.usage === null && chunk.choices.length === 1),
        model,
      );
      assert.deepEqual((await stream.final()).usage, last.usage);
      assert.equal(chunks.length, plain.length);
    }
  });

  test("has OCI's request id in the first chunk", async () => {
    const [first, ...rest] = await collect(oci.stream(ask("simgeneric")));
    assert.match(first.oci.opc_request_id, /^[0-9A-F]{32}\//);
    assert.ok(rest.every((chunk) => chunk.oci === undefined));
  });

  for (const [name, options] of [
    ["simgeneric"],
    ["simxai"],
    ["simgpt"],
    ["simgemini"],
    ["simoneevent"],
    ["simqwen"],
    ["simcohere", { apiFormat: "COHERE" }],
    ["simcoheresplit", { apiFormat: "COHERE" }],
    ["simcoherev2", { apiFormat: "COHEREV2" }],
  ]) {
    test(`tool calls from ${name}: the deltas add up to the final message`, async () => {
      const request = ask(name, "The weather in Oslo and Lima, parallel?", { tools: [WEATHER_TOOL] });
      const stream = oci.stream(request, options);
      const calls = [];
      let finish;
      for await (const { choices } of stream) {
        finish = choices[0].finish_reason ?? finish;
        for (const { index, id, type, function: called } of choices[0].delta.tool_calls ?? []) {
          if (id !== undefined) {
            assert.equal(calls[index], undefined, "a call starts once");
            assert.equal(index, calls.length, "calls start in order");
            calls[index] = { id, type, function: { name: called.name, arguments: "" } };
          }
          calls[index].function.arguments += called.arguments;
        }
      }
      assert.equal(finish, "tool_calls");
      assert.deepEqual(
        calls.map((call) => JSON.parse(call.function.arguments).city),
        ["Oslo", "Lima"],
      );
      const final = await stream.final();
      assert.deepEqual(final.choices[0].message.tool_calls, calls);
      assert.equal(final.choices[0].finish_reason, "tool_calls");
    });
  }

  test("leaves tool calls that a model writes as text as they are with toolCallText off", async () => {
    const request = ask("simqwen", "The weather in Oslo?", { tools: [WEATHER_TOOL] });
    const calls = oci.stream(request);
    for await (const text of calls.text()) assert.ok(!text.includes("<tool_call>"));
    assert.equal((await calls.final()).choices[0].finish_reason, "tool_calls");

    const off = client({ toolCallText: "off" }).stream(request);
    const text = (await collect(off.text())).join("");
    assert.match(text, /<tool_call>[^]*Oslo[^]*<\/tool_call>/);
    const { message, finish_reason } = (await off.final()).choices[0];
    assert.deepEqual([message.content, message.tool_calls, finish_reason], [text, undefined, "stop"]);
    const unstreamed = (await client({ toolCallText: "off" }).chat(request)).choices[0].message;
    assert.deepEqual([unstreamed.content, unstreamed.tool_calls], [text, undefined]);
    assert.equal((await oci.chat(request)).choices[0].message.tool_calls.length, 1);
  });

  test("keeps several choices apart, and text() is the first one", async () => {
    const request = ask("simgeneric", "Hello?", { n: 2 });
    const texts = ["", ""];
    const stream = oci.stream(request);
    for await (const { choices } of stream) for (const { index, delta } of choices) texts[index] += delta.content ?? "";
    assert.deepEqual(
      (await stream.final()).choices.map(({ message }) => message.content),
      texts,
    );
    assert.notEqual(texts[0], texts[1]);
    assert.equal((await collect(oci.stream(request).text())).join(""), texts[0]);
  });

  test("text() yields the text only", async () => {
    const stream = oci.stream(ask("simgeneric", "tokens=40", { stream_options: { include_usage: true } }));
    const pieces = await collect(stream.text());
    assert.ok(pieces.length > 10 && pieces.every((piece) => typeof piece === "string" && piece !== ""));
    assert.equal(pieces.join(""), (await stream.final()).choices[0].message.content);
    const called = oci.stream(ask("simgeneric", "The weather in Oslo?", { tools: [WEATHER_TOOL] }));
    const plan = (await collect(called.text())).join("");
    const { message } = (await called.final()).choices[0];
    assert.equal(plan, message.content ?? "");
    assert.equal(message.tool_calls.length, 1);
  });

  test("final() can be called before, after and between reads, more than once", async () => {
    const whole = await oci.chat(ask("simgeneric", "tokens=40"));
    const { content } = whole.choices[0].message;

    const before = oci.stream(ask("simgeneric", "tokens=40"));
    const [first, second] = await Promise.all([before.final(), before.final()]);
    assert.equal(first.choices[0].message.content, content);
    assert.deepEqual(second, first);
    assert.deepEqual(await collect(before), []);

    const between = oci.stream(ask("simgeneric", "tokens=40"));
    const chunks = [(await between.next()).value, (await between.next()).value];
    assert.equal((await between.final()).choices[0].message.content, content);
    assert.ok(content.startsWith(contentOf(chunks)) && contentOf(chunks) !== "");
    assert.deepEqual(await between.next(), { value: undefined, done: true });
    // Each call returns a copy.
    (await between.final()).choices.length = 0;
    assert.equal((await between.final()).choices.length, 1);
  });

  test("next() and text() can be mixed", async () => {
    const stream = oci.stream(ask("simgeneric", "tokens=40"));
    let text = (await stream.next()).value.choices[0].delta.content;
    const words = stream.text();
    for (let turn = 0; turn < 5; turn++) {
      text += (await words.next()).value;
      text += (await stream.next()).value.choices[0].delta.content;
    }
    for await (const piece of words) text += piece;
    assert.equal(text, (await stream.final()).choices[0].message.content);
  });

  test("concurrent calls of next() yield each chunk once, in order", async () => {
    const stream = oci.stream(ask("simgeneric", "tokens=40"));
    const steps = await Promise.all(Array.from({ length: 100 }, () => stream.next()));
    const chunks = steps.filter(({ done }) => !done).map(({ value }) => value);
    assert.equal(contentOf(chunks), (await stream.final()).choices[0].message.content);
    assert.ok(chunks.length < 100 && steps.at(-1).done, "the rest are done");
    assert.ok(steps.every(({ done }, at) => at === 0 || done || !steps[at - 1].done));
  });

  test("does not validate, sign or send anything before it is read", async () => {
    let calls = 0;
    const counting = client({
      sign: (request) => {
        calls++;
        return sign(request);
      },
      fetch: (...args) => {
        calls++;
        return fetch(...args);
      },
    });
    const stream = counting.stream(ask("simgeneric"));
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
    assert.equal(calls, 0);
    await iterator.next();
    assert.equal(calls, 2);
    await stream.cancel();
  });

  test("an answer without text ends like any other", async () => {
    for (const events of [[FINISH], [textEvent(""), FINISH], [": hi\n\n", FINISH, "data: [DONE]\n\n"]]) {
      const service = receiving(...events);
      const request = ask("simgeneric");
      assert.deepEqual(await collect(service.stream(request).text()), []);
      const stream = service.stream(request);
      const chunks = await collect(stream);
      assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
      assert.equal((await stream.final()).choices[0].message.content, "");
    }
  });

  test("yields the same chunks however the bytes are cut", async () => {
    const whole = new TextEncoder().encode(textEvent("naïve 東京 😀") + textEvent('\u2028 "x"\n') + FINISH);
    const request = ask("simgeneric");
    const wanted = 'naïve 東京 😀\u2028 "x"\n';
    for (const size of [1, 2, 3, 5, 7, 64, whole.length]) {
      const cut = [];
      for (let at = 0; at < whole.length; at += size) cut.push(whole.slice(at, at + size));
      const chunks = await collect(receiving(...cut).stream(request));
      assert.equal(contentOf(chunks), wanted, `cut at ${size}`);
      assert.equal(chunks.length, 3);
      assert.equal(
        (
          await collect(
            receiving(...cut)
              .stream(request)
              .text(),
          )
        ).join(""),
        wanted,
      );
    }
    // Longer than the buffer in wasm.
    const long = "東".repeat(200_000);
    assert.equal(
      (
        await collect(
          receiving(textEvent(long) + textEvent("!") + FINISH)
            .stream(request)
            .text(),
        )
      ).join(""),
      `${long}!`,
    );
  });

  test("model output can't pollute a prototype", async () => {
    const service = receiving(
      'data: {"index":0,"message":{"toolCalls":[{"id":"a","name":"f",' +
        '"arguments":"{\\"__proto__\\":{\\"polluted\\":1}}"}]},"__proto__":{"polluted":1}}\n\n',
      FINISH,
    );
    const stream = service.stream(ask("simgeneric"));
    for await (const chunk of stream) assert.equal(chunk.polluted, undefined);
    const final = await stream.final();
    assert.equal(final.choices[0].message.tool_calls[0].function.arguments, '{"__proto__":{"polluted":1}}');
    assert.equal({}.polluted, undefined);
  });

  for (const [name, code, words] of [
    ["simcut", "stream_truncated"],
    ["simnofinish", "stream_truncated"],
    ["simerrorevent", "stream_error", /The model stopped unexpectedly/],
  ]) {
    test(`${name} fails in the middle: yields what was received, then ${code} with the partial answer`, async () => {
      const sent = simulator.requests.length;
      const stream = oci.stream(ask(name, "tokens=60"));
      const { items: chunks, error: failure } = await collectUntilError(stream);
      assert.ok(failure instanceof OciError);
      assert.equal(failure.code, code);
      assert.match(failure.serviceMessage ?? "", words ?? /^$/);
      assert.equal(failure.retryable, true);
      assert.ok(contentOf(chunks).length > 0);
      assert.equal(failure.partial.choices[0].message.content, contentOf(chunks));
      assert.equal(failure.partial.choices[0].finish_reason, null);
      assert.equal(failure.partial.object, "chat.completion");
      assert.ok(failure.opcRequestId, "the error has OCI's request id");
      assert.equal(simulator.requests.length, sent + 1, "nothing is retried after the first chunk");
      assert.equal(failure.attempts.length, 1);
      assert.equal(failure.attempts[0].code, code);

      // An iteration throws it once, final() every time.
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      await assert.rejects(stream.final(), (error) => error === failure);
      await assert.rejects(stream.final(), (error) => error === failure);
      assert.equal(stream.report.error, code);
    });
  }

  test("text() and final() of a stream that fails in the middle", async () => {
    const { items, error } = await collectUntilError(oci.stream(ask("simerrorevent", "tokens=60")).text());
    assert.equal(error.code, "stream_error");
    assert.ok(items.length > 0);
    assert.equal(error.partial.choices[0].message.content, items.join(""));
    await assert.rejects(
      oci.stream(ask("simcut", "tokens=60")).final(),
      ({ code, partial }) => code === "stream_truncated" && partial !== undefined,
    );
  });

  test("yields the text before an error event in the same network chunk", async () => {
    const service = receiving(textEvent("one") + textEvent(" two") + event({ code: "500", message: "no more" }));
    const stream = service.stream(ask("simgeneric"));
    assert.equal((await stream.next()).value.choices[0].delta.content, "one");
    assert.equal((await stream.next()).value.choices[0].delta.content, " two");
    await assert.rejects(stream.next(), { code: "stream_error" });
    assert.deepEqual(await stream.next(), { value: undefined, done: true });
  });

  test("reads usage after the finish, and nothing after [DONE]", async () => {
    const usage = event({ usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 } });
    const service = receiving(textEvent("a"), FINISH, usage, "data: [DONE]\n\n", "data: {not json\n\n");
    const stream = service.stream(ask("simgeneric"));
    await collect(stream);
    assert.deepEqual((await stream.final()).usage, { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 });
  });
});
