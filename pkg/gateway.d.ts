/**
 * A ready Cloudflare Worker: OpenAI's API in front of OCI, protected by its own bearer token.
 *
 * ```ts
 * export { default } from "oci-genai-edge/gateway";
 * ```
 *
 * `POST /v1/chat/completions`, `/v1/embeddings`, `/v1/rerank` and `/v1/moderations`, `GET /v1/models`
 * and `GET /v1/models/{alias}`, under `/openai/v1/` too. `GET /healthz` (the gateway runs) and `GET /readyz` (it can be
 * used; 503 with the reasons otherwise) need no token and show no value of a variable. A path outside these is served from `ASSETS` if there is such a binding, otherwise it is 404.
 * Requests without the token are 401. If the token is missing, or a binding is invalid or unknown,
 * the gateway responds to every request with 500 and logs the reason.
 *
 * Only the aliases of `OCI_MODELS` can be called; any other model is 404 `invalid_model`, and
 * nothing is sent. A request's body is read up to a size (413) and for a limited time (408).
 *
 * The `oci-route` header of an answer describes, as JSON, how the model was reached: serving type,
 * format, region and host, but no OCID. Error bodies say what happened in words of the gateway,
 * never in the service's. What the operator has to fix (credentials, policies, options) is logged
 * with `console.error`, without secrets, prompts or answers.
 *
 * @module
 */

import type { ClientOptions, ModelTarget, TimeoutOptions } from "./index.js";

/**
 * Bindings and secrets that the handler reads. A binding whose name begins with `OCI_` or
 * `GATEWAY_` and is not listed here is an error. White space around a value is ignored, and an
 * empty one counts as absent. Credentials: `OCI_TENANCY`, `OCI_USER`, `OCI_FINGERPRINT` and
 * `OCI_PRIVATE_KEY` (an API key of IAM); or `OCI_SESSION_TOKEN` and `OCI_PRIVATE_KEY`; or
 * `OCI_API_KEY` (chats on the openai transport only).
 */
