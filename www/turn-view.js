// TurnView: the elements of one exchange. Whatever a model writes is added to the page as text, and
// never as HTML.

import { breakableHost, createElement } from "./dom.js";
import { routeLabel } from "./gateway.js";
import { Meter } from "./meter.js";

/** @import { Usage } from "../pkg/index.js" */
/** @import { GatewayRoute } from "./gateway.js" */

const SVG = "http://www.w3.org/2000/svg";
export const NO_VALUE = "–";

/** Each fact's name, which is its test id, and its label. */
const FACTS = /** @type {const} */ ([
  ["route", "Route"],
  ["ttft", "First token"],
  ["tps", "Rate"],
  ["usage", "Tokens"],
  ["finish", "Finish"],
  ["request-id", "Request id"],
  ["fallback", "Fallback"],
]);

/** @typedef {typeof FACTS[number][0]} FactName */

/** @type {Record<string, string>} */
const ERROR_TITLES = {
  unauthorized: "The token was not accepted",
  rate_limited: "The model is busy",
  timeout: "The request timed out",
  network: "The gateway can't be reached",
  not_loaded: "The client is missing",
  content_filtered: "The content filter blocked the request",
  service_unavailable: "The service is not available",
  stream_truncated: "The answer was cut off",
  stream_error: "The answer was cut off",
};

export class TurnView {
  /** The turn's list item. */
  element = createElement("li", { className: "turn live" });

  #answer = createElement("div", { className: "answer" });
  #answerText = document.createTextNode("");
  #reasoning = createElement("details", { className: "reasoning", open: true, hidden: true });
  #reasoningBody = createElement("div", { className: "reasoning-body", tabIndex: 0 });
  #reasoningText = document.createTextNode("");
  #tools = createElement("div", { className: "tools", hidden: true });
  #toolList = createElement("ul");
  #footer = createElement("div", { className: "after" });
  #copy = createElement("button", { type: "button", className: "quiet small", textContent: "Copy", hidden: true });
  #requestId = createElement("button", { type: "button", className: "id", hidden: true });
  #chart = document.createElementNS(SVG, "path");
  /** @type {Map<FactName, HTMLElement>} */
  #facts = new Map();

