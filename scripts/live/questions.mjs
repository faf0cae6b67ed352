// The open questions about the service. Each costs at most one request and is answered from the bytes that came back.
import { OciGenAI } from "oci-genai-edge";

import { chatRequest, clientOf, postResponses } from "./calls.mjs";
import { textOf } from "./recorder.mjs";
import { streamFacts } from "./stream-facts.mjs";

/** @import { CallOptions, ChatRequest, ClientOptions } from "oci-genai-edge" */
/** @import { Exchange, Recorder } from "./recorder.mjs" */
/** @import { Settings } from "./settings.mjs" */

/** @typedef {{ question: string, answer: string, exchange?: Exchange }} Row */

/**
 * @typedef {object} Run
 * @property {Settings} settings
 * @property {Recorder} recorder
 * @property {Exchange[]} streamed The exchanges of the stream that was tested before.
 * @property {string} format The API format that the endpoint accepts.
 */

/**
 * The answers, in the order of the questions' numbers.
 *
 * @param {Run} run
 * @returns {Promise<Row[]>}
 */
export async function answerQuestions(run) {
  const questions = new Questions(run);
  await questions.aboutStreams();
  await questions.aboutErrors();
  await questions.aboutAuthentication();
  await questions.aboutTheRest();
  await questions.aboutOperations();
  questions.aboutAllResponses();
  return questions.rows.toSorted((one, other) => numberOf(one) - numberOf(other));
}

/** The rows as a Markdown table. */
export function tableOf(/** @type {Row[]} */ rows) {
  const cell = (/** @type {string} */ text) => text.replaceAll("|", String.raw`\|`);
  const lines = rows.map(({ question, answer, exchange }) => {
    return `| ${cell(question)} | ${cell(answer)} | ${exchange?.file ?? ""} |`;
  });
  return ["| question | answer | evidence |", "|---|---|---|", ...lines].join("\n");
}

class Questions {
  /** @type {Row[]} */
  rows = [];
  #settings;
  #recorder;
  #format;
  #ownStream;

  /** @param {Run} run */
  constructor({ settings, recorder, streamed, format }) {
    this.#settings = settings;
    this.#recorder = recorder;
    this.#format = /** @type {CallOptions["apiFormat"]} */ (format);
    this.#ownStream = streamed.find(isStream) ?? streamed[0];
  }

