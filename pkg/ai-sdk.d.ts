/**
 * A provider for the AI SDK (the npm package `ai`): OCI's models, on a DAC or on demand, in
 * `generateText`, `streamText`, `embed`, `embedMany`, `rerank` and agents.
 *
 * ```ts
 * import { createOci } from "oci-genai-edge/ai-sdk";
 *
 * const oci = createOci({ compartmentId: "ocid1.compartment.oc1..example", sign: mySigner });
 * const model = oci("ocid1.generativeaiendpoint.oc1.us-chicago-1.example");
 * ```
 *
 * Written for `ai` 7 (specification V4); {@link ProviderSettings.specificationVersion} makes one for
 * `ai` 6. It imports neither, and its types are its own: structurally they are `ProviderV4` and
 * `ProviderV3` of `@ai-sdk/provider`.
 *
 * @module
 */

import type { CallOptions, ClientOptions, OciError, OciGenAI, OciParameters, Usage } from "./index.js";

/**
 * Creates a provider. `options` are those of a client, or an object with a client that exists already.
 *
 * @throws {OciError} `invalid_options`: the message names the option that is invalid or unknown.
 */
export declare function createOci<Version extends SpecificationVersion = "v4">(
  options?: ClientOptions | { client: OciGenAI },
  settings?: ProviderSettings<Version>,
): OciProvider<Version>;

/** The version of the interface between `ai` and its providers: `"v4"` of `ai` 7, `"v3"` of `ai` 6. */
export type SpecificationVersion = "v4" | "v3";

/** See {@link createOci}. */
export interface ProviderSettings<Version extends SpecificationVersion = SpecificationVersion> {
  /**
   * `"v4"` (default) for `ai` 7. `"v3"` for `ai` 6, which refuses models of another version; `ai` 7
   * takes them too.
   */
  specificationVersion?: Version;
  /**
   * Which URLs of files the models take, by media type. `ai` downloads all others, and sends their
   * bytes. Default: none, since OCI documents `data:` URLs only.
   */
  supportedUrls?: Record<string, RegExp[]>;
}

/**
 * A provider. Model ids are those of the client: an alias of `models`, the OCID of a DAC endpoint or
 * of a model, or a name such as `meta.llama-3.3-70b-instruct`. An id that can't be called is
 * `NoSuchModelError` of the AI SDK.
 */
export interface OciProvider<Version extends SpecificationVersion = "v4"> {
  /** A language model. */
  (modelId: string): OciLanguageModel<Version>;
  readonly specificationVersion: Version;
  /** The client behind the models. */
  readonly client: OciGenAI;
  languageModel(modelId: string): OciLanguageModel<Version>;
  /** The same as `languageModel`. */
  chat(modelId: string): OciLanguageModel<Version>;
  embeddingModel(modelId: string): OciEmbeddingModel<Version>;
  /** The same as `embeddingModel`, by its name in `ai` 5. */
  textEmbeddingModel(modelId: string): OciEmbeddingModel<Version>;
  rerankingModel(modelId: string): OciRerankingModel<Version>;
  /** Throws `NoSuchModelError`: OCI has no action for images. */
  imageModel(modelId: string): never;
}

/**
 * `providerOptions.oci` of a chat. Any other name is a parameter of {@link OciParameters} in
 * camelCase or snake_case: `documents`, `citationQuality`, `safetyMode`, `thinkingBudget`. One that the
 * model's format does not have fails, as it does in a client.
 */
export type OciChatOptions = Pick<
  CallOptions,
  "apiFormat" | "transport" | "fallback" | "timeouts" | "requestId"
> & {
  /**
   * Parameters of OpenAI's Chat Completions, by their own names, that the AI SDK has no setting for:
   * `{ parallel_tool_calls: false, logit_bias: … }`. They take precedence over the settings.
   */
  request?: Record<string, unknown>;
} & OciParameters;

