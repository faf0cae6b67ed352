// The chunks of a stream as the parts of the AI SDK.

import { OciError } from "../error.js";
import { finishReasonOf, metadataOf, responseOf, usageOf } from "./answer.js";
import { groundingOf } from "./sources.js";

/** @import { CallWarning, StreamPart, ToolCallPart } from "../../ai-sdk.js" */
/** @import { Annotation, ChatCompletionChunk, OciExtras, ToolCallDelta } from "../../index.js" */
/** @import { Outcome } from "../wasm.js" */

/**
 * @typedef {object} StreamSettings
 * @property {boolean} includesRaw
 * @property {boolean} hasInterrupted whether the specification has the reason `interrupted`
 * @property {readonly any[] | undefined} documents of the request
 */

/**
 * Translates the chunks of one stream. Only the first choice has parts.
 */
export class PartWriter {
  #settings;
  /** @type {StreamPart[]} */
  #parts;
  #hasMetadata = false;
  /**
   * The block of text or of reasoning that is open.
   *
   * @type {{ kind: "text" | "reasoning", id: string } | undefined}
   */
  #block;
  #blocks = 0;
  #textBlocks = 0;
  /** @type {Map<number, ToolCallPart>} */
  #calls = new Map();
  /** @type {OciExtras} */
  #oci = {};
  /** @type {Annotation[]} */
  #annotations = [];
  /** @type {unknown[]} */
  #logprobs = [];
  /** @type {string | null | undefined} */
  #serviceTier;
  /** @type {string | null | undefined} */
  #finishReason;

  /**
   * @param {CallWarning[]} warnings
   * @param {StreamSettings} settings
   */
  constructor(warnings, settings) {
    this.#settings = settings;
    this.#parts = [{ type: "stream-start", warnings }];
  }

  /** The parts that were written since it was read last. */
  take() {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** @param {ChatCompletionChunk} chunk */
  write(chunk) {
    if (this.#settings.includesRaw) this.#parts.push({ type: "raw", rawValue: chunk });
    if (!this.#hasMetadata) {
      this.#hasMetadata = true;
      this.#parts.push({ type: "response-metadata", ...responseOf(chunk) });
    }
    // What comes later repeats what came before.
    Object.assign(this.#oci, chunk.oci);
    if (chunk.service_tier) this.#serviceTier = chunk.service_tier;
    for (const { index, delta, finish_reason: reason, logprobs } of chunk.choices) {
      if (index !== 0) continue;
      this.#writeText("reasoning", delta.reasoning_content);
      this.#writeText("text", delta.content);
      this.#writeText("text", delta.refusal);
      for (const call of delta.tool_calls ?? []) this.#writeCall(call);
      if (delta.annotations) this.#annotations.push(...delta.annotations);
      if (logprobs?.content) this.#logprobs.push(...logprobs.content);
      if (reason) this.#finishReason = reason;
    }
  }

  /**
   * The answer is complete.
   *
   * @param {Outcome} outcome
   */
  end(outcome) {
    const { sources, citations } = groundingOf(this.#oci, this.#annotations, this.#settings.documents);
    // Positions are those in the whole text.
    const isCited = citations.length > 0 && this.#block?.kind === "text" && this.#textBlocks === 1;
    this.#closeBlock(isCited ? { citations } : undefined);
    this.#parts.push(...sources);
    for (const call of this.#calls.values()) {
      this.#parts.push({ type: "tool-input-end", id: call.toolCallId });
      this.#parts.push({ ...call, input: call.input || "{}" });
    }
    this.#finish(finishReasonOf(this.#finishReason, this.#oci, this.#calls.size > 0), outcome);
  }

  /**
   * The stream failed. What was received is closed, apart from calls, which nobody should run.
   *
   * @param {unknown} error
   * @param {unknown} shown the same error, as the AI SDK recognises it
   * @param {Outcome} outcome
   */
  fail(error, shown, outcome) {
    this.#closeBlock();
    this.#parts.push({ type: "error", error: shown });
    const code = error instanceof OciError ? error.code : undefined;
    const isInterrupted = code === "stream_truncated" && this.#settings.hasInterrupted;
    this.#finish({ unified: isInterrupted ? "interrupted" : "error", raw: code }, outcome);
  }

  /**
   * @param {Extract<StreamPart, { type: "finish" }>["finishReason"]} finishReason
   * @param {Outcome} outcome
   */
  #finish(finishReason, outcome) {
    const logprobs = this.#logprobs.length > 0 ? this.#logprobs : undefined;
    const found = { ...this.#oci, service_tier: this.#serviceTier ?? undefined, logprobs };
    const providerMetadata = metadataOf(found, outcome);
    // No chunk has the usage, unless the request asks for such chunks.
    this.#parts.push({ type: "finish", finishReason, usage: usageOf(outcome.report.usage), providerMetadata });
  }

  /**
   * @param {"text" | "reasoning"} kind
   * @param {string | null | undefined} delta
   */
  #writeText(kind, delta) {
    if (!delta) return;
    if (this.#block?.kind !== kind) {
      this.#closeBlock();
      const id = `${kind}-${this.#blocks++}`;
      this.#block = { kind, id };
      if (kind === "text") this.#textBlocks++;
      this.#parts.push({ type: `${kind}-start`, id });
    }
    this.#parts.push({ type: `${kind}-delta`, id: this.#block.id, delta });
  }

  /** @param {object} [ending] */
  #closeBlock(ending) {
    if (this.#block === undefined) return;
    const { kind, id } = this.#block;
    this.#block = undefined;
    this.#parts.push({ type: `${kind}-end`, id, ...ending });
  }

  /** @param {ToolCallDelta} delta */
  #writeCall({ index, id, function: called }) {
    let call = this.#calls.get(index);
    if (call === undefined) {
      const toolCallId = id ?? `call_${index}`;
      call = { type: "tool-call", toolCallId, toolName: called?.name ?? "", input: "" };
      this.#calls.set(index, call);
      this.#parts.push({ type: "tool-input-start", id: call.toolCallId, toolName: call.toolName });
    }
    const delta = called?.arguments;
    if (!delta) return;
    call.input += delta;
    this.#parts.push({ type: "tool-input-delta", id: call.toolCallId, delta });
  }
}
