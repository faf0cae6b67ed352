// `oci-genai-edge serve`, in front of the simulator, and the adapter that it runs on.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { toNodeHandler } from "oci-genai-edge/gateway/node";
import { endpointId } from "../simulator/server.mjs";
import { makeHome, profileFiles, runCli, startCli } from "./support/cli.mjs";
import { startHarness } from "./support/harness.mjs";
import { startServer } from "./support/local-server.mjs";
import { collect, contentOf } from "./support/streams.mjs";

const hasOpenai = Number(process.versions.node.split(".")[0]) >= 22;

/** Starts the gateway: what it prints, and a function that asks it. */
async function serve(args, options) {
  const program = startCli(["serve", "--port", "0", ...args], options);
  const [, baseURL] = await program.until(/^export OPENAI_BASE_URL=(\S+)$/m);
  const [, apiKey] = await program.until(/^export OPENAI_API_KEY=(\S+)$/m);
  const ask = (model, { token = apiKey, ...request } = {}) => {
    const messages = [{ role: "user", content: "Hi?" }];
    return fetch(`${baseURL}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ model, messages, ...request }),
    });
  };
  return { ...program, baseURL, apiKey, ask };
}

describe("serve", { timeout: 300_000 }, async () => {
  const { key, url, compartmentId, nextRequest, lastRequest } = await startHarness({ pace: 1 });
  const env = { HOME: makeHome(profileFiles(key)), OCI_ENDPOINT: url, OCI_COMPARTMENT_ID: compartmentId };
  const others = ["cut", "hang", "slow"].flatMap((name) => ["--model", `${name}=${endpointId(`sim${name}`)}`]);
  const models = ["--model", `house=${endpointId("simcohere")},COHERE`, ...others];

  test("answers clients of OpenAI's API, and lists what it serves", async () => {
    const { baseURL, apiKey, ask, until, child, ended } = await serve(models, { env });
    assert.match(baseURL, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    assert.match(apiKey, /^local-[\w-]{24}$/);
    await until(/^house +DEDICATED native COHERE us-chicago-1$/m, "stderr");
    const response = await ask("house");
    assert.equal(response.status, 200);
    assert.match((await response.json()).choices[0].message.content, /^You asked: "Hi\?"/);
    assert.equal(lastRequest().apiFormat, "COHERE");
    await until(/^house · ok · \d+ \+ \d+ tokens · .*ms$/m, "stderr");

    const wrong = await ask("house", { token: "local-wrong" });
    assert.equal(wrong.status, 401);
    await until(/unauthorized/, "stderr");
    assert.equal((await ask("unknown")).status, 404);
    child.kill("SIGTERM");
    const { code, stdout } = await ended;
    assert.equal(code, 0);
    assert.equal(stdout.trim().split("\n").length, 2, "two lines, to be evaluated by a shell");
  });

  test("streams to the npm package openai", { skip: !hasOpenai && "openai 7 needs Node 22" }, async () => {
    const { default: OpenAI } = await import("openai");
    const { baseURL, apiKey } = await serve(models, { env });
    const openai = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
    const messages = [{ role: "user", content: "Is it 東京?" }];
    const chunks = await collect(await openai.chat.completions.create({ model: "house", messages, stream: true }));
    assert.ok(chunks.length > 10);
    assert.match(contentOf(chunks), /^You asked: "Is it 東京\?"/);
    assert.deepEqual(
      (await openai.models.list()).data.map(({ id }) => id),
      ["house", "cut", "hang", "slow"],
    );
    await assert.rejects(
      async () => collect(await openai.chat.completions.create({ model: "cut", messages, stream: true })),
      (error) => error.code === "stream_truncated",
    );
  });

  test("a client that disconnects cancels the call at OCI", async () => {
    const { baseURL, apiKey } = await serve(models, { env });
    const controller = new AbortController();
    const coming = nextRequest();
    const asking = fetch(`${baseURL}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model: "hang", messages: [{ role: "user", content: "Hi" }], stream: true }),
      signal: controller.signal,
    });
    const request = await coming;
    controller.abort();
    await assert.rejects(asking);
    await request.done;
    assert.equal(request.clientGone, true);
  });

  test("SIGTERM lets answers end, and takes no more requests", async () => {
    const { ask, child, ended, baseURL } = await serve(models, { env });
    const response = await ask("slow", { stream: true });
    child.kill("SIGTERM");
    assert.match(await response.text(), /data: \[DONE\]/);
    assert.equal((await ended).code, 0);
    await assert.rejects(fetch(`${baseURL}/models`));
  });

  test("takes bindings of the gateway from a file, and prints no token of them", async () => {
    const folder = makeHome();
    const vars = join(folder, "vars");
    const house = JSON.stringify({ house: endpointId("simgeneric") });
    await writeFile(vars, `# bindings\nGATEWAY_TOKEN="right"\nOCI_MODELS='${house}'\n`);
    const first = await serve(["--config", vars], { env });
    assert.equal((await first.ask("house", { token: "right" })).status, 200);
    first.child.kill("SIGTERM");
    const { stdout, stderr: log } = await first.ended;
    assert.match(stdout, /^export OPENAI_API_KEY="\$GATEWAY_TOKEN"$/m);
    assert.ok(!`${stdout}${log}`.includes("right"));

    const json = join(folder, "vars.json");
    await writeFile(json, JSON.stringify({ GATEWAY_TOKEN: "right", OCI_MODELS: { house: endpointId("simgeneric") } }));
    const { ask } = await serve(["--config", json], { env });
    assert.equal((await ask("house", { token: "right" })).status, 200);
    await writeFile(json, JSON.stringify({ GATEWAY_TOKN: "right" }));
    const { code, stderr } = await runCli(["serve", "--config", json], { env });
    assert.equal(code, 1);
    assert.match(stderr, /GATEWAY_TOKN is not a variable of the gateway\n {2}did you mean GATEWAY_TOKEN\?/);
  });

  test("each alias has the region of its endpoint, or that of the profile", async () => {
    const own = { ...env, HOME: makeHome(profileFiles(key, { region: "eu-frankfurt-1" })) };
    const { ask, until } = await serve([...models, "--model", "cheap=cohere.command-r-08-2024"], { env: own });
    await until(/^house +DEDICATED native COHERE us-chicago-1$/m, "stderr");
    await until(/^cheap +ON_DEMAND native COHERE eu-frankfurt-1$/m, "stderr");
    assert.equal((await ask("house")).status, 200);
  });

  test("--simulate needs no account", async () => {
    const { ask, until } = await serve(["--simulate", "--pace", "0"]);
    const response = await ask("simgeneric", { stream: true });
    assert.equal(response.status, 200);
    assert.match(await response.text(), /data: \[DONE\]/);
    await until(/and \d+ more: GET \/v1\/models/, "stderr");
  });

  test("fails at start, with what to do", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const house = ["--model", `house=${endpointId("simgeneric")}`];
    const { config } = profileFiles(key);
    const withoutKey = await runCli(["serve", ...house], { env: { ...env, HOME: makeHome({ config }) } });
    assert.equal(withoutKey.code, 1);
    assert.match(withoutKey.stderr, /key_file names can't be read \(ENOENT\)\n {2}correct key_file/);
    try {
      for (const [args, pattern] of [
        [["--port", `${taken.address().port}`, ...house], /EADDRINUSE[^]*choose another --port/],
        [["--model", "a=ocid1.generativeaidedicatedaicluster.oc1.iad.a"], /invalid_model/],
        [["--model", "a=meta.llama", "--region", "nowhere"], /region/],
        [["--config", join(env.HOME, "none"), ...house], /--config can't be read \(ENOENT\)/],
      ]) {
        const { code, stderr } = await runCli(["serve", ...args], { env });
        assert.equal(code, 1, `${args}: ${stderr}`);
        assert.match(stderr, pattern);
      }
    } finally {
      taken.close();
    }
  });
});

