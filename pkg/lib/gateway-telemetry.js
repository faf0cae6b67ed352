// Traces and metrics of calls, by OpenTelemetry's conventions for generative AI, sent as OTLP over HTTP in JSON.
// https://github.com/open-telemetry/semantic-conventions-genai, and tests/fixtures/gen-ai-conventions.json

import { MODE_AS_REQUESTED, MODE_EMBED, MODE_MODERATE, MODE_RERANK, MODE_RESPONSES } from "./boundary.js";
import { log } from "./gateway-log.js";
import { outcomeOf } from "./gateway-usage.js";
import { attributesOf, histogramOf, nanosOf, numberAttribute } from "./otlp.js";

/** @import { TelemetryOptions } from "../gateway.d.ts" */
/** @import { RequestText, Visit } from "./gateway-visit.js" */
/** @import { Attributes } from "./otlp.js" */
/** @import { Outcome } from "./wasm.js" */

const PROVIDER = "oracle_cloud.generative_ai";
const SCOPE = { name: "oci-genai-edge" };
const SERVICE = "oci-genai-edge";
/** How long an export may take. */
const EXPORT_MS = 10_000;
const SPAN_KIND_CLIENT = 3;
const STATUS_ERROR = 2;
/** In seconds. */
const DURATION_BOUNDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKEN_BOUNDS = Array.from({ length: 14 }, (_, index) => 4 ** index);

/** `gen_ai.operation.name`. The conventions have no name for the last two. */
const OPERATIONS = new Map([
  [MODE_AS_REQUESTED, "chat"],
  [MODE_RESPONSES, "chat"],
  [MODE_EMBED, "embeddings"],
  [MODE_RERANK, "rerank"],
  [MODE_MODERATE, "moderate"],
]);

/**
 * The parameters of a request that a span has, each by the names that requests may have for it. None is a text of the
 * caller's.
 *
 * @type {[attribute: string, kind: "int" | "double", ...names: string[]][]}
 */
const PARAMETERS = [
  ["gen_ai.request.max_tokens", "int", "max_completion_tokens", "max_tokens", "max_output_tokens"],
  ["gen_ai.request.temperature", "double", "temperature"],
  ["gen_ai.request.top_p", "double", "top_p"],
  ["gen_ai.request.frequency_penalty", "double", "frequency_penalty"],
  ["gen_ai.request.presence_penalty", "double", "presence_penalty"],
  ["gen_ai.request.seed", "int", "seed"],
];

/**
 * The place of a span in a trace.
 *
 * @typedef {{ traceId: string, spanId: string, parentSpanId?: string, flags: string }} SpanContext
 */

/** Sends a span and measurements for each call. What fails is logged once for each isolate, and never fails a call. */
export class Telemetry {
  #options;
  #aliases;
  #resource;
  #hasFailed = false;

  /**
   * @param {TelemetryOptions | undefined} options
   * @param {Iterable<string>} aliases
   */
  constructor(options, aliases) {
    this.#options = options;
    this.#aliases = new Set(aliases);
    const { serviceName, resourceAttributes = {} } = options ?? {};
    const service = serviceName ?? resourceAttributes["service.name"] ?? SERVICE;
    this.#resource = { attributes: attributesOf({ ...resourceAttributes, "service.name": service }) };
  }