  async aboutStreams() {
    const question = "1. COHEREV2 streams: text repeated at the end? [DONE]? where is usage? pad?";
    this.#answer(question, await this.#streamIn("COHEREV2"), (exchange) => {
      if (!isStream(exchange)) return summaryOf(exchange);
      const { done, usage, pad, repeats } = streamFacts(textOf(exchange));
      const end = `[DONE] ${done ? "comes" : "does not come"}`;
      return `${repeats}; ${end}; usage ${usage}; ${pad ? "pad is there" : "no pad"}`;
    });
    this.#answer("2. A DAC that can't stream says", this.#ownStream, (exchange) =>
      isStream(exchange) ? "not seen: this endpoint streams" : summaryOf(exchange),
    );
  }

  async aboutErrors() {
    const { endpointId } = this.#settings;
    const request = chatRequest(endpointId);
    this.#add(
      "2. An endpoint that is CREATING, FAILED or DELETED says",
      "not asked: this endpoint answers, so it is ACTIVE",
    );
    const wrongRegion = "2. The endpoint in the wrong region";
    const endpoint = otherHost(this.#settings);
    if (endpoint) {
      const client = { endpoint, apiFormat: this.#format };
      this.#answer(wrongRegion, await this.#send("wrong-region", request, { client }));
    } else {
      this.#add(
        wrongRegion,
        "not asked: set OCI_DAC_OTHER_REGION, or OCI_OTHER_ENDPOINT where OCI_ENDPOINT is set",
      );
    }
    const apiFormat = this.#format === "GENERIC" ? "COHERE" : "GENERIC";
    this.#answer(
      `2. ${apiFormat} to a model that speaks ${this.#format}`,
      await this.#send("wrong-format", request, { call: { apiFormat } }),
    );
  }

  async aboutAuthentication() {
    const { apiKey, endpointId } = this.#settings;
    const question = "4. A bearer key on /actions/chat";
    if (apiKey) {
      const sign = () => ({ authorization: `Bearer ${apiKey}` });
      const client = { sign, apiFormat: this.#format };
      this.#answer(question, await this.#send("bearer-on-native", chatRequest(endpointId), { client }));
    } else {
      this.#add(question, "not asked: OCI_GENAI_API_KEY is not set");
    }
    await this.#aboutOpenaiRoute("a signature", { apiKey: undefined });
    if (apiKey) {
      await this.#aboutOpenaiRoute("a key", { sign: undefined, apiKey });
    } else {
      this.#add("4. An endpoint on /openai/v1, with a key", "not asked: OCI_GENAI_API_KEY is not set");
    }
  }

  /**
   * Sources contradict each other on whether it takes an endpoint's OCID as the model.
   *
   * @param {string} how
   * @param {Pick<ClientOptions, "sign" | "apiKey">} credentials
   */
  async #aboutOpenaiRoute(how, credentials) {
    const { endpointId } = this.#settings;
    const client = { ...credentials, apiFormat: undefined, transport: /** @type {const} */ ("openai") };
    const name = how.replaceAll(/^a | /g, "");
    this.#answer(
      `4. An endpoint on /openai/v1/chat/completions, with ${how}`,
      await this.#send(`openai-chat-${name}`, chatRequest(endpointId), { client }),
    );
    this.#answer(
      `4. An endpoint on /openai/v1/responses, with ${how}`,
      await this.#record(`openai-responses-${name}`, () => postResponses(this.#settings, this.#recorder, credentials)),
    );
  }

  /** The operations beside a chat, on endpoints of their own. */
  async aboutOperations() {
    const { embedEndpointId: embed, rerankEndpointId: rerank } = this.#settings;
    const oci = clientOf(this.#settings, this.#recorder);
    await this.#aboutOperation("embedText", embed, "OCI_DAC_EMBED_ENDPOINT_OCID", (model) =>
      oci.embed({ model, input: ["Rain in Oslo", "Sun in Lima"] }),
    );
    await this.#aboutOperation("rerankText", rerank, "OCI_DAC_RERANK_ENDPOINT_OCID", (model) =>
      oci.rerank({ model, query: "Where does it rain?", documents: ["Sun in Lima", "Rain in Oslo"] }),
    );
  }

  /**
   * @param {string} action
   * @param {string | undefined} model
   * @param {string} variable
   * @param {(model: string) => Promise<unknown>} call
   */
  async #aboutOperation(action, model, variable, call) {
    const question = `8. ${action} with an endpoint`;
    if (!model) return this.#add(question, `not asked: ${variable} is not set`);
    this.#answer(question, await this.#record(action, () => call(model)), (exchange) => {
      if (exchange.status !== 200) return summaryOf(exchange);
      return `200, with ${Object.keys(JSON.parse(textOf(exchange))).toSorted().join(", ")}`;
    });
  }

  async aboutTheRest() {
    const { endpointId } = this.#settings;
    const apiFormat = this.#format;
    this.#answer("5. [DONE] after a COHERE stream", await this.#streamIn("COHERE"), (exchange) => {
      if (!isStream(exchange)) return summaryOf(exchange);
      return streamFacts(textOf(exchange)).done ? "it comes" : "it does not come";
    });
    const hot = chatRequest(endpointId, { temperature: 1000 });
    this.#answer("6. A temperature of 1000", await this.#send("temperature-1000", hot, { call: { apiFormat } }));
    const call = { apiFormat, headers: { "accept-encoding": "gzip" } };
    const zipped = await this.#send("gzip-offered", chatRequest(endpointId), { stream: true, call });
    this.#answer("7. A stream when gzip is offered", zipped, ({ headers, chunks, status }) => {
      const encoding = headers["content-encoding"];
      return `${status}, ${encoding ? `compressed as ${encoding}` : "not compressed"}, in ${chunks.length} reads`;
    });
  }

  aboutAllResponses() {
    const { exchanges } = this.#recorder;
    const streams = exchanges.filter(isStream);
    const withError = streams.find((exchange) => streamFacts(textOf(exchange)).errors > 0);
    const errors = withError ? "seen" : `none in ${streams.length} streams`;
    this.#add("3. An error in the middle of a stream", errors, withError);

    const withRetryAfter = exchanges.find(({ headers }) => headers["retry-after"] !== undefined);
    const failures = exchanges.filter(({ status = 0 }) => status === 429 || status >= 500).length;
    const retryAfter = withRetryAfter
      ? `"${withRetryAfter.headers["retry-after"]}" with ${withRetryAfter.status}`
      : `never, in ${failures} answers of 429 or 5xx`;
    this.#add("6. Retry-After", retryAfter, withRetryAfter);
  }

  /**
   * @param {string} question
   * @param {string} answer
   * @param {Exchange} [exchange]
   */
  #add(question, answer, exchange) {
    this.rows.push({ question, answer, exchange });
  }

  /**
   * @param {string} question
   * @param {Exchange | undefined} exchange
   * @param {(exchange: Exchange) => string} [read]
   */
  #answer(question, exchange, read = summaryOf) {
    this.#add(question, exchange ? read(exchange) : "not asked: the run has used up its requests", exchange);
  }

  /**
   * A DAC's own stream is the better evidence; Command A on demand supports both of Cohere's formats.
   *
   * @param {"COHERE" | "COHEREV2"} apiFormat
   */
  async #streamIn(apiFormat) {
    if (this.#format === apiFormat) return this.#ownStream;
    const request = chatRequest(this.#settings.cohereModel);
    return this.#send(`on-demand-${apiFormat.toLowerCase()}`, request, { stream: true, call: { apiFormat } });
  }

  /**
   * Makes one call and gives its exchange. A failure is an answer too, and the exchange has it.
   *
   * @param {string} name
   * @param {ChatRequest} request
   * @param {{ stream?: boolean, client?: ClientOptions, call?: CallOptions }} [options]
   * @returns {Promise<Exchange | undefined>} Undefined where no request was left.
   */
  async #send(name, request, { stream = false, client = {}, call = {} } = {}) {
    const oci = clientOf(this.#settings, this.#recorder, { fallback: "never", ...client });
    return this.#record(name, () => (stream ? oci.stream(request, call).final() : oci.chat(request, call)));
  }

  /**
   * The exchange of a call.
   *
   * @param {string} name
   * @param {() => Promise<unknown>} call
   * @returns {Promise<Exchange | undefined>} Undefined where no request was left.
   */
  async #record(name, call) {
    const recorder = this.#recorder;
    recorder.label(name);
    const before = recorder.exchanges.length;
    try {
      await call();
    } catch {
      // In the exchange.
    }
    await recorder.settled();
    return recorder.exchanges[before];
  }
}

