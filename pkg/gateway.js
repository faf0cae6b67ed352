// A ready Cloudflare Worker: OpenAI's API in front of OCI, protected by its own bearer token.
//
//   export { default } from "oci-genai-edge/gateway";

import { OciGenAI, warmUp } from "oci-genai-edge";

import { describeForCallers, isForOperator } from "./lib/caller-message.js";
import { internalsOf } from "./lib/client.js";
import { CODES } from "./lib/codes.js";
import { corsHeaders, preflightResponse } from "./lib/cors.js";
import { DIALECTS } from "./lib/dialects.js";
import { OciError } from "./lib/error.js";
import { readBindings, readSettings } from "./lib/gateway-settings.js";
import { Guard } from "./lib/guardrails.js";
import { isRequestId } from "./lib/options.js";
import {
  OPERATIONS,
  SERVED,
  answerRequest,
  findModel,
  methodNotAllowed,
  noSuchModel,
  notServed,
} from "./lib/openai.js";
import { rejection } from "./lib/openai-error.js";
import { readBody } from "./lib/request-body.js";
import { TokenCheck } from "./lib/token.js";

/** @import { Gateway, GatewayEnv, GatewayOptions } from "./gateway.d.ts" */
/** @import { Route } from "./index.js" */
/** @import { ClientInternals } from "./lib/client.js" */
/** @import { GatewaySettings } from "./lib/gateway-settings.js" */

