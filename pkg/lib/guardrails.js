// Guardrails of the gateway: moderation before and after the chats of an alias.

import { MODE_MODERATE } from "./boundary.js";
import { CODES } from "./codes.js";
import { createError } from "./error.js";
import { answerRequest } from "./openai.js";
import { rejection } from "./openai-error.js";

/** @import { GuardrailOptions } from "../gateway.d.ts" */
/** @import { ClientInternals } from "./client.js" */
/** @import { Dialect } from "./dialects.js" */
/** @import { RequestText } from "./gateway-visit.js" */
/** @import { AskedRequest } from "./openai.js" */

const BLOCKED = "the gateway's guardrails blocked";

/**
 * Members whose strings are no text of a message or an item. Where they are objects, those may have some: a schema's
 * properties, a document's data.
 */
const NO_TEXT = new Set([
  "role",
  "type",
  "id",
  "status",
  "tool_call_id",
  "call_id",
  "name",
  "url",
  "file_id",
  "file_url",
  "detail",
  "file_data",
  "encrypted_content",
]);

/** Members that are not examined at all: sound, and tokens of a text that is. */
const NOT_EXAMINED = new Set(["input_audio", "logprobs"]);

const NAMES = ["input", "output", "categories", "pii_types", "prompt_injection", "language", "guardrail_version"];

/**
 * Validates the option `guardrails`.
 *
 * @param {unknown} guardrails
 * @param {object} models the aliases
 * @returns {ReadonlyMap<string, GuardrailOptions>}
 */
export function readGuardrails(guardrails = {}, models = {}) {
  if (!isObject(guardrails)) throw createError("invalid_options", "the option guardrails must be an object");
  for (const [alias, options] of Object.entries(guardrails)) {
    const path = `the option guardrails.${alias}`;
    if (!Object.hasOwn(models, alias)) throw createError("invalid_options", `${path} is about no alias of models`);
    if (!isObject(options)) throw createError("invalid_options", `${path} must be an object`);
    const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
    if (unknown === undefined) continue;
    const hint = `the options of guardrails.${alias} are ${NAMES.join(", ")}`;
    throw createError("invalid_options", `${path}.${unknown} is not known`, hint);
  }
  return new Map(Object.entries(guardrails));
}

/** The guardrails of one request. A failure of moderation is the answer: nothing passes unchecked. */
export class Guard {
  #client;
  #alias;
  #request;
  #options;
  #dialect;
  #asking;

  /**
   * The guard of a chat; undefined if its alias has none, or if it is no request.
   *
   * @param {ReadonlyMap<string, GuardrailOptions>} guardrails
   * @param {ClientInternals} client
   * @param {RequestText} requestText
   * @param {Dialect | undefined} dialect of the request, if it is one of a chat
   * @param {Pick<AskedRequest, "options" | "describe">} asking
   */
  static of(guardrails, client, requestText, dialect, asking) {
    if (guardrails.size === 0 || dialect === undefined) return undefined;
    const request = requestText.json;
    const options = guardrails.get(request?.model);
    return options && new Guard(client, request, options, dialect, asking);
  }

  /**
   * @param {ClientInternals} client
   * @param {any} request
   * @param {GuardrailOptions} options
   * @param {Dialect} dialect
   * @param {Pick<AskedRequest, "options" | "describe">} asking
   */
  constructor(client, request, options, dialect, asking) {
    this.#client = client;
    this.#alias = request.model;
    this.#request = request;
    this.#options = options;
    this.#dialect = dialect;
    this.#asking = asking;
  }

