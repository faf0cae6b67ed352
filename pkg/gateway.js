// A ready Cloudflare Worker: OpenAI's API in front of OCI, protected by its own bearer token.
//
//   export { default } from "oci-genai-edge/gateway";

import { OciGenAI } from "oci-genai-edge";

import { internalsOf } from "./lib/client.js";
import { CODES } from "./lib/codes.js";
import { nearestName } from "./lib/core.js";
import { OciError, createError } from "./lib/error.js";
import { respond } from "./lib/openai.js";
import { rejection } from "./lib/openai-error.js";
import { apiKeySigner, tokenSigner } from "./signer.js";

/** @import { Gateway, GatewayConfiguration, GatewayEnv, GatewayOptions } from "./gateway.d.ts" */
/** @import { Route } from "./index.js" */

/** The bindings of `GatewayEnv` whose names begin with `OCI_`. */
const OCI_VARIABLES = [
  "OCI_REGION",
  "OCI_REALM",
  "OCI_COMPARTMENT_ID",
  "OCI_TENANCY",
  "OCI_USER",
  "OCI_FINGERPRINT",
  "OCI_PRIVATE_KEY",
  "OCI_SESSION_TOKEN",
  "OCI_API_KEY",
  "OCI_ENDPOINT",
  "OCI_MODELS",
];

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
  /** @type {WeakMap<Env, { token: string | undefined, client: OciGenAI }>} */
  const clients = new WeakMap();

  /** @param {Env} env */
  const getClient = (env) => {
    let entry = clients.get(env);
    if (!entry) {
      const { token, ...options } = configure(env);
      entry = { token, client: new OciGenAI(options) };
      clients.set(env, entry);
    }
    return entry;
  };

  return {
    async fetch(request, env = /** @type {Env} */ ({})) {
      const { pathname } = new URL(request.url);
      if (!/^\/(openai\/)?v1\//.test(pathname)) {
        const { ASSETS } = /** @type {GatewayEnv} */ (env);
        if (ASSETS) return ASSETS.fetch(request);
        return rejection(404, "not_found", "there is nothing here; the API is under /v1/");
      }
      let entry;
      try {
        entry = getClient(env);
      } catch (error) {
        if (!(error instanceof OciError)) throw error;
        // Only the operator may see which binding is invalid.
        console.error(`oci-genai-edge gateway: ${error.message}${error.hint ? ` (${error.hint})` : ""}`);
        return misconfigured("the gateway is not configured correctly; its log has the reason");
      }
      if (!entry.token) {
        console.error("oci-genai-edge gateway: GATEWAY_TOKEN is not set, so every request is rejected");
        return misconfigured("the gateway has no token to check requests against");
      }
      if (!(await isAuthorized(request.headers.get("authorization"), entry.token))) {
        const message = "the gateway requires its token as Authorization: Bearer …";
        return rejection(401, "invalid_api_key", message, {
          type: CODES.unauthorized.type,
          headers: { "www-authenticate": "Bearer" },
        });
      }
      return serve(entry.client, request);
    },
  };
}

/** @param {string} message */
function misconfigured(message) {
  const { status, type } = CODES.invalid_options;
  return rejection(status, "invalid_options", message, { type });
}

/**
 * @param {object} publicClient an OciGenAI
 * @param {Request} request
 */
async function serve(publicClient, request) {
  const client = internalsOf(publicClient);
  if (request.method === "GET" && /\/models\/?$/.test(new URL(request.url).pathname)) {
    const data = client.models().map(({ id, route, host }) => {
      return { id, object: "model", created: 0, owned_by: "oci", oci: describeRoute(route, host) };
    });
    return Response.json({ object: "list", data });
  }
  const { response: answer, call } = await respond(client, request);
  // OCI's 401 is about the gateway's credentials. To a caller with the right token, the failure is
  // behind the gateway.
  const isBadGateway = answer.status === CODES.unauthorized.status;
  const response = isBadGateway ? new Response(answer.body, { status: 502, headers: answer.headers }) : answer;
  const { route, host } = call?.target ?? {};
  if (route) response.headers.set("oci-route", JSON.stringify(describeRoute(route, host)));
  return response;
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

/**
 * The bindings of `GatewayEnv` as options.
 *
 * @param {GatewayEnv} env
 * @returns {GatewayConfiguration}
 */
function readBindings(env) {
  rejectUnknownVariables(env);
  /** @param {keyof GatewayEnv} name */
  const text = (name) => {
    const value = env[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const modelsJson = text("OCI_MODELS");
  /** @type {GatewayConfiguration} */
  const options = {
    token: text("GATEWAY_TOKEN"),
    region: text("OCI_REGION"),
    realm: text("OCI_REALM"),
    compartmentId: text("OCI_COMPARTMENT_ID"),
    endpoint: text("OCI_ENDPOINT"),
    models: typeof env.OCI_MODELS === "object" ? env.OCI_MODELS : undefined,
    apiKey: text("OCI_API_KEY"),
  };
  if (modelsJson) options.models = readVariable("OCI_MODELS", () => JSON.parse(modelsJson));
  const privateKey = text("OCI_PRIVATE_KEY");
  const token = text("OCI_SESSION_TOKEN");
  if (privateKey && token) {
    options.sign = readVariable("OCI_SESSION_TOKEN", () => tokenSigner({ token, privateKey }));
  } else if (privateKey) {
    const credentials = {
      tenancy: text("OCI_TENANCY"),
      user: text("OCI_USER"),
      fingerprint: text("OCI_FINGERPRINT"),
      privateKey,
    };
    options.sign = readVariable("OCI_TENANCY, OCI_USER, OCI_FINGERPRINT", () => {
      // The signer rejects missing credentials.
      return apiKeySigner(/** @type {import("./signer.d.ts").ApiKeySignerOptions} */ (credentials));
    });
  }
  return options;
}

/**
 * A misspelled variable would otherwise be a setting that has no effect.
 *
 * @param {GatewayEnv} env
 */
function rejectUnknownVariables(env) {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("OCI_") || OCI_VARIABLES.includes(name) || value === undefined) continue;
    const nearest = nearestName(name, OCI_VARIABLES);
    const hint = nearest === undefined ? `the variables are ${OCI_VARIABLES.join(", ")}` : `did you mean ${nearest}?`;
    throw createError("invalid_options", `${name} is not a variable of the gateway`, hint);
  }
}

/**
 * @template T
 * @param {string} name
 * @param {() => T} read
 * @returns {T}
 */
function readVariable(name, read) {
  try {
    return read();
  } catch (cause) {
    // A parser's message may quote the value; the signer's messages never do.
    const { message } = /** @type {Error} */ (cause);
    throw createError("invalid_options", cause instanceof SyntaxError ? `${name} is not JSON` : `${name}: ${message}`);
  }
}

/**
 * Compares digests, so that the duration does not depend on the token.
 *
 * @param {string | null} header
 * @param {string} token
 */
async function isAuthorized(header, token) {
  const sent = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1] ?? "";
  const [left, right] = await Promise.all([sha256(sent), sha256(token)]);
  return left.reduce((difference, byte, index) => difference | (byte ^ right[index]), 0) === 0;
}

/** @param {string} text */
async function sha256(text) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

export default createGateway();