/** The URLs of the API, and the path after `/v1`. Everything else belongs to the assets. */
const API_PATH = /^[^:]+:\/\/[^/?#]*\/(?:openai\/)?v1(\/[^?#]*)/;

const NO_MODELS = "the gateway has no models; its operator sets OCI_MODELS, or OCI_ALLOW_ANY_MODEL";

/** nginx's status for a client that has gone: nobody reads it. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * What the gateway holds for the bindings of a Worker.
 *
 * @typedef {{ settings: GatewaySettings, client: ClientInternals, tokenCheck: TokenCheck }} Instance
 */

/**
 * Creates a handler. Without `configure`, the bindings are read by the names of `GatewayEnv`.
 *
 * @template {object} [Env=GatewayEnv]
 * @param {GatewayOptions<Env>} [options]
 * @returns {Gateway<Env>}
 */
export function createGateway({ configure = (readBindings) } = {}) {
  // A client holds no I/O of a request, so that all requests can share one: the key is imported
  // once.
  /** @type {WeakMap<Env, Instance>} */
  const instances = new WeakMap();

  /** @param {Env} env */
  const getInstance = (env) => {
    let instance = instances.get(env);
    if (!instance) {
      const settings = readSettings(configure(env));
      const client = new OciGenAI(settings.options);
      // An alias that can't be routed is found now, and not by a caller.
      for (const alias of Object.keys(settings.options.models ?? {})) client.route(alias);
      instance = { settings, client: internalsOf(client), tokenCheck: new TokenCheck(settings.token) };
      if (hasNoModels(instance)) {
        log("no model can be called", 'add aliases to OCI_MODELS, or set OCI_ALLOW_ANY_MODEL to "true"');
      }
      instances.set(env, instance);
    }
    return instance;
  };

  return {
    async fetch(request, env = /** @type {Env} */ ({})) {
      const path = API_PATH.exec(request.url)?.[1];
      if (path === undefined) {
        const { ASSETS } = /** @type {GatewayEnv} */ (env);
        if (ASSETS) return ASSETS.fetch(request);
        return rejection(404, "not_found", "there is nothing here; the API is under /v1/");
      }
      let instance;
      try {
        instance = getInstance(env);
      } catch (error) {
        if (!(error instanceof OciError)) throw error;
        // Only the operator may see which binding is invalid.
        log(error.message, error.hint);
        return misconfigured("the gateway is not configured correctly; its log has the reason");
      }
      const { origins } = instance.settings;
      const response =
        request.method === "OPTIONS"
          ? preflightResponse(origins, request)
          : await respond(instance, request, path);
      for (const [name, value] of corsHeaders(origins, request)) response.headers.append(name, value);
      return response;
    },
  };
}

/** @param {Instance} instance */
function hasNoModels({ settings, client }) {
  return settings.options.aliasesOnly === true && client.models().length === 0;
}

/**
 * @param {Instance} instance
 * @param {Request} request
 * @param {string} path after `/v1`
 */
async function respond(instance, request, path) {
  const { settings, client, tokenCheck } = instance;
  if (settings.token === "") {
    log("GATEWAY_TOKEN is not set, so every request is rejected");
    client.reportRefusal("authorization", "invalid_options");
    return misconfigured("the gateway has no token to check requests against");
  }
  if (!(await tokenCheck.accepts(request.headers.get("authorization")))) {
    client.reportRefusal("authorization", "unauthorized");
    const message = "the gateway requires its token as Authorization: Bearer …";
    return rejection(401, "invalid_api_key", message, {
      type: CODES.unauthorized.type,
      headers: { "www-authenticate": "Bearer" },
    });
  }
  const mode = OPERATIONS.get(path);
  if (mode !== undefined) {
    return request.method === "POST" ? perform(instance, request, mode) : methodNotAllowed("POST");
  }
  if (path !== "/models" && !path.startsWith("/models/")) {
    return notServed(path, SERVED.replaceAll("…", "/v1"));
  }
  if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed("GET");
  return path === "/models" ? listModels(client) : showModel(instance, path.slice("/models/".length));
}

/**
 * @param {Instance} instance
 * @param {Request} request
 * @param {number} mode that of the operation
 */
async function perform(instance, request, mode) {
  const { settings, client } = instance;
  try {
    const { maxBodyBytes, bodyTimeoutMs } = settings;
    const body = await readBody(request, { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs });
    if (body.refusal) {
      const { status, code, message } = body.refusal;
      client.reportRefusal("validation", status === 408 ? "timeout" : "invalid_request");
      return rejection(status, code, message);
    }
    const describe = (/** @type {OciError} */ error) => {
      if (settings.logErrors || isForOperator(error)) logError(error, settings.logErrors);
      const isUnknown = error.code === "invalid_model" && hasNoModels(instance);
      return isUnknown ? { message: NO_MODELS, param: error.param } : describeForCallers(error);
    };
    const ownId = request.headers.get("x-request-id");
    const requestId = isRequestId(ownId) ? ownId : undefined;
    const asking = { signal: request.signal, requestId, describe };
    const guard = Guard.of(settings.guardrails, client, body.text, DIALECTS.get(mode), asking);
    const refused = await guard?.checkRequest();
    if (refused) return refused;
    const response = toResponse(await answerRequest(client, { text: body.text, mode, ...asking }));
    return guard ? await guard.checkAnswer(response) : response;
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
    throw error;
  }
}

/** @param {Awaited<ReturnType<typeof answerRequest>>} answer */
function toResponse({ response: answer, target }) {
  // OCI's 401 is about the gateway's credentials. To a caller with the right token, the failure is
  // behind the gateway.
  const isBadGateway = answer.status === CODES.unauthorized.status;
  const response = isBadGateway ? new Response(answer.body, { status: 502, headers: answer.headers }) : answer;
  if (target) response.headers.set("oci-route", JSON.stringify(describeRoute(target.route, target.host)));
  return response;
}

// ---------------------------------------------------------------- models

/** @param {ClientInternals} client */
function listModels(client) {
  return Response.json({ object: "list", data: client.models().map(describeModel) });
}

/**
 * @param {Instance} instance
 * @param {string} encodedId
 */
function showModel(instance, encodedId) {
  const { client } = instance;
  const model = findModel(client, encodedId);
  if (model) return Response.json(describeModel(model));
  if (!hasNoModels(instance)) return noSuchModel(client);
  const { status, type } = CODES.invalid_model;
  return rejection(status, "invalid_model", NO_MODELS, { type });
}

/** @param {ReturnType<ClientInternals["models"]>[number]} model */
function describeModel({ id, route, host }) {
  return { id, object: "model", created: 0, owned_by: "oci", oci: describeRoute(route, host) };
}

/**
 * How a model is reached, without its OCID: what callers may know.
 *
 * @param {Route} route
 * @param {string | null} [host]
 */
function describeRoute({ transport, servingMode, apiFormat, region }, host) {
  return { transport, servingType: servingMode?.servingType, apiFormat, region, host };
}

// ---------------------------------------------------------------- failures

/** @param {string} message */
function misconfigured(message) {
  const { status, type } = CODES.invalid_options;
  return rejection(status, "invalid_options", message, { type });
}

/**
 * For the operator. Nothing of a request, an answer or a secret; only an operator who asks for it
 * gets the words of the service and of the host, which may repeat them.
 *
 * @param {OciError} error
 * @param {boolean} isFull
 */
function logError({ code, message, hint, status, serviceCode, opcRequestId, attempts, serviceMessage, cause }, isFull) {
  const codes = attempts.map((attempt) => attempt.code);
  const details = { status, serviceCode, opcRequestId, attempts: codes };
  const words = isFull ? { serviceMessage, cause: cause instanceof Error ? cause.message : undefined } : {};
  log(`${code}: ${message}`, hint, JSON.stringify({ ...details, ...words }));
}

/**
 * @param {string} message
 * @param {string} [hint]
 * @param {string} [details]
 */
function log(message, hint, details) {
  const parts = ["oci-genai-edge gateway:", message, hint && `(${hint})`, details];
  console.error(parts.filter(Boolean).join(" "));
}

warmUp();

export default createGateway();