  /**
   * Reports how a call ended. Returns the headers that its requests get, so that the trace goes on.
   *
   * @param {Visit} visit
   * @param {{ requestText: RequestText, mode: number, traceparent: string | null, startedAt: number }} about
   * @returns {{ traceparent: string } | undefined}
   */
  watch(visit, { requestText, mode, traceparent, startedAt }) {
    if (!this.#options) return undefined;
    const context = contextOf(traceparent);
    visit.onEnd.push((getOutcome) => {
      const facts = this.#factsOf(getOutcome(), requestText.json ?? {}, mode, visit.caller.name);
      const times = { start: startedAt, end: startedAt + Math.round(facts.seconds * 1000) };
      const isSampled = (Number.parseInt(context.flags, 16) & 1) === 1;
      const works = [this.#send("/v1/metrics", { resourceMetrics: [this.#wrapMetrics(facts, times)] })];
      if (isSampled) works.push(this.#send("/v1/traces", { resourceSpans: [this.#wrapSpan(facts, times, context)] }));
      visit.waitUntil(Promise.all(works));
    });
    return { traceparent: `00-${context.traceId}-${context.spanId}-${context.flags}` };
  }

  /**
   * What is known of a call that has ended.
   *
   * @param {Outcome} outcome
   * @param {any} request
   * @param {number} mode
   * @param {string} key
   */
  #factsOf({ report, target }, request, mode, key) {
    const { usage, error, attempts, firstChunkMs, finishReason } = report;
    const isStream = request.stream === true;
    const { address, port } = addressOf(target?.host);
    const ofModel = target?.route.model;
    /** @type {Attributes} What measurements have, too. */
    const common = {
      "gen_ai.operation.name": OPERATIONS.get(mode),
      "gen_ai.provider.name": PROVIDER,
      "gen_ai.request.model": this.#aliases.has(report.model) ? report.model : undefined,
      // An OCID is nobody's but the operator's.
      "gen_ai.response.model": ofModel?.startsWith("ocid1.") ? undefined : ofModel,
      "server.address": address,
      "server.port": port,
    };
    /** @type {Attributes} */
    const own = {
      "gen_ai.request.stream": isStream ? true : undefined,
      "gen_ai.request.choice.count": request.n === 1 ? undefined : numberAttribute(request.n, "int"),
      "gen_ai.response.finish_reasons": finishReason ? [finishReason] : undefined,
      "gen_ai.response.time_to_first_chunk":
        isStream && firstChunkMs !== undefined ? { doubleValue: firstChunkMs / 1000 } : undefined,
      "gen_ai.usage.input_tokens": usage?.prompt_tokens,
      "gen_ai.usage.output_tokens": usage?.completion_tokens,
      "gen_ai.usage.cache_read.input_tokens": usage?.prompt_tokens_details?.cached_tokens,
      "gen_ai.usage.reasoning.output_tokens": usage?.completion_tokens_details?.reasoning_tokens,
      "oci_genai_edge.key": key,
      "oci_genai_edge.outcome": outcomeOf(report),
      "oci_genai_edge.attempts": attempts.length,
      "oci_genai_edge.region": target?.route.region || undefined,
      "oci_genai_edge.serving_type": target?.route.servingMode?.servingType,
      "oci_genai_edge.request_id": attempts.at(-1)?.opcRequestId,
    };
    for (const [attribute, kind, ...names] of PARAMETERS) {
      own[attribute] = numberAttribute(names.map((name) => request[name]).find((value) => value !== undefined), kind);
    }
    const seconds = report.totalMs / 1000;
    return { common, own, error, usage, seconds, firstChunkMs: isStream ? firstChunkMs : undefined };
  }

  /**
   * @param {Facts} facts
   * @param {{ start: number, end: number }} times
   * @param {SpanContext} context
   */
  #wrapSpan({ common, own, error }, { start, end }, { traceId, spanId, parentSpanId }) {
    const model = common["gen_ai.request.model"];
    const span = {
      traceId,
      spanId,
      ...(parentSpanId && { parentSpanId }),
      name: `${common["gen_ai.operation.name"]}${model ? ` ${model}` : ""}`,
      kind: SPAN_KIND_CLIENT,
      startTimeUnixNano: nanosOf(start),
      endTimeUnixNano: nanosOf(end),
      attributes: attributesOf({ ...common, ...own, "error.type": error }),
      status: error ? { code: STATUS_ERROR, message: error } : {},
    };
    return { resource: this.#resource, scopeSpans: [{ scope: SCOPE, spans: [span] }] };
  }

  /**
   * @param {Facts} facts
   * @param {{ start: number, end: number }} times
   */
  #wrapMetrics({ common, error, usage, seconds, firstChunkMs }, times) {
    const duration = attributesOf({ ...common, "error.type": error });
    const metrics = [
      histogramOf("gen_ai.client.operation.duration", "s", DURATION_BOUNDS, times, [[seconds, duration]]),
    ];
    if (firstChunkMs !== undefined) {
      const point = /** @type {const} */ ([firstChunkMs / 1000, attributesOf(common)]);
      metrics.push(histogramOf("gen_ai.client.operation.time_to_first_chunk", "s", DURATION_BOUNDS, times, [point]));
    }
    if (usage) {
      const tokens = { input: usage.prompt_tokens, output: usage.completion_tokens };
      const points = Object.entries(tokens).map(([type, count]) => {
        return /** @type {const} */ ([count, attributesOf({ ...common, "gen_ai.token.type": type })]);
      });
      metrics.push(histogramOf("gen_ai.client.token.usage", "{token}", TOKEN_BOUNDS, times, points));
    }
    return { resource: this.#resource, scopeMetrics: [{ scope: SCOPE, metrics }] };
  }

  /**
   * @param {string} path
   * @param {object} data
   */
  async #send(path, data) {
    const { endpoint = "", headers } = this.#options ?? {};
    try {
      const response = await fetch(endpoint.replace(/\/+$/, "") + path, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(data),
        signal: AbortSignal.timeout(EXPORT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) this.#logOnce(`the collector answered ${response.status}`);
    } catch (error) {
      this.#logOnce(error instanceof Error ? error.name : "");
    }
  }

  /** @param {string} reason */
  #logOnce(reason) {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    log("traces and metrics could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT", reason);
  }
}

/**
 * @typedef {object} Facts
 * @property {Attributes} common
 * @property {Attributes} own
 * @property {string} [error]
 * @property {import("../index.js").Usage} [usage]
 * @property {number} seconds
 * @property {number} [firstChunkMs] of a stream
 */

/**
 * The span of a call: in its caller's trace, or in a new one.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 *
 * @param {string | null} traceparent
 * @returns {SpanContext}
 */
function contextOf(traceparent) {
  const spanId = randomHex(8);
  const match = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/.exec(
    traceparent?.trim() ?? "",
  );
  if (!match) return { traceId: randomHex(16), spanId, flags: "01" };
  const [, traceId = "", parentSpanId, flags = "01"] = match;
  // Of version 00, only the first bit means anything.
  return { traceId, spanId, parentSpanId, flags: `0${Number.parseInt(flags, 16) & 1}` };
}

/** @param {number} bytes */
function randomHex(bytes) {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (value) => value.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} [host]
 * @returns {{ address?: string, port?: number }}
 */
function addressOf(host) {
  if (host === undefined) return {};
  const [, address = host, port = "443"] = /^(.*):(\d+)$/.exec(host) ?? [];
  return { address, port: Number(port) };
}
