// The least that a gateway costs which reads the bytes: it reads each network chunk in JavaScript,
// and passes it on.

import { HEADERS, sendToOci } from "./request.mjs";

/** @import { WorkerEnv } from "../types.d.ts" */

export default {
  /**
   * @param {Request} request
   * @param {WorkerEnv} env
   */
  async fetch(request, env) {
    const { rejection, response } = await sendToOci(request, env);
    if (rejection) return rejection;
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    /** @type {import("node:stream/web").UnderlyingSource<Uint8Array>} */
    const source = {
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    };
    return new Response(new ReadableStream(source, { highWaterMark: 0 }), { headers: HEADERS });
  },
};
