// A caller of a Worker, as cheap as Node allows, because it runs on the same machine.

import { Agent, request } from "node:http";
import { TOKEN } from "./worker.mjs";

/** @import { IncomingMessage } from "node:http" */
/** @import { StreamPlan } from "./types.d.ts" */

/**
 * @typedef {object} StreamOptions
 * @property {boolean} [includeUsage]
 * @property {string} [path]
 * @property {string} [token]
 * @property {() => void} [onFirstByte] of the body
 */

export const MODEL = "ocid1.generativeaiendpoint.oc1.us-chicago-1.load";

export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity });
  #port;

  /** @param {number} port */
  constructor(port) {
    this.#port = port;
  }

  /**
   * Opens a stream, and resolves to the response when its head has arrived.
   *
   * @param {StreamPlan} plan
   * @param {StreamOptions} [options]
   * @returns {Promise<IncomingMessage>}
   */
  open(plan, { includeUsage = false, path = "/v1/chat/completions", token = TOKEN } = {}) {
    const body = JSON.stringify({
      model: MODEL,
      messages: [{ role: "user", content: JSON.stringify(plan) }],
      stream: true,
      ...(includeUsage && { stream_options: { include_usage: true } }),
    });
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      authorization: `Bearer ${token}`,
    };
    const options = { host: "127.0.0.1", port: this.#port, path, method: "POST", agent: this.#agent, headers };
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        if (response.statusCode === 200) return resolve(response);
        response.resume();
        reject(new Error(`the Worker answered ${response.statusCode}`));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /**
   * The whole body of a stream.
   *
   * @param {StreamPlan} plan
   * @param {StreamOptions} [options]
   * @returns {Promise<Buffer>}
   */
  async read(plan, options) {
    const response = await this.open(plan, options);
    /** @type {Buffer[]} */
    const parts = [];
    return new Promise((resolve, reject) => {
      if (options?.onFirstByte) response.once("data", options.onFirstByte);
      response.on("data", (data) => parts.push(data));
      response.on("end", () => resolve(Buffer.concat(parts)));
      response.on("error", reject);
    });
  }

  close() {
    this.#agent.destroy();
  }
}
