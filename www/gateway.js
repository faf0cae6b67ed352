// The gateway behind this page: its token, its models, and the client that streams from it.

/** @import { ChatCompletionChunk, OciGenAI } from "../pkg/index.js" */

/**
 * How the gateway reaches a model, as its `oci-route` header and its list of models describe it.
 *
 * @typedef {object} GatewayRoute
 * @property {string} [transport]
 * @property {string} [servingType]
 * @property {string} [apiFormat]
 * @property {string} [region]
 * @property {string} [host]
 * @property {string} [model]
 * @property {string} [description]
 */

/** @typedef {{ id: string, oci?: GatewayRoute }} Model */

const PACKAGE = "./oci-genai-edge/browser.js";
const TOKEN_KEY = "oci-genai-edge.token";

let token = "";

// ---------------------------------------------------------------- the token

/**
 * Reads the token from `#token=…`, and removes it from the address bar; otherwise from this tab's
 * storage. Returns whether there is a token.
 */
export function findToken() {
  const match = /[#&]token=([^&]*)/.exec(location.hash);
  if (match) {
    history.replaceState(history.state, "", location.pathname + location.search);
    let value = match[1];
    try {
      value = decodeURIComponent(value);
    } catch {
      // Not percent-encoded: used as it is.
    }
    if (isToken(value.trim())) {
      saveToken(value.trim());
      return true;
    }
  }
  token ||= readStorage();
  return token !== "";
}

/**
 * Whether a text can be sent in an Authorization header.
 *
 * @param {string} text
 */
export function isToken(text) {
  return /^[\x21-\x7e]+$/.test(text);
}

/** @param {string} text */
export function saveToken(text) {
  token = text;
  try {
    sessionStorage.setItem(TOKEN_KEY, text);
  } catch {
    // The browser blocks storage: the token is kept until the page is closed.
  }
}

export function forgetToken() {
  token = "";
  try {
    sessionStorage.removeItem(TOKEN_KEY);
  } catch {
    // As above.
  }
}

function readStorage() {
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? "";
  } catch {
    return "";
  }
}

// ---------------------------------------------------------------- models

/**
 * The gateway's models. Rejects with the HTTP status in `status` if the gateway responds with one.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<Model[]>}
 */
export async function listModels(signal) {
  const response = await fetch(new URL("/v1/models", location.origin), {
    headers: { accept: "application/json", authorization: `Bearer ${token}` },
    cache: "no-store",
    signal,
  });
  if (!response.ok) {
    const error = new Error(`The gateway responded with status ${response.status} to /v1/models.`);
    throw Object.assign(error, { status: response.status });
  }
  const list = await response.json();
  if (!Array.isArray(list?.data)) throw new TypeError("The gateway's list of models can't be read.");
  return list.data.filter((/** @type {any} */ model) => typeof model?.id === "string");
}

/**
 * For example "DEDICATED · GENERIC", in OCI's words; the OpenAI-compatible route has neither.
 *
 * @param {GatewayRoute} route
 */
export function routeLabel(route) {
  const parts = [route.servingType, route.apiFormat].filter(Boolean);
  if (parts.length > 0) return parts.join(" · ");
  return route.transport === "openai" ? "OpenAI-compatible" : (route.transport ?? "route");
}

// ---------------------------------------------------------------- streaming

/** @type {OciGenAI | undefined} */
let client;

/**
 * Receives the route of the current request.
 *
 * @type {(route: GatewayRoute | undefined) => void}
 */
let onRoute = () => {};

/**
 * The package is loaded dynamically, so that the page works, and can report it, when the package is
 * missing.
 */
async function loadClient() {
  const exports = await loadPackage();
  client ??= createClient(exports);
  return client;
}

/** @returns {Promise<typeof import("../pkg/index.js")>} */
async function loadPackage() {
  try {
    return await import(PACKAGE);
  } catch (cause) {
    const error = new Error("The WebAssembly client could not be loaded.", { cause });
    const hint = "Check the connection and reload the page. If you host it, `make build` copies the package here.";
    throw Object.assign(error, { code: "not_loaded", hint });
  }
}

/** @param {typeof import("../pkg/index.js")} exports */
function createClient({ OciGenAI }) {
  return new OciGenAI({
    endpoint: location.origin,
    transport: "openai",
    apiKey: () => token,
    // The gateway retries: it sees OCI's own responses.
    retry: { maxAttempts: 1 },
    fetch: async (input, init) => {
      const listener = onRoute;
      const response = await globalThis.fetch(input, init);
      listener(parseRoute(response.headers.get("oci-route")));
      return response;
    },
  });
}

/** Loads the client before the first message. A failure is shown with that message. */
export function preload() {
  loadClient().catch(() => {});
}

/** The tool that the page may offer, to show what a tool call looks like. Nothing executes it. */
const WEATHER_TOOL = {
  type: /** @type {const} */ ("function"),
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: {
      type: "object",
      properties: { city: { type: "string", description: "The city's name" } },
      required: ["city"],
    },
  },
};

/**
 * What a message is sent with. `onSend` is called when the request is sent, `onRoute` with the
 * route that the gateway chose.
 *
 * @typedef {object} ChatParameters
 * @property {string} model
 * @property {{ role: string, content: string }[]} messages
 * @property {boolean} offerTool
 * @property {AbortSignal} signal
 * @property {() => void} onSend
 * @property {(route: GatewayRoute | undefined) => void} onRoute
 */

/**
 * Streams one answer.
 *
 * @param {ChatParameters} parameters
 * @returns {AsyncGenerator<ChatCompletionChunk, void>}
 */
export async function* chat({ model, messages, offerTool, signal, onSend, onRoute: listener }) {
  const oci = await loadClient();
  signal.throwIfAborted();
  onRoute = listener;
  onSend();
  const tools = offerTool ? [WEATHER_TOOL] : undefined;
  yield* oci.stream({ model, messages, tools, stream_options: { include_usage: true } }, { signal });
}

/**
 * @param {string | null} header
 * @returns {GatewayRoute | undefined}
 */
function parseRoute(header) {
  try {
    const route = JSON.parse(header ?? "");
    return route && typeof route === "object" ? route : undefined;
  } catch {
    return undefined;
  }
}
