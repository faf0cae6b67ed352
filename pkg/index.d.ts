/**
 * Calls OCI Generative AI from edge runtimes: endpoints on Dedicated AI Clusters (DAC) and on-demand models by the same call,
 * streamed, in the vocabulary of OpenAI's Chat Completions.
 *
 * ```ts
 * import { OciGenAI } from "oci-genai-edge";
 *
 * const oci = new OciGenAI({
 *   region: "us-chicago-1",
 *   compartmentId: "ocid1.compartment.oc1..example",
 *   sign: mySigner,
 * });
 * const stream = oci.stream({
 *   model: "ocid1.generativeaiendpoint.oc1.us-chicago-1.example",
 *   messages: [{ role: "user", content: "Why is the sky blue?" }],
 * });
 * for await (const text of stream.text()) console.log(text);
 * ```
 *
 * `sign` comes from `oci-genai-edge/signer`, or is a function of your own: see {@link RequestSigner}.
 *
 * Times are in milliseconds, sizes in bytes, `created` in seconds since 1970. Field names of requests, completions and chunks
 * are OpenAI's (snake_case); what OCI has and OpenAI has not stands under `oci`. The wire behind it:
 * https://docs.oracle.com/en-us/iaas/api/#/en/generative-ai-inference/20231130/ChatResult/Chat
 *
 * @module
 */

/// <reference lib="esnext.disposable" />

// The names `RequestInfo` and `HeadersInit` are not global in every runtime's types, so none of them is used here.

/** What `fetch` takes first. */
export type FetchInput = string | URL | Request;

/** Headers in any of the usual forms. A pair has exactly two strings. */
export type HeadersLike = Headers | Iterable<readonly [string, string]> | Record<string, string>;

// ---------------------------------------------------------------- client

/**
 * A client: options that were checked once, and what it has learnt of the endpoints it called (their `apiFormat`). It holds no
 * connection and no I/O, so one may serve all requests of an isolate. Its methods may be called at the same time.
 */
export declare class OciGenAI {
  /**
   * The options are read now; changing the object later changes nothing.
   *
   * @throws {OciError} `invalid_options`: the message names the option that can't be used.
   */
  constructor(options?: ClientOptions);

  /**
   * Where a model id, or the first target of an alias, would be sent, and how. Nothing is sent or signed.
   *
   * | model id (an `oci:` prefix is taken off, case is ignored) | goes to |
   * |---|---|
   * | `ocid1.generativeaiendpoint.<realm>.<region>.<unique>` | DEDICATED, native, GENERIC or as `apiFormat` tells |
   * | `cohere.command-r…` | ON_DEMAND, native, COHERE |
   * | `ocid1.generativeaimodel.…` | ON_DEMAND, native, GENERIC or as `apiFormat` tells |
   * | any other `vendor.model` | ON_DEMAND, openai |
   *
   * @throws {OciError} `invalid_model` for anything else (another OCID, an empty or malformed id), `region_mismatch` where
   *   `region` or `realm` contradicts the OCID, `invalid_options` where a region is needed and not given, or an override is none.
   */
  route(model: string, overrides?: RouteOverrides): Route;

  /**
   * One completion, unstreamed.
   *
   * ```ts
   * const completion = await oci.chat({
   *   model: "cohere.command-r-plus-08-2024",
   *   messages: [{ role: "user", content: "One word for rain?" }],
   *   max_tokens: 20,
   * });
   * console.log(completion.choices[0]?.message.content, completion.usage?.total_tokens);
   * ```
   *
   * Rejects with an {@link OciError}, or with the reason of an aborted `options.signal`.
   */
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatCompletion>;

