// The package's own gateway, unsigned: the cost of an RSA signature is not measured here.
//
//   GET /pages                      the pages of the wasm memory, after a garbage collection
//   POST …/abandoned                reads one chunk of a stream, and abandons the stream

import { OciGenAI } from "oci-genai-edge";
import { createGateway } from "oci-genai-edge/gateway";
import initWasm from "wasm-glue";

/** @import { WorkerEnv } from "../types.d.ts" */

/** @param {WorkerEnv} env */
const options = (env) => ({ endpoint: env.OCI_ENDPOINT, compartmentId: env.OCI_COMPARTMENT_ID });
const gateway = createGateway({
  configure: (/** @type {WorkerEnv} */ env) => ({ token: env.GATEWAY_TOKEN, allowAnyModel: true, ...options(env) }),
});
/** @type {OciGenAI | undefined} */
let client;

export default {
  /**
   * @param {Request} request
   * @param {WorkerEnv} env
   * @param {any} context
   */
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/pages")) return pages();
    if (!pathname.endsWith("/abandoned")) return gateway.fetch(request, env, context);
    client ??= new OciGenAI(options(env));
    const chatRequest = /** @type {import("oci-genai-edge").ChatRequest} */ (await request.json());
    const { value } = await client.stream(chatRequest).next();
    return new Response(value?.choices[0]?.delta.content);
  },
};

async function pages() {
  globalThis.gc?.();
  const { memory } = await initWasm();
  return new Response(`${memory.buffer.byteLength / 65536}`);
}
