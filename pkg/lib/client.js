// OciGenAI: the client.

import { MODE_EMBED, MODE_MODERATE, MODE_OVER_HTTP, MODE_RERANK, MODE_WHOLE } from "./boundary.js";
import { Call } from "./call.js";
import { CoreClient, requireCore } from "./core.js";
import { DIALECTS } from "./dialects.js";
import { OciError, createError } from "./error.js";
import { CallGroup } from "./group.js";
import { optionsToJson, requestToJson, requireText } from "./json.js";
import { respond } from "./openai.js";
import { readClientOptions } from "./options.js";
import { callOnFinish, refusalReport } from "./report.js";
import { ChatStream } from "./stream.js";

/** @import { CallOptions, ChatCompletion, ChatRequest, ClientOptions, FetchInput, Route } from "../index.js" */
/** @import { CallPhase, OciErrorCode, OciGenAI as PublicOciGenAI } from "../index.js" */
/** @import { EmbeddingRequest, EmbeddingResponse, ModerationRequest, ModerationResponse } from "../index.js" */
/** @import { RerankRequest, RerankResponse, RouteQuery } from "../index.js" */
/** @import { CallContext } from "./call.js" */

/**
 * What `fetch` and the gateway use of a client, and the public API does not expose.
 *
 * @typedef {object} ClientInternals
 * @property {CoreClient["models"]} models
 * @property {(request: string, options: CallOptions, mode: number) => Call | CallGroup} createCall
 *   `request` is JSON text, `mode` that of a dialect or of an operation other than a chat
 * @property {(phase: CallPhase, code: OciErrorCode) => void} reportRefusal reports a request that
 *   does not become a call
 */

/** @type {WeakMap<object, ClientInternals>} */
const internals = new WeakMap();

/** @implements {PublicOciGenAI} */
export class OciGenAI {
  /** @type {CallContext & { client: CoreClient }} */
  #context;

  /** @param {ClientOptions} [options] */
  constructor(options = {}) {
    requireCore();
    const { json, authorizer, fetch, onFinish } = readClientOptions(options);
    const client = new CoreClient(json, authorizer.signs, authorizer.hasApiKey);
    const context = { client, authorizer, fetch, onFinish };
    this.#context = context;
    const overHttp = { ...context, client: overHttpOf(client) };
    /** @type {ClientInternals} */
    const own = {
      models: () => client.models(),
      createCall: (request, callOptions, mode) => {
        const create = () => {
          const text = requireText(request, "invalid_request", "the request");
          const Class = DIALECTS.has(mode) ? Call : CallGroup;
          return new Class(overHttp, text, callOptions, mode);
        };
        return createCall(context, () => JSON.parse(request).model, create);
      },
      reportRefusal: (phase, code) => callOnFinish(onFinish, () => refusalReport(phase, code)),
    };
    internals.set(this, own);
    // An own property and an arrow function, so that it needs no `this`.
    /** @type {(input: FetchInput, init?: RequestInit) => Promise<Response>} */
    this.fetch = (input, init) => respond(own, input, init);
  }

  /**
   * @param {string} model
   * @param {RouteQuery} [query]
   * @returns {Route}
   */
  route(model, query = {}) {
    if (typeof model !== "string") throw createError("invalid_model", "the model id must be a string");
    return this.#context.client.route(model, optionsToJson(query));
  }

  /**
   * @param {ChatRequest} request
   * @param {CallOptions} [options]
   * @returns {Promise<ChatCompletion>}
   */
  async chat(request, options) {
    const context = this.#context;
    const modelOf = () => request.model;
    const call = createCall(context, modelOf, () => new Call(context, requestToJson(request), options, MODE_WHOLE));
    await call.open();
    if (call.completion === undefined) throw call.error;
    return JSON.parse(call.completion);
  }

  /**
   * @param {ChatRequest} request
   * @param {CallOptions} [options]
   */
  stream(request, options) {
    // The request is serialized now; an error rejects the first read.
    /** @type {string | undefined} */
    let json;
    /** @type {unknown} */
    let failure;
    let includeUsage = false;
    try {
      json = requestToJson(request);
      includeUsage = request.stream_options?.include_usage === true;
    } catch (error) {
      failure = error;
    }
    const context = this.#context;
    /** @param {number} mode */
    const create = (mode) => {
      if (json === undefined) throw failure;
      return new Call(context, json, options, mode);
    };
    const modelOf = () => (json === undefined ? request.model : JSON.parse(json).model);
    return new ChatStream((mode) => createCall(context, modelOf, () => create(mode)), includeUsage);
  }

  /**
   * @param {EmbeddingRequest} request
   * @param {CallOptions} [options]
   * @returns {Promise<EmbeddingResponse>}
   */
  embed(request, options) {
    return this.#answer(MODE_EMBED, request, options);
  }

  /**
   * @param {RerankRequest} request
   * @param {CallOptions} [options]
   * @returns {Promise<RerankResponse>}
   */
  rerank(request, options) {
    return this.#answer(MODE_RERANK, request, options);
  }

  /**
   * @param {ModerationRequest} request
   * @param {CallOptions} [options]
   * @returns {Promise<ModerationResponse>}
   */
  moderate(request, options) {
    return this.#answer(MODE_MODERATE, request, options);
  }

  /**
   * @param {number} mode
   * @param {{ model?: unknown }} request
   * @param {CallOptions} [options]
   */
  async #answer(mode, request, options) {
    const context = this.#context;
    const create = () => new CallGroup(context, requestToJson(request), options, mode);
    const call = createCall(context, () => request.model, create);
    await call.open();
    return JSON.parse(/** @type {string} */ (call.completion));
  }
}

/**
 * A client for callers that may repeat their requests by themselves.
 *
 * @param {CoreClient} client
 * @returns {Pick<CoreClient, "createCall" | "createCalls">}
 */
function overHttpOf(client) {
  return {
    createCall: (request, options, mode, id) => client.createCall(request, options, mode | MODE_OVER_HTTP, id),
    createCalls: (request, options, mode, id) => client.createCalls(request, options, mode | MODE_OVER_HTTP, id),
  };
}

/**
 * Creates a call, or reports that it was refused.
 *
 * @template T
 * @param {CallContext} context
 * @param {() => unknown} modelOf the model of the request, which may not be one
 * @param {() => T} create
 * @returns {T}
 */
function createCall({ onFinish }, modelOf, create) {
  try {
    return create();
  } catch (error) {
    if (error instanceof OciError) {
      callOnFinish(onFinish, () => refusalReport("validation", error.code, stringOf(modelOf)), error);
    }
    throw error;
  }
}

/** @param {() => unknown} get */
function stringOf(get) {
  try {
    const value = get();
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}

/**
 * @param {object} client an OciGenAI
 * @returns {ClientInternals}
 */
export function internalsOf(client) {
  return /** @type {ClientInternals} */ (internals.get(client));
}