export interface GatewayEnv {
  /** What callers must send as `Authorization: Bearer`: visible ASCII characters. A secret. */
  GATEWAY_TOKEN?: string;
  /** {@link GatewayConfiguration.keys}: a KV namespace. */
  GATEWAY_KEYS?: KeyNamespace;
  /** {@link GatewayConfiguration.rateLimiter}: a Rate Limiting binding. */
  RATE_LIMITER?: RateLimiter;
  /** {@link GatewayConfiguration.rateLimit} */
  GATEWAY_RATE_LIMIT?: string;
  /** {@link GatewayConfiguration.budgets}: a Durable Object namespace of the class {@link Budget}. */
  BUDGETS?: ObjectNamespace;
  /** {@link GatewayConfiguration.targetHealth}: a Durable Object namespace of the class {@link TargetHealth}. */
  TARGET_HEALTH?: ObjectNamespace;
  /** {@link GatewayConfiguration.origins}, separated by commas, or `*`. Default: none. */
  GATEWAY_ORIGINS?: string;
  /** {@link GatewayConfiguration.maxBodyBytes}. Default 4194304. */
  GATEWAY_MAX_BODY_BYTES?: string | number;
  /** {@link GatewayConfiguration.bodyTimeoutMs}. Default 30000. */
  GATEWAY_BODY_TIMEOUT_MS?: string | number;
  /** `timeouts.totalMs` of a call. Default 900000. */
  GATEWAY_TOTAL_TIMEOUT_MS?: string | number;
  /**
   * `timeouts.firstChunkMs` of a call; an unstreamed answer must be complete in it. Default 120000.
   */
  GATEWAY_FIRST_CHUNK_TIMEOUT_MS?: string | number;
  /** `timeouts.chunkMs` of a call. Default 60000. */
  GATEWAY_CHUNK_TIMEOUT_MS?: string | number;
  /** {@link GatewayConfiguration.aliasTimeouts}, as an object or its JSON text. Default: none. */
  GATEWAY_TIMEOUTS?: string | Record<string, TimeoutOptions>;
  /** {@link GatewayConfiguration.keepAliveMs}. Default 15000; 0 turns it off. */
  GATEWAY_KEEP_ALIVE_MS?: string | number;
  /** {@link GatewayConfiguration.keepAliveJson}: `"true"` or `"false"`. Default `"false"`. */
  GATEWAY_KEEP_ALIVE_JSON?: string | boolean;
  /** {@link GatewayConfiguration.modelInfo}, as an object or its JSON text. Default: none. */
  GATEWAY_MODEL_INFO?: string | Record<string, ModelInfo>;
  /** {@link GatewayConfiguration.cache}, as an object or its JSON text. Default: none. */
  GATEWAY_CACHE?: string | Record<string, CacheOptions>;
  /** {@link TelemetryOptions.endpoint} */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  /** {@link TelemetryOptions.headers}, as `name=value` with commas between, percent-encoded. May be a secret. */
  OTEL_EXPORTER_OTLP_HEADERS?: string;
  /** {@link TelemetryOptions.serviceName} */
  OTEL_SERVICE_NAME?: string;
  /** {@link TelemetryOptions.resourceAttributes}, as `name=value` with commas between, percent-encoded. */
  OTEL_RESOURCE_ATTRIBUTES?: string;
  /** {@link GatewayConfiguration.usageDataset}: an Analytics Engine dataset. */
  USAGE?: UsageDataset;
  /** {@link GatewayConfiguration.usageQueue}: a Queue. */
  USAGE_QUEUE?: UsageQueue;
  /** {@link GatewayConfiguration.logErrors}: `"true"` or `"false"`. Default `"false"`. */
  GATEWAY_LOG_ERRORS?: string | boolean;
  /** {@link GatewayConfiguration.guardrails}, as an object or its JSON text. Default: none. */
  GATEWAY_GUARDRAILS?: string | Record<string, GuardrailOptions>;
  /** {@link ClientOptions.region} */
  OCI_REGION?: string;
  /** {@link ClientOptions.realm} */
  OCI_REALM?: string;
  /** {@link ClientOptions.compartmentId} */
  OCI_COMPARTMENT_ID?: string;
  /** The tenancy's OCID. */
  OCI_TENANCY?: string;
  /** The user's OCID. */
  OCI_USER?: string;
  /** The fingerprint of the user's API key. */
  OCI_FINGERPRINT?: string;
  /** The private key, as PEM text; line breaks may be written as `\n`. A secret. */
  OCI_PRIVATE_KEY?: string;
  /** A session token, or the token of a principal, that belongs to `OCI_PRIVATE_KEY`. A secret. */
  OCI_SESSION_TOKEN?: string;
  /** {@link ClientOptions.apiKey}. A secret. */
  OCI_API_KEY?: string;
  /** {@link ClientOptions.endpoint} */
  OCI_ENDPOINT?: string;
  /**
   * {@link ClientOptions.models}, as an object or its JSON text: what callers may call. `GET
   * /v1/models` lists the aliases.
   */
  OCI_MODELS?: string | Record<string, ModelTarget | readonly ModelTarget[]>;
  /** {@link GatewayConfiguration.allowAnyModel}: `"true"` or `"false"`. Default `"false"`. */
  OCI_ALLOW_ANY_MODEL?: string | boolean;
  /** Static assets, such as the demo page. */
  ASSETS?: { fetch(request: Request): Response | Promise<Response> };
}

/**
 * The options of the gateway and of its client. `timeouts` that are not given have the defaults of
 * {@link GatewayEnv}. `onFinish` is called for requests that the gateway refused, too.
 */