  /**
   * A stream of completion chunks. The request is written down now; nothing is checked, signed or sent before something is asked
   * of the stream, so errors come from there.
   *
   * An endpoint that can't stream yields all the same: its whole answer in one chunk that says why in `oci.fallback`, then the
   * finish. See {@link ClientOptions.fallback}.
   *
   * With `stream_options.include_usage` a last chunk without choices tells the usage. OCI is asked for it in any case, so
   * `final()` and reports have it without.
   *
   * ```ts
   * for await (const chunk of oci.stream({ model, messages })) {
   *   const choice = chunk.choices[0];
   *   if (choice?.delta.content) console.log(choice.delta.content);
   *   if (choice?.finish_reason === "length") console.log("… cut off");
   * }
   * ```
   */
  stream(request: ChatRequest, options?: CallOptions): ChatStream;

  /**
   * `fetch`, speaking OpenAI's API for any origin and path prefix: `POST …/chat/completions` (streamed if the body says
   * `stream: true`) and `GET …/models` (the aliases of `models`). Any other path is 404, any other method 405.
   *
   * It needs no `this`, so it can be handed to clients of OpenAI, and a Worker can answer with what it returns. Of the request
   * only method, path, body and signal are read; its headers, and so its API key, are ignored.
   *
   * Failures are answers with OpenAI's error body, `{ error: { message, type, param, code } }`, where `code` is an
   * {@link OciErrorCode}, and with `x-should-retry: false`, since what could be tried again has been. A failure after the first
   * event comes as an event with that body, without `[DONE]`. It rejects only with the reason of the request's own signal.
   */
  readonly fetch: (input: FetchInput, init?: RequestInit) => Promise<Response>;
}

/** What a client is made of. `apiFormat` and `transport` here are defaults for all its calls. */
export interface ClientOptions extends RouteOverrides {
  /**
   * The compartment's OCID. Native calls need it, and so does the openai transport where `sign` is used; without it they fail with
   * `missing_compartment` before anything is sent.
   */
  compartmentId?: string;
  /**
   * For example `"us-chicago-1"`, or its short code `"ord"`. Models on demand need it, unless `endpoint` is set. The OCID of a DAC
   * endpoint names its own region, and one that is configured otherwise is `region_mismatch`.
   * https://docs.oracle.com/en-us/iaas/Content/General/Concepts/regions.htm
   */
  region?: string;
  /** For example `"oc2"`. Default: that of the region, else `"oc1"`. The OCID of a DAC endpoint names its own. */
  realm?: string;
  /**
   * Origin, and path prefix if any, instead of the derived `https://inference.generativeai.<region>.oci.<domain>`: a private
   * endpoint, a proxy, a simulator. `https:`, or `http:` on `localhost`, 127.0.0.0/8 and `[::1]`; no credentials, query or fragment.
   */
  endpoint?: string | URL;
  /** Signs requests. See {@link RequestSigner}. */
  sign?: RequestSigner;
  /**
   * An API key of OCI Generative AI, sent as `Authorization: Bearer` on the openai transport and nowhere else; ignored where `sign`
   * is given. A function is called for each attempt. https://docs.oracle.com/en-us/iaas/Content/generative-ai/api-keys.htm
   */
  apiKey?: string | (() => string | Promise<string>);
  /**
   * Names of your own for models: one target, or several that are tried in order. The next one is tried when a target has failed
   * for good before its first chunk; when the last fails too, the error is `all_targets_failed` and its `attempts` tell all.
   *
   * ```ts
   * const oci = new OciGenAI({
   *   sign: mySigner,
   *   compartmentId: "ocid1.compartment.oc1..example",
   *   models: {
   *     house: "ocid1.generativeaiendpoint.oc1.us-chicago-1.example",
   *     careful: [
   *       { model: "ocid1.generativeaiendpoint.oc1.us-chicago-1.example", apiFormat: "COHERE" },
   *       { model: "meta.llama-3.3-70b-instruct", region: "us-ashburn-1" },
   *     ],
   *   },
   * });
   * ```
   */
  models?: Record<string, ModelTarget | readonly ModelTarget[]>;
  /** Sent with every request. Not `authorization`, `host`, `content-*`, `connection`, `transfer-encoding` or `proxy-*`. */
  headers?: Record<string, string>;
  /**
   * Used instead of the global `fetch`, which is looked up anew at each request. It is called with a URL string and an init whose
   * `redirect` is `"manual"` and whose `signal` aborts when the call is given up.
   */
  fetch?: typeof globalThis.fetch;
  /** How often failures that may pass are tried again, before the first chunk. */
  retry?: RetryOptions;
  /** None unless set. A limit that runs out is the error `timeout`; a timeout is not tried again. */
  timeouts?: TimeoutOptions;
  /** How much of an answer is taken. What is larger is the error `limit_exceeded`. */
  limits?: LimitOptions;
  /**
   * `"auto"` (default): a stream that fails before its first chunk is asked for once more, unstreamed. Not after 401, 404, 429, a
   * timeout, an abort, a redirect or a signer's failure: the same would happen again. `"never"`: the failure is the error.
   * An answer that is JSON instead of events is used as it is, either way.
   */
  fallback?: "auto" | "never";
  /** `"auto"` (default): when a request has tools, `<tool_call>{…}</tool_call>` in the text becomes tool calls. `"off"`: it stays text. */
  toolCallText?: "auto" | "off";
  /**
   * Called once at the end of each call that was begun, however it ends: for logs, metrics and billing. What it throws, or
   * rejects with, is dropped.
   */
  onFinish?: (report: CallReport) => void;
}

