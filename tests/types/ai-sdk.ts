// The provider for the AI SDK, for users who have no types of the AI SDK.

import { OciGenAI } from "oci-genai-edge";
import {
  createOci,
  type OciChatOptions,
  type OciEmbeddingModel,
  type OciEmbeddingOptions,
  type OciLanguageModel,
  type OciMetadata,
  type OciProvider,
  type OciRerankingModel,
  type OciRerankingOptions,
  type StreamPart,
} from "oci-genai-edge/ai-sdk";

const client = new OciGenAI();
export const oci: OciProvider = createOci({ region: "us-chicago-1", models: { ours: "meta.llama" } });
export const older: OciProvider<"v3"> = createOci({ client }, { specificationVersion: "v3" });
export const direct: OciProvider = createOci({ client }, { supportedUrls: { "image/*": [/^https:/] } });
export const empty: OciProvider = createOci();

export const model: OciLanguageModel = oci("ours");
export const chat: OciLanguageModel<"v3"> = older.chat("ours");
export const vectors: OciEmbeddingModel = oci.embeddingModel("vectors");
export const same: OciEmbeddingModel<"v3"> = older.textEmbeddingModel("vectors");
export const ranker: OciRerankingModel = oci.rerankingModel("ranker");
export const version: "v4" = oci.specificationVersion;

export const chatOptions: OciChatOptions = {
  apiFormat: "COHERE",
  transport: "native",
  fallback: "never",
  timeouts: { totalMs: 1000 },
  request: { parallel_tool_calls: false },
  documents: [{ id: "a" }],
  citationQuality: "FAST",
  safety_mode: "STRICT",
};
export const embeddingOptions: OciEmbeddingOptions = { inputType: "SEARCH_QUERY", truncate: "END", dimensions: 512 };
export const rerankingOptions: OciRerankingOptions = { maxChunksPerDocument: 5 };

export async function read(): Promise<OciMetadata> {
  const { stream } = await model.doStream({ prompt: [{ role: "system", content: "Be brief." }] });
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return {};
    const part: StreamPart = value;
    if (part.type === "text-delta") console.log(part.delta);
    if (part.type === "finish") return part.providerMetadata.oci ?? {};
  }
}

// @ts-expect-error: not an option of a client
createOci({ regoin: "us-chicago-1" });
// @ts-expect-error: not a version
createOci({}, { specificationVersion: "v2" });
// @ts-expect-error: not a format
export const misspelt: OciChatOptions = { apiFormat: "GENERIK" };
