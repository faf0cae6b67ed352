// A ready Cloudflare Worker: OpenAI's protocol in front of OCI, guarded by a bearer token of its own.
//
//   export { default } from "oci-genai-edge/gateway";

import { OciGenAI, OciError } from "oci-genai-edge";

import { insideOf } from "./lib/client.js";
import { answer, failed } from "./lib/openai.js";
import { apiKeySigner, tokenSigner } from "./signer.js";

/**
 * Makes a handler. `configure` may say what the bindings mean; without it they are read by the names of `GatewayEnv`.
 */
export function createGateway({ configure = fromBindings } = {}) {
  // A client holds no I/O of any request, so requests may share it: importing a key once is the point.
  const clients = new WeakMap();

  const clientOf = (env) => {
    let made = clients.get(env);
    if (!made) {
      const { token, ...options } = configure(env);
      clients.set(env, (made = { token, client: new OciGenAI(options) }));
    }
    return made;
  };

  return {
    async fetch(request, env = {}) {
      const { pathname } = new URL(request.url);
      if (!/^\/(openai\/)?v1\//.test(pathname)) {
        return env.ASSETS ? env.ASSETS.fetch(request) : refusal(404, "not_found", "there is nothing here: the API is under /v1/");
      }
      let made;
      try {
        made = clientOf(env);
      } catch (error) {
        if (!(error instanceof OciError)) throw error;
        // What is wrong with the bindings is the operator's to read, in the log.
        console.error(`oci-genai-edge gateway: ${error.message}${error.hint ? ` (${error.hint})` : ""}`);
        return refusal(500, "invalid_options", "the gateway is not configured; its log says what is missing");
      }
      if (!made.token) {
        console.error("oci-genai-edge gateway: GATEWAY_TOKEN is not set, so every request is refused");
        return refusal(500, "invalid_options", "the gateway has no token to check requests against");
      }
      if (!(await isBearer(request.headers.get("authorization"), made.token))) {
        const response = refusal(401, "invalid_api_key", "the gateway wants its own token as Authorization: Bearer …");
        response.headers.set("www-authenticate", "Bearer");
        return response;
      }
      return serve(made.client, request);
    },
  };
}

async function serve(client, request) {
  const inside = insideOf(client);
  if (request.method === "GET" && /\/models\/?$/.test(new URL(request.url).pathname)) {
    const data = inside.models().map(({ id, route, host }) => ({ id, object: "model", created: 0, owned_by: "oci", oci: describe(route, host) }));
    return Response.json({ object: "list", data });
  }
  const { response: answered, call } = await answer(inside, request);
  // OCI's 401 is about the gateway's own credentials: to a caller, whose token was right, it is a fault behind the gateway.
  const response = answered.status === 401 ? new Response(answered.body, { status: 502, headers: answered.headers }) : answered;
  const taken = call?.route;
  if (taken?.route) response.headers.set("oci-route", JSON.stringify(describe(taken.route, taken.host)));
  return response;
}

/** How a model is reached, without its OCID: what a reader of the answer may know. */
function describe(route, host) {
  const { transport, servingMode, apiFormat, region } = route;
  return { transport, servingType: servingMode?.servingType, apiFormat, region, host };
}

/** The bindings of `GatewayEnv` as options. */
function fromBindings(env) {
  const text = (name) => (typeof env[name] === "string" && env[name] !== "" ? env[name] : undefined);
  const options = {
    token: text("GATEWAY_TOKEN"),
    region: text("OCI_REGION"),
    realm: text("OCI_REALM"),
    compartmentId: text("OCI_COMPARTMENT_ID"),
    endpoint: text("OCI_ENDPOINT"),
    models: typeof env.OCI_MODELS === "object" ? env.OCI_MODELS : parsed("OCI_MODELS", text("OCI_MODELS")),
  };
  const privateKey = text("OCI_PRIVATE_KEY");
  if (privateKey && text("OCI_SESSION_TOKEN")) {
    options.sign = made("OCI_SESSION_TOKEN", () => tokenSigner({ token: text("OCI_SESSION_TOKEN"), privateKey }));
  } else if (privateKey) {
    const credentials = { tenancy: text("OCI_TENANCY"), user: text("OCI_USER"), fingerprint: text("OCI_FINGERPRINT"), privateKey };
    options.sign = made("OCI_TENANCY, OCI_USER, OCI_FINGERPRINT", () => apiKeySigner(credentials));
  }
  const apiKey = text("OCI_API_KEY");
  if (apiKey) options.apiKey = apiKey;
  return options;
}

function parsed(name, json) {
  if (json === undefined) return undefined;
  return made(name, () => JSON.parse(json));
}

function made(name, make) {
  try {
    return make();
  } catch (cause) {
    // The parser's words may quote the binding; the signer's never quote a key.
    const message = cause instanceof SyntaxError ? `${name} is not JSON` : `${name}: ${cause.message}`;
    throw new OciError({ code: "invalid_options", message });
  }
}

/** Compares digests, so that the time it takes says nothing of the token. */
async function isBearer(header, token) {
  const given = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1] ?? "";
  const digest = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const [left, right] = await Promise.all([digest(given), digest(token)]);
  return left.reduce((difference, byte, index) => difference | (byte ^ right[index]), 0) === 0;
}

function refusal(status, code, message) {
  return failed(new OciError({ code, message }), status);
}

export default createGateway();