export interface GatewayConfiguration extends Omit<ClientOptions, "aliasesOnly"> {
  /**
   * What callers must send, unless they have a key of their own. White space around it is ignored.
   * Without it and without `keys`, every request is 500.
   */
  token?: string;
  /**
   * The keys of callers: a {@link KeyRecord} as JSON text under `sha256:` and the SHA-256 of each key in
   * hexadecimal digits. A record that is changed or deleted has its effect within a minute; a record
   * that can't be used is refused and logged. Default: none.
   */
  keys?: KeyNamespace;
  /**
   * Limits how often each key, and whoever has the token, may ask: 429 `rate_limit_exceeded`. Keys with
   * `requests_per_minute` are not counted here. If it fails, the isolate counts. Default: none.
   */
  rateLimiter?: RateLimiter;
  /**
   * `"100/60"`: 100 requests in 60 seconds (or 10). What `rateLimiter` is configured for, which it does not
   * tell: for `retry-after` and `x-ratelimit-…`. Without `rateLimiter`, each isolate counts by
   * itself. Default: `retry-after` is 60 seconds, and without `rateLimiter` there is no limit.
   */
  rateLimit?: string;
  /**
   * Where the limits of keys are counted, one object a key. Without it, or where it does not answer
   * within 5 seconds, each isolate counts by itself. Default: none.
   */
  budgets?: ObjectNamespace;
  /**
   * Where isolates tell each other which targets of an alias failed, which of them probes one after 30
   * seconds, and which formats were found by trying; one object a target. An isolate asks once a second
   * while the alias is called; a request waits for that at most 100 ms, and only where the last answer is older than 3
   * seconds. Without it, each isolate goes by what it finds out itself. Default: none.
   */
  targetHealth?: ObjectNamespace;
  /**
   * Whether callers may call any model id, and so everything that the credentials may call, instead
   * of the aliases of `models` only. Default false.
   */
  allowAnyModel?: boolean;
  /**
   * The origins of the pages that may call the gateway from a browser (CORS), such as
   * `"https://app.example"`, compared exactly; or `"*"` for all: a page needs the token in either
   * case, since the gateway reads no cookies. Default: none.
   */
  origins?: readonly string[] | "*";
  /** The largest body of a request, in bytes. At least 1; default 4 MiB. A larger one is 413. */
  maxBodyBytes?: number;
  /** How long the body of a request may take to arrive. At least 1; default 30000 ms; then 408. */
  bodyTimeoutMs?: number;
  /**
   * Time limits of the calls of an alias, by alias of `models`, instead of those of `timeouts`, one by one. In
   * milliseconds, at least 1. Default: none.
   */
  aliasTimeouts?: Record<string, TimeoutOptions>;
  /**
   * After how long without bytes a stream gets a comment of server-sent events (`: keep-alive`), which readers skip:
   * proxies cut silent connections. The comments stand between events. A response whose first bytes take as long begins
   * with one: its status is 200 and it has no `oci-route` and `x-request-id`; a failure that follows is an event with
   * OpenAI's `error`, which ends it. A stream that is faster has the bytes that it has without. Default 15000 ms; 0 turns
   * it off.
   */
  keepAliveMs?: number;
  /**
   * Whether responses that are no streams are kept alive too, by white space before their JSON. Their status is then
   * 200 even if the body is an error, so that only clients that look for `error` in it can use them. Default false.
   */
  keepAliveJson?: boolean;
  /** What is known of a model, by alias of `models`, for `GET /v1/models`. Default: nothing. */
  modelInfo?: Record<string, ModelInfo>;
  /**
   * Which aliases answer a request that was answered before from the runtime's Cache API, by alias of `models`: the same
   * request of the same key. `oci-cache` is `hit` or `miss`. Default: none.
   */
  cache?: Record<string, CacheOptions>;
  /** Where traces and metrics of calls go. Default: nowhere. */
  telemetry?: TelemetryOptions;
  /** Gets a data point for each call: {@link UsageRecord}. If it fails, that is logged once. Default: none. */
  usageDataset?: UsageDataset;
  /** Gets a {@link UsageRecord} for each call. If it fails, that is logged once. Default: none. */
  usageQueue?: UsageQueue;
  /** What is moderated in chats, by alias of `models`. Default: nothing. */
  guardrails?: Record<string, GuardrailOptions>;
  /**
   * Whether every failed call is logged, with what the service said and what a signer or `fetch`
   * threw. These may repeat prompts and headers. Default false: what the operator has to fix is
   * logged, in words of this package.
   */
  logErrors?: boolean;
}

