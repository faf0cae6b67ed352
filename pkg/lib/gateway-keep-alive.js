// Responses that begin before there is an answer: proxies cut connections that are silent for a minute or two.

import { CODES } from "./codes.js";
import { MODE_RESPONSES } from "./boundary.js";
import { log } from "./gateway-log.js";
import { COMMENT, Silence } from "./keep-alive.js";
import { EVENTS_HEADERS } from "./openai.js";
import { Timer } from "./wait.js";

/** @import { GatewaySettings } from "./gateway-settings.js" */
/** @import { RequestText } from "./gateway-visit.js" */

/**
 * How a response may begin.
 *
 * @typedef {object} Form
 * @property {Record<string, string>} headers
 * @property {Uint8Array} filler what is sent while there is nothing else
 * @property {(response: Response) => Response | Promise<Response>} adapt the response that follows, under a status that
 *   has been sent already
 */

const encoder = new TextEncoder();
/** White space, which may stand before JSON. */
const SPACE = encoder.encode(" ");

/** @type {Form} */
const JSON_FORM = {
  headers: { "content-type": "application/json" },
  filler: SPACE,
  adapt: (response) => response,
};

/**
 * How the response to a request may begin; undefined if it may not. Reads the request, so it is asked only when that is
 * needed.
 *
 * @param {RequestText} requestText
 * @param {number} mode
 * @param {boolean} isChat
 * @param {Pick<GatewaySettings, "keepAliveJson">} settings
 * @returns {Form | undefined}
 */
export function formOf(requestText, mode, isChat, { keepAliveJson }) {
  if (isChat && requestText.json?.stream === true) {
    return { headers: EVENTS_HEADERS, filler: COMMENT, adapt: (response) => adaptEvents(response, mode) };
  }
  return keepAliveJson ? JSON_FORM : undefined;
}

/**
 * The events of a response; an error becomes one.
 *
 * @param {Response} response
 * @param {number} mode
 */
async function adaptEvents(response, mode) {
  if (response.status === 200) return response;
  /** @type {any} */
  const { error } = await response.json();
  return new Response(errorEvents(error, mode));
}

/**
 * OpenAI's error event. That of the Responses API has a name and a type; its `error` is for clients that look for that
 * alone.
 *
 * @param {{ message: string, param: string | null, code: string }} error
 * @param {number} mode
 */
function errorEvents(error, mode) {
  if (mode !== MODE_RESPONSES) return `data: ${JSON.stringify({ error })}\n\n`;
  const { code, message, param } = error;
  const event = { type: "error", sequence_number: 0, code, message, param, error };
  return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
}

/**
 * The response; or, where there is none after a time, its beginning, with what `respond` resolves to as the rest. Once
 * it has begun, a caller that leaves aborts the signal.
 *
 * @param {(signal: AbortSignal) => Promise<Response>} respond
 * @param {object} options
 * @param {number} options.ms 0: never begins early
 * @param {AbortSignal} options.signal of the request
 * @param {() => Form | undefined} options.getForm
 * @returns {Promise<Response>}
 */
export function respondInTime(respond, { ms, signal, getForm }) {
  if (ms === 0) return respond(signal);
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  const responding = respond(controller.signal);
  return new Promise((resolve, reject) => {
    const timer = new Timer(ms, () => {
      const form = getForm();
      if (form) resolve(new Response(beginBody(responding, form, ms, controller), { headers: form.headers }));
    });
    responding.then(resolve, reject).finally(() => timer.stop());
  });
}

/**
 * @param {Promise<Response>} responding
 * @param {Form} form
 * @param {number} ms
 * @param {AbortController} aborter of what is responding
 * @returns {ReadableStream<Uint8Array>}
 */
function beginBody(responding, { filler, adapt }, ms, aborter) {
  const silence = new Silence(ms);
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  let controller;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} */
  let reader;
  let isWanted = false;
  let isReading = false;
  let isEnded = false;

  const read = () => {
    isReading = true;
    reader?.read().then(({ done, value }) => {
      isReading = false;
      if (isEnded) return;
      if (!done) return controller.enqueue(value);
      isEnded = true;
      controller.close();
    }, fail);
  };
  /** @param {unknown} error */
  const fail = (error) => {
    if (isEnded) return;
    isEnded = true;
    controller.error(error);
  };
  /** @param {Response} response */
  const onResponse = (response) => {
    silence.stop();
    if (isEnded) return void response.body?.cancel().catch(() => {});
    reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    if (isWanted) read();
  };
  silence.start(() => {
    // Nothing is sent ahead of a reader that does not read.
    if ((controller.desiredSize ?? -1) >= 0) controller.enqueue(filler);
  });
  responding.catch((error) => failureResponse(error, aborter.signal)).then(adapt).then(onResponse, fail);

  return new ReadableStream(
    {
      start: (streamController) => {
        controller = streamController;
        controller.enqueue(filler);
      },
      pull: () => {
        isWanted = true;
        if (reader && !isReading) read();
      },
      cancel: (reason) => {
        isEnded = true;
        silence.stop();
        aborter.abort(reason ?? new DOMException("the response was cancelled", "AbortError"));
        return reader?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * The response where there is none: what failed is no part of the call.
 *
 * @param {unknown} error
 * @param {AbortSignal} signal
 */
function failureResponse(error, signal) {
  if (signal.aborted) throw error;
  log("a request failed in the gateway itself", error instanceof Error ? error.name : undefined);
  const { status, type } = CODES.internal;
  const message = "the gateway failed";
  return Response.json({ error: { message, type, param: null, code: "internal" } }, { status });
}
