// The conformance suite: what has to work wherever the package is loaded. It needs the package, `fetch` and WebCrypto,
// and calls the simulator by way of hub.mjs.

/** @import { OciError, OciGenAI, RequestSigner } from "oci-genai-edge" */
/** @import { apiKeySigner } from "oci-genai-edge/signer" */

/**
 * What was loaded, and where the hub is.
 *
 * @typedef {object} Loaded
 * @property {typeof OciGenAI} OciGenAI
 * @property {typeof OciError} OciError
 * @property {typeof apiKeySigner} apiKeySigner
 * @property {string} baseUrl
 *
 * @typedef {{ name: string, ok: boolean, message: string }} Result
 *
 * @typedef {object} Made
 * @property {Awaited<ReturnType<typeof newCredentials>>} credentials
 * @property {OciGenAI} oci
 * @property {(sign: RequestSigner) => OciGenAI} clientWith
 *
 * @typedef {Loaded & Made} Context
 */

const QUESTION = "Does it work everywhere? tokens=40";
/** Longer than any check reads. */
const LONG = "A long story, please. tokens=4000";
const LIMIT_MS = 20_000;

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "get_weather", parameters } }];

/** @param {string} name of a simulated endpoint: tests/simulator/README.md */
const endpoint = (name) => `ocid1.generativeaiendpoint.oc1.us-chicago-1.${name}`;

/** @param {string} content */
const asking = (content, model = endpoint("simgeneric")) => ({ model, messages: [{ role: "user", content }] });

/** @type {Record<string, (context: Context) => Promise<void>>} */
const CHECKS = {
  async import({ OciGenAI, OciError, oci }) {
    equal([typeof OciGenAI, typeof OciError, typeof oci.fetch], ["function", "function", "function"]);
    const { region, transport } = new OciGenAI().route(endpoint("simgeneric"));
    equal([region, transport], ["us-chicago-1", "native"]);
  },

  async stream({ oci }) {
    let text = "";
    let finish;
    let chunks = 0;
    for await (const { choices } of oci.stream(asking(QUESTION))) {
      text += choices[0]?.delta.content ?? "";
      finish = choices[0]?.finish_reason ?? finish;
      chunks += 1;
    }
    const completion = await oci.chat(asking(QUESTION));
    equal([text, finish, chunks > 10], [completion.choices[0]?.message.content, "stop", true]);
  },

  async text({ oci }) {
    let text = "";
    for await (const piece of oci.stream(asking(QUESTION)).text()) text += piece;
    // Characters of two, three and four bytes.
    equal(["Does it work", "ï", "東京", "😀"].filter((part) => !text.includes(part)), []);
  },

  async break({ oci, baseUrl }) {
    for await (const chunk of oci.stream(asking(LONG))) if (chunk.choices[0]?.delta.content) break;
    equal(await lastRequest(baseUrl), { clientGone: true });
  },

  async abort({ oci, baseUrl }) {
    const controller = new AbortController();
    const stream = oci.stream(asking(LONG), { signal: controller.signal });
    await stream.next();
    const reason = new Error("enough");
    controller.abort(reason);
    const thrown = await failureOf(async () => {
      while (!(await stream.next()).done);
    });
    equal([thrown === reason, await lastRequest(baseUrl)], [true, { clientGone: true }]);
  },

  async fallback({ oci }) {
    const stream = oci.stream(asking(QUESTION, endpoint("simnostream")));
    const pieces = [];
    for await (const piece of stream.text()) pieces.push(piece);
    const { streamed, fallback } = stream.report ?? {};
    equal([pieces.length, pieces[0]?.includes("Does it work"), streamed], [1, true, false]);
    equal(fallback?.startsWith("bad_request"), true);
  },

  async format({ oci }) {
    const { choices } = await oci.stream(asking(QUESTION, endpoint("simcohere"))).final();
    equal([choices[0]?.message.content?.includes("Does it work"), choices[0]?.finish_reason], [true, "stop"]);
  },

  async error({ oci, OciError }) {
    const thrown = await failureOf(() => oci.chat(asking(QUESTION, endpoint("nosuchendpoint"))));
    if (!(thrown instanceof OciError)) throw new TypeError(`${thrown} is not an OciError`);
    const { code, status, hint, opcRequestId } = thrown;
    equal([code, status, typeof hint, typeof opcRequestId], ["not_found_or_unauthorized", 404, "string", "string"]);
  },

  async tools({ oci }) {
    const request = asking("How is the weather in Oslo?");
    const first = await oci.stream({ ...request, tools }).final();
    const message = first.choices[0]?.message;
    const [call] = message?.tool_calls ?? [];
    if (!message || !call) throw new Error("the model called no tool");
    const { city } = JSON.parse(call.function.arguments);
    equal([call.function.name, city, first.choices[0]?.finish_reason], ["get_weather", "Oslo", "tool_calls"]);
    const result = { role: "tool", tool_call_id: call.id, content: "It rains frogs" };
    const second = await oci.chat({ ...request, tools, messages: [...request.messages, message, result] });
    equal(second.choices[0]?.message.content?.includes("rains frogs"), true);
  },

  // That the right key is accepted is part of each other check: the simulator verifies every request.
  async signer({ clientWith, apiKeySigner, OciError, credentials }) {
    const unknown = clientWith(apiKeySigner({ ...credentials, user: "ocid1.user.oc1..unknown" }));
    const thrown = await failureOf(() => unknown.chat(asking(QUESTION)));
    equal([thrown instanceof OciError && thrown.code], ["unauthorized"]);
  },

  async embeddings({ oci }) {
    const { data } = await oci.embed({ model: endpoint("simembed"), input: ["rain", "sun"] });
    const [rain, sun] = data;
    equal([data.length, rain?.embedding.length, rain?.index, sun?.index], [2, 8, 0, 1]);
    equal(JSON.stringify(rain?.embedding) === JSON.stringify(sun?.embedding), false);
  },

  async responses({ oci }) {
    const events = await post(oci, "responses", { model: endpoint("simgeneric"), input: QUESTION, stream: true });
    const types = [...events.matchAll(/^event: (.*)$/gm)].map(([, type]) => type);
    equal([types[0], types.at(-1)], ["response.created", "response.completed"]);
    equal(types.filter((type) => type === "response.output_text.delta").length > 10, true);
  },

  async completions({ oci }) {
    const events = await post(oci, "chat/completions", { ...asking(QUESTION), stream: true });
    equal([events.includes('"chat.completion.chunk"'), events.endsWith("data: [DONE]\n\n")], [true, true]);
  },

  async report({ oci }) {
    const stream = oci.stream(asking(QUESTION), { requestId: "matrix-1" });
    equal(stream.report, undefined);
    await stream.final();
    const { operation, requestId, attempts, streamed, usage, finishReason, error } = stream.report ?? {};
    equal([operation, requestId, attempts?.length, streamed, error], ["chat", "matrix-1", 1, true, undefined]);
    equal([usage?.completion_tokens, finishReason], [40, "stop"]);
  },
};

