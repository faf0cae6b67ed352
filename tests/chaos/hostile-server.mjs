// A server on 127.0.0.1 that misbehaves by plan.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { scriptOf } from "./body.mjs";

/** @import { IncomingMessage, ServerResponse } from "node:http" */
/** @import { AddressInfo } from "node:net" */
/** @import { Behaviour, Plan } from "./types.d.ts" */

const LATE_MS = 15;

/**
 * What a server saw of a call.
 *
 * @typedef {object} ServedCall
 * @property {number} requests
 * @property {number} leastDeltas deltas of the last answer, if all its bytes were sent before it ended
 */

/**
 * @typedef {object} HostileServer
 * @property {number} port
 * @property {Map<number, ServedCall>} calls
 * @property {() => number} open responses that have neither ended nor been given up
 * @property {() => Promise<number>} connections connections that had a request and are not idle
 * @property {() => Promise<void>} close
 */

/**
 * @param {(number: number) => Plan} planOf
 * @returns {Promise<HostileServer>}
 */
export async function startHostileServer(planOf) {
  /** @type {Map<number, ServedCall>} */
  const calls = new Map();
  /** @type {Set<ServerResponse>} */
  const open = new Set();
  /** @type {Set<import("node:net").Socket>} */
  const used = new Set();
  const server = createServer(async (request, response) => {
    const { socket } = request;
    if (!used.has(socket)) socket.on("close", () => used.delete(socket));
    used.add(socket);
    open.add(response);
    response.on("close", () => open.delete(response));
    response.on("error", () => {});
    const body = await textOf(request).catch(() => undefined);
    const number = Number(/chaos-(\d+)/.exec(body ?? "")?.[1]);
    // A request that was cancelled while it was sent.
    if (body === undefined || Number.isNaN(number)) return void response.destroy();
    const plan = planOf(number);
    const call = calls.get(number) ?? { requests: 0, leastDeltas: 0 };
    calls.set(number, call);
    const behaviour = plan.behaviours[Math.min(call.requests, plan.behaviours.length - 1)];
    call.requests += 1;
    call.leastDeltas = 0;
    await answer(plan, behaviour, call, body, response);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => {
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => resolve(undefined));
  });
  // A connection that a client opened, and did not use before it was cancelled, is not counted.
  const connections = async () => {
    server.closeIdleConnections();
    await sleep(50);
    return [...used].filter(({ destroyed }) => !destroyed).length;
  };
  return {
    port: /** @type {AddressInfo} */ (server.address()).port,
    calls,
    open: () => open.size,
    connections,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** @param {IncomingMessage} request */
async function textOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

/**
 * @param {Plan} plan
 * @param {Behaviour} behaviour
 * @param {ServedCall} call
 * @param {string} body of the request
 * @param {ServerResponse} response
 */
async function answer(plan, behaviour, call, body, response) {
  const { head, status, retryAfter } = behaviour;
  const retry = retryAfter && { "retry-after": retryAfter };
  if (head === "never settles") return;
  if (head === "rejects") return void response.destroy();
  if (head === "redirects") return void response.writeHead(302, { location: "http://127.0.0.1:9/" }).end();
  if (head === "is an error") {
    response.writeHead(status, { "content-type": "application/json", ...retry });
    return void response.end(JSON.stringify({ code: `${status}`, message: "no" }));
  }
  if (head === "is an error page") {
    return void response.writeHead(status, { "content-type": "text/html", ...retry }).end("<h1>no");
  }
  if (head === "answers late") await sleep(LATE_MS);
  const { chunks, end, deltas, contentType } = scriptOf(plan, behaviour, body);
  response.writeHead(200, { "content-type": contentType, ...retry });
  response.flushHeaders();
  for (const chunk of chunks) {
    if (response.destroyed) return;
    response.write(chunk);
    if (behaviour.paceMs !== undefined) await sleep(behaviour.paceMs);
  }
  if (end === "ends") {
    call.leastDeltas = deltas.length;
    response.end();
  } else if (end === "breaks") {
    response.destroy();
  }
}
