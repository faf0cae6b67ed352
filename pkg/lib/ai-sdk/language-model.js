// A language model of the AI SDK.

import { MODE_WHOLE } from "../boundary.js";
import { OciError } from "../error.js";
import { requestToJson } from "../json.js";
import { ChatStream } from "../stream.js";
import { contentOf, finishReasonOf, headersOf, metadataOf, responseOf, usageOf } from "./answer.js";
import { answerTo } from "./call.js";
import { toAiSdkError } from "./errors.js";
import { chatRequest, withoutParameter } from "./request.js";
import { groundingOf } from "./sources.js";
import { PartWriter } from "./stream.js";

/** @import { GenerateResult, LanguageModelOptions, OciLanguageModel } from "../../ai-sdk.js" */
/** @import { SpecificationVersion, StreamPart, StreamResult } from "../../ai-sdk.js" */
/** @import { CallOptions, ChatCompletion, ChatCompletionChunk, ChatRequest } from "../../index.js" */
/** @import { Call } from "../call.js" */
/** @import { ClientInternals } from "../client.js" */
/** @import { Outcome } from "../wasm.js" */
/** @import { Prepared } from "./request.js" */

/**
 * A stream whose first chunk has arrived.
 *
 * @typedef {object} OpenStream
 * @property {ChatStream} chunks
 * @property {IteratorResult<ChatCompletionChunk, undefined>} first
 * @property {() => Outcome} getOutcome
 */

/**
 * @template {SpecificationVersion} Version
 * @implements {OciLanguageModel<Version>}
 */
export class LanguageModel {
  /** @type {"oci.chat"} */
  provider = "oci.chat";
  #client;

  /**
   * @param {ClientInternals} client
   * @param {string} modelId
   * @param {Version} specificationVersion
   * @param {Record<string, RegExp[]>} supportedUrls
   */
  constructor(client, modelId, specificationVersion, supportedUrls) {
    this.#client = client;
    this.modelId = modelId;
    this.specificationVersion = specificationVersion;
    this.supportedUrls = supportedUrls;
  }

  /**
   * @param {LanguageModelOptions} call
   * @returns {Promise<GenerateResult<Version>>}
   */
  async doGenerate(call) {
    const { result, request, warnings } = await runSupported(chatRequest(this.modelId, call), call, (prepared) => {
      return answerTo(this.#client, MODE_WHOLE, prepared.request, prepared.options);
    });
    const { answer, outcome } = result;
    const { choices, usage, service_tier: serviceTier, oci = {} } = /** @type {ChatCompletion} */ (answer);
    const [{ message, finish_reason: reason, logprobs }] = choices;
    const grounding = groundingOf(oci, message.annotations ?? [], request.oci?.documents);
    const found = { ...oci, service_tier: serviceTier ?? undefined, logprobs: logprobs?.content ?? undefined };
    return {
      content: contentOf(message, grounding),
      finishReason: finishReasonOf(reason, oci, (message.tool_calls?.length ?? 0) > 0),
      usage: usageOf(usage),
      providerMetadata: metadataOf(found, outcome),
      request: { body: request },
      response: { ...responseOf(answer), headers: headersOf(outcome), body: answer },
      warnings,
    };
  }

  /**
   * @param {LanguageModelOptions} call
   * @returns {Promise<StreamResult<Version>>}
   */
  async doStream(call) {
    const { result, request, warnings } = await runSupported(chatRequest(this.modelId, call), call, (prepared) => {
      return openStream(this.#client, prepared.request, prepared.options);
    });
    const writer = new PartWriter(warnings, {
      includesRaw: call.includeRawChunks === true,
      hasInterrupted: this.specificationVersion === "v4",
      documents: request.oci?.documents,
    });
    const stream = streamOfParts(result, writer, request, call.abortSignal);
    const headers = headersOf(result.getOutcome());
    return { stream: /** @type {ReadableStream} */ (stream), request: { body: request }, response: { headers } };
  }
}

/**
 * Runs a call, and again without each optional setting that its model lacks: these are refused before
 * the request is sent.
 *
 * @template Result
 * @param {Prepared<ChatRequest>} prepared
 * @param {LanguageModelOptions} call
 * @param {(prepared: Prepared<ChatRequest>) => Promise<Result>} run
 */
async function runSupported(prepared, call, run) {
  for (let current = prepared; ; ) {
    try {
      return { result: await run(current), ...current };
    } catch (error) {
      const isRefused = error instanceof OciError && error.code === "invalid_request";
      const next = isRefused ? withoutParameter(current, call, error.param, error.message) : undefined;
      if (next === undefined) throw toAiSdkError(error, current.request);
      current = next;
    }
  }
}

/**
 * Waits for the first chunk, so that a failure before it rejects, and `ai` decides on a retry.
 *
 * @param {ClientInternals} client
 * @param {ChatRequest} request
 * @param {CallOptions} options
 * @returns {Promise<OpenStream>}
 */
async function openStream(client, request, options) {
  const json = requestToJson(request);
  /** @type {Call[]} */
  const calls = [];
  const chunks = new ChatStream((mode) => {
    const call = /** @type {Call} */ (client.createCall(json, options, mode));
    calls.push(call);
    return call;
  }, false);
  // The first read makes the call.
  const first = await chunks.next();
  const [call] = calls;
  return { chunks, first, getOutcome: () => call.outcome };
}

/**
 * Reads on when its reader does: a chunk of the client at a time.
 *
 * @param {OpenStream} opened
 * @param {PartWriter} writer
 * @param {ChatRequest} request
 * @param {AbortSignal | undefined} signal
 * @returns {ReadableStream<StreamPart>}
 */
function streamOfParts({ chunks, first, getOutcome }, writer, request, signal) {
  /** @type {typeof first | undefined} */
  let ready = first;
  /** Writes the parts of one chunk, and returns whether it was the last. */
  const step = async () => {
    try {
      const { value, done } = ready ?? (await chunks.next());
      ready = undefined;
      if (value === undefined) writer.end(getOutcome());
      else writer.write(value);
      return done;
    } catch (error) {
      // An abort ends the stream as it ends a body of fetch.
      if (signal?.aborted || !(error instanceof OciError)) throw error;
      writer.fail(error, toAiSdkError(error, request), getOutcome());
      return true;
    }
  };
  return new ReadableStream(
    {
      async pull(controller) {
        let isOver;
        let parts;
        // A chunk may have no parts, and nothing would ask again.
        do {
          isOver = await step();
          parts = writer.take();
        } while (parts.length === 0 && !isOver);
        for (const part of parts) controller.enqueue(part);
        if (isOver) controller.close();
      },
      cancel: (reason) => chunks.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
