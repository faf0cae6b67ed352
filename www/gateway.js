// The gateway behind this page: its token, its models, and the client that streams from it.

const TOKEN_KEY = "oci-genai-edge.token";

let token = "";

/** sessionStorage, where the browser lets us have it: the page works without. */
function stored(value) {
  try {
    if (value === undefined) return sessionStorage.getItem(TOKEN_KEY) ?? "";
    if (value) sessionStorage.setItem(TOKEN_KEY, value);
    else sessionStorage.removeItem(TOKEN_KEY);
  } catch {
    // Storage is switched off. The token then lives as long as the page.
  }
  return value ?? "";
}

/** Takes `#token=…` out of the address bar, or else what this tab remembers. Says whether there is a token. */
export function findToken() {
  const given = /[#&]token=([^&]*)/.exec(location.hash);
  if (given) {
    history.replaceState(history.state, "", location.pathname + location.search);
    let value = given[1];
    try {
      value = decodeURIComponent(value);
    } catch {
      // Not percent-encoded: taken as it is.
    }
    if (isToken(value.trim())) return keepToken(value.trim());
  }
  token ||= stored();
  return token !== "";
}

/** What may stand in an Authorization header. */
export function isToken(text) {
  return /^[\x21-\x7e]+$/.test(text);
}

export function keepToken(text) {
  token = stored(text);
  return token !== "";
}

export function forgetToken() {
  token = stored("");
}

/** The models of the gateway. A refusal is thrown with the status it came with. */
export async function listModels(signal) {
  const response = await fetch(new URL("/v1/models", location.origin), {
    headers: { accept: "application/json", authorization: `Bearer ${token}` },
    cache: "no-store",
    signal,
  });
  if (!response.ok) {
    throw Object.assign(new Error(`The gateway answered ${response.status} to /v1/models.`), { status: response.status });
  }
  const list = await response.json();
  if (!Array.isArray(list?.data)) throw new Error("The gateway's list of models can't be read.");
  return list.data.filter((model) => typeof model?.id === "string");
}

let client;
let hearRoute = () => {};

/** The client is loaded on its own, so that the page is there, and can say so, when the package is not. */
async function connect() {
  const { OciGenAI } = await import("./oci-genai-edge/browser.js").catch((cause) => {
    throw Object.assign(new Error("The WebAssembly client could not be loaded.", { cause }), {
      code: "not_loaded",
      hint: "Check the connection and load the page again. If you host it: `make build` puts the package beside it.",
    });
  });
  client ??= new OciGenAI({
    endpoint: location.origin,
    transport: "openai",
    apiKey: () => token,
    // Retrying is up to the gateway, which knows OCI's answers first hand.
    retry: { maxAttempts: 1 },
    fetch: async (input, init) => {
      const tell = hearRoute;
      const response = await globalThis.fetch(input, init);
      tell(readRoute(response.headers.get("oci-route")));
      return response;
    },
  });
  return client;
}

/** Loads the client ahead of the first message. What goes wrong is told when it is needed. */
export function warmUp() {
  connect().catch(() => {});
}

/** The tool that the page may offer, to show what a call looks like; nobody answers it. */
const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string", description: "The city's name" } }, required: ["city"] },
  },
};

/** Streams one answer. `onSend` hears when the request leaves, `onRoute` which way the gateway sent it on. */
export async function* chat({ model, messages, offerTool, signal, onSend, onRoute }) {
  const oci = await connect();
  signal.throwIfAborted();
  hearRoute = onRoute;
  onSend();
  const tools = offerTool ? [WEATHER] : undefined;
  yield* oci.stream({ model, messages, tools, stream_options: { include_usage: true } }, { signal });
}

function readRoute(header) {
  try {
    const route = JSON.parse(header ?? "");
    return route && typeof route === "object" ? route : undefined;
  } catch {
    return undefined;
  }
}

/** "DEDICATED · GENERIC", as OCI spells them; the OpenAI-compatible route has neither. */
export function nameRoute(route) {
  const parts = [route.servingType, route.apiFormat].filter(Boolean);
  if (parts.length) return parts.join(" · ");
  return route.transport === "openai" ? "OpenAI-compatible" : (route.transport ?? "route");
}
