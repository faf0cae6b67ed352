// A ready Cloudflare Worker: OpenAI's API in front of OCI, protected by its own bearer token.
//
//   export { default } from "oci-genai-edge/gateway";

import { OciGenAI, warmUp } from "oci-genai-edge";

import { describeForCallers, isForOperator } from "./lib/caller-message.js";
import { internalsOf } from "./lib/client.js";
import { CODES } from "./lib/codes.js";
import { corsHeaders, preflightResponse } from "./lib/cors.js";
import { DIALECTS } from "./lib/dialects.js";
import { OciError, createError } from "./lib/error.js";
import { AnswerCache } from "./lib/gateway-cache.js";
import { Callers } from "./lib/gateway-caller.js";
import { SharedHealth } from "./lib/gateway-health.js";
import { formOf, respondInTime } from "./lib/gateway-keep-alive.js";
import { Limits } from "./lib/gateway-limits.js";
import { log, logError } from "./lib/gateway-log.js";
import { SignerCheck, TargetStates, reportHealth, reportReadiness } from "./lib/gateway-ready.js";
import { readBindings, readSettings } from "./lib/gateway-settings.js";
import { Telemetry } from "./lib/gateway-telemetry.js";
import { Usage } from "./lib/gateway-usage.js";
import { RequestText, waitUntilOf } from "./lib/gateway-visit.js";
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
import { joinListeners } from "./lib/report.js";
import { readBody } from "./lib/request-body.js";

/** @import { Gateway, GatewayEnv, GatewayOptions } from "./gateway.d.ts" */
/** @import { Route } from "./index.js" */
/** @import { ClientInternals } from "./lib/client.js" */
/** @import { GatewaySettings } from "./lib/gateway-settings.js" */
/** @import { Caller } from "./lib/gateway-caller.js" */
/** @import { Visit, WaitUntil } from "./lib/gateway-visit.js" */

