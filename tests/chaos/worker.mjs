// The gateway in workerd, for the chaos tests.
//
//   GET /state      the pages of the wasm memory after a garbage collection, and what was counted

import { createGateway } from "oci-genai-edge/gateway";
import initWasm from "wasm-glue";

/** @import { WorkerEnv } from "../load/types.d.ts" */

const DAC = "ocid1.generativeaiendpoint.oc1.us-chicago-1.chaos";
const counts = { reports: 0, uncaught: 0 };
for (const event of ["unhandledrejection", "error"]) addEventListener(event, () => void counts.uncaught++);

const gateway = createGateway({
  configure: (/** @type {WorkerEnv} */ env) => ({
    token: env.GATEWAY_TOKEN,
    endpoint: env.OCI_ENDPOINT,
    compartmentId: env.OCI_COMPARTMENT_ID,
    models: {
      GENERIC: { model: DAC, apiFormat: "GENERIC" },
      COHERE: { model: DAC, apiFormat: "COHERE" },
      COHEREV2: { model: DAC, apiFormat: "COHEREV2" },
      openai: "vendor.model",
    },
    retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 20 },
    timeouts: { totalMs: 2000, firstChunkMs: 1000, chunkMs: 300 },
    onFinish: () => void counts.reports++,
  }),
});

export default {
  /**
   * @param {Request} request
   * @param {WorkerEnv} env
   * @param {any} context
   */
  async fetch(request, env, context) {
    if (!request.url.endsWith("/state")) return gateway.fetch(request, env, context);
    globalThis.gc?.();
    const { memory } = await initWasm();
    return Response.json({ ...counts, pages: memory.buffer.byteLength / 65_536 });
  },
};
