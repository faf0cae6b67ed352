// The service, without a network: a `fetch` that answers with a body in memory.

const HEADERS = { "content-type": "text/event-stream" };

/** A service whose next answers are made of `chunks`. Every contender calls the same `fetch`. */
export class Service {
  chunks = [];

  fetch = async () => new Response(bodyOf(this.chunks), { headers: HEADERS });
}

/** One chunk a pull: what a reader doesn't ask for isn't made. */
function bodyOf(chunks) {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++]);
      else controller.close();
    },
  });
}