/** How many checks there are. */
export const CHECK_COUNT = Object.keys(CHECKS).length;

/**
 * Runs every check, one after another.
 *
 * @param {Loaded} loaded
 * @returns {Promise<Result[]>}
 */
export async function runSuite(loaded) {
  const { OciGenAI, apiKeySigner, baseUrl } = loaded;
  const credentials = await newCredentials();
  const { tenancy, user, fingerprint, publicKey } = credentials;
  const compartmentId = await tell(baseUrl, "key", { keyId: `${tenancy}/${user}/${fingerprint}`, publicKey });
  const retry = { baseDelayMs: 1 };
  const clientWith = (/** @type {RequestSigner} */ sign) =>
    new OciGenAI({ endpoint: baseUrl, compartmentId, sign, retry });
  const context = { ...loaded, credentials, clientWith, oci: clientWith(apiKeySigner(credentials)) };
  const results = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    const thrown = await failureOf(() => withinLimit(check(context)));
    const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown ?? "");
    results.push({ name, ok: thrown === undefined, message });
  }
  return results;
}

/**
 * Runs every check, and tells the hub the results, or why there are none.
 *
 * @param {Loaded} loaded
 */
export async function reportSuite(loaded) {
  try {
    await tell(loaded.baseUrl, "results", await runSuite(loaded));
  } catch (error) {
    await tell(loaded.baseUrl, "fault", error instanceof Error ? error.stack : String(error));
  }
}

/** A key that exists for this run only, made in place. */
async function newCredentials() {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return {
    tenancy: "ocid1.tenancy.oc1..matrix",
    user: `ocid1.user.oc1..${[...crypto.getRandomValues(new Uint8Array(8))].join("x")}`,
    fingerprint: "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
    privateKey: pem("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", privateKey)),
    publicKey: pem("PUBLIC KEY", await crypto.subtle.exportKey("spki", publicKey)),
  };
}

/**
 * @param {string} label
 * @param {unknown} der
 */
function pem(label, der) {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(/** @type {ArrayBuffer} */ (der))));
  const lines = base64.match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * @param {string} baseUrl
 * @param {string} path
 * @param {unknown} value
 */
async function tell(baseUrl, path, value) {
  const response = await fetch(`${baseUrl}/suite/${path}`, { method: "POST", body: JSON.stringify(value) });
  if (!response.ok) throw new Error(`the hub answered ${response.status}`);
  return response.text();
}

/**
 * How the request that was sent last has ended on the other side.
 *
 * @param {string} baseUrl
 */
async function lastRequest(baseUrl) {
  const response = await fetch(`${baseUrl}/suite/last`);
  return /** @type {Promise<unknown>} */ (response.json());
}

/**
 * @param {OciGenAI} oci
 * @param {string} path
 * @param {unknown} body
 */
async function post(oci, path, body) {
  const response = await oci.fetch(`https://oci.example/v1/${path}`, { method: "POST", body: JSON.stringify(body) });
  equal([response.status, response.headers.get("content-type")?.split(";")[0]], [200, "text/event-stream"]);
  return response.text();
}

/**
 * What is thrown, or undefined.
 *
 * @param {() => Promise<unknown>} run
 * @returns {Promise<unknown>}
 */
async function failureOf(run) {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error ?? new Error("nothing was thrown, and it failed");
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
async function withinLimit(promise) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(reject, LIMIT_MS, new Error("it took longer than 20 seconds"));
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([promise, limit]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {unknown} actual
 * @param {unknown} expected
 */
function equal(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} instead of ${right}`);
}
