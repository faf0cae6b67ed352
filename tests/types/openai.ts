// Compatibility with the types of the npm package `openai`.

import OpenAI from "openai";
import type { CompletionUsage } from "openai/resources/completions";
import type {
  ChatCompletion as OpenAICompletion,
  ChatCompletionChunk as OpenAIChunk,
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import type { CreateEmbeddingResponse, EmbeddingCreateParams } from "openai/resources/embeddings";
import type { ModerationCreateParams } from "openai/resources/moderations";
import { OciGenAI } from "oci-genai-edge";
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatMessage,
  ChatRequest,
  ChatTool,
  EmbeddingRequest,
  EmbeddingResponse,
  ModerationRequest,
  TypedChatRequest,
  Usage,
} from "oci-genai-edge";

const oci = new OciGenAI({ region: "us-chicago-1" });

export const openai = new OpenAI({ baseURL: "https://oci.example/v1", apiKey: "ignored", fetch: oci.fetch });

// Requests of OpenAI's client are accepted …
export const asRequest = (params: ChatCompletionCreateParams): ChatRequest => params;
export const asUnstreamed = (params: ChatCompletionCreateParamsNonStreaming): ChatRequest => params;
export const asStreamed = (params: ChatCompletionCreateParamsStreaming): ChatRequest => params;

// … and results have the types of OpenAI's.
export const asCompletion = (completion: ChatCompletion): OpenAICompletion => completion;
export const asChunk = (chunk: ChatCompletionChunk): OpenAIChunk => chunk;
export const asUsage = (usage: Usage): CompletionUsage => usage;
export const asParam = (completion: ChatCompletion): ChatCompletionMessageParam | undefined =>
  completion.choices[0]?.message;
export const asTool = (tool: ChatTool): ChatCompletionTool => tool;
export const asOwnMessage = (message: Exclude<ChatCompletionMessageParam, { role: "function" }>): ChatMessage => message;
export const asOwnTool = (tool: ChatCompletionFunctionTool): ChatTool => tool;
export const asOwnUsage = (usage: CompletionUsage): Usage => usage;
export const asTyped = (request: TypedChatRequest): ChatRequest => request;
export const asMessage = (message: Extract<ChatMessage, { role: "tool" }>): { role: "tool"; tool_call_id: string } =>
  message;

// Embeddings and moderation too.
export const asEmbeddingRequest = (params: EmbeddingCreateParams): EmbeddingRequest => params;
export const asModerationRequest = (params: ModerationCreateParams): ModerationRequest => params;
export const asEmbeddings = ({ data, ...rest }: EmbeddingResponse): CreateEmbeddingResponse => ({
  ...rest,
  data: data.map(({ embedding, ...item }) => ({ ...item, embedding: embedding as number[] })),
});

export async function same(params: ChatCompletionCreateParamsStreaming): Promise<string> {
  let text = "";
  for await (const chunk of await openai.chat.completions.create(params)) text += chunk.choices[0]?.delta.content ?? "";
  for await (const chunk of oci.stream(params)) text += chunk.choices[0]?.delta.content ?? "";
  const history: ChatCompletionMessageParam[] = [...params.messages];
  const { choices } = await oci.chat({ model: params.model, messages: history });
  if (choices[0]) history.push(choices[0].message);
  return text;
}
