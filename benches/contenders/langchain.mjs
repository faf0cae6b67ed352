// Oracle's LangChain integration, by its public `stream`. Its OCI client is replaced by one that returns the service's
// body.
import { OciGenAiCohereChat, OciGenAiGenericChat } from "@oracle/langchain-oci";

import { COMPARTMENT } from "../corpora.mjs";
import { headOf } from "./plain-mapper.mjs";
import { send } from "./plain-request.mjs";

/** @type {import("../types.d.ts").ContenderFactory} */
export function chunks(service, corpus) {
  const client = { chat: async () => (await send(service.fetch, corpus, corpus.request)).body, close() {} };
  const Chat = corpus.apiFormat === "COHERE" ? OciGenAiCohereChat : OciGenAiGenericChat;
  const chat = new Chat({ compartmentId: COMPARTMENT, dedicatedEndpointId: corpus.request.model, client });
  const question = corpus.request.messages[0].content;
  return async function* () {
    const { id, created, model } = headOf(corpus.request.model);
    for await (const message of await chat.stream(question)) {
      /** @type {{ content: string, tool_calls?: object[] }} */
      const delta = { content: message.content };
      if (message.tool_call_chunks && message.tool_call_chunks.length > 0) {
        delta.tool_calls = message.tool_call_chunks.map(toolCall);
      }
      const finish_reason = message.response_metadata?.finish_reason ?? null;
      yield { id, object: "chat.completion.chunk", created, model, choices: [{ index: 0, delta, finish_reason }] };
    }
  };
}

/** @param {{ index?: number, id?: string, name?: string, args?: string }} chunk */
function toolCall({ index, id, name, args }) {
  return { index, ...(id && { id, type: "function" }), function: { ...(name && { name }), arguments: args } };
}
