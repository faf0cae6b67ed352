// The request to OCI that the plain Workers send for a caller's request.

/** @import { WorkerEnv } from "../types.d.ts" */

export const HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

/**
 * Sends the request, or returns the response for a caller without the token.
 *
 * @param {Request} request
 * @param {WorkerEnv} env
 */
export async function sendToOci(request, env) {
  const isAllowed = request.headers.get("authorization") === `Bearer ${env.GATEWAY_TOKEN}`;
  if (!isAllowed) return { rejection: new Response(null, { status: 401 }) };
  /** @type {any} */
  const { model, messages, stream_options: options } = await request.json();
  const body = {
    compartmentId: env.OCI_COMPARTMENT_ID,
    servingMode: { servingType: "DEDICATED", endpointId: model },
    chatRequest: {
      apiFormat: "GENERIC",
      isStream: true,
      streamOptions: { isIncludeUsage: true },
      messages: messages.map((/** @type {{ role: string, content: string }} */ { role, content }) => ({
        role: role.toUpperCase(),
        content: [{ type: "TEXT", text: content }],
      })),
    },
  };
  const response = await fetch(`${env.OCI_ENDPOINT}/20231130/actions/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: request.signal,
  });
  return { response, model: String(model), includeUsage: options?.include_usage === true };
}