/** Failures of these kinds are tried again: `network`, `conflict`, `rate_limited`, `service_unavailable`, `service_error`. */
export interface RetryOptions {
  /** Attempts at one target, the first included. 1 to 100; default 3. The fallback and a corrected `apiFormat` are not counted. */
  maxAttempts?: number;
  /** The wait before the second attempt, doubled for each one after. At least 0; default 500 ms. */
  baseDelayMs?: number;
  /** No wait is longer. Where `Retry-After` asks for more, nothing is tried again. At least 0; default 8000 ms. */
  maxDelayMs?: number;
}

/** Each at least 1 ms; no limit unless set. */
export interface TimeoutOptions {
  /** The whole call: retries, waits and the reading of the answer included. */
  totalMs?: number;
  /** From the start of the call to its first chunk; for a whole answer, to its end. */
  firstChunkMs?: number;
  /** From one network chunk to the next, once the first chunk is there. A reader that does not ask for more uses none of it up. */
  chunkMs?: number;
}

/** Each at least 1. */
export interface LimitOptions {
  /** One event of a stream. Default 16 MiB: COHERE's last event says the whole conversation again. */
  maxEventBytes?: number;
  /** The whole answer. Default 64 MiB. */
  maxResponseBytes?: number;
  /** The body of an error; the rest is not read, and nothing fails. Default 64 KiB. */
  maxErrorBytes?: number;
  /** Tool calls in one choice. Default 128. */
  maxToolCalls?: number;
}

/** What the caller says over the routing table. */
export interface RouteOverrides {
  /**
   * What the model behind a DAC endpoint or a model OCID speaks. Untold, GENERIC is assumed; when the service objects, the other
   * formats are tried and the one that works is remembered while the client lives. For a `vendor.model` it counts when it is given
   * with the call or the alias, and chooses the native transport too.
   */
  apiFormat?: "GENERIC" | "COHERE" | "COHEREV2";
  /** `"native"`: `POST /20231130/actions/chat`. `"openai"`: `POST /openai/v1/chat/completions`. */
  transport?: "native" | "openai";
}

/** A model id, or one with what differs from the client's own options. */
export type ModelTarget = string | ModelTargetOptions;

/** See {@link ModelTarget}. */
export interface ModelTargetOptions extends RouteOverrides {
  /** A model id, not another alias. */
  model: string;
  region?: string;
  compartmentId?: string;
  endpoint?: string;
}