function numberOf(/** @type {Row} */ { question }) {
  return Number.parseInt(question, 10);
}

/** The response in one line: the status, and the service's message or the content type. */
function summaryOf(/** @type {Exchange} */ exchange) {
  const { status, headers, error } = exchange;
  if (status === undefined) return `no answer (${error})`;
  if (status >= 200 && status < 300) return `${status}, accepted (${headers["content-type"]})`;
  return `${status} ${messageOf(exchange).replaceAll(/\s+/g, " ").slice(0, 160)}`.trim();
}

/** @returns {string} */
function messageOf(/** @type {Exchange} */ exchange) {
  try {
    const { code, message, error } = JSON.parse(textOf(exchange));
    return [code, message ?? error?.message].filter(Boolean).join(": ");
  } catch {
    return exchange.headers["content-type"] ?? "";
  }
}

function isStream(/** @type {Exchange} */ { status, headers }) {
  return status === 200 && /event-stream/i.test(headers["content-type"] ?? "");
}

/** The origin of the other region, in the endpoint's own realm: another realm does not know the key. */
function otherHost(/** @type {Settings} */ settings) {
  const { endpoint, otherEndpoint, otherRegion, endpointId, region, compartmentId } = settings;
  if (otherEndpoint || endpoint) return otherEndpoint;
  const { realm } = new OciGenAI({ region, compartmentId }).route(endpointId);
  const other = new OciGenAI({ region: otherRegion, compartmentId }).route("meta.llama-3.3-70b-instruct");
  return other.realm === realm ? new URL(other.url).origin : undefined;
}
