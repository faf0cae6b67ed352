// Compiled and never run: the provider of this package is one of the AI SDK's, in both versions.

import type { EmbeddingModelV4, LanguageModelV4, ProviderV4, RerankingModelV4 } from "@ai-sdk/provider";
import type { EmbeddingModelV3, LanguageModelV3, ProviderV3, RerankingModelV3 } from "@ai-sdk/provider-3";
import * as ai from "ai";
import * as ai6 from "ai-6";
import { createOci, type OciChatOptions, type OciMetadata } from "oci-genai-edge/ai-sdk";

const oci = createOci({ region: "us-chicago-1" }) satisfies ProviderV4;
const older = createOci({ client: oci.client }, { specificationVersion: "v3" }) satisfies ProviderV3;

export const models = [
  oci("ours") satisfies LanguageModelV4,
  oci.embeddingModel("vectors") satisfies EmbeddingModelV4,
  oci.rerankingModel("ranker") satisfies RerankingModelV4,
  older("ours") satisfies LanguageModelV3,
  older.embeddingModel("vectors") satisfies EmbeddingModelV3,
  older.rerankingModel("ranker") satisfies RerankingModelV3,
];

// @ts-expect-error: a model of V4 is none of V3.
export const wrong: LanguageModelV3 = oci("ours");

const options: OciChatOptions = { apiFormat: "COHERE", documents: [{ id: "a", text: "…" }], citationQuality: "FAST" };

export async function ask(): Promise<string | undefined> {
  const { text, providerMetadata } = await ai.generateText({
    model: oci("ours"),
    prompt: "Why?",
    providerOptions: { oci: { apiFormat: "COHERE", citationQuality: "FAST" } },
  });
  const { textStream } = ai.streamText({ model: oci("ours"), prompt: text });
  for await (const piece of textStream) console.log(piece);
  await ai.embedMany({ model: oci.embeddingModel("vectors"), values: ["a"] });
  await ai.rerank({ model: oci.rerankingModel("ranker"), documents: ["a"], query: "b" });
  const registry = ai.createProviderRegistry({ oci });
  registry.languageModel("oci:ours");

  await ai6.generateText({ model: older("ours"), prompt: "Why?" });
  await ai6.embed({ model: older.embeddingModel("vectors"), value: "a" });
  await ai6.rerank({ model: older.rerankingModel("ranker"), documents: ["a"], query: "b" });
  const metadata: OciMetadata | undefined = providerMetadata?.oci;
  return metadata?.opcRequestId ?? options.apiFormat;
}
