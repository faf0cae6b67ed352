// OCI's event objects -> OpenAI's chunk objects, by hand. One literal for text, so that all chunks have one hidden class.

/** What all chunks of a stream say. */
export function headOf(model) {
  return { id: `chatcmpl-${crypto.randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
}

const FINISH = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
  COMPLETE: "stop",
  MAX_TOKENS: "length",
  ERROR_TOXIC: "content_filter",
};

/**
 * A function that takes one event and adds its chunks to the list that it is given. `plain` makes what is added for text that
 * comes with nothing else: the chunk, if it's not told otherwise.
 */
export function mapperOf({ apiFormat, includeUsage }, head, plain) {
  const chunk = chunkMaker(head, includeUsage);
  const ofText = plain ?? ((index, content) => chunk(index, { content }, null));
  return apiFormat === "COHERE" ? cohere(head, includeUsage, chunk, ofText) : generic(head, includeUsage, chunk, ofText);
}

/** Makes chunks of one shape. */
export function chunkMaker({ id, created, model }, includeUsage) {
  if (includeUsage) {
    return (index, delta, finish_reason) => ({
      id,
      object: "chat.completion.chunk",
      created,
      model,
      choices: [{ index, delta, finish_reason }],
      usage: null,
    });
  }
  return (index, delta, finish_reason) => ({
    id,
    object: "chat.completion.chunk",
    created,
    model,
    choices: [{ index, delta, finish_reason }],
  });
}

function usageChunk({ id, created, model }, { completionTokens = 0, promptTokens = 0, totalTokens = 0 }) {
  const usage = { completion_tokens: completionTokens, prompt_tokens: promptTokens, total_tokens: totalTokens };
  return { id, object: "chat.completion.chunk", created, model, choices: [], usage };
}

function generic(head, includeUsage, chunk, ofText) {
  let begun = false;
  let calls = 0;

  return (event, chunks) => {
    const { message } = event;
    if (message) {
      const index = event.index ?? 0;
      const text = textOf(message.content);
      if (text) {
        if (begun) chunks.push(ofText(index, text));
        else first({ content: text });
      }
      if (message.reasoningContent) {
        const { reasoningContent } = message;
        if (begun) chunks.push(chunk(index, { reasoning_content: reasoningContent }, null));
        else first({ reasoning_content: reasoningContent });
      }
      if (message.toolCalls) {
        for (const call of message.toolCalls) {
          const delta = toolDelta(call);
          if (!delta) continue;
          if (begun) chunks.push(chunk(index, delta, null));
          else first(delta);
        }
      }
    }
    if (event.finishReason) chunks.push(chunk(event.index ?? 0, {}, FINISH[event.finishReason] ?? "stop"));
    if (event.usage && includeUsage) chunks.push(usageChunk(head, event.usage));

    function first(delta) {
      begun = true;
      chunks.push(chunk(event.index ?? 0, { role: "assistant", ...delta }, null));
    }
  };

  function toolDelta(call) {
    if (call.id || call.name) {
      const opened = { name: call.name ?? "", arguments: call.arguments ?? "" };
      return { tool_calls: [{ index: calls++, id: call.id ?? `call_${calls}`, type: "function", function: opened }] };
    }
    return call.arguments ? { tool_calls: [{ index: calls - 1, function: { arguments: call.arguments } }] } : undefined;
  }
}

function textOf(content) {
  if (!content || content.length === 0) return "";
  // Nearly every event has one part.
  if (content.length === 1) return content[0].text;
  return content.map(({ text }) => text ?? "").join("");
}

function cohere(head, includeUsage, chunk, ofText) {
  let said = "";
  let calls;

  return (event, chunks) => {
    const isLast = Boolean(event.finishReason);
    let { text } = event;
    // What comes with one of these says again what was said.
    if (text && said && (isLast || event.chatHistory || event.toolCalls))
      text = text.startsWith(said) ? text.slice(said.length) : "";
    if (text) {
      chunks.push(said ? ofText(0, text) : chunk(0, { role: "assistant", content: text }, null));
      said += text;
    }
    if (event.toolCalls && !calls) {
      calls = event.toolCalls;
      calls.forEach(({ name, parameters }, index) => {
        const call = { index, id: `call_${index}`, type: "function", function: { name, arguments: JSON.stringify(parameters) } };
        chunks.push(chunk(0, { tool_calls: [call] }, null));
      });
    }
    if (isLast) {
      const finish = chunk(0, {}, calls ? "tool_calls" : (FINISH[event.finishReason] ?? "stop"));
      finish.oci = { finish_reason: event.finishReason };
      chunks.push(finish);
    }
    if (event.usage && includeUsage) chunks.push(usageChunk(head, event.usage));
  };
}
