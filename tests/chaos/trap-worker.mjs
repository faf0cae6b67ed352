// The gateway in workerd, in an isolate whose wasm can be made to trap.
//
//   GET /trap/<kind>      traps in a call of its own, and says how that ended

import { OciGenAI } from "oci-genai-edge";
import { createGateway } from "oci-genai-edge/gateway";
import { inputPointer } from "wasm-glue";

/** @import { WorkerEnv } from "../load/types.d.ts" */

const DAC = "ocid1.generativeaiendpoint.oc1.us-chicago-1.trap";
const TEXT = 'data: {"index":0,"message":{"content":[{"type":"TEXT","text":"fine"}]}}\n\n';
const FINISH = 'data: {"finishReason":"stop"}\n\n';

const gateway = createGateway({
  configure: (/** @type {WorkerEnv} */ env) => ({
    token: env.GATEWAY_TOKEN,
    endpoint: env.OCI_ENDPOINT,
    compartmentId: env.OCI_COMPARTMENT_ID,
    models: { house: DAC },
  }),
});

/** @returns {number} */
function overflow() {
  return overflow() + 1;
}

/**
 * What the core meets when it reads the clock: what is thrown there jumps over the frames of wasm, as a trap does.
 *
 * @type {Record<string, () => void>}
 */
const TRAPS = {
  unreachable: () => {
    throw new /** @type {any} */ (globalThis).WebAssembly.RuntimeError("unreachable");
  },
  stack: () => void overflow(),
  // A panic of the core itself, whose input buffer is borrowed while it decodes the first bytes of a body.
  panic: () => void inputPointer(),
};
/** A call reads the clock when it is made, before it is sent, at its response and at its first bytes. */
const READINGS_BEFORE = 4;

/** @param {string} kind */
async function trap(kind) {
  const fetch = async () => new Response(TEXT + FINISH, { headers: { "content-type": "text/event-stream" } });
  const oci = new OciGenAI({ compartmentId: "c", fallback: "never", retry: { maxAttempts: 1 }, fetch });
  const stream = oci.stream({ model: DAC, messages: [{ role: "user", content: "?" }] });
  const { now } = Date;
  let left = READINGS_BEFORE;
  let times = 0;
  Date.now = () => {
    if (left-- === 0) {
      times++;
      TRAPS[kind]?.();
    }
    return now();
  };
  try {
    const completion = await stream.final();
    return { times, text: completion.choices[0]?.message.content };
  } catch (error) {
    return { times, code: /** @type {any} */ (error).code ?? `${error}` };
  } finally {
    Date.now = now;
  }
}

export default {
  /**
   * @param {Request} request
   * @param {WorkerEnv} env
   * @param {any} context
   */
  async fetch(request, env, context) {
    const kind = /\/trap\/(\w+)$/.exec(request.url)?.[1];
    return kind ? Response.json(await trap(kind)) : gateway.fetch(request, env, context);
  },
};
