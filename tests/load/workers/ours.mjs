// The package's own gateway, unsigned: what an RSA signature costs is not the question.
//
//   GET /pages                    how large wasm's memory is, after a collection
//   POST …/dropped                reads one chunk of a stream, and forgets the stream
import { OciGenAI } from "oci-genai-edge";
import { createGateway } from "oci-genai-edge/gateway";

import initWasm from "../../../pkg/wasm/oci_genai_edge.js";

const options = (env) => ({ endpoint: env.OCI_ENDPOINT, compartmentId: env.OCI_COMPARTMENT_ID });
const gateway = createGateway({ configure: (env) => ({ token: env.GATEWAY_TOKEN, ...options(env) }) });
let client;

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/pages")) return pages();
    if (!pathname.endsWith("/dropped")) return gateway.fetch(request, env, context);
    client ??= new OciGenAI(options(env));
    const { value } = await client.stream(await request.json()).next();
    return new Response(value.choices[0].delta.content);
  },
};

async function pages() {
  globalThis.gc?.();
  const { memory } = await initWasm();
  return new Response(`${memory.buffer.byteLength / 65536}`);
}