  /** The response to a request that does not pass; undefined if it does. */
  async checkRequest() {
    if (this.#options.input === false) return undefined;
    const { tools, oci } = this.#request;
    const inputs = this.#dialect.input.map((name) => this.#request[name]);
    /** @type {string[]} */
    const texts = [];
    /** @type {object[]} */
    const images = [];
    collect([...inputs, tools, oci], texts, images);
    const text = texts.join("\n\n");
    const input = images.length > 0 ? [{ type: "text", text }, ...images] : text;
    return text === "" && images.length === 0 ? undefined : this.#moderate(input, "the request");
  }

  /**
   * The response, or what is answered in its place. A stream is checked at its end: what it ends with
   * is then an error.
   *
   * @param {Response} response
   */
  async checkAnswer(response) {
    if (this.#options.output === false || response.status !== 200) return response;
    if (this.#request.stream === true) return new Response(this.#checkStream(response), response);
    const text = await response.text();
    /** @type {string[]} */
    const texts = [];
    collect(this.#dialect.outputOf(JSON.parse(text)), texts, []);
    const refused = await this.#moderate(texts.join("\n\n"), "the answer");
    return refused ?? new Response(text, response);
  }

  /** @param {Response} response */
  #checkStream(response) {
    const { piecesOf, isEnd, failure } = this.#dialect;
    const decoder = new TextDecoder();
    const encoder = new TextEncoder();
    /** @type {Map<string, string[]>} */
    const texts = new Map();
    let line = "";
    /** @type {Response | undefined} */
    let refused;
    /** @type {TransformStream<Uint8Array, Uint8Array>} */
    const check = new TransformStream({
      transform: async (bytes, controller) => {
        const lines = (line + decoder.decode(bytes, { stream: true })).split("\n");
        line = lines.pop() ?? "";
        for (const whole of lines) {
          const event = whole.startsWith("data: {") ? JSON.parse(whole.slice("data: ".length)) : undefined;
          if (isEnd(whole)) refused = await this.#moderate(joined(texts), "the answer");
          if (refused && (event || whole.startsWith("data:"))) {
            const { error } = await refused.json();
            controller.enqueue(encoder.encode(failure(error, event)));
            controller.terminate();
            return;
          }
          for (const [key, piece] of event ? piecesOf(event) : []) {
            if (!texts.has(key)) texts.set(key, []);
            collect(piece, texts.get(key) ?? [], []);
          }
          if (!refused) controller.enqueue(encoder.encode(`${whole}\n`));
        }
      },
      flush: (controller) => controller.enqueue(encoder.encode(line)),
    });
    return /** @type {ReadableStream<Uint8Array>} */ (response.body).pipeThrough(check);
  }

  /**
   * @param {string | object[]} input
   * @param {string} what it is
   */
  async #moderate(input, what) {
    if (input === "") return undefined;
    const { input: _, output: __, ...oci } = this.#options;
    const text = JSON.stringify({ model: this.#alias, input, oci });
    const { response } = await answerRequest(this.#client, { text, mode: MODE_MODERATE, ...this.#asking });
    if (response.status !== 200) return response;
    /** @type {any} */
    const { results } = await response.json();
    if (results.every((/** @type {{ flagged: boolean }} */ { flagged }) => !flagged)) return undefined;
    const { status, type } = CODES.content_filtered;
    return rejection(status, "content_filtered", `${BLOCKED} ${what}`, { type });
  }
}

/**
 * Collects the texts and the images of a value, however deep they are.
 *
 * @param {unknown} value
 * @param {string[]} texts
 * @param {object[]} images
 */
function collect(value, texts, images) {
  if (typeof value === "string") texts.push(value);
  if (typeof value !== "object" || value === null) return;
  const isImage = "type" in value && (value.type === "image_url" || value.type === "input_image");
  for (const [name, member] of Object.entries(value)) {
    if (isImage && name === "image_url") images.push({ type: "image_url", image_url: urlOf(member) });
    else if (typeof member === "string" ? !NO_TEXT.has(name) : !NOT_EXAMINED.has(name)) collect(member, texts, images);
  }
}

/** An image's address, as Chat Completions has it. @param {unknown} image */
function urlOf(image) {
  return typeof image === "string" ? { url: image } : image;
}

/** The texts, each of which arrived in pieces. @param {Map<string, string[]>} texts */
function joined(texts) {
  return [...texts.values()].map((pieces) => pieces.join("")).filter(Boolean).join("\n\n");
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
