// One HTTP response and its line in the log.

import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

export class Reply {
  #response;
  #record;
  #pace;
  #abort = new AbortController();

  constructor(response, record, pace) {
    this.#response = response;
    this.#record = record;
    this.#pace = pace;
    response.setHeader("opc-request-id", requestId());
    let finish;
    record.done = new Promise((resolve) => {
      finish = resolve;
    });
    // "close" comes last in every case: after the end, after a cut and when the client goes away.
    response.once("close", () => {
      record.clientGone = !response.writableFinished && !record.cut;
      this.#abort.abort();
      finish();
    });
  }

  /** True once nothing can be written any more. */
  get closed() {
    return this.#abort.signal.aborted;
  }

  /** A complete answer. */
  send(status, body, headers = {}) {
    if (this.closed) return;
    this.#record.status = status;
    const isText = typeof body === "string";
    const bytes = Buffer.from(isText ? body : JSON.stringify(body));
    this.#response.writeHead(status, {
      "content-type": isText ? "text/html" : "application/json",
      "content-length": bytes.length,
      ...headers,
    });
    this.#response.end(bytes);
  }

  /** A refusal made by errors.mjs; its reason goes to the log only. */
  refuse({ status, body, reason }, headers) {
    this.#record.rejected = reason;
    this.send(status, body, headers);
  }

  /** The head of an event stream, sent at once. */
  startStream() {
    if (this.closed) return;
    this.#record.status = 200;
    this.#response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    this.#response.flushHeaders();
  }

  /** Writes one event, in as many pieces as given. Returns false when the client is gone. */
  async event(writes) {
    for (const bytes of writes) {
      if (bytes.length === 0) continue;
      if (this.closed) return false;
      if (!this.#response.write(bytes)) await this.#drained();
      await nextTurn();
    }
    if (this.closed) return false;
    this.#record.eventsSent += 1;
    if (this.#pace > 0) await this.pause(this.#pace);
    return !this.closed;
  }

  end() {
    if (!this.closed) this.#response.end();
  }

  /** Destroys the connection, once what was written has left this process. */
  async cut() {
    while (!this.closed && this.#response.socket?.writableLength > 0) await nextTurn();
    if (this.closed) return;
    this.#record.cut = true;
    this.#response.destroy();
  }

  /** Waits, but no longer than the connection lives. */
  pause(milliseconds) {
    return this.#until((wake) => {
      const timer = setTimeout(wake, milliseconds);
      return () => clearTimeout(timer);
    });
  }

  /** Waits until the connection is closed by someone else. */
  hang() {
    return this.#until(() => () => {});
  }

  #drained() {
    return this.#until((wake) => {
      this.#response.once("drain", wake);
      return () => this.#response.off("drain", wake);
    });
  }

  #until(arm) {
    const { signal } = this.#abort;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        disarm();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const disarm = arm(wake);
      signal.addEventListener("abort", wake);
    });
  }
}

/** Three hex segments, as every answer of the service carries them. */
export function requestId() {
  return Array.from({ length: 3 }, () => randomBytes(16).toString("hex").toUpperCase()).join("/");
}
