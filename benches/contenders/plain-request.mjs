// The request of whoever writes it by hand: OpenAI's in, OCI's out. It's made once a stream, as ours is.
import { COMPARTMENT } from "../corpora.mjs";

const URL = "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat";
const HEADERS = { "content-type": "application/json", accept: "text/event-stream" };

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

function generic({ messages }) {
  return {
    messages: messages.map(({ role, content }) => ({ role: role.toUpperCase(), content: [{ type: "TEXT", text: content }] })),
  };
}

function cohere({ messages }) {
  const chatHistory = messages
    .slice(0, -1)
    .map(({ role, content }) => ({ role: role === "assistant" ? "CHATBOT" : "USER", message: content }));
  return { message: messages.at(-1).content, chatHistory };
}
