// The values that the simulator's modules exchange.

export type ApiFormat = "GENERIC" | "COHERE" | "COHEREV2";

/**
 * Parsed JSON. Bodies are validated by schema.mjs and schema-openai.mjs, and not by the compiler.
 */
export type Json = any;

/** What a request may be signed with. */
export interface Credential {
  keyId: string;
  /** PEM */
  publicKey: string;
}

export interface SimulatorSettings {
  /** 0, the default, is any free port. */
  port?: number;
  /** Read at every request: to revoke one, remove it from the array. */
  credentials?: Credential[];
  /** Bearer keys of the OpenAI-compatible API. Read at every request. */
  apiKeys?: string[];
  compartmentId?: string;
  /** Whether `/openai/v1` takes the OCID of an endpoint as the model. Default false: sources contradict each other. */
  openaiServesEndpoints?: boolean;
  /** Milliseconds after each event of a stream. */
  pace?: number;
  /** Whether signatures and keys are checked. */
  verify?: boolean;
  /** What the caller may do. By default everything. */
  policies?: Policy[];
  /** The service's clock, in milliseconds since 1970. Default: this machine's. */
  now?: () => number;
}

/** `use generative-ai-chat`, and `read generative-ai-endpoint` with its model. */
export type Policy = "chat" | "read endpoints";

export interface Simulator {
  url: string;
  port: number;
  compartmentId: string;
  /** Every request, in the order of arrival. */
  requests: RequestRecord[];
  close(): Promise<void>;
}

/** What is known of a request and its response. */
export interface RequestRecord {
  method: string;
  path: string;
  headers: Record<string, string | undefined>;
  /** The JSON of the body, if it is JSON. */
  body: Json;
  rawBody: Buffer;
  servingMode: Json;
  apiFormat: ApiFormat | undefined;
  status: number | undefined;
  /** The reason, if the request was rejected. */
  rejected: string | undefined;
  /** Events that were written, `[DONE]` included. */
  eventsSent: number;
  /** Whether the client disconnected before the response was complete. */
  clientGone: boolean;
  /** Whether the simulator destroyed the connection. */
  cut: boolean;
  /** Settles when the response has ended, in any way. */
  done: Promise<void>;
}

/** A request whose body was read. */
export interface IncomingRequest {
  method: string;
  path: string;
  headers: Record<string, string | undefined>;
  rawBody: Buffer;
}

export interface Context {
  options: Required<SimulatorSettings>;
  /**
   * `served` has the names of the endpoints that were called, `retryTokens` the body that each
   * `opc-retry-token` came with.
   */
  state: { served: Set<string>; retryTokens: Map<string, Buffer> };
}

/** An error of the service. `reason` is for the record only. */
export interface ErrorResponse {
  status: number;
  body: Json;
  reason: string;
  headers?: Record<string, string>;
}

/** What a simulated endpoint does. */
export interface Scenario {
  describe: string;
  /** The formats that the model behind the endpoint accepts. */
  formats: ApiFormat[];
  /** How its backend writes answers: see backends.mjs. */
  backend?: string;
  /** What the control plane says of the endpoint. Default `"ACTIVE"`. */
  state?: "ACTIVE" | "CREATING" | "FAILED" | "DELETED";
  /** The error of every request. */
  always?: ScenarioError;
  /** The error of the first request. */
  once?: ScenarioError;
  /** Milliseconds before the first event, or before an unstreamed answer. */
  delay?: number;
  /** What happens to a streamed answer: see delivery.mjs. */
  stream?: string;
  /** How events become bytes: see framing.mjs. */
  framing?: string;
}

export interface ScenarioError {
  status: number;
  code?: string;
  message?: string;
  /** A body that is not JSON. */
  html?: string;
  headers?: Record<string, string>;
}

/** The model that serves a request. */
export interface Serving {
  /** Of the endpoint, if it is dedicated. */
  name?: string;
  modelId: string;
  modelVersion: string;
  formats: ApiFormat[];
  backend: string;
  scenario: Partial<Scenario>;
}

/** What a model reads of a request, whatever its format. */
export interface Prompt {
  texts: string[];
  /** The text of the last user message. */
  question: string;
  /** The results of tools, if they are the last messages. */
  results: string[] | undefined;
  images: number;
  tools: { name: string; schema: Json }[];
  choice: "auto" | "none" | "required" | { name: string };
  parallel: boolean;
  reasoning: boolean;
  reasoningLimit?: number;
  limit: number | undefined;
  stops: string[];
  json: { schema: Json } | undefined;
  choices: number;
  /** Equal for equal requests. */
  seed: string;
}

export interface ToolCall {
  /** Hexadecimal digits, for ids. */
  digest: string;
  name: string;
  arguments: Json;
}

/** One choice of an answer. With calls, the text is the plan. */
export interface Answer {
  /** Tokens. */
  reasoning: string[];
  /** Tokens. */
  text: string[];
  calls: ToolCall[];
  finish: Finish;
  promptTokens: number;
  completionTokens: number;
}

export type Finish = "stop" | "length" | "stop_sequence" | "tool_calls";

/** A complete answer of the native API, which the formats write. */
export interface Result {
  serving: Serving;
  /** The chatRequest. */
  request: Json;
  prompt: Prompt;
  /** At least one. */
  answers: [Answer, ...Answer[]];
  created: Date;
  includeUsage: boolean;
}

/** A complete answer of the OpenAI-compatible API. */
export type OpenaiResult = Omit<Result, "serving" | "request"> & { model: string };

/** How a backend behind GENERIC differs from the others. */
export interface Backend {
  /** How tool calls are streamed: see wire-generic-tools.mjs. */
  calls: "fragments" | "emptyOpener" | "complete" | "text" | "bundled";
  /** The id of a call. Undefined when the backend sends none. */
  callId(digest: string): string | undefined;
  /**
   * The finish event of a text answer: with empty text, without a message, or with the whole
   * answer.
   */
  finish: "empty" | "bare" | "whole";
  /** Whether usage has token details. */
  details?: boolean;
  /** Whether reasoning tokens count in totalTokens only. */
  reasoningApart?: boolean;
  /** The finish reason, where it is not OpenAI's. */
  reason?: string;
  /** More fields of an unstreamed message. */
  message?: object;
  /** More fields of an unstreamed choice. */
  choice?: object;
  /** More fields of an unstreamed response. */
  response?: object;
}
