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
import { Callers } from "./lib/gateway-caller.js";
import { Limits } from "./lib/gateway-limits.js";
import { log, logError } from "./lib/gateway-log.js";
import { readBindings, readSettings } from "./lib/gateway-settings.js";
import { RequestText, waitUntilOf } from "./lib/gateway-visit.js";
import { Guard } from "./lib/guardrails.js";
import { OPERATIONS, SERVED, answerRequest, methodNotAllowed, notServed } from "./lib/openai.js";
import { rejection } from "./lib/openai-error.js";
import { joinListeners } from "./lib/report.js";
import { readBody } from "./lib/request-body.js";

/** @import { Gateway, GatewayEnv, GatewayOptions } from "./gateway.d.ts" */
/** @import { Route } from "./index.js" */
/** @import { ClientInternals } from "./lib/client.js" */
/** @import { GatewaySettings } from "./lib/gateway-settings.js" */
/** @import { Caller } from "./lib/gateway-caller.js" */
/** @import { Visit } from "./lib/gateway-visit.js" */

/** The URLs of the API, and the path after `/v1`. Everything else belongs to the assets. */
const API_PATH = /^[^:]+:\/\/[^/?#]*\/(?:openai\/)?v1(\/[^?#]*)/;

const NO_MODELS = "the gateway has no models; its operator sets OCI_MODELS, or OCI_ALLOW_ANY_MODEL";

/** nginx's status for a client that has gone: nobody reads it. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * What the gateway holds for the bindings of a Worker.
 *
 * @typedef {{ settings: GatewaySettings, client: ClientInternals, callers: Callers, limits: Limits }} Instance
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
      const publicClient = new OciGenAI(settings.options);
      // An alias that can't be routed is found now, and not by a caller.
      for (const alias of Object.keys(settings.options.models ?? {})) publicClient.route(alias);
      const client = internalsOf(publicClient);
      instance = { settings, client, callers: new Callers(client, settings), limits: new Limits(client, settings) };
      if (hasNoModels(instance)) {
        log("no model can be called", 'add aliases to OCI_MODELS, or set OCI_ALLOW_ANY_MODEL to "true"');
      }
      instances.set(env, instance);
    }
    return instance;
  };

  return {
    async fetch(request, bindings, ctx) {
      const env = bindings ?? /** @type {Env} */ ({});
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
          : await respond(instance, request, path, ctx);
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
 * @param {unknown} ctx the Worker's
 */
async function respond(instance, request, path, ctx) {
  const { client } = instance;
  const caller = await instance.callers.identify(request);
  if (caller instanceof Response) return caller;
  const mode = OPERATIONS.get(path);
  if (mode !== undefined) {
    if (request.method !== "POST") return methodNotAllowed("POST");
    /** @type {Visit} */
    const visit = { caller, waitUntil: waitUntilOf(ctx), headers: {}, onEnd: [] };
    const response = (await instance.limits.checkRate(visit)) ?? (await perform(instance, request, mode, visit));
    for (const [name, value] of Object.entries(visit.headers)) response.headers.set(name, value);
    return response;
  }
  if (path !== "/models" && !path.startsWith("/models/")) {
    return notServed(path, SERVED.replaceAll("…", "/v1"));
  }
  if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed("GET");
  return path === "/models" ? listModels(client, caller) : showModel(instance, caller, path.slice("/models/".length));
}

/**
 * @param {Instance} instance
 * @param {Request} request
 * @param {number} mode that of the operation
 * @param {Visit} visit
 */
async function perform(instance, request, mode, visit) {
  const { settings, client, limits } = instance;
  let isCall = false;
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
      return error.code === "invalid_model" ? describeUnknown(instance, visit.caller, error) : describeForCallers(error);
    };
    const asking = { signal: request.signal, describe };
    const requestText = new RequestText(body.text);
    const guard = Guard.of(settings.guardrails, client, requestText, DIALECTS.get(mode), asking);
    const refused = (await limits.checkRequest(visit, requestText, mode)) ?? (await guard?.checkRequest());
    if (refused) return refused;
    const onEnd = joinListeners(...visit.onEnd);
    isCall = true;
    const response = toResponse(await answerRequest(client, { text: requestText.text, mode, ...asking, onEnd }));
    return guard ? await guard.checkAnswer(response) : response;
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
    throw error;
  } finally {
    // What did not become a call has used nothing.
    if (!isCall) visit.charge?.settle(0);
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

/**
 * Why a model can't be called. The core's message lists all aliases.
 *
 * @param {Instance} instance
 * @param {Caller} caller
 * @param {OciError} error
 */
function describeUnknown(instance, { models }, error) {
  if (hasNoModels(instance)) return { message: NO_MODELS, param: error.param };
  if (!models) return describeForCallers(error);
  return { message: "the gateway has no such alias, although this key may call it", param: error.param };
}

/**
 * Those that the caller may call.
 *
 * @param {ClientInternals} client
 * @param {Caller} caller
 */
function modelsOf(client, caller) {
  return client.models().filter(({ id }) => caller.models?.has(id) ?? true);
}

/**
 * @param {ClientInternals} client
 * @param {Caller} caller
 */
function listModels(client, caller) {
  return Response.json({ object: "list", data: modelsOf(client, caller).map(describeModel) });
}

/**
 * @param {Instance} instance
 * @param {Caller} caller
 * @param {string} encodedId
 */
function showModel(instance, caller, encodedId) {
  const models = modelsOf(instance.client, caller);
  const model = models.find(({ id }) => encodedId === encodeURIComponent(id) || encodedId === encodeURI(id));
  if (model) return Response.json(describeModel(model));
  const { status, type } = CODES.invalid_model;
  const names = models.map(({ id }) => id).join(", ");
  const message = hasNoModels(instance) ? NO_MODELS : `there is no such alias; the aliases are ${names}`;
  return rejection(status, "invalid_model", message, { type });
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

export { Budget } from "./lib/gateway-budget.js";

warmUp();

export default createGateway();