/**
 * What is moderated in the chats of an alias, by OCI's `applyGuardrails`, in the alias's region and
 * compartment. What is flagged is 400 `content_filtered`; where moderation fails, so does the chat.
 * For the others see `ModerationRequest.oci`.
 *
 * Examined are the texts of messages, of earlier tool calls and their results, of tools and their
 * schemas, of documents, and of the schema of the answer; and images. Not examined: names and ids,
 * the names of a schema's properties, files, sound, video, other addresses than those of images, and
 * parameters such as `stop` and `metadata`. Embeddings and reranking are not moderated, nor is a
 * model that is called by its own id where any may be (`allowAnyModel`).
 */
export interface GuardrailOptions {
  /** The texts and images of the request, before the chat: one that is blocked costs none. Default true. */
  input?: boolean;
  /**
   * The texts of the answer. A stream has been sent by then, and ends with an error event instead of
   * `[DONE]`. Default true.
   */
  output?: boolean;
  /** Default `["OVERALL", "BLOCKLIST"]`. */
  categories?: readonly string[];
  pii_types?: readonly string[];
  prompt_injection?: boolean;
  language?: string;
  guardrail_version?: string;
}

/** What is known of a key. Other members make the record one that can't be used. */
export interface KeyRecord {
  /** Whose it is: for logs and usage. 1 to 200 characters. */
  name: string;
  /**
   * The aliases that may be called with it: at least one. Any other model is 403 `model_not_allowed`, and `GET
   * /v1/models` lists these alone. Default: all.
   */
  models?: string[];
  /** When it ends, such as `2027-01-31T00:00:00Z`; then it is 401. Default: never. */
  expires?: string;
  /** How many requests a minute: at least 1. More are 429 `rate_limit_exceeded`. Default: `rateLimiter`'s. */
  requests_per_minute?: number;
  /**
   * How many tokens of prompts and answers a day (UTC): at least 1. What a request may use is reserved when it
   * begins (its texts, and `max_tokens` or 1024), and corrected by the usage of its answer. When they are used up, requests
   * are 429 `insufficient_quota` until the day ends. Default: no limit.
   */
  tokens_per_day?: number;
}

/** A Durable Object: what all isolates know of one target. A Worker exports the class for `TARGET_HEALTH`. */
export declare class TargetHealth {
  constructor(state: ObjectState);
  fetch(request: Request): Promise<Response>;
}

/** The part of Cloudflare's `KVNamespace` that is used. */
export interface KeyNamespace {
  get(name: string, options: { type: "text"; cacheTtl: number }): Promise<string | null>;
}

/** The part of Cloudflare's `RateLimit` that is used. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** The part of Cloudflare's `DurableObjectNamespace` that is used. */
export interface ObjectNamespace {
  idFromName(name: string): any;
  get(id: any): { fetch(url: string, init?: { method: string; body: string }): Promise<Response> };
}

/** The part of Cloudflare's `DurableObjectState` that is used. */
export interface ObjectState {
  storage: {
    get(name: string): Promise<any>;
    put(name: string, value: unknown): Promise<void>;
  };
  blockConcurrencyWhile(work: () => Promise<void>): unknown;
}

/**
 * A Durable Object: what one key has used. A Worker exports the class for its binding `BUDGETS`.
 *
 * ```ts
 * export { Budget, TargetHealth, default } from "oci-genai-edge/gateway";
 * ```
 */
export declare class Budget {
  constructor(state: ObjectState);
  fetch(request: Request): Promise<Response>;
}

/**
 * What an operator knows of the model behind an alias. `GET /v1/models` shows it in `oci`, as it is: OCI has no table of
 * what a model behind an endpoint can do.
 */
