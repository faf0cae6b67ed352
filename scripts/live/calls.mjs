// The calls of a live run: one fixed prompt, few tokens, no retries beyond the request budget.
import { OciGenAI } from "oci-genai-edge";

/** @import { Exchange, Recorder } from "./recorder.mjs" */
/** @import { Settings } from "./settings.mjs" */

/**
 * The most requests of a run, besides those to the control plane: three attempts to find the format, a stream with its
 * fallback, a completion with one retry, and thirteen questions.
 */
export const BUDGET = 20;

const PROMPT = "Write the numbers from one to ten as English words, with commas between them. Nothing else.";

/**
 * A client for the run's settings. Its requests are recorded.
 *
 * @param {Settings} settings
 * @param {Recorder} recorder
 * @param {import("oci-genai-edge").ClientOptions} [options] Added to those of the settings.
 */
export function clientOf(settings, recorder, options = {}) {
  const { region, compartmentId, endpoint, sign, apiFormat } = settings;
  return new OciGenAI({
    region,
    compartmentId,
    endpoint,
    sign,
    apiFormat,
    fetch: recorder.fetch,
    retry: { maxAttempts: 1 },
    timeouts: { totalMs: 60_000 },
    ...options,
  });
}

/**
 * @param {string} model
 * @param {Partial<import("oci-genai-edge").ChatRequest>} [parameters]
 * @returns {import("oci-genai-edge").ChatRequest}
 */
export function chatRequest(model, parameters = {}) {
  return { model, messages: [{ role: "user", content: PROMPT }], max_tokens: 48, ...parameters };
}

/**
 * The API format of the last successful request: the one that the model behind the endpoint accepts.
 *
 * @param {Exchange[]} exchanges
 * @returns {string | undefined}
 */
export function formatOf(exchanges) {
  return exchanges.findLast(({ status }) => status === 200)?.request?.chatRequest?.apiFormat;
}

/**
 * Sends a request of the Responses API with the endpoint's OCID as the model, as it is.
 *
 * @param {Settings} settings
 * @param {Recorder} recorder
 * @param {Pick<import("oci-genai-edge").ClientOptions, "sign" | "apiKey">} credentials Over those of the settings.
 */
export async function postResponses(settings, recorder, credentials) {
  const { endpointId, compartmentId } = settings;
  const { sign, apiKey } = { ...settings, ...credentials };
  const chat = clientOf(settings, recorder).route(endpointId, { transport: "openai" }).url;
  const url = chat.replace(/chat\/completions$/, "responses");
  const request = { model: endpointId, input: PROMPT, max_output_tokens: 48, store: false };
  const body = new TextEncoder().encode(JSON.stringify(request));
  const signal = AbortSignal.timeout(60_000);
  const headers = new Headers({ "content-type": "application/json", "accept-encoding": "identity" });
  if (sign) {
    headers.set("opc-compartment-id", compartmentId);
    const method = /** @type {const} */ ("POST");
    const signed = await sign({ method, url, headers: Object.fromEntries(headers), body, attempt: 1, signal });
    for (const [name, value] of new Headers(/** @type {Record<string, string>} */ (signed))) headers.set(name, value);
  } else {
    headers.set("authorization", `Bearer ${apiKey}`);
  }
  const response = await recorder.fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
  await response.arrayBuffer();
}
