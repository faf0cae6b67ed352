// A caller of a Worker, as cheap as Node has it: the machine has to carry it as well.
import { Agent, request } from "node:http";

import { TOKEN } from "./worker.mjs";

export const MODEL = "ocid1.generativeaiendpoint.oc1.us-chicago-1.load";

export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity });
  #port;

  constructor(port) {
    this.#port = port;
  }

  /** Opens a stream; resolves to the response when its head is there. `asked` is for the upstream. */
  open(asked, { includeUsage = false, path = "/v1/chat/completions" } = {}) {
    const body = JSON.stringify({
      model: MODEL,
      messages: [{ role: "user", content: JSON.stringify(asked) }],
      stream: true,
      ...(includeUsage && { stream_options: { include_usage: true } }),
    });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = { host: "127.0.0.1", port: this.#port, path, method: "POST", agent: this.#agent };
    options.headers = { ...headers, authorization: `Bearer ${TOKEN}` };
    return new Promise((resolve, reject) => {
      request(options, (response) => {
        if (response.statusCode === 200) return resolve(response);
        response.resume();
        reject(new Error(`the Worker answered ${response.statusCode}`));
      }).on("error", reject).end(body);
    });
  }

  /** The whole body of a stream. */
  async read(asked, options) {
    const response = await this.open(asked, options);
    const parts = [];
    return new Promise((resolve, reject) => {
      response.on("data", (data) => parts.push(data));
      response.on("end", () => resolve(Buffer.concat(parts)));
      response.on("error", reject);
    });
  }

  close() {
    this.#agent.destroy();
  }
}