/** See {@link OciGenAI.route}. */
export interface Route {
  /** The id that is sent: as it was given, without `oci:`. */
  model: string;
  transport: "native" | "openai";
  /** As it stands in the body. Absent on the openai transport. */
  servingMode?: { servingType: "DEDICATED"; endpointId: string } | { servingType: "ON_DEMAND"; modelId: string };
  /** Absent on the openai transport. */
  apiFormat?: "GENERIC" | "COHERE" | "COHEREV2";
  realm: string;
  /** The full name; `""` where `endpoint` makes a region needless and none is known. */
  region: string;
  url: string;
}

/** What one call may say over the client's options. */
export interface CallOptions extends RouteOverrides {
  /** When it aborts, the request is cancelled at once and the call rejects with the signal's own `reason`. */
  signal?: AbortSignal;
  /** Over the client's own, limit by limit. */
  timeouts?: TimeoutOptions;
  /** Over the client's own, header by header. */
  headers?: Record<string, string>;
  fallback?: "auto" | "never";
}

// ---------------------------------------------------------------- signing

/**
 * Signs one request. It is called once for each attempt (a retry is signed afresh) with exactly what will be sent, and returns the
 * headers to add: `authorization`, `date`, `x-date`, `x-content-sha256` and `opc-*`. Any other name, a value that is no string or
 * one with a line break is `invalid_signature`. If it throws or rejects, nothing is sent and the call fails with `signer_failed`,
 * whose `cause` is what was thrown; no other target is tried.
 *
 * Ready-made ones: `oci-genai-edge/signer`. The rules: https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
 *
 * ```ts
 * const remote: RequestSigner = async ({ method, url, headers, body, signal }) => {
 *   const response = await fetch("https://signer.example/sign", {
 *     method: "POST",
 *     headers: { "x-method": method, "x-url": url, "x-content-type": headers["content-type"] ?? "" },
 *     body,
 *     signal,
 *   });
 *   return (await response.json()) as Record<string, string>;
 * };
 * ```
 */
export type RequestSigner = (request: SignableRequest) => HeadersLike | Promise<HeadersLike>;

/** What a {@link RequestSigner} signs. */
export interface SignableRequest {
  readonly method: "POST";
  /** Absolute. */
  readonly url: string;
  /** Lower-case names. `content-type` is among them; `authorization`, `host` and `content-length` are not. */
  readonly headers: Readonly<Record<string, string>>;
  /** These bytes are sent. They must not be changed. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** 1, 2, … over the whole call. */
  readonly attempt: number;
  /** Aborts when the call is given up, by its caller or by a time limit. */
  readonly signal?: AbortSignal;
}

// ---------------------------------------------------------------- requests

/**
 * OpenAI's parameters of a chat completion, and `oci`. What the wire of the model can't express is refused by name, as
 * `invalid_request` with `param`; nothing is dropped that would change the answer. `null` says nothing, as at OpenAI.
 * https://platform.openai.com/docs/api-reference/chat/create
 *
 * The parameters that a type is given for are those that most requests use; all others are taken too. For `messages` and `tools`
 * there are {@link ChatMessage} and {@link ChatTool} to check literals with.
 */
export interface ChatRequest {
  /** A model id or an alias of `models`. */
  model: string;
  /** At least one {@link ChatMessage}. */
  messages: unknown[];
  /** The longest answer, in tokens. Cohere gets 4,000 where neither name is given: the service itself would stop after 20. */
  max_completion_tokens?: number | null;
  /** The former name of `max_completion_tokens`, which wins over it. */
  max_tokens?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  frequency_penalty?: number | null;
  presence_penalty?: number | null;
  seed?: number | null;
  /** How many answers. GENERIC and openai only, unless 1. */
  n?: number | null;
  stop?: string | readonly string[] | null;
  logprobs?: boolean | null;
  top_logprobs?: number | null;
  parallel_tool_calls?: boolean | null;
  reasoning_effort?: "none" | "minimal" | "low" | "medium" | "high" | (string & {}) | null;
  tools?: readonly (ChatTool | object)[] | null;
  tool_choice?: "auto" | "none" | "required" | { type: "function"; function: { name: string } } | object | null;
  response_format?: ResponseFormat | object | null;
  /** Heeded by `fetch` only: with `chat` and `stream` the method says it. */
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean; include_obfuscation?: boolean } | null;
  user?: string | null;
  /** What OCI has and OpenAI has not. Native transport only. */
  oci?: OciParameters;
  /** Any other of OpenAI's parameters. */
  // `any`, since an interface such as OpenAI's is assignable to nothing narrower.
  [openaiParameter: string]: any;
}

