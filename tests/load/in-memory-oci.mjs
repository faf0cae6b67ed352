// The package against an OCI in this process's memory: no sockets, so that a hundred thousand streams take seconds.
import { OciGenAI } from "oci-genai-edge";

import { ociEvents, textsOf } from "./answers.mjs";
import { MODEL } from "./client.mjs";

const TOKENS = 6;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How many bodies were cancelled. */
export const seen = { cancelled: 0 };

const bodies = {
  whole: (stream) => ociEvents(stream, TOKENS).join(""),
  broken: (stream) => `${ociEvents(stream, TOKENS)[0]}data: {"code":"500","message":"no"}\n\n`,
  cut: (stream) => ociEvents(stream, TOKENS).slice(0, 3).join(""),
  /** One event, and then silence. */
  open: (stream) => ociEvents(stream, TOKENS)[0],
};

async function fetch(_, { body }) {
  const { chatRequest } = JSON.parse(decoder.decode(body));
  const { stream, kind } = JSON.parse(chatRequest.messages[0].content[0].text);
  if (kind === "refused") return Response.json({ code: "400", message: "z".repeat(2000) }, { status: 400 });
  const bytes = encoder.encode(bodies[kind](stream));
  const source = {
    start(controller) {
      // Two network chunks, cut somewhere.
      const at = 1 + (stream % (bytes.length - 1));
      if (kind === "open") return controller.enqueue(bytes);
      controller.enqueue(bytes.subarray(0, at));
      controller.enqueue(bytes.subarray(at));
      controller.close();
    },
    cancel: () => void seen.cancelled++,
  };
  return new Response(new ReadableStream(source), { headers: { "content-type": "text/event-stream" } });
}

export const oci = new OciGenAI({ compartmentId: "c", fallback: "never", retry: { maxAttempts: 1 }, fetch });

/** A request for stream n of a kind; what it says when it is whole is `saidIn(n)`. */
export function ask(stream, kind) {
  return { model: MODEL, messages: [{ role: "user", content: JSON.stringify({ stream, kind }) }] };
}

export const saidIn = (stream) => textsOf(stream, TOKENS).join("");

/** The same through `fetch`. */
export function fetched(stream, kind, more) {
  const body = JSON.stringify({ ...ask(stream, kind), stream: true });
  return oci.fetch("https://oci.invalid/v1/chat/completions", { method: "POST", body, ...more });
}

export { MODEL, TOKENS };
