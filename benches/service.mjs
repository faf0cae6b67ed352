// The service, without a network: a `fetch` that answers with a body in memory.

const HEADERS = { "content-type": "text/event-stream" };

/** A service whose next responses consist of `chunks`. Every contender calls the same `fetch`. */
export class Service {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  chunks = [];

  fetch = async () => new Response(bodyOf(this.chunks), { headers: HEADERS });
}

/**
 * One chunk a pull: nothing is enqueued before its reader needs it.
 *
 * @param {Uint8Array<ArrayBuffer>[]} chunks
 * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
 */
function bodyOf(chunks) {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++]);
      else controller.close();
    },
  });
}
