// OCI's Generative AI inference service on 127.0.0.1.

import { createServer } from "node:http";
import { chat } from "./chat.mjs";
import { controlPlane, isControlPlane } from "./control-plane.mjs";
import { notFound, serviceError } from "./errors.mjs";
import { chatCompletions } from "./openai.mjs";
import { applyGuardrails, embedText, rerankText } from "./operations.mjs";
import { Reply } from "./reply.mjs";

export { makeCredentials, makeSessionToken } from "./credentials.mjs";
export { endpointId, SCENARIOS } from "./scenarios.mjs";

/** @import { IncomingMessage, Server, ServerResponse } from "node:http" */
/** @import { AddressInfo } from "node:net" */
/** @import { Context, IncomingRequest, Policy, RequestRecord, Simulator, SimulatorSettings } from "./types.d.ts" */

/** The default compartment. */
export const COMPARTMENT_ID = "ocid1.compartment.oc1..simcompartment";

const BODY_LIMIT = 32 * 1024 * 1024;

/** @type {Record<string, (...call: [IncomingRequest, Reply, RequestRecord, Context]) => Promise<void>>} */
const ROUTES = {
  "POST /20231130/actions/chat": chat,
  "POST /20231130/actions/embedText": embedText,
  "POST /20231130/actions/rerankText": rerankText,
  "POST /20231130/actions/applyGuardrails": applyGuardrails,
  "POST /openai/v1/chat/completions": chatCompletions,
};

/**
 * Starts a simulator.
 *
 * @param {SimulatorSettings} [options]
 * @returns {Promise<Simulator>}
 */
export async function startSimulator(options = {}) {
  const settings = {
    port: 0,
    credentials: [],
    apiKeys: [],
    compartmentId: COMPARTMENT_ID,
    openaiServesEndpoints: false,
    pace: 0,
    verify: true,
    policies: /** @type {Policy[]} */ (["chat", "read endpoints"]),
    now: () => Date.now(),
    ...options,
  };
  /** @type {RequestRecord[]} */
  const requests = [];
  const context = { options: settings, state: { served: new Set(), retryTokens: new Map() } };
  const server = createServer((message, response) => {
    handle(message, response, requests, context).catch((error) => {
      // A bug in the simulator must not look like an error of the client.
      console.error("simulator:", error);
      response.destroy();
    });
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.port, "127.0.0.1", () => resolve(undefined));
  });
  const { port } = /** @type {AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    compartmentId: settings.compartmentId,
    requests,
    close: () => close(server),
  };
}

/**
 * @param {IncomingMessage} message
 * @param {ServerResponse} response
 * @param {RequestRecord[]} requests
 * @param {Context} context
 */
async function handle(message, response, requests, context) {
  const { method = "", url: path = "" } = message;
  const headers = /** @type {Record<string, string | undefined>} */ (message.headers);
  /** @type {RequestRecord} */
  const record = {
    method,
    path,
    headers,
    body: undefined,
    rawBody: Buffer.alloc(0),
    servingMode: undefined,
    apiFormat: undefined,
    status: undefined,
    rejected: undefined,
    eventsSent: 0,
    clientGone: false,
    cut: false,
    done: Promise.resolve(), // replaced by Reply
  };
  response.setHeader("date", new Date(context.options.now()).toUTCString());
  const reply = new Reply(response, record, context.options.pace);
  requests.push(record);
  const rawBody = await readBody(message);
  if (rawBody === undefined) return reply.reject(serviceError(413, "413", "The request is too large."));
  record.rawBody = rawBody;
  record.body = isJson(message) ? parseJson(rawBody) : undefined;

  const isInspection = method === "GET" && isControlPlane(path);
  const route = isInspection ? controlPlane : ROUTES[`${method} ${path.split("?")[0]}`];
  if (!route) return reply.reject(notFound("no such path"));
  return route({ method, path, headers, rawBody }, reply, record, context);
}

/** @param {IncomingMessage} message */
async function readBody(message) {
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of message) {
      length += chunk.length;
      if (length <= BODY_LIMIT) chunks.push(chunk);
    }
  } catch {
    // The client disconnected while it was sending.
  }
  return length <= BODY_LIMIT ? Buffer.concat(chunks) : undefined;
}

/** @param {IncomingMessage} message */
function isJson({ headers }) {
  return /^application\/json\b/i.test(headers["content-type"] ?? "");
}

/** @param {Buffer} bytes */
function parseJson(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * @param {Server} server
 * @returns {Promise<void>}
 */
function close(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
