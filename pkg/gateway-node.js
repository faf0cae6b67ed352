// A handler of Requests, such as the gateway's, as the listener of a server of Node.
//
//   createServer(toNodeHandler((request) => gateway.fetch(request, process.env)))

/** @import { IncomingMessage, ServerResponse } from "node:http" */

/**
 * @param {(request: Request) => Response | Promise<Response>} handle
 * @param {{ onError?: (error: unknown) => void }} [options]
 * @returns {(message: IncomingMessage, response: ServerResponse) => void}
 */
export function toNodeHandler(handle, { onError = () => {} } = {}) {
  return (message, response) => {
    respond(handle, message, response).catch((error) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  };
}

/**
 * @param {(request: Request) => Response | Promise<Response>} handle
 * @param {IncomingMessage} message
 * @param {ServerResponse} response
 */
async function respond(handle, message, response) {
  const gone = new AbortController();
  // The last event in every case: after the end, and when the client has disconnected.
  response.once("close", () => {
    if (!response.writableFinished) gone.abort(new Error("the client has disconnected"));
  });
  // A connection that breaks is reported by "close", too.
  response.on("error", () => {});
  const request = requestOf(message, gone.signal);
  if (request === undefined) return void response.writeHead(400, { connection: "close" }).end();
  try {
    await send(await handle(request), message, response, gone.signal);
  } catch (error) {
    // Nobody is there to be told.
    if (!gone.signal.aborted) throw error;
  }
}

/**
 * Undefined where the request has no URL that can be read, or a method that `Request` forbids.
 *
 * @param {IncomingMessage} message
 * @param {AbortSignal} signal
 */
function requestOf(message, signal) {
  const { method = "GET", url: path = "/", headers } = message;
  const list = Object.entries(headers).flatMap(([name, value]) => {
    return [value ?? []].flat().map((each) => /** @type {[string, string]} */ ([name, each]));
  });
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    const url = path.startsWith("/") ? `http://${headers.host ?? "localhost"}${path}` : path;
    const init = { method, headers: list, signal, ...(hasBody && { body: bodyOf(message), duplex: "half" }) };
    return new Request(url, init);
  } catch {
    return undefined;
  }
}

/**
 * The body, read on demand. One that is cancelled leaves the connection as it is, so that the reason can be answered.
 *
 * @param {IncomingMessage} message
 * @returns {ReadableStream<Uint8Array>}
 */
function bodyOf(message) {
  /** @type {() => void} */
  let release = () => {};
  return new ReadableStream(
    {
      start(controller) {
        const onData = (/** @type {Uint8Array} */ bytes) => {
          controller.enqueue(bytes);
          message.pause();
        };
        const onEnd = () => {
          release();
          controller.close();
        };
        const onClose = () => {
          release();
          controller.error(new Error("the client has disconnected"));
        };
        release = () => {
          message.off("data", onData).off("end", onEnd).off("close", onClose);
        };
        message.on("data", onData).once("end", onEnd).once("close", onClose);
        message.on("error", () => {});
        message.pause();
      },
      pull() {
        message.resume();
      },
      cancel() {
        release();
        message.pause();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Writes a response as its reader takes it.
 *
 * @param {Response} from
 * @param {IncomingMessage} message
 * @param {ServerResponse} to
 * @param {AbortSignal} gone
 */
async function send(from, message, to, gone) {
  const { status, headers, body } = from;
  if (gone.aborted) return void body?.cancel();
  // What has not been read of the request would be taken for the next one.
  if (!message.complete) to.setHeader("connection", "close");
  to.writeHead(status, [...headers].flat());
  if (body === null || message.method === "HEAD") {
    await body?.cancel();
    to.end();
    return;
  }
  to.flushHeaders();
  const reader = body.getReader();
  const cancel = () => void reader.cancel(gone.reason).catch(() => {});
  gone.addEventListener("abort", cancel, { once: true });
  for (;;) {
    const { done, value } = await reader.read();
    if (done || gone.aborted) break;
    if (!to.write(value)) await drained(to, gone);
  }
  if (!gone.aborted) to.end();
}

/**
 * @param {ServerResponse} response
 * @param {AbortSignal} gone
 */
async function drained(response, gone) {
  if (gone.aborted) return;
  await new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve(undefined);
    };
    response.on("drain", done).on("close", done);
  });
}