/** The parameters under `oci`. Which model takes which: `invalid_request` says it by name. */
export interface OciParameters {
  /** Sample from so many of the likeliest tokens. */
  top_k?: number;
  /** Cohere: what the answer is to rest on and to cite. */
  documents?: Record<string, unknown>[];
  /** Cohere. `"OFF"` is COHEREV2's. */
  citation_quality?: "ACCURATE" | "FAST" | "OFF";
  /** Cohere. */
  safety_mode?: "CONTEXTUAL" | "STRICT" | "OFF";
  [other: string]: unknown;
}

/** One message of a request. */
export type ChatMessage =
  | { role: "system" | "developer"; content: string | readonly ContentPart[]; name?: string }
  | { role: "user"; content: string | readonly ContentPart[]; name?: string }
  | {
      role: "assistant";
      content?: string | readonly ContentPart[] | null;
      name?: string;
      refusal?: string | null;
      reasoning_content?: string | null;
      tool_calls?: readonly ToolCall[] | null;
    }
  | { role: "tool"; tool_call_id: string; content: string | readonly ContentPart[] };

/** One part of a message. Addresses are `https:` or `data:` URLs. Which model takes more than text is the model's own matter. */
export type ContentPart =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string; detail?: "auto" | "low" | "high" } }
  | { type: "input_audio"; input_audio: { data: string; format: string } }
  | { type: "audio_url"; audio_url: { url: string } }
  | { type: "video_url"; video_url: { url: string } }
  | { type: "document_url"; document_url: { url: string } }
  | { type: "file"; file: { file_data?: string; filename?: string; file_id?: string } }
  | { type: "document"; document: Record<string, unknown> }
  | { type: "refusal"; refusal: string };

/** A function that the model may call. `parameters` is a JSON schema. */
export interface ChatTool {
  type: "function";
  function: { name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean | null };
}

/** The form that the answer must have. */
export type ResponseFormat =
  | { type: "text" }
  | { type: "json_object" }
  | {
      type: "json_schema";
      json_schema: { name: string; description?: string; schema?: Record<string, unknown>; strict?: boolean | null };
    };

// ---------------------------------------------------------------- answers

/** A whole answer: OpenAI's `chat.completion`. https://platform.openai.com/docs/api-reference/chat/object */
export interface ChatCompletion {
  /** `chatcmpl-…` */
  id: string;
  object: "chat.completion";
  /** Seconds since 1970. */
  created: number;
  /** As the request named it; on the openai transport, as the service does. */
  model: string;
  /** `n` of them, by `index`. */
  choices: ChatCompletionChoice[];
  usage?: Usage;
  service_tier?: ServiceTier | null;
  /** The openai transport passes it on. */
  system_fingerprint?: string;
  oci?: OciExtras;
}

/** One of the answers to a request. */
export interface ChatCompletionChoice {
  index: number;
  message: ChatCompletionMessage;
  logprobs: Logprobs | null;
  /** In `partial` of an error it is null where the choice had not ended. */
  finish_reason: FinishReason;
}

/** What the model said. It may go into the next request's `messages` as it is. */
export interface ChatCompletionMessage {
  role: "assistant";
  /** null where there are tool calls or a refusal only. */
  content: string | null;
  refusal: string | null;
  /** The model's reasoning, where it tells it. */
  reasoning_content?: string;
  /** Present where there are any. */
  tool_calls?: ToolCall[];
  annotations?: Annotation[];
}