/** `providerOptions.oci` of an embedding. Any other name is one of `EmbeddingRequest.oci`. */
export type OciEmbeddingOptions = Pick<CallOptions, "timeouts" | "requestId"> & {
  dimensions?: number;
  inputType?: "SEARCH_DOCUMENT" | "SEARCH_QUERY" | "CLASSIFICATION" | "CLUSTERING" | "IMAGE";
  truncate?: "NONE" | "START" | "END";
};

/** `providerOptions.oci` of reranking. Any other name is one of `RerankRequest.oci`. */
export type OciRerankingOptions = Pick<CallOptions, "timeouts" | "requestId"> & {
  maxChunksPerDocument?: number;
  maxTokensPerDocument?: number;
};

/**
 * `providerMetadata.oci`: what of {@link OciExtras} the answer has, with names in camelCase
 * (`opcRequestId`, `citations`, `toolPlan`, `fallback`, …), and these.
 */
export interface OciMetadata {
  /** OCI's request id, which Oracle's support asks for. */
  opcRequestId?: string;
  /** How the model was reached. */
  route?: { transport: string; servingType?: string; apiFormat?: string; region: string };
  serviceTier?: string;
  [other: string]: unknown;
}

// ---------------------------------------------------------------- models

/**
 * What fails is `APICallError` of the AI SDK, whose `cause` is the {@link OciError}, `data` the error
 * without the words of the service, and `responseBody` those words. It is not retryable, since the
 * client has retried already, unless the service asked for a wait of less than a minute.
 *
 * Before the first chunk `doStream` rejects; later the stream has an `error` part and ends. An abort
 * rejects with the signal's reason.
 */
export interface OciLanguageModel<Version extends SpecificationVersion = "v4"> {
  readonly specificationVersion: Version;
  readonly provider: "oci.chat";
  readonly modelId: string;
  readonly supportedUrls: Record<string, RegExp[]>;
  doGenerate(options: LanguageModelOptions): Promise<GenerateResult<Version>>;
  doStream(options: LanguageModelOptions): Promise<StreamResult<Version>>;
}

export interface OciEmbeddingModel<Version extends SpecificationVersion = "v4"> {
  readonly specificationVersion: Version;
  readonly provider: "oci.embedding";
  readonly modelId: string;
  /** Infinity: the client sends batches of 96, at most 6 at once, and cancels them all if one fails. */
  readonly maxEmbeddingsPerCall: number;
  readonly supportsParallelCalls: boolean;
  doEmbed(options: EmbeddingModelOptions): Promise<EmbedResult>;
}

export interface OciRerankingModel<Version extends SpecificationVersion = "v4"> {
  readonly specificationVersion: Version;
  readonly provider: "oci.reranking";
  readonly modelId: string;
  doRerank(options: RerankingModelOptions): Promise<RerankResult>;
}

/** What every call of `ai` passes. */
interface SharedOptions {
  abortSignal?: AbortSignal;
  headers?: Record<string, string | undefined>;
  providerOptions?: Record<string, Record<string, unknown>>;
}

/** What `ai` passes to a language model: the prompt, tools and settings of V4 or V3. */
export interface LanguageModelOptions extends SharedOptions {
  prompt: readonly PromptMessage[];
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  stopSequences?: string[];
  seed?: number;
  responseFormat?: { type: "text" } | { type: "json"; schema?: object; name?: string; description?: string };
  /** V4. `"xhigh"` and `"max"` become `"high"`, with a warning. */
  reasoning?: string;
  tools?: readonly ToolDefinition[];
  toolChoice?: { type: "auto" | "none" | "required" } | { type: "tool"; toolName: string };
  includeRawChunks?: boolean;
}

/** One message of a prompt. */
export type PromptMessage =
  | { role: "system"; content: string }
  | { role: "user" | "assistant" | "tool"; content: readonly PromptPart[] };

/** A part of a message, by its `type`. */
export interface PromptPart {
  type: string;
  [field: string]: any;
}

export interface ToolDefinition {
  type: string;
  name: string;
  [field: string]: any;
}

export interface EmbeddingModelOptions extends SharedOptions {
  values: string[];
  dimensions?: number;
}