describe("toNodeHandler", async () => {
  test("streams bodies both ways, and gives the reader's pace", async () => {
    let pulls = 0;
    const origin = await startServer(
      toNodeHandler(async (request) => {
        const text = await request.text();
        const big = new Uint8Array(256 * 1024);
        const body = new ReadableStream({
          pull(controller) {
            pulls += 1;
            if (pulls > 400) controller.close();
            else controller.enqueue(big);
          },
        });
        return new Response(body, { headers: { "x-length": `${text.length}`, "x-url": request.url } });
      }),
    );
    const response = await fetch(`${origin}/a?b=c`, { method: "POST", body: "x".repeat(100_000) });
    assert.equal(response.headers.get("x-length"), "100000");
    assert.equal(response.headers.get("x-url"), `${origin}/a?b=c`);
    const reader = response.body.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(pulls < 200, `${pulls} pulls although nobody reads`);
    await reader.cancel();
  });

  test("aborts the request's signal when the client disconnects, and cancels the body", async () => {
    const aborted = Promise.withResolvers?.() ?? withResolvers();
    const cancelled = Promise.withResolvers?.() ?? withResolvers();
    const origin = await startServer(
      toNodeHandler(async ({ signal }) => {
        signal.addEventListener("abort", () => aborted.resolve());
        return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
      }),
    );
    const controller = new AbortController();
    await fetch(origin, { signal: controller.signal });
    controller.abort();
    await Promise.all([aborted.promise, cancelled.promise]);
  });

  test("answers a request that it does not read to the end, and closes the connection", async () => {
    const origin = await startServer(
      toNodeHandler(async (request) => {
        await request.body.cancel();
        return new Response("too large", { status: 413 });
      }),
    );
    const { port } = new URL(origin);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\nabc");
    const answer = (await collect(socket)).join("");
    assert.match(answer, /^HTTP\/1\.1 413 [^]*connection: close[^]*too large/i);
  });

  test("a handler that throws is 500, and its error is the server's alone", async () => {
    const thrown = [];
    const handle = async () => {
      throw new Error("secret");
    };
    const origin = await startServer(toNodeHandler(handle, { onError: (error) => thrown.push(error.message) }));
    const response = await fetch(origin);
    assert.deepEqual([response.status, await response.text(), thrown], [500, "", ["secret"]]);
  });

  test("rejects a request that is none for fetch", async () => {
    const origin = await startServer(toNodeHandler(async () => new Response("never")));
    const socket = connect(Number(new URL(origin).port), "127.0.0.1");
    socket.write("TRACE / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert.match((await collect(socket)).join(""), /^HTTP\/1\.1 400 /);
  });
});

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
