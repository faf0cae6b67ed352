// One server for one run of the suite: the simulator, the files of a page, and the place where results are told. It
// stands before the simulator, so that pages reach it as their own origin, and others by CORS.

import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, request as sendRequest } from "node:http";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startSimulator } from "../simulator/server.mjs";

/** @import { IncomingMessage, ServerResponse } from "node:http" */
/** @import { AddressInfo } from "node:net" */
/** @import { Credential, Simulator } from "../simulator/types.d.ts" */
/** @import { Result } from "./suite.mjs" */

/** Milliseconds per token: a long answer is still being sent when it is cancelled. */
const PACE_MS = 1;
const GONE_LIMIT_MS = 10_000;

const TYPES = /** @type {Record<string, string>} */ ({
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
});

/**
 * @typedef {object} Hub
 * @property {string} origin
 * @property {Promise<Result[]>} results rejects with what the page or the program says is wrong
 * @property {() => Promise<void>} close
 */

/**
 * Starts a hub on a free port of 127.0.0.1.
 *
 * @param {{ mounts?: Record<string, string> }} [options] folders by the path under which they are served
 * @returns {Promise<Hub>}
 */
export async function startHub({ mounts = {} } = {}) {
  /** @type {Credential[]} */
  const credentials = [];
  const simulator = await startSimulator({ credentials, pace: PACE_MS });
  /** @type {PromiseWithResolvers<Result[]>} */
  const results = withResolvers();
  // Whoever waits for them is told; nobody has to.
  results.promise.catch(() => {});

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const origin = request.headers.origin;
    if (origin !== undefined) response.setHeader("access-control-allow-origin", origin);
    if (request.method === "OPTIONS") return preflight(request, response);
    if (/^\/(20231130|openai)\//.test(pathname)) return forward(request, response, simulator.port);
    if (!pathname.startsWith("/suite/")) return sendFile(response, mounts, pathname);
    const text = await readText(request);
    if (pathname === "/suite/last") return sendJson(response, { clientGone: await isClientGone(simulator) });
    const value = JSON.parse(text);
    if (pathname === "/suite/key") credentials.push(value);
    if (pathname === "/suite/results") results.resolve(value);
    if (pathname === "/suite/fault") results.reject(new Error(value));
    response.end(simulator.compartmentId);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    results: results.promise,
    async close() {
      server.close();
      server.closeAllConnections();
      await simulator.close();
    },
  };
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers() {
  const made = /** @type {any} */ ({});
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/**
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
function preflight({ headers }, response) {
  response.writeHead(204, {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": headers["access-control-request-headers"] ?? "",
  });
  response.end();
}

/**
 * Passes a request on as it is, its host included, which is signed. One that is cancelled is cancelled there.
 *
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 * @param {number} port
 */
function forward(request, response, port) {
  const { method, url: path, headers } = request;
  const upstream = sendRequest({ host: "127.0.0.1", port, method, path, headers, agent: false }, (answer) => {
    const exposed = { "access-control-expose-headers": "opc-request-id" };
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...exposed });
    response.flushHeaders();
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  });
  upstream.on("error", () => response.destroy());
  response.on("close", () => upstream.destroy());
  request.pipe(upstream);
}

/**
 * Whether the client of the last request went before the answer was complete.
 *
 * @param {Simulator} simulator
 */
async function isClientGone({ requests }) {
  const record = requests.at(-1);
  await Promise.race([record?.done, sleep(GONE_LIMIT_MS, undefined, { ref: false })]);
  return record?.clientGone;
}

/**
 * @param {ServerResponse} response
 * @param {Record<string, string>} mounts
 * @param {string} pathname
 */
function sendFile(response, mounts, pathname) {
  const mount = Object.keys(mounts).find((path) => pathname.startsWith(path)) ?? "";
  const path = join(mounts[mount] ?? "", pathname.slice(mount.length));
  const file = pathname.endsWith("/") ? join(path, "index.html") : path;
  if (mount === "" || !existsSync(file) || !statSync(file).isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
  response.end(readFileSync(file));
}

/**
 * @param {ServerResponse} response
 * @param {unknown} value
 */
function sendJson(response, value) {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

/** @param {IncomingMessage} request */
async function readText(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
