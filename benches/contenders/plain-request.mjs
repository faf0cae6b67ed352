// The request as it is written by hand: OpenAI's in, OCI's out. It is made once a stream, as ours is.
import { COMPARTMENT } from "../corpora.mjs";

/** @import { BenchRequest, Corpus } from "../types.d.ts" */

const URL = "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat";
const HEADERS = { "content-type": "application/json", accept: "text/event-stream" };

/**
 * @param {(url: string, init: RequestInit) => Promise<Response>} fetch
 * @param {Corpus} corpus
 * @param {BenchRequest} request
 */
export function send(fetch, corpus, request) {
  const chatRequest = corpus.apiFormat === "COHERE" ? cohere(request) : generic(request);
  const body = {
    compartmentId: COMPARTMENT,
    servingMode: { servingType: "DEDICATED", endpointId: request.model },
    chatRequest: {
      apiFormat: corpus.apiFormat,
      isStream: true,
      streamOptions: { isIncludeUsage: true },
      maxTokens: request.max_tokens,
      ...chatRequest,
    },
  };
  return fetch(URL, { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
}

/** The body of a response that has one. */
export function bodyOf(/** @type {Response} */ response) {
  if (!response.body) throw new Error("the response has no body");
  return response.body;
}

function generic(/** @type {BenchRequest} */ { messages }) {
  return {
    messages: messages.map(({ role, content }) => ({
      role: role.toUpperCase(),
      content: [{ type: "TEXT", text: content }],
    })),
  };
}

function cohere(/** @type {BenchRequest} */ { messages }) {
  const chatHistory = messages
    .slice(0, -1)
    .map(({ role, content }) => ({ role: role === "assistant" ? "CHATBOT" : "USER", message: content }));
  return { message: messages.at(-1)?.content, chatHistory };
}
