// The least that workerd costs: the bytes never reach JavaScript.

import { HEADERS, sendToOci } from "./request.mjs";

/** @import { WorkerEnv } from "../types.d.ts" */

export default {
  /**
   * @param {Request} request
   * @param {WorkerEnv} env
   */
  async fetch(request, env) {
    const { rejection, response } = await sendToOci(request, env);
    return rejection ?? new Response(response.body, { headers: HEADERS });
  },
};
