// Oracle Cloud's generative AI inference service on 127.0.0.1.

import { createServer } from "node:http";
import { chat } from "./chat.mjs";
import { notFound, refusal } from "./errors.mjs";
import { chatCompletions } from "./openai.mjs";
import { Reply } from "./reply.mjs";

export { makeCredentials, makeSessionToken } from "./credentials.mjs";
export { endpointId, SCENARIOS } from "./scenarios.mjs";

/** The compartment everything lives in unless told otherwise. */
export const COMPARTMENT_ID = "ocid1.compartment.oc1..simcompartment";

const BODY_LIMIT = 32 * 1024 * 1024;

const ROUTES = {
  "POST /20231130/actions/chat": chat,
  "POST /openai/v1/chat/completions": chatCompletions,
};

/**
 * Starts a simulator: { url, port, compartmentId, requests, close() }.
 *
 * `credentials` ({ keyId, publicKey }) and `apiKeys` are read at every request, so a test revokes one by
 * taking it out of the array it passed.
 */
export async function startSimulator(options = {}) {
  const settings = {
    port: 0,
    credentials: [],
    apiKeys: [],
    compartmentId: COMPARTMENT_ID,
    pace: 0,
    verify: true,
    ...options,
  };
  const requests = [];
  const context = { options: settings, state: { served: new Set() } };
  const server = createServer((message, response) => {
    handle(message, response, requests, context).catch((error) => {
      // A defect of the simulator must not look like a fault of the client.
      console.error("simulator:", error);
      response.destroy();
    });
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.port, "127.0.0.1", resolve);
  });
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    compartmentId: settings.compartmentId,
    requests,
    close: () => closed(server),
  };
}

async function handle(message, response, requests, context) {
  const record = {
    method: message.method,
    path: message.url,
    headers: message.headers,
    body: undefined,
    rawBody: Buffer.alloc(0),
    servingMode: undefined,
    apiFormat: undefined,
    status: undefined,
    rejected: undefined,
    eventsSent: 0,
    clientGone: false,
    cut: false,
    done: undefined,
  };
  const reply = new Reply(response, record, context.options.pace);
  requests.push(record);
  const rawBody = await readBody(message);
  if (rawBody === undefined) return reply.refuse(refusal(413, "413", "The request is too large."));
  record.rawBody = rawBody;
  record.body = isJson(message) ? parsed(rawBody) : undefined;

  const route = ROUTES[`${message.method} ${message.url.split("?")[0]}`];
  if (!route) return reply.refuse(notFound("no such path"));
  const request = { method: message.method, path: message.url, headers: message.headers, rawBody };
  return route(request, reply, record, context);
}

async function readBody(message) {
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of message) {
      length += chunk.length;
      if (length <= BODY_LIMIT) chunks.push(chunk);
    }
  } catch {
    // The client left while it was sending; what came is all there is.
  }
  return length <= BODY_LIMIT ? Buffer.concat(chunks) : undefined;
}

function isJson({ headers }) {
  return /^application\/json\b/i.test(headers["content-type"] ?? "");
}

function parsed(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function closed(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
