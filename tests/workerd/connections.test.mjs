// Callers that disconnect, and bodies that are not read to their end, in workerd itself: the proxies of
// `wrangler dev` do not pass them on.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer, request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { demoModels } from "../../scripts/demo-models.mjs";
import { makeKey } from "../node/support/engines.mjs";
import { makeCredentials, startSimulator } from "../simulator/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = `${root}tests/out/workerd/`;
const tool = (name) => `${root}node_modules/${name}`;

const MAX_BODY_BYTES = 100_000;

/** The key of a caller with a budget. */
const metered = makeKey();
const TOKENS_PER_DAY = 1_000_000;

let simulator;
let keys;
let worker;
let origin;

before(async () => {
  const credentials = makeCredentials();
  simulator = await startSimulator({ credentials: [credentials] });
  keys = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, "http://kv").pathname.slice(1));
    if (name === metered.name) response.end(JSON.stringify({ name: "metered", tokens_per_day: TOKENS_PER_DAY }));
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => keys.listen(0, "127.0.0.1", resolve));
  bundle();
  writeFileSync(
    `${folder}config.capnp`,
    configOf({
      GATEWAY_TOKEN: "token",
      OCI_ENDPOINT: simulator.url,
      OCI_COMPARTMENT_ID: simulator.compartmentId,
      OCI_TENANCY: credentials.tenancy,
      OCI_USER: credentials.user,
      OCI_FINGERPRINT: credentials.fingerprint,
      OCI_PRIVATE_KEY: credentials.privateKey,
      OCI_MODELS: JSON.stringify(demoModels),
      GATEWAY_MAX_BODY_BYTES: `${MAX_BODY_BYTES}`,
      GATEWAY_BODY_TIMEOUT_MS: "500",
    }),
  );
  const args = ["serve", `${folder}config.capnp`, "--control-fd=3"];
  worker = spawn(tool(".bin/workerd"), args, { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const port = await new Promise((resolve, reject) => {
    worker.on("exit", (code) => reject(new Error(`workerd ended with ${code}`)));
    worker.stdio[3].on("data", (data) => resolve(/"port":\s*(\d+)/.exec(data)?.[1]));
  });
  origin = `http://127.0.0.1:${port}`;
});

after(async () => {
  worker?.removeAllListeners("exit");
  worker?.kill();
  keys?.close();
  await simulator?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Bundles the Worker of wrangler.toml. */
function bundle() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = [tool("wrangler/bin/wrangler.js"), "deploy", "--dry-run", `--outdir=${folder}`];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
  execFileSync(tool(".bin/node"), args, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
}

/** A configuration of workerd with the bundle, the bindings and the compatibility of wrangler.toml. */
function configOf(bindings) {
  const wrangler = readFileSync(`${root}wrangler.toml`, "utf8");
  const [, date] = /^compatibility_date = (".*")$/m.exec(wrangler);
  const [, flags] = /^compatibility_flags = (\[.*\])$/m.exec(wrangler);
  const wasm = readdirSync(folder).find((name) => name.endsWith(".wasm"));
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .gateway),
    (name = "keys", external = (address = "127.0.0.1:${keys.address().port}", http = ())),
    (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const gateway :Workerd.Worker = (
  modules = [(name = "gateway.js", esModule = embed "gateway.js"), (name = "./${wasm}", wasm = embed "${wasm}")],
  compatibilityDate = ${date},
  compatibilityFlags = ${flags},
  bindings = [${texts.join(", ")}, (name = "GATEWAY_KEYS", kvNamespace = "keys"),
    (name = "BUDGETS", durableObjectNamespace = "Budget")],
  durableObjectNamespaces = [(className = "Budget", uniqueKey = "budgets", enableSql = true)],
  durableObjectStorage = (inMemory = void),
);
`;
}

/** Asks a model. `leave()` resets the connection: of one that only ends, a server may still answer to. */
function post(model, { key = "token", parameters } = {}) {
  const headers = { authorization: `Bearer ${key}` };
  const request = httpRequest(`${origin}/v1/chat/completions`, { method: "POST", headers });
  request.on("error", () => {});
  const data = new Promise((resolve) => {
    request.on("response", (response) => response.on("error", () => {}).once("data", resolve));
  });
  const messages = [{ role: "user", content: "tokens=100000" }];
  request.end(JSON.stringify({ model, stream: true, messages, ...parameters }));
  return { data, leave: () => request.socket.resetAndDestroy() };
}

test("a caller that disconnects before its answer: the call is not retried", async () => {
  const { leave } = post("dac-throttled");
  while (simulator.requests.length === 0) await sleep(5);
  // The service asks for a wait of a second before each of two more attempts.
  leave();
  await sleep(2500);
  assert.equal(simulator.requests.length, 1);
});

test("a caller that disconnects while it waits or reads: the request to the service is cancelled", async () => {
  for (const model of ["dac-slow", "dac-generic"]) {
    const { length } = simulator.requests;
    const { data, leave } = post(model);
    while (simulator.requests.length === length) await sleep(5);
    if (model === "dac-generic") await data;
    leave();
    const record = simulator.requests[length];
    await record.done;
    assert.equal(record.clientGone, true, model);
    assert.equal(simulator.requests.length, length + 1);
  }
});

test("a caller that disconnects in the middle of its answer: what it has used is settled", async () => {
  /** Of a request that is sent nowhere. */
  const used = async () => {
    const init = { method: "POST", headers: { authorization: `Bearer ${metered.key}` } };
    const response = await fetch(`${origin}/v1/chat/completions`, { ...init, body: '{"model":"none","max_tokens":1}' });
    await response.text();
    return TOKENS_PER_DAY - Number(response.headers.get("x-ratelimit-remaining-tokens"));
  };
  assert.ok((await used()) < 50);
  const { data, leave } = post("dac-generic", { key: metered.key, parameters: { max_tokens: 50_000 } });
  await data;
  assert.ok((await used()) > 50_000, "reserved");
  leave();
  let tokens = await used();
  for (let wait = 0; wait < 200 && tokens > 50_000; wait++) {
    await sleep(50);
    tokens = await used();
  }
  assert.ok(tokens > 0 && tokens < 50_000, `${tokens} tokens`);
});

describe("a body of a request", () => {
  /** Sends the start of a body, and resolves to the status of the response. */
  const send = (text, headers) =>
    new Promise((resolve, reject) => {
      const all = { authorization: "Bearer token", ...headers };
      const request = httpRequest(`${origin}/v1/chat/completions`, { method: "POST", headers: all });
      request.on("error", reject);
      request.on("response", (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.write(text);
    });

  test("that is too large is 413, whether its length is announced or not", async () => {
    const { length } = simulator.requests;
    const large = "x".repeat(MAX_BODY_BYTES + 1);
    assert.equal(await send(large), 413);
    assert.equal(await send(large.slice(0, 10), { "content-length": large.length }), 413);
    assert.equal(simulator.requests.length, length);
  });

  test("that does not end is 408", async () => {
    const { length } = simulator.requests;
    assert.equal(await send('{"model":'), 408);
    assert.equal(await send('{"model":', { "content-length": 100 }), 408);
    assert.equal(simulator.requests.length, length);
  });
});
