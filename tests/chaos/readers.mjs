// Every way to read a call, and to leave it.

import { EventReader, Rejection } from "./event-reader.mjs";
import { operationText, PATHS } from "./operations.mjs";

/** @import { ChatStream, OciGenAI } from "oci-genai-edge" */
/** @import { CallRecord, Leave, Plan, Reader } from "./types.d.ts" */

/** What a caller throws in its loop. */
const THROWN = new Error("thrown by the caller");

/**
 * @typedef {object} Caller
 * @property {OciGenAI} oci
 * @property {Record<string, any>} request
 * @property {Record<string, any>} options
 * @property {AbortController} controller
 * @property {Leave} leave
 * @property {CallRecord} record gets the text that is read
 */

/**
 * Reads a call to its end, or leaves it. Resolves to how it ended.
 *
 * @param {Plan} plan
 * @param {Caller} caller
 * @returns {Promise<CallRecord["end"]>}
 */
export async function readCall({ reader }, caller) {
  const { record, controller } = caller;
  try {
    return (await READERS[reader](caller)) ?? "complete";
  } catch (error) {
    if (error === THROWN) return "left";
    record.error = error;
    return controller.signal.aborted && error === controller.signal.reason ? "aborted" : "failed";
  }
}

/** @type {Record<Reader, (caller: Caller) => Promise<CallRecord["end"] | void>>} */
const READERS = {
  async stream(caller) {
    const stream = streamOf(caller);
    for await (const chunk of stream) {
      add(caller, chunk.choices[0]?.delta.content ?? "");
      if (await leaves(caller, stream)) break;
    }
    return endOf(caller);
  },
  async overlap(caller) {
    const stream = streamOf(caller);
    for (;;) {
      const both = await Promise.allSettled([stream.next(), stream.next()]);
      for (const one of both) {
        if (one.status === "fulfilled" && !one.value.done) add(caller, one.value.value.choices[0]?.delta.content ?? "");
      }
      const failed = both.find((one) => one.status === "rejected");
      if (failed) throw failed.reason;
      if (both.some((one) => one.status === "fulfilled" && one.value.done)) return endOf(caller);
      if (await leaves(caller, stream)) {
        await stream.return();
        return endOf(caller);
      }
    }
  },
  async text(caller) {
    const stream = streamOf(caller);
    for await (const text of stream.text()) {
      add(caller, text);
      if (await leaves(caller, stream)) break;
    }
    return endOf(caller);
  },
  async final(caller) {
    addWhole(caller, await streamOf(caller).final());
  },
  async chat({ oci, request, options, ...caller }) {
    addWhole(caller, await oci.chat(/** @type {any} */ (request), options));
  },
  async fetch(caller) {
    return readEvents(caller, (await post(caller, true)).body, () => {});
  },
  async "fetch-whole"(caller) {
    const response = await post(caller, false);
    addWhole(caller, await jsonOf(response));
  },
  async operation({ oci, request, options, record }) {
    const { operation } = record.plan;
    if (operation === "chat") throw new TypeError("a chat is no operation of its own");
    record.text = operationText(record.plan, await oci[operation](/** @type {any} */ (request), options));
  },
  async "fetch-operation"(caller) {
    const response = await post(caller);
    caller.record.text = operationText(caller.record.plan, await jsonOf(response));
  },
  async response(caller) {
    const stream = streamOf(caller);
    return readEvents(caller, (await stream.toResponse()).body, () => stream.cancel());
  },
  async readable(caller) {
    const stream = streamOf(caller);
    return readEvents(caller, stream.toReadableStream(), () => stream.cancel());
  },
};

/**
 * @param {Caller} caller
 * @returns {ChatStream}
 */
function streamOf({ oci, request, options }) {
  return oci.stream(/** @type {any} */ (request), options);
}

/**
 * @param {Caller} caller
 * @param {boolean} [stream]
 */
async function post({ oci, request, controller, record }, stream) {
  const body = JSON.stringify({ ...request, stream });
  const init = { method: "POST", body, signal: controller.signal };
  const response = await oci.fetch(`https://oci.invalid/v1/${PATHS[record.plan.operation]}`, init);
  if (response.status !== 200) throw new Rejection((await jsonOf(response)).error);
  return response;
}

/**
 * @param {Response} response
 * @returns {Promise<any>}
 */
function jsonOf(response) {
  return response.json();
}

/**
 * @param {Caller} caller
 * @param {string} text
 */
function add({ record }, text) {
  record.text += text;
}

/**
 * @param {Pick<Caller, "record">} caller
 * @param {any} completion
 */
function addWhole({ record }, completion) {
  record.text = completion.choices[0].message.content ?? "";
}

/** @type {WeakMap<CallRecord, number>} */
const counts = new WeakMap();

/**
 * Leaves a call if its plan says so, after one more chunk. True where the loop has to end.
 *
 * @param {Caller} caller
 * @param {{ cancel(reason?: unknown): Promise<void> }} stream
 */
async function leaves({ leave, record, controller }, stream) {
  if (leave.kind === "never" || leave.kind === "abort") return false;
  const count = counts.get(record) ?? 0;
  counts.set(record, count + 1);
  if (count !== leave.chunks) return false;
  record.isWhole = false;
  if (leave.kind === "throw") {
    // `for await` calls `return`; whoever reads by hand has to.
    if (!["stream", "text"].includes(record.plan.reader)) await stream.cancel();
    throw THROWN;
  }
  if (leave.kind === "abort-in-loop") controller.abort(new Error("the caller's reason"));
  if (leave.kind === "cancel") await stream.cancel();
  return leave.kind !== "abort-in-loop";
}

/** @param {Caller} caller */
function endOf({ record }) {
  return record.isWhole ? "complete" : "left";
}

/**
 * Reads a body of OpenAI's events.
 *
 * @param {Caller} caller
 * @param {ReadableStream<Uint8Array> | null} body
 * @param {() => unknown} cancel
 */
async function readEvents(caller, body, cancel) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader();
  const events = new EventReader();
  const stream = { cancel: async () => void (await Promise.all([reader.cancel(), cancel()])) };
  for (;;) {
    const { done, value } = await reader.read();
    events.push(done ? undefined : value);
    caller.record.text = events.text;
    if (done) break;
    if (await leaves(caller, stream)) {
      await stream.cancel();
      return "left";
    }
  }
  caller.record.ends = events.ends;
  if (events.failure) throw events.failure;
  return endOf(caller);
}