/** What tells whether the gateway is up, and whether it is ready. */
const PROBE_PATH = /^[^:]+:\/\/[^/?#]*\/(healthz|readyz)(?:[?#]|$)/;

/** The URLs of the API, and the path after `/v1`. Everything else belongs to the assets. */
const API_PATH = /^[^:]+:\/\/[^/?#]*\/(?:openai\/)?v1(\/[^?#]*)/;

const NO_MODELS = "the gateway has no models; its operator sets OCI_MODELS, or OCI_ALLOW_ANY_MODEL";

/** nginx's status for a client that has gone: nobody reads it. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * What the gateway holds for the bindings of a Worker.
 *
 * @typedef {object} Instance
 * @property {GatewaySettings} settings
 * @property {ClientInternals} client
 * @property {Callers} callers
 * @property {Limits} limits
 * @property {SharedHealth} [health]
 * @property {Usage} usage
 * @property {Telemetry} telemetry
 * @property {AnswerCache} cache
 * @property {TargetStates} states
 * @property {SignerCheck} signer
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
      const aliases = Object.keys(settings.options.models ?? {});
      for (const alias of aliases) requireRoute(publicClient, alias);
      const client = internalsOf(publicClient);
      const { targetHealth } = settings;
      instance = {
        settings,
        client,
        callers: new Callers(client, settings),
        limits: new Limits(client, settings),
        health: targetHealth && new SharedHealth(targetHealth, client),
        usage: new Usage(settings.usage, aliases),
        telemetry: new Telemetry(settings.telemetry, aliases),
        cache: new AnswerCache(settings.cache, (alias) => dependenciesOf(settings, alias)),
        states: new TargetStates(),
        // A signer of the operator's own may ask somebody.
        signer: new SignerCheck(configure === readBindings ? settings.options.sign : undefined),
      };
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
        const probe = PROBE_PATH.exec(request.url)?.[1];
        if (probe) return respondToProbe(request, probe, () => getInstance(env), waitUntilOf(ctx));
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

/**
 * What of the configuration the answers of an alias depend on.
 *
 * @param {GatewaySettings} settings
 * @param {string} alias
 */
function dependenciesOf({ options, guardrails }, alias) {
  const { models = {}, region, realm, endpoint, compartmentId, headers } = options;
  return [models[alias], guardrails.get(alias), region, realm, String(endpoint), compartmentId, headers];
}

/**
 * @param {OciGenAI} client
 * @param {string} alias
 */
function requireRoute(client, alias) {
  try {
    client.route(alias);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw createError("invalid_options", `the alias ${alias} of models: ${error.message}`, error.hint);
  }
}

/** @param {Instance} instance */
function hasNoModels({ settings, client }) {
  return settings.options.aliasesOnly === true && client.models().length === 0;
}

/**
 * @param {Request} request
 * @param {string} probe
 * @param {() => Instance} getInstance
 * @param {WaitUntil} waitUntil
 */
function respondToProbe(request, probe, getInstance, waitUntil) {
  if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed("GET");
  return probe === "healthz" ? reportHealth() : reportReadiness(request, getInstance, waitUntil);
}

/**
 * @param {Instance} instance
 * @param {Request} request
 * @param {string} path after `/v1`
 * @param {unknown} ctx the Worker's
 */
async function respond(instance, request, path, ctx) {
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
  return path === "/models" ? listModels(instance, caller) : showModel(instance, caller, path.slice("/models/".length));
}

/**
 * @param {Instance} instance
 * @param {Request} request
 * @param {number} mode that of the operation
 * @param {Visit} visit
 */
async function perform(instance, request, mode, visit) {
  const { settings, client } = instance;
  try {
    const { maxBodyBytes, bodyTimeoutMs, keepAliveMs } = settings;
    const body = await readBody(request, { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs });
    if (body.refusal) {
      const { status, code, message } = body.refusal;
      client.reportRefusal("validation", status === 408 ? "timeout" : "invalid_request");
      return rejection(status, code, message);
    }
    const requestText = new RequestText(body.text);
    const getForm = () => formOf(requestText, mode, DIALECTS.has(mode), settings);
    return await respondInTime((signal) => answer(instance, { request, requestText, mode, signal }, visit), {
      ms: keepAliveMs,
      signal: request.signal,
      getForm,
    });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
    throw error;
  }
}

/**
 * @param {Instance} instance
 * @param {{ request: Request, requestText: RequestText, mode: number, signal: AbortSignal }} asking
 * @param {Visit} visit
 */
async function answer(instance, { request, requestText, mode, signal }, visit) {
  const { settings, client, limits, usage, states } = instance;
  const { caller } = visit;
  let isCall = false;
  try {
    const describe = (/** @type {OciError} */ error) => {
      if (settings.logErrors || isForOperator(error)) logError(error, settings.logErrors);
      return error.code === "invalid_model" ? describeUnknown(instance, caller, error) : describeForCallers(error);
    };
    const ownId = request.headers.get("x-request-id");
    const requestId = isRequestId(ownId) ? ownId : undefined;
    const asking = { options: { signal, requestId }, describe };
    const guard = Guard.of(settings.guardrails, client, requestText, DIALECTS.get(mode), asking);
    const exceeded = await limits.checkRequest(visit, requestText, mode);
    if (exceeded) return exceeded;
    const cached = await instance.cache.find(request, { requestText, mode, visit });
    if (cached?.hit) {
      usage.recordHit(visit, mode, requestText.json.model);
      return cached.hit;
    }
    const refused = await guard?.checkRequest();
    if (refused) return refused;
    const startedAt = Date.now();
    usage.watch(visit, mode, startedAt);
    const traceparent = request.headers.get("traceparent");
    const headers = instance.telemetry.watch(visit, { requestText, mode, traceparent, startedAt });
    const timeouts = settings.aliasTimeouts.size > 0 ? settings.aliasTimeouts.get(requestText.json?.model) : undefined;
    const onAttempt = await shareHealth(instance, visit, requestText);
    isCall = true;
    const result = await answerRequest(client, {
      text: requestText.text,
      mode,
      options: { ...asking.options, ...(timeouts && { timeouts }), ...(headers && { headers }) },
      describe,
      hooks: { onAttempt, onEnd: joinListeners(...visit.onEnd) },
      keepAliveMs: settings.keepAliveMs,
    });
    states.record(result.report);
    const response = toResponse(result);
    onAttempt?.();
    const checked = guard ? await guard.checkAnswer(response) : response;
    return cached ? await cached.keep(checked) : checked;
  } finally {
    // What did not become a call has used nothing.
    if (!isCall) visit.charge?.settle(0);
  }
}

/**
 * Learns from other isolates about the targets of a request. Returns what tells them of its call: to be called
 * whenever that may have found out more.
 *
 * @param {Instance} instance
 * @param {Visit} visit
 * @param {RequestText} requestText
 */
async function shareHealth({ health }, { waitUntil, onEnd }, requestText) {
  if (!health) return undefined;
  const model = requestText.json?.model;
  await health.refresh(model, waitUntil);
  const publish = () => health.publish(model, waitUntil);
  onEnd.push(publish);
  return publish;
}

/** @param {Awaited<ReturnType<typeof answerRequest>>} result */
function toResponse({ response: received, target }) {
  // OCI's 401 is about the gateway's credentials. To a caller with the right token, the failure is
  // behind the gateway.
  const isBadGateway = received.status === CODES.unauthorized.status;
  const response = isBadGateway ? new Response(received.body, { status: 502, headers: received.headers }) : received;
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
 * @param {Instance} instance
 * @param {Caller} caller
 */
function listModels({ client, settings }, caller) {
  const data = modelsOf(client, caller).map((model) => describeModel(model, settings));
  return Response.json({ object: "list", data });
}

/**
 * @param {Instance} instance
 * @param {Caller} caller
 * @param {string} encodedId
 */
function showModel(instance, caller, encodedId) {
  const client = { ...instance.client, models: () => modelsOf(instance.client, caller) };
  const model = findModel(client, encodedId);
  if (model) return Response.json(describeModel(model, instance.settings));
  if (!hasNoModels(instance)) return noSuchModel(client);
  const { status, type } = CODES.invalid_model;
  return rejection(status, "invalid_model", NO_MODELS, { type });
}

/**
 * How it is reached, and what its operator has said of it. OCI has no table of what a model behind an endpoint can do.
 *
 * @param {ReturnType<ClientInternals["models"]>[number]} model
 * @param {GatewaySettings} settings
 */
function describeModel({ id, route, host, targets }, { modelInfo }) {
  // The openai transport serves chats alone.
  const operations = route.transport === "openai" ? ["chat"] : undefined;
  const oci = { ...describeRoute(route, host), targets, operations, ...modelInfo.get(id) };
  return { id, object: "model", created: 0, owned_by: "oci", oci };
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
export { TargetHealth } from "./lib/gateway-health.js";

warmUp();

export default createGateway();
