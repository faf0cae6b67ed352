// One HTTP response, and the record of it.

import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

/** @import { ServerResponse } from "node:http" */
/** @import { ErrorResponse, RequestRecord } from "./types.d.ts" */

export class Reply {
  #response;
  #record;
  #pace;
  #abort = new AbortController();

  /**
   * @param {ServerResponse} response
   * @param {RequestRecord} record
   * @param {number} pace milliseconds after each event
   */
  constructor(response, record, pace) {
    this.#response = response;
    this.#record = record;
    this.#pace = pace;
    response.setHeader("opc-request-id", requestId());
    // "close" is the last event in every case: after the end, after a cut, and when the client
    // disconnects.
    record.done = new Promise((resolve) => {
      response.once("close", () => {
        record.clientGone = !response.writableFinished && !record.cut;
        this.#abort.abort();
        resolve();
      });
    });
  }

  /** Whether the connection is closed. */
  get closed() {
    return this.#abort.signal.aborted;
  }

  /**
   * Sends a complete response.
   *
   * @param {number} status
   * @param {unknown} body HTML, or a value to be sent as JSON
   * @param {Record<string, string>} [headers]
   */
  send(status, body, headers = {}) {
    if (this.closed) return;
    this.#record.status = status;
    const isHtml = typeof body === "string";
    const bytes = Buffer.from(isHtml ? body : JSON.stringify(body));
    this.#response.writeHead(status, {
      "content-type": isHtml ? "text/html" : "application/json",
      "content-length": bytes.length,
      ...headers,
    });
    this.#response.end(bytes);
  }

  /**
   * Sends an error, and records its reason.
   *
   * @param {ErrorResponse} error
   */
  reject({ status, body, reason, headers }) {
    this.#record.rejected = reason;
    this.send(status, body, headers);
  }

  /** Sends the head of an event stream. */
  startStream() {
    if (this.closed) return;
    this.#record.status = 200;
    this.#response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    this.#response.flushHeaders();
  }

  /**
   * Writes one event. Resolves to false when the client has disconnected.
   *
   * @param {(string | Buffer)[]} writes
   */
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

  /** Ends an event stream. */
  end() {
    if (!this.closed) this.#response.end();
  }

  /** Destroys the connection after everything written has left this process. */
  async cut() {
    while (!this.closed && (this.#response.socket?.writableLength ?? 0) > 0) await nextTurn();
    if (this.closed) return;
    this.#record.cut = true;
    this.#response.destroy();
  }

  /**
   * Waits for some time, or until the connection is closed.
   *
   * @param {number} milliseconds
   */
  pause(milliseconds) {
    return this.#until((wake) => {
      const timer = setTimeout(wake, milliseconds);
      return () => clearTimeout(timer);
    });
  }

  /** Waits until the connection is closed. */
  hang() {
    return this.#until(() => () => {});
  }

  #drained() {
    return this.#until((wake) => {
      this.#response.once("drain", wake);
      return () => this.#response.off("drain", wake);
    });
  }

  /**
   * Waits until `wake` is called or the connection is closed. `arm` returns what undoes it.
   *
   * @param {(wake: () => void) => () => void} arm
   * @returns {Promise<void>}
   */
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

/** A request id of three hexadecimal segments, as in every response of the service. */
export function requestId() {
  return Array.from({ length: 3 }, () => randomBytes(16).toString("hex").toUpperCase()).join("/");
}
