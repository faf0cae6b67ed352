// A service in the place of `fetch`, for what the simulator can't do: exact chunks, and a look at
// how they are read.

const encoder = new TextEncoder();

/**
 * One event of a stream.
 *
 * @param {unknown} data
 */
export function event(data) {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/**
 * A GENERIC event with this text.
 *
 * @param {string} text
 */
export function textEvent(text) {
  return event({ index: 0, message: { role: "ASSISTANT", content: [{ type: "TEXT", text }] } });
}

/** The GENERIC event that ends an answer. */
export const FINISH = event({ finishReason: "stop" });

/** Text events without end: " 0", " 1", … */
export function* endlessText() {
  for (let at = 0; ; at++) yield textEvent(` ${at}`);
}

/**
 * A `fetch` that answers with these network chunks, one for each pull of its reader, and a record
 * of how it was used.
 *
 * @param {Iterable<string | Uint8Array>} chunks
 * @param {{ status?: number, contentType?: string, hang?: boolean }} [options] with `hang` the body never ends
 */
export function fakeService(chunks, { status = 200, contentType = "text/event-stream", hang = false } = {}) {
  const seen = {
    requests: 0,
    pulls: 0,
    /** @type {{ reason: unknown } | undefined} */
    cancelled: undefined,
    /** @type {AbortSignal | undefined} */
    signal: undefined,
  };
  /**
   * @param {unknown} _url
   * @param {{ signal?: AbortSignal | null }} [init]
   */
  const fetch = async (_url, init) => {
    seen.requests++;
    seen.signal = init?.signal ?? undefined;
    const rest = chunks[Symbol.iterator]();
    /** @type {import("node:stream/web").UnderlyingSource<Uint8Array>} */
    const source = {
      pull(controller) {
        seen.pulls++;
        const { value, done } = rest.next();
        if (done) return hang ? new Promise(() => {}) : controller.close();
        controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
        return undefined;
      },
      cancel: (reason) => void (seen.cancelled = { reason }),
    };
    return new Response(new ReadableStream(source, { highWaterMark: 0 }), {
      status,
      headers: { "content-type": contentType },
    });
  };
  return { seen, fetch };
}