export interface ModelInfo {
  /** In tokens. */
  context_length?: number;
  /** Such as `["text", "image"]`. */
  input_modalities?: readonly string[];
  output_modalities?: readonly string[];
  /** Such as `["chat"]`. Default: `["chat"]` on the openai transport, which serves nothing else. */
  operations?: readonly string[];
}

/** How the answers of an alias are cached. Only whole answers of up to 1 MiB are. */
export interface CacheOptions {
  /** How long an answer may be given again, in seconds. At least 1. */
  maxAgeSeconds: number;
  /** Whether requests with tools are cached too, whose answers may make a client act. Default false. */
  tools?: boolean;
}

/**
 * OpenTelemetry: a span and measurements for each call, as OTLP over HTTP in JSON, after the response has ended. They
 * follow the conventions for generative AI and have no prompt, no answer and no OCID. A caller's `traceparent` is
 * continued, and sent on to OCI, which does not sign it. If the collector fails, that is logged once.
 */
export interface TelemetryOptions {
  /** The base URL of the collector: `/v1/traces` and `/v1/metrics` are added. https, or http. */
  endpoint: string;
  /** Headers of each export, such as its credentials. */
  headers?: Record<string, string>;
  /** `service.name`. Default `"oci-genai-edge"`. */
  serviceName?: string;
  /** Attributes of the resource. */
  resourceAttributes?: Record<string, string>;
}

/** One call: who made it, where it went, what it used and how it ended. No prompt, no answer, no OCID, no key. */
export interface UsageRecord {
  /** When the call began: ISO 8601, UTC. */
  time: string;
  /** The name of the caller's key; `"gateway"` with the gateway's token. */
  key: string;
  /** `"(no alias)"` if the request named none. */
  alias: string;
  operation: string;
  /** Of the last target that was tried; empty if none was. */
  host: string;
  region: string;
  /** `"DEDICATED"` or `"ON_DEMAND"`; empty on the openai transport. */
  serving_type: string;
  streamed: boolean;
  /** The HTTP status of the response; 499 if its caller left before. */
  status: number;
  outcome: "complete" | "failed" | "cancelled" | "cached";
  /** An `OciErrorCode`; empty without an error. */
  error: string;
  finish_reason: string;
  attempts: number;
  /** From the start of the call; 0 if there was no chunk. */
  first_chunk_ms: number;
  total_ms: number;
  /** 0 where the service said nothing. */
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  cached_tokens: number;
  reasoning_tokens: number;
  /** OCI's `opc-request-id` of the last attempt. */
  request_id: string;
}

/** The part of Cloudflare's `AnalyticsEngineDataset` that is used. */
export interface UsageDataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

/** The part of Cloudflare's `Queue` that is used. */
export interface UsageQueue {
  send(record: UsageRecord): Promise<unknown>;
}

/** See {@link createGateway}. */
export interface GatewayOptions<Env = GatewayEnv> {
  /**
   * Makes the client's options from the Worker's bindings, once per `env`. Default: reads the
   * bindings of {@link GatewayEnv}.
   */
  configure?: (env: Env) => GatewayConfiguration;
}

/** The default export of a Worker. */
export interface Gateway<Env = GatewayEnv> {
  fetch(request: Request, env?: Env, ctx?: unknown): Promise<Response>;
}

/**
 * Creates a handler for bindings with other names.
 *
 * ```ts
 * import { createGateway } from "oci-genai-edge/gateway";
 *
 * export default createGateway({
 *   configure: (env: { TOKEN: string; REGION: string; KEY: string }) => ({
 *     token: env.TOKEN,
 *     region: env.REGION,
 *     apiKey: env.KEY,
 *     onFinish: (report) => console.log(JSON.stringify(report)),
 *   }),
 * });
 * ```
 */
export declare function createGateway<Env = GatewayEnv>(options?: GatewayOptions<Env>): Gateway<Env>;

/** The handler for the bindings of {@link GatewayEnv}. */
declare const gateway: Gateway;
export default gateway;