  /**
   * @param {string} question
   * @param {string} model
   */
  constructor(question, model) {
    this.element.append(buildQuestion(question), this.#buildReply(model), this.#buildFacts());
  }

  /** @param {string} text */
  appendAnswer(text) {
    this.#answerText.appendData(text);
  }

  /** @param {string} text */
  appendReasoning(text) {
    const body = this.#reasoningBody;
    const isAtEnd = body.scrollHeight - body.clientHeight - body.scrollTop <= 8;
    this.#reasoning.hidden = false;
    this.#reasoningText.appendData(text);
    if (isAtEnd) body.scrollTop = body.scrollHeight;
  }

  /** @param {Iterable<{ name: string, arguments: string }>} calls */
  showToolCalls(calls) {
    this.#tools.hidden = false;
    const items = Array.from(calls, (call) => {
      const item = createElement("li");
      item.append(
        createElement("code", { className: "tool-name", textContent: call.name }),
        createElement("pre", { textContent: prettyJson(call.arguments) }),
      );
      return item;
    });
    this.#toolList.replaceChildren(...items);
  }

  /** The answer is complete, or as complete as it will be. */
  end() {
    this.#answer.removeAttribute("aria-busy");
    this.element.classList.remove("live");
    if (this.#answerText.length > 0) this.#copy.hidden = false;
    else this.#answer.classList.add("empty");
  }

  /**
   * Shows an error. Returns its text, for screen readers.
   *
   * @param {any} error
   * @param {() => void} onRetry
   */
  showError(error, onRetry) {
    const code = String(error?.code ?? error?.name ?? "internal");
    const status = typeof error?.status === "number" ? `HTTP ${error.status}` : "";
    const title = ERROR_TITLES[code] ?? "The request failed";
    // The service of this page's client is the gateway.
    const message = error?.serviceMessage || error?.message || "The error has no message.";
    const box = createElement("div", { className: "error" });
    box.dataset.testid = "error";
    box.append(
      createElement("h3", { textContent: title }),
      createElement("p", { textContent: message }),
    );
    const hints = [error?.hint, this.#answerText.length > 0 ? "What was received is shown above." : undefined];
    for (const hint of hints) {
      if (hint) box.append(createElement("p", { className: "hint", textContent: hint }));
    }
    const retry = createElement("button", { type: "button", className: "quiet", textContent: "Try again" });
    retry.addEventListener("click", onRetry);
    const row = createElement("div", { className: "error-row" });
    row.append(retry, createElement("code", { textContent: [code, status].filter(Boolean).join(" · ") }));
    box.append(row);
    this.#footer.append(box);
    return `${title}. ${message} ${error?.hint ?? ""}`;
  }

  /** Without an answer, the facts need no room for values. */
  markBare() {
    this.element.classList.add("bare");
  }

  // ------------------------------------------------------------ facts

  /**
   * @param {GatewayRoute} route
   * @param {string} requestedModel
   */
  showRoute(route, requestedModel) {
    const lines = [createElement("span", { className: "line", textContent: routeLabel(route) })];
    if (route.host) {
      const host = createElement("span", { className: "line minor" });
      host.append(...breakableHost(route.host));
      lines.push(host);
    }
    if (route.model && route.model !== requestedModel) {
      const properties = { className: "line minor", textContent: shortenId(route.model), title: route.model };
      lines.push(createElement("span", properties));
    }
    this.#fact("route").replaceChildren(...lines);
  }

  /** @param {string} path the data of an SVG path */
  showChart(path) {
    this.#chart.setAttribute("d", path);
  }

  /** @param {number} ms */
  showFirstToken(ms) {
    showNumber(this.#fact("ttft"), String(Math.round(ms)), "ms");
  }

  /** @param {{ perSecond: number, unit: string }} rate */
  showRate({ perSecond, unit }) {
    showNumber(this.#fact("tps"), perSecond < 100 ? perSecond.toFixed(1) : String(Math.round(perSecond)), unit);
  }

  /** @param {Partial<Usage>} usage */
  showUsage(usage) {
    this.#fact("usage").replaceChildren(...usageParts(usage));
  }

  /**
   * @param {"finish" | "fallback"} name
   * @param {string} text
   * @param {boolean} [isHighlighted]
   */
  showFact(name, text, isHighlighted = false) {
    const element = this.#fact(name);
    if (element.textContent !== text) element.textContent = text;
    if (isHighlighted) element.classList.add("noted");
  }

  /** @param {string} id */
  showRequestId(id) {
    const button = this.#requestId;
    if (!button.hidden) return;
    button.textContent = id;
    button.title = "Copy the request id";
    button.setAttribute("aria-label", `Copy the request id ${id}`);
    button.hidden = false;
    button.addEventListener("click", () => copyText(button, id));
    this.#fact("request-id").replaceChildren(button);
  }

  /** @param {FactName} name */
  #fact(name) {
    return /** @type {HTMLElement} */ (this.#facts.get(name));
  }

  // ------------------------------------------------------------ building

  /** @param {string} model */
  #buildReply(model) {
    this.#copy.setAttribute("aria-label", "Copy the answer");
    this.#copy.addEventListener("click", () => copyText(this.#copy, this.#answerText.data));
    const head = createElement("div", { className: "reply-head" });
    head.append(createElement("h2", { className: "who", textContent: model }), this.#copy);

    this.#reasoning.dataset.testid = "reasoning";
    this.#reasoningBody.setAttribute("role", "group");
    this.#reasoningBody.setAttribute("aria-label", "Reasoning");
    this.#reasoningBody.append(this.#reasoningText);
    this.#reasoning.append(createElement("summary", { textContent: "Reasoning" }), this.#reasoningBody);

    this.#answer.dataset.testid = "answer";
    this.#answer.setAttribute("aria-busy", "true");
    this.#answer.append(this.#answerText);

    this.#tools.dataset.testid = "tool-calls";
    this.#tools.append(createElement("h3", { textContent: "Tool calls" }), this.#toolList);

    const reply = createElement("div", { className: "reply" });
    reply.append(head, this.#reasoning, this.#answer, this.#tools, this.#footer);
    return reply;
  }

  #buildFacts() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", Meter.viewBox);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.classList.add("trace");
    svg.append(this.#chart);

    const list = createElement("dl");
    for (const [name, label] of FACTS) {
      const value = createElement("dd", { textContent: NO_VALUE });
      value.dataset.testid = name;
      this.#facts.set(name, value);
      const row = createElement("div", { className: `row-${name}` });
      row.append(createElement("dt", { textContent: label }), value);
      list.append(row);
    }

    const facts = createElement("div", { className: "facts" });
    facts.dataset.testid = "metrics";
    facts.append(svg, list);
    return facts;
  }
}

/** @param {string} text */
function buildQuestion(text) {
  const question = createElement("div", { className: "question" });
  question.append(
    createElement("h2", { className: "who", textContent: "You" }),
    createElement("p", { textContent: text }),
  );
  return question;
}

/**
 * A number, with its unit in smaller type.
 *
 * @param {HTMLElement} element
 * @param {string} number
 * @param {string} unit
 */
function showNumber(element, number, unit) {
  element.replaceChildren(
    number,
    createElement("span", { className: "gap", textContent: " " }),
    createElement("span", { className: "unit", textContent: unit }),
  );
}

/**
 * Prompt, completion and total tokens, in pieces between which a line may break.
 *
 * @param {Partial<Usage>} usage
 */
function usageParts(usage) {
  const total = usage.total_tokens ?? (usage.prompt_tokens ?? 0) + (usage.completion_tokens ?? 0);
  const reasoning = usage.completion_tokens_details?.reasoning_tokens;
  const parts = [
    `${usage.prompt_tokens ?? NO_VALUE} prompt`,
    `${usage.completion_tokens ?? NO_VALUE} completion`,
    `${total} total`,
  ];
  if (reasoning) parts.push(`${reasoning} reasoning`);
  return parts.flatMap((part, index) => {
    return [index ? " · " : "", createElement("span", { className: "piece", textContent: part })];
  });
}

/**
 * The start of an OCID shows what it is, and its end which one.
 *
 * @param {string} id
 */
function shortenId(id) {
  return id.length > 40 ? `${id.slice(0, 26)}…${id.slice(-6)}` : id;
}

/**
 * A tool call's arguments are JSON once they are complete. Incomplete or malformed ones are shown
 * unchanged.
 *
 * @param {string} text
 */
function prettyJson(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} text
 */
async function copyText(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Can't copy";
  }
  setTimeout(() => (button.textContent = label), 1500);
}
