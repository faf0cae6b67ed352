// Bodies: a call as a ReadableStream of server-sent events, for `fetch`, `toResponse` and
// `toReadableStream`.

import { OciError } from "./error.js";
import { COMMENT, Silence } from "./keep-alive.js";
import { describe, errorEvent } from "./openai-error.js";

/** @import { BodyChunk, Call } from "./call.js" */
/** @import { Describe } from "./openai-error.js" */

/**
 * Where the events of a body come from.
 *
 * @typedef {object} BodySource
 * @property {() => Promise<Call>} open opens the call, at the first read of a body that was made
 *   without one
 * @property {(call: Call) => Uint8Array | undefined} take bytes that were decoded and not yet
 *   delivered
 * @property {(call: Call) => Uint8Array | undefined} finish what follows the last bytes; called
 *   once, when the call has ended and everything was taken
 * @property {(reason: unknown) => void} cancel
 * @property {Describe} [describe] what the event of an error says
 * @property {number} [keepAliveMs] after how long without bytes a comment is sent. Default: never
 */

const encoder = new TextEncoder();
/** How many bytes the end of an event has at most: two line breaks. */
const TAIL = 4;

/**
 * A body with backpressure: at most one network chunk is decoded ahead of its reader.
 *
 * @param {BodySource} source
 * @param {Call} [openCall] the call, if it is open
 * @returns {ReadableStream<Uint8Array>}
 */
export function createBody(source, openCall) {
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  let controller;
  /** @type {Call} */
  let call;
  /** @type {"new" | "idle" | "reading" | "ended"} */
  let state = "new";
  /** @type {Uint8Array | undefined} */
  let delivered;
  const silence = source.keepAliveMs ? new Silence(source.keepAliveMs) : undefined;

  /** Enqueues what has been decoded, or reads the next network chunk. */
  const deliver = () => {
    const bytes = call.hasOutput ? source.take(call) : undefined;
    if (bytes) {
      delivered = bytes.length < TAIL ? joined(delivered, bytes) : bytes;
      controller.enqueue(bytes);
    } else if (call.ended) end();
    else read();
  };
  const read = () => {
    state = "reading";
    silence?.start(onSilence);
    try {
      call.readChunk().then(onChunk, onReadError);
    } catch (error) {
      // The host's promise has a `then` of its own.
      onReadError(error);
    }
  };
  const onSilence = () => {
    // Nothing is sent ahead of a reader that does not read, or in the middle of an event.
    const isAtBoundary = delivered === undefined || /\n\r?\n$/.test(tailOf(delivered));
    if (isAtBoundary && (controller.desiredSize ?? -1) >= 0) controller.enqueue(COMMENT);
  };
  /** @param {BodyChunk} chunk */
  const onChunk = (chunk) => {
    silence?.pause();
    if (state === "ended") return;
    state = "idle";
    try {
      call.onChunk(chunk);
      deliver();
    } catch (error) {
      fail(error);
    }
  };
  /** @param {unknown} thrown */
  const onReadError = (thrown) => {
    silence?.pause();
    if (state === "ended") return;
    state = "idle";
    try {
      call.onReadError(thrown);
      deliver();
    } catch (error) {
      fail(error);
    }
  };
  /** @param {Call} opened */
  const onOpen = (opened) => {
    if (state === "ended") return;
    call = opened;
    state = "idle";
    deliver();
  };
  /** @param {unknown} error */
  const fail = (error) => {
    if (state === "ended") return;
    state = "ended";
    silence?.stop();
    controller.error(error);
  };
  const end = () => {
    const { error } = call;
    const rest = source.finish(call);
    if (error !== undefined && !(error instanceof OciError)) return fail(error);
    state = "ended";
    silence?.stop();
    // A reader would join the error with an event whose blank line never came.
    if (error !== undefined && delivered && !endsEvent(delivered)) controller.enqueue(encoder.encode("\n\n"));
    if (error !== undefined) {
      const event = errorEvent(error, source.describe ?? describe, call.failureEvents);
      controller.enqueue(encoder.encode(event));
    }
    else if (rest) controller.enqueue(rest);
    controller.close();
  };

  if (openCall) {
    call = openCall;
    state = "idle";
  }
  return new ReadableStream(
    {
      start: (streamController) => {
        controller = streamController;
      },
      // SPEED: returns undefined instead of a promise. The stream would await a promise before it
      // pulls again, which costs a promise and a microtask per network chunk. A pull in the state
      // "reading" has nothing to do.
      pull: () => {
        if (state === "idle") {
          deliver();
        } else if (state === "new") {
          state = "reading";
          source.open().then(onOpen, fail);
        }
      },
      cancel: (reason) => {
        state = "ended";
        silence?.stop();
        source.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Whether the bytes end with a blank line. Those of the openai transport are the service's lines,
 * which may end in the middle of an event.
 *
 * @param {Uint8Array} bytes
 */
function endsEvent(bytes) {
  return /(?:\n|\r(?!\n))(?:\r\n|\n|\r)$/.test(tailOf(bytes));
}

/** @param {Uint8Array} bytes */
function tailOf(bytes) {
  return String.fromCharCode(...bytes.subarray(-TAIL));
}

/**
 * The end of what was delivered, where the last bytes alone are too few to tell.
 *
 * @param {Uint8Array} [before]
 * @param {Uint8Array} [bytes]
 */
function joined(before = new Uint8Array(), bytes = new Uint8Array()) {
  return Uint8Array.of(...before.subarray(-TAIL), ...bytes);
}
