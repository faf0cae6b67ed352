// Turn: one exchange. A question, the answer as it arrives, and the facts beside it.

import { Meter } from "./meter.js";
import { NO_VALUE, TurnView } from "./turn-view.js";

/** @import { ChatCompletionChunk, ToolCallDelta, Usage } from "../pkg/index.js" */
/** @import { GatewayRoute } from "./gateway.js" */

/** How often the facts are updated: numbers that change with every frame can't be read. */
const FACTS_INTERVAL_MS = 150;

export class Turn {
  /** Whether later requests omit this turn, since it was retried. */
  superseded = false;

  #text = "";
  #shownText = 0;
  #reasoning = "";
  #shownReasoning = 0;
  /** @type {Map<number, { name: string, arguments: string }>} */
  #toolCalls = new Map();
  #toolCallsChanged = false;
  /** @type {Usage | undefined} */
  #usage;
  /** @type {string | undefined} */
  #finishReason;
  /** @type {string | undefined} */
  #fallback;
  /** @type {string | undefined} */
  #requestId;
  #ended = false;
  #meter = new Meter();
  #frame = 0;
  #factsShownAt = 0;
  #onRender;
  #view;

  /** @param {{ question: string, model: string, onRender: () => void }} options */
  constructor({ question, model, onRender }) {
    this.question = question;
    this.model = model;
    this.#onRender = onRender;
    this.#view = new TurnView(question, model);
  }

  /** The turn's element on the page. */
  get element() {
    return this.#view.element;
  }

  /** The text that was received. */
  get text() {
    return this.#text;
  }

  /** The request is being sent. */
  start() {
    this.#meter.start();
  }

  /** @param {GatewayRoute | undefined} route */
  setRoute(route) {
    if (!route) return;
    this.#view.showRoute(route, this.model);
    this.#onRender();
  }

  /**
   * Adds a chunk. The page is updated once per frame, however many chunks arrive.
   *
   * @param {ChatCompletionChunk} chunk
   */
  add(chunk) {
    const choice = chunk.choices?.[0];
    const content = choice?.delta?.content ?? "";
    const reasoning = choice?.delta?.reasoning_content ?? "";
    let size = content.length + reasoning.length;
    this.#text += content;
    this.#reasoning += reasoning;
    for (const delta of choice?.delta?.tool_calls ?? []) size += this.#addToolCall(delta);
    if (size) this.#meter.record(size);
    this.#finishReason = choice?.finish_reason ?? this.#finishReason;
    this.#usage = chunk.usage ?? this.#usage;
    this.#fallback = chunk.oci?.fallback ?? this.#fallback;
    this.#requestId = chunk.oci?.opc_request_id ?? this.#requestId;
    this.#scheduleRender();
  }

  /**
   * Ends the turn. `outcome` is shown as the finish reason if the model sent none.
   *
   * @param {string} [outcome]
   */
  end(outcome = NO_VALUE) {
    if (this.#ended) return;
    this.#ended = true;
    this.#meter.stop();
    this.#finishReason ??= outcome;
    cancelAnimationFrame(this.#frame);
    this.#render(true);
    this.#view.end();
  }

  /**
   * Ends the turn with an error, below what was received. Returns the error's text, for screen
   * readers.
   *
   * @param {any} error
   * @param {() => void} onRetry
   */
  fail(error, onRetry) {
    const partial = error?.partial?.choices?.[0]?.message?.content;
    if (typeof partial === "string" && partial.length > this.#text.length && partial.startsWith(this.#text)) {
      this.#text = partial;
    }
    this.#requestId ??= error?.opcRequestId;
    this.end("error");
    if (!this.#meter.chunkCount) this.#view.markBare();
    return this.#view.showError(error, onRetry);
  }

  /**
   * Returns the number of characters in the delta.
   *
   * @param {ToolCallDelta} delta
   */
  #addToolCall(delta) {
    const index = delta.index ?? this.#toolCalls.size;
    const { name = "", arguments: fragment = "" } = delta.function ?? {};
    const call = this.#toolCalls.get(index) ?? { name: "", arguments: "" };
    call.name += name;
    call.arguments += fragment;
    this.#toolCalls.set(index, call);
    this.#toolCallsChanged = true;
    return name.length + fragment.length;
  }

  #scheduleRender() {
    if (this.#ended) return;
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      const isDue = now - this.#factsShownAt >= FACTS_INTERVAL_MS;
      if (isDue) this.#factsShownAt = now;
      this.#render(isDue);
    });
  }

  /** @param {boolean} withFacts */
  #render(withFacts) {
    if (this.#reasoning.length > this.#shownReasoning) {
      this.#view.appendReasoning(this.#reasoning.slice(this.#shownReasoning));
      this.#shownReasoning = this.#reasoning.length;
    }
    if (this.#text.length > this.#shownText) {
      this.#view.appendAnswer(this.#text.slice(this.#shownText));
      this.#shownText = this.#text.length;
    }
    if (this.#toolCallsChanged) {
      this.#toolCallsChanged = false;
      this.#view.showToolCalls(this.#toolCalls.values());
    }
    if (withFacts) this.#renderFacts();
    this.#onRender();
  }

  #renderFacts() {
    const view = this.#view;
    const { firstTokenMs, chunkCount } = this.#meter;
    view.showChart(this.#meter.chart());
    if (firstTokenMs !== undefined) view.showFirstToken(firstTokenMs);
    const rate = this.#meter.rate(this.#usage?.completion_tokens);
    if (rate) view.showRate(rate);
    if (this.#usage) view.showUsage(this.#usage);
    if (this.#finishReason) view.showFact("finish", this.#finishReason);
    if (this.#fallback) {
      view.showFact("fallback", `used: ${this.#fallback}`, true);
    } else if (this.#ended) {
      const count = `${chunkCount} ${chunkCount === 1 ? "chunk" : "chunks"}`;
      view.showFact("fallback", chunkCount ? `not used, ${count}` : "not used");
    }
    if (this.#requestId) view.showRequestId(this.#requestId);
  }
}