export interface RerankingModelOptions extends SharedOptions {
  documents: { type: "text"; values: string[] } | { type: "object"; values: object[] };
  query: string;
  topN?: number;
}

// ---------------------------------------------------------------- results

type JsonValue = null | string | number | boolean | JsonObject | JsonValue[];
type JsonObject = { [name: string]: JsonValue | undefined };
/** By provider: `oci` is an {@link OciMetadata}. */
export type ProviderMetadata = Record<string, JsonObject>;

/** What of a call had no effect, or another than what was asked for. */
export type CallWarning =
  | { type: "unsupported" | "compatibility"; feature: string; details?: string }
  | { type: "other"; message: string };

export type TokenUsage = {
  inputTokens: {
    total: number | undefined;
    noCache: number | undefined;
    cacheRead: number | undefined;
    cacheWrite: undefined;
  };
  outputTokens: { total: number | undefined; text: number | undefined; reasoning: number | undefined };
  /** {@link Usage} */
  raw?: JsonObject;
};

export type UnifiedFinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";

export type FinishReason<Version extends SpecificationVersion = "v4"> = {
  /** `"interrupted"`: the stream ended before the answer was complete; in V3 that is `"error"`. */
  unified: UnifiedFinishReason | (Version extends "v4" ? "interrupted" : never);
  /** OCI's own reason; the error's code after an error. */
  raw: string | undefined;
};

/** A document, or an address on the web, that the answer is grounded in. */
export type Source =
  | { type: "source"; sourceType: "url"; id: string; url: string; title?: string }
  | { type: "source"; sourceType: "document"; id: string; mediaType: string; title: string };

/** Where in a text a source is cited. */
export type Citation = { source: Source; startIndex?: number; endIndex?: number };

export type ToolCallPart = { type: "tool-call"; toolCallId: string; toolName: string; input: string };

export type ContentPart =
  | { type: "text"; text: string; citations?: Citation[] }
  | { type: "reasoning"; text: string }
  | ToolCallPart
  | Source;

export type GenerateResult<Version extends SpecificationVersion = "v4"> = {
  content: ContentPart[];
  finishReason: FinishReason<Version>;
  usage: TokenUsage;
  providerMetadata: ProviderMetadata;
  /** The request in OpenAI's format, as the client was called. */
  request: { body: unknown };
  response: { id?: string; timestamp?: Date; modelId?: string; headers: Record<string, string>; body: unknown };
  warnings: CallWarning[];
};

/** The parts of a stream, in the order in which they come; reasoning and text may alternate. */
export type StreamPart<Version extends SpecificationVersion = "v4"> =
  | { type: "stream-start"; warnings: CallWarning[] }
  | { type: "raw"; rawValue: unknown }
  | { type: "response-metadata"; id?: string; timestamp?: Date; modelId?: string }
  | { type: "reasoning-start"; id: string }
  | { type: "reasoning-delta"; id: string; delta: string }
  | { type: "reasoning-end"; id: string }
  | { type: "text-start"; id: string }
  | { type: "text-delta"; id: string; delta: string }
  | { type: "text-end"; id: string; citations?: Citation[] }
  | { type: "tool-input-start"; id: string; toolName: string }
  | { type: "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-end"; id: string }
  | ToolCallPart
  | Source
  | { type: "error"; error: unknown }
  | {
      type: "finish";
      finishReason: FinishReason<Version>;
      usage: TokenUsage;
      providerMetadata: ProviderMetadata;
    };

export type StreamResult<Version extends SpecificationVersion = "v4"> = {
  stream: ReadableStream<StreamPart<Version>>;
  request: { body: unknown };
  response: { headers: Record<string, string> };
};

export type EmbedResult = {
  embeddings: number[][];
  usage: { tokens: number };
  providerMetadata: ProviderMetadata;
  response: { headers: Record<string, string>; body: unknown };
  warnings: CallWarning[];
};

export type RerankResult = {
  ranking: { index: number; relevanceScore: number }[];
  providerMetadata: ProviderMetadata;
  response: { id?: string; modelId?: string; headers: Record<string, string>; body: unknown };
  warnings: CallWarning[];
};