/** A call that the model makes. */
export interface ToolCall {
  /** OCI's, or made up where OCI gives none; unique in the answer. */
  id: string;
  type: "function";
  /** `arguments` is JSON text as the model wrote it, which may be malformed; `{}` where it wrote none. */
  function: { name: string; arguments: string };
}

/**
 * `tool_calls` where the model called tools, whatever the service said. A word of OCI's that OpenAI does not have is kept in
 * `oci.finish_reason`.
 */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/** OpenAI's service tiers; OCI has `auto`, `default` and `priority`. */
export type ServiceTier = "auto" | "default" | "flex" | "scale" | "priority" | "fast";

/** Tokens. A total that the service gave is passed on, even where it is not the sum. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number; audio_tokens?: number };
  completion_tokens_details?: {
    reasoning_tokens?: number;
    accepted_prediction_tokens?: number;
    rejected_prediction_tokens?: number;
    audio_tokens?: number;
  };
}

/** Log probabilities, where `logprobs` asked for them. */
export interface Logprobs {
  content: TokenLogprob[] | null;
  refusal: TokenLogprob[] | null;
}

export interface TokenLogprob {
  token: string;
  logprob: number;
  /** The token's UTF-8. */
  bytes: number[] | null;
  top_logprobs: { token: string; logprob: number; bytes: number[] | null }[];
}

/** A source on the web. */
export interface Annotation {
  type: "url_citation";
  url_citation: { url: string; title: string; start_index: number; end_index: number };
}

/** A piece of an answer: OpenAI's `chat.completion.chunk`. https://platform.openai.com/docs/api-reference/chat/streaming */
export interface ChatCompletionChunk {
  /** The same in all chunks of an answer, as are `created` and `model`. */
  id: string;
  object: "chat.completion.chunk";
  created: number;
  model: string;
  /** Choices with something new; none in the last chunk with usage. */
  choices: ChatCompletionChunkChoice[];
  /** Only with `stream_options.include_usage`, and null in all chunks but those that tell it; in a fallback's chunk always. */
  usage?: Usage | null;
  service_tier?: ServiceTier | null;
  system_fingerprint?: string;
  oci?: OciExtras;
}

/** What is new in one choice. */
export interface ChatCompletionChunkChoice {
  index: number;
  delta: ChatCompletionDelta;
  /** Set in the choice's last chunk. */
  finish_reason: FinishReason | null;
  logprobs?: Logprobs | null;
}

/** What is new in a message. */
export interface ChatCompletionDelta {
  /** In the choice's first chunk. */
  role?: "assistant";
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  tool_calls?: ToolCallDelta[];
  annotations?: Annotation[];
}

/** A call that opens (`id`, `type` and `function.name` are there) or goes on (`function.arguments` is the next piece). */
export interface ToolCallDelta {
  /** Which call, from 0; the same for all pieces of it. */
  index: number;
  id?: string;
  type?: "function";
  function?: { name?: string; arguments?: string };
}

/** What OCI says and OpenAI has no place for. A field is there where there is something to say, in OCI's own shape. */
export interface OciExtras {
  /** OCI's id of the request, which its support asks for. In a stream: on the first chunk. */
  opc_request_id?: string;
  /** Cohere. */
  citations?: unknown[];
  /** Cohere. */
  search_queries?: unknown[];
  /** Cohere: what the answer rests on. */
  documents?: unknown[];
  /** Gemini. */
  grounding_metadata?: unknown;
  /** COHEREV2. */
  log_probabilities?: unknown;
  /** COHEREV2: the model's plan before it calls tools. */
  tool_plan?: string;
  /** The prompt as the model saw it, where `oci.is_echo` asked for it. */
  prompt?: string;
  /** OCI's own word, where `finish_reason` is another. */
  finish_reason?: string | null;
  /** On a chunk that holds a whole answer: why the endpoint did not stream. */
  fallback?: string;
}

