// `fetch`, speaking OpenAI's API: POST …/chat/completions and GET …/models.

import { OciError } from "./error.js";
import { errorBody } from "./stream.js";

/** Answers one request. Rejects only with the reason of the caller's own signal, as fetch does. */
export async function answer(client, input, init) {
  const request = requestOf(input, init);
  const path = new URL(request.url).pathname.replace(/\/+$/, "");
  if (path.endsWith("/chat/completions")) {
    return request.method === "POST" ? complete(client, request) : wrongMethod("POST");
  }
  if (path.endsWith("/models")) {
    return request.method === "GET" || request.method === "HEAD" ? models(client) : wrongMethod("GET");
  }
  return plain(404, errorOf(`there is no ${path || "/"} here: POST …/chat/completions and GET …/models are`, "not_found"));
}

/** What is asked for. OpenAI's clients give an address and a string: a Request of it would be read back into that string. */
function requestOf(input, init) {
  if (input instanceof Request && init === undefined) return input;
  if (typeof input === "string" && init?.method === "POST" && typeof init.body === "string") {
    return { method: "POST", url: input, signal: init.signal ?? undefined, text: () => init.body };
  }
  return new Request(input, withDuplex(init));
}

async function complete(client, request) {
  let call;
  try {
    call = client.call(await request.text(), { signal: request.signal });
    await call.open();
    if (!call.isEvents) {
      return { response: new Response(call.completion, { headers: { "content-type": "application/json", ...idOf(call) } }), call };
    }
    const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", ...idOf(call) };
    return { response: new Response(events(call), { headers }), call };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { response: failed(error), call };
  }
}

/** The events of a call as a body: at most one network chunk is decoded ahead of the reader. */
function events(call) {
  let controller;
  let reading = false;
  // Gives what there is, or reads on. `pull` returns at once instead of a promise: the stream then need not wait for it before
  // it pulls again, which is a promise and a turn less for every network chunk. `reading` keeps a second pull from reading too.
  const give = () => {
    if (call.bytes.length > 0) return controller.enqueue(call.bytes.shift());
    if (!call.ended) {
      reading = true;
      call.reading().then(took, lost);
      return;
    }
    if (call.error instanceof OciError) {
      // Too late for a status: OpenAI's clients read this event as an error.
      controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(errorBody(call.error))}\n\n`));
    } else if (call.error !== undefined) {
      return controller.error(call.error);
    }
    controller.close();
  };
  const took = (result) => {
    reading = false;
    if (cancelled) return;
    call.took(result);
    give();
  };
  const lost = (thrown) => {
    reading = false;
    if (cancelled) return;
    call.lost(thrown);
    give();
  };
  let cancelled = false;
  return new ReadableStream(
    {
      start: (own) => {
        controller = own;
      },
      pull: () => {
        if (!reading) give();
      },
      cancel: (reason) => {
        cancelled = true;
        call.stop(reason ?? new DOMException("the response was cancelled", "AbortError"));
      },
    },
    { highWaterMark: 0 },
  );
}

function models(client) {
  const data = client.models().map(({ id }) => ({ id, object: "model", created: 0, owned_by: "oci" }));
  return plain(200, { object: "list", data });
}

/** Status and body as OpenAI would answer; its clients decide by them whether to try again. */
export function failed(error, status = statusOf(error)) {
  const headers = {};
  if (error.opcRequestId) headers["x-request-id"] = error.opcRequestId;
  // What may pass has been tried again already.
  headers["x-should-retry"] = "false";
  return Response.json(errorBody(error), { status, headers });
}

const STATUS = {
  invalid_model: 404,
  invalid_request: 400,
  unauthorized: 401,
  not_found_or_unauthorized: 404,
  conflict: 409,
  rate_limited: 429,
  bad_request: 400,
  content_filtered: 400,
  wrong_api_format: 400,
  timeout: 504,
  service_unavailable: 503,
  all_targets_failed: 502,
  network: 502,
  redirected: 502,
  service_error: 502,
  invalid_response: 502,
  unsupported_encoding: 502,
  limit_exceeded: 502,
  stream_truncated: 502,
  stream_error: 502,
};

function statusOf(error) {
  // A 4xx of the service's own is more exact than the one of its kind.
  const own = error.status >= 400 && error.status < 500 ? error.status : undefined;
  return (["bad_request", "content_filtered"].includes(error.code) && own) || STATUS[error.code] || 500;
}

function idOf(call) {
  const id = call.report?.attempts.at(-1)?.opcRequestId;
  return id ? { "x-request-id": id } : {};
}

function plain(status, body) {
  return { response: Response.json(body, { status }) };
}

function wrongMethod(allowed) {
  const response = Response.json(errorOf(`the method must be ${allowed}`, "method_not_allowed"), { status: 405, headers: { allow: allowed } });
  return { response };
}

function errorOf(message, code) {
  return { error: { message, type: "invalid_request_error", param: null, code } };
}

/** A body that is a stream must say that it is sent before the answer is read. */
function withDuplex(init) {
  return init?.body instanceof ReadableStream ? { duplex: "half", ...init } : init;
}
