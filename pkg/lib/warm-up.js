// Warming up: what a first answer needs is compiled before somebody waits for it.

import { MODE_AS_REQUESTED, MODE_CHUNKS, MODE_EVENTS } from "./boundary.js";
import { OciGenAI, internalsOf } from "./client.js";
import { CoreClient, feed, requireCore } from "./core.js";
import { readBytes, readChunks } from "./memory.js";
import { Queue } from "./queue.js";
import { Slab } from "./slab.js";

/** @import { Call } from "./call.js" */

const DAC = "ocid1.generativeaiendpoint.oc1.us-chicago-1.warmup";
const COMPARTMENT = "ocid1.compartment.oc1..warmup";

/**
 * A model of each wire, and the events of a short answer.
 *
 * @type {readonly { model: string, apiFormat?: string, events: string[] }[]}
 */
const WIRES = [
  {
    model: DAC,
    events: [
      '{"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":"a"}]},"pad":"a"}',
      '{"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":"b"}]},"pad":"aa"}',
      '{"message":{"content":[{"type":"TEXT","text":""}]},"finishReason":"stop","pad":"a"}',
      '{"usage":{"completionTokens":2,"promptTokens":1,"totalTokens":3}}',
    ],
  },
  {
    model: DAC,
    apiFormat: "COHERE",
    events: [
      '{"apiFormat":"COHERE","text":"a","pad":"a"}',
      '{"apiFormat":"COHERE","text":"b","pad":"aa"}',
      '{"apiFormat":"COHERE","text":"ab","finishReason":"COMPLETE"}',
    ],
  },
  {
    model: DAC,
    apiFormat: "COHEREV2",
    events: [
      '{"apiFormat":"COHEREV2","message":{"content":[{"type":"TEXT","text":"a"}]},"pad":"a"}',
      '{"apiFormat":"COHEREV2","message":{"content":[{"type":"TEXT","text":"b"}]},"pad":"aa"}',
      '{"apiFormat":"COHEREV2","finishReason":"COMPLETE"}',
    ],
  },
  {
    model: "xai.grok-4",
    events: [
      '{"id":"a","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]}',
      '{"id":"a","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"b"}}]}',
      '{"id":"a","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
    ],
  },
];

const encoder = new TextEncoder();

/**
 * Runs what a first answer needs, without I/O, so that the first request finds it compiled. At global
 * scope, or never.
 */
export function warmUp() {
  requireCore();
  const options = JSON.stringify({ region: "us-chicago-1", compartmentId: COMPARTMENT });
  const client = new CoreClient(options, true, false);
  for (const wire of WIRES) {
    for (const mode of [MODE_CHUNKS, MODE_EVENTS]) decode(client, wire, mode);
  }
  answer().catch(() => {
    // A first request would fail in the same way, and say so.
  });
}

/**
 * @param {CoreClient} client
 * @param {{ model: string, apiFormat?: string, events: string[] }} wire
 * @param {number} mode
 */
function decode(client, { model, apiFormat, events }, mode) {
  const call = client.createCall(requestOf(model), JSON.stringify({ apiFormat }), mode, "chatcmpl-warmup");
  try {
    call.nextStep();
    call.takeRequest();
    call.onResponse(200, ["text/event-stream"]);
    call.nextStep();
    const slab = new Slab();
    /** @type {Queue<any>} */
    const queue = new Queue();
    const onOutput = () => (mode === MODE_EVENTS ? readBytes(slab) : readChunks(queue, false));
    for (const event of events) feed(call, encoder.encode(`data: ${event}\n\n`), onOutput);
    call.onBodyEnd();
    call.completion();
    call.outcome();
  } finally {
    call.free();
  }
}

/** The start of an answer. The response is made by hand: workerd has none at global scope. */
async function answer() {
  const [{ model, events }] = WIRES;
  const chunks = events.map((event) => encoder.encode(`data: ${event}\n\n`));
  const read = async () => {
    const value = chunks.shift();
    return { value, done: value === undefined };
  };
  const headers = new Headers({ "content-type": "text/event-stream" });
  const response = { status: 200, headers, body: { getReader: () => ({ read, cancel: async () => {} }) } };
  const client = new OciGenAI({
    region: "us-chicago-1",
    compartmentId: COMPARTMENT,
    retry: { maxAttempts: 1 },
    fetch: async () => /** @type {any} */ (response),
  });
  const { createCall } = internalsOf(client);
  const call = /** @type {Call} */ (createCall(requestOf(model), {}, MODE_AS_REQUESTED));
  await call.open();
  await call.read();
  // Not to its end, after which a timer would wait for that of the connection.
  call.cancel(undefined);
}

/** @param {string} model */
function requestOf(model) {
  return JSON.stringify({ model, messages: [{ role: "user", content: "a" }], stream: true });
}