/**
 * The one stream behind a call, however it is read: by `for await`, `text()`, `final()` or as bytes. What one reader has taken,
 * no other gets; they may take turns, and calls of `next()` may overlap. Made by {@link OciGenAI.stream}.
 *
 * Nothing is sent before the first read. Breaking out of a loop, `return()`, `throw()`, `cancel()`, the end of an `await using`
 * block and an aborted signal cancel the request upstream, at once. Nothing is read ahead of the reader but one network chunk.
 *
 * An error comes after all chunks that were received before it, once; then the stream is at its end.
 */
export declare class ChatStream implements AsyncIterableIterator<ChatCompletionChunk> {
  private constructor();
  next(): Promise<IteratorResult<ChatCompletionChunk, undefined>>;
  return(value?: any): Promise<IteratorResult<ChatCompletionChunk, any>>;
  throw(error?: any): Promise<IteratorResult<ChatCompletionChunk, any>>;
  [Symbol.asyncIterator](): this;

  /** The text of the first choice alone: the fastest way to read. Leaving its loop cancels the stream. */
  text(): AsyncIterableIterator<string>;

  /**
   * Reads what is left, and resolves to the whole answer from its beginning, tool calls and usage put together. May be called more
   * than once. Rejects with the error that broke the stream, or with an `AbortError` after a cancel.
   *
   * ```ts
   * const stream = oci.stream({ model, messages });
   * for await (const text of stream.text()) console.log(text);
   * const { usage } = await stream.final();
   * ```
   */
  final(): Promise<ChatCompletion>;

  /**
   * A response of server-sent events as OpenAI writes them, ending in `data: [DONE]`. Resolves when the first chunk is there; until
   * then a failure rejects, so no response says 200 for nothing. A later failure comes as an event with OpenAI's error body,
   * without `[DONE]`. Its `content-type` and `cache-control` are set unless `init` does.
   *
   * ```ts
   * const handler = {
   *   async fetch(request: Request): Promise<Response> {
   *     return oci.stream({ model, messages }, { signal: request.signal }).toResponse();
   *   },
   * };
   * ```
   */
  toResponse(init?: ResponseInit): Promise<Response>;

  /** The body of {@link ChatStream.toResponse}. It reads when it is read from; its cancel cancels the request. */
  toReadableStream(): ReadableStream<Uint8Array>;

  /** Cancels the request. Reads that wait end; `final()` rejects. Harmless after the end. */
  cancel(reason?: unknown): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;

  /** What there is to report so far. undefined until the first chunk is there, or the call has ended. */
  readonly report: CallReport | undefined;
}

/** How a call went. It names models and URLs, and holds nothing of prompts, answers or headers. */
export interface CallReport {
  /** As the request named it. */
  model: string;
  /** Every request that was made, in order, whatever the target. */
  attempts: Attempt[];
  /** Whether chunks came from a stream. */
  streamed: boolean;
  /** Why they did not, although a stream was asked for. */
  fallback?: string;
  usage?: Usage;
  finishReason?: FinishReason;
  /** From the start of the call. Absent for `chat`. */
  firstChunkMs?: number;
  totalMs: number;
  /** How the call failed. Absent where it went well, and where its caller gave it up. */
  error?: OciErrorCode;
}

/** One request and how it ended. */
export interface Attempt {
  url: string;
  /** The HTTP status, where there was an answer. */
  status?: number;
  /** Absent where it went well. */
  code?: OciErrorCode;
  opcRequestId?: string;
  /** How long it took: for a success, to the end of the answer. */
  ms: number;
}

// ---------------------------------------------------------------- errors

/**
 * Every failure is one of these, except an abort by the caller, which rejects with the signal's own reason.
 *
 * ```ts
 * try {
 *   await oci.chat({ model, messages });
 * } catch (error) {
 *   if (!(error instanceof OciError)) throw error;
 *   if (error.code === "rate_limited") console.log("later");
 *   else console.error(error.message, error.hint, error.opcRequestId);
 * }
 * ```
 */
export declare class OciError extends Error {
  private constructor();
  override readonly name: "OciError";
  readonly code: OciErrorCode;
  /** The HTTP status of the last answer, where there was one. */
  readonly status?: number;
  /** OCI's own code, such as `"NotAuthorizedOrNotFound"`. https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm */
  readonly serviceCode?: string;
  /** OCI's id of the request, which its support asks for. */
  readonly opcRequestId?: string;
  /** Whether the same call may succeed later. Within the call, what could be tried again has been. */
  readonly retryable: boolean;
  /** What to check, where that can be said. */
  readonly hint?: string;
  /** The parameter at fault, as OpenAI names it: `messages[2].content`. */
  readonly param?: string;
  /** Every request that was made, in order. */
  readonly attempts: Attempt[];
  /** What had been received when a stream broke, put together; a choice that had not ended has a `finish_reason` of null. */
  readonly partial?: ChatCompletion;
  /** What the host threw: the signer's error, fetch's. */
  readonly cause?: unknown;
  /** For logs. Never holds a header, a key, a token or a prompt; neither `partial` nor `cause`. */
  toJSON(): Record<string, unknown>;
}

/**
 * | before anything is sent | |
 * |---|---|
 * | `invalid_options` | an option is missing, or can't be used |
 * | `invalid_model` | the id is empty, malformed, or of something that can't be called |
 * | `invalid_request` | not a chat request, or one that the model's wire can't express: see `param` |
 * | `missing_compartment` | the call needs `compartmentId` |
 * | `region_mismatch` | `region` or `realm` contradicts the OCID |
 * | `signer_failed` | the signer, or `apiKey`, threw: see `cause` |
 * | `invalid_signature` | the signer returned something other than signing headers |
 *
 * | instead of an answer | |
 * |---|---|
 * | `network` | the connection failed, or broke before the first chunk |
 * | `redirected` | a redirect, which is never followed: the signature is for one host |
 * | `timeout` | one of `timeouts` ran out, at any time |
 * | `unauthorized` | 401 |
 * | `not_found_or_unauthorized` | 404: no such thing, no policy that allows it, or the wrong region or compartment. OCI does not say which |
 * | `conflict` | 409: an endpoint that is not active, for example |
 * | `rate_limited` | 429 |
 * | `bad_request` | another 4xx |
 * | `content_filtered` | OCI's moderation refused the input or the output |
 * | `wrong_api_format` | the model behind the endpoint speaks another `apiFormat` |
 * | `service_unavailable` | 502, 503, 504 |
 * | `service_error` | another 5xx |
 *
 * | with the answer | |
 * |---|---|
 * | `invalid_response` | it can't be read |
 * | `unsupported_encoding` | it is compressed in a way that the runtime did not undo |
 * | `limit_exceeded` | it is larger than `limits` allow |
 * | `stream_truncated` | the stream ended before the answer did: see `partial` |
 * | `stream_error` | the service reported an error in the stream, or the stream became unreadable: see `partial` |
 *
 * | | |
 * |---|---|
 * | `all_targets_failed` | every target of an alias failed: see `attempts` |
 * | `internal` | a fault of this package: please report it |
 */
export type OciErrorCode =
  | "invalid_options"
  | "invalid_model"
  | "invalid_request"
  | "missing_compartment"
  | "region_mismatch"
  | "signer_failed"
  | "invalid_signature"
  | "network"
  | "redirected"
  | "timeout"
  | "unauthorized"
  | "not_found_or_unauthorized"
  | "conflict"
  | "rate_limited"
  | "bad_request"
  | "content_filtered"
  | "wrong_api_format"
  | "service_unavailable"
  | "service_error"
  | "invalid_response"
  | "unsupported_encoding"
  | "limit_exceeded"
  | "stream_truncated"
  | "stream_error"
  | "all_targets_failed"
  | "internal";
