// One exchange: a question, the answer as it arrives, and the facts beside it.
// Whatever a model says reaches the page as text: nothing here parses it as HTML.

import { breakable, make } from "./dom.js";
import { nameRoute } from "./gateway.js";
import { Meter } from "./meter.js";

const SVG = "http://www.w3.org/2000/svg";
const FACTS_EVERY_MS = 150;
const NONE = "–";

const FACTS = [
  ["route", "Route"],
  ["ttft", "First token"],
  ["tps", "Pace"],
  ["usage", "Tokens"],
  ["finish", "Finish"],
  ["request-id", "Request id"],
  ["fallback", "Fallback"],
];

const TITLES = {
  unauthorized: "The token was not accepted",
  rate_limited: "The model is busy",
  timeout: "That took too long",
  network: "The gateway can't be reached",
  not_loaded: "The client is missing",
  content_filtered: "The content filter stepped in",
  service_unavailable: "The service is not available",
  stream_truncated: "The answer broke off",
  stream_error: "The answer broke off",
};

export class Turn {
  /** The turn's place on the page. */
  element = make("li", { className: "turn" });
  /** Left out of what is sent on: asked again, or without an answer. */
  superseded = false;

  #meter = new Meter();
  #text = "";
  #shown = 0;
  #reasoning = "";
  #reasoningShown = 0;
  #tools = new Map();
  #toolsChanged = false;
  #usage;
  #finish;
  #fallback;
  #requestId;
  #frame = 0;
  #factsAt = 0;
  #done = false;
  #onPaint;
  #view;

  constructor({ question, model, onPaint }) {
    this.question = question;
    this.model = model;
    this.#onPaint = onPaint;
    this.#view = this.#build();
  }

  get text() {
    return this.#text;
  }

  sent() {
    this.#meter.start();
  }

  routed(route) {
    if (!route) return;
    const lines = [make("span", { className: "line", textContent: nameRoute(route) })];
    if (route.host) {
      const host = make("span", { className: "line minor" });
      host.append(...breakable(route.host));
      lines.push(host);
    }
    if (route.model && route.model !== this.model) {
      lines.push(make("span", { className: "line minor", textContent: shorten(route.model), title: route.model }));
    }
    this.#view.facts.route.replaceChildren(...lines);
    this.#onPaint();
  }

  /** Notes what a chunk brings. The page is touched once a frame, however many come. */
  take(chunk) {
    const choice = chunk.choices?.[0];
    const delta = choice?.delta ?? {};
    const content = typeof delta.content === "string" ? delta.content : "";
    const reasoning = typeof delta.reasoning_content === "string" ? delta.reasoning_content : "";
    let size = content.length + reasoning.length;
    this.#text += content;
    this.#reasoning += reasoning;
    for (const call of delta.tool_calls ?? []) size += this.#takeTool(call);
    if (size) this.#meter.mark(size);
    this.#finish = choice?.finish_reason ?? this.#finish;
    this.#usage = chunk.usage ?? this.#usage;
    this.#fallback = chunk.oci?.fallback ?? this.#fallback;
    this.#requestId = chunk.oci?.opc_request_id ?? this.#requestId;
    this.#paintSoon();
  }

  #takeTool(call) {
    const key = call.index ?? this.#tools.size;
    const known = this.#tools.get(key) ?? { name: "", arguments: "" };
    known.name += call.function?.name ?? "";
    known.arguments += call.function?.arguments ?? "";
    this.#tools.set(key, known);
    this.#toolsChanged = true;
    return (call.function?.name ?? "").length + (call.function?.arguments ?? "").length;
  }

  /** The answer is as long as it will get. `outcome` says why, where the model doesn't. */
  end(outcome) {
    if (this.#done) return;
    this.#done = true;
    this.#meter.stop();
    this.#finish ??= outcome ?? NONE;
    cancelAnimationFrame(this.#frame);
    this.#paint();
    const { answer, copy } = this.#view;
    answer.removeAttribute("aria-busy");
    this.element.classList.remove("live");
    if (!this.#text) answer.classList.add("empty");
    else copy.hidden = false;
  }

  /** Keeps what had come and says what went wrong. */
  fail(error, onRetry) {
    const kept = error?.partial?.choices?.[0]?.message?.content;
    if (typeof kept === "string" && kept.length > this.#text.length && kept.startsWith(this.#text)) this.#text = kept;
    this.#requestId ??= error?.opcRequestId;
    this.end("error");
    if (!this.#meter.chunks) this.element.classList.add("bare");
    const code = String(error?.code ?? error?.name ?? "internal");
    const box = make("div", { className: "error" });
    box.dataset.testid = "error";
    const status = typeof error?.status === "number" ? `HTTP ${error.status}` : "";
    box.append(
      make("h3", { textContent: TITLES[code] ?? "That did not work" }),
      make("p", { textContent: error?.message || "No reason was given." }),
    );
    if (error?.hint) box.append(make("p", { className: "hint", textContent: error.hint }));
    if (this.#text) box.append(make("p", { className: "hint", textContent: "What had arrived is kept above." }));
    const again = make("button", { type: "button", className: "quiet", textContent: "Try again" });
    again.addEventListener("click", onRetry);
    const row = make("div", { className: "error-row" });
    row.append(again, make("code", { textContent: [code, status].filter(Boolean).join(" · ") }));
    box.append(row);
    this.#view.after.append(box);
    return `${box.firstChild.textContent}. ${error?.message ?? ""} ${error?.hint ?? ""}`;
  }

  #paintSoon() {
    if (this.#done) return;
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      // Numbers that change with every frame can't be read.
      const due = now - this.#factsAt >= FACTS_EVERY_MS;
      if (due) this.#factsAt = now;
      this.#paint(due);
    });
  }

  #paint(withFacts = true) {
    const { textNode, reasoning, reasoningNode, tools } = this.#view;
    if (this.#reasoning.length > this.#reasoningShown) {
      const { body } = reasoning;
      const atEnd = body.scrollHeight - body.clientHeight - body.scrollTop <= 8;
      reasoning.box.hidden = false;
      reasoningNode.appendData(this.#reasoning.slice(this.#reasoningShown));
      this.#reasoningShown = this.#reasoning.length;
      if (atEnd) body.scrollTop = body.scrollHeight;
    }
    if (this.#text.length > this.#shown) {
      textNode.appendData(this.#text.slice(this.#shown));
      this.#shown = this.#text.length;
    }
    if (this.#toolsChanged) {
      this.#toolsChanged = false;
      tools.hidden = false;
      tools.list.replaceChildren(
        ...Array.from(this.#tools.values(), (tool) => {
          const item = make("li");
          item.append(make("code", { className: "tool-name", textContent: tool.name }), make("pre", { textContent: tidy(tool.arguments) }));
          return item;
        }),
      );
    }
    if (withFacts) this.#paintFacts();
    this.#onPaint();
  }

  #paintFacts() {
    const { facts, trace, copyId } = this.#view;
    const meter = this.#meter;
    trace.setAttribute("d", meter.trace());
    const pace = meter.pace(this.#usage?.completion_tokens);
    if (meter.firstToken !== undefined) putNumber(facts.ttft, Math.round(meter.firstToken), "ms");
    if (pace) putNumber(facts.tps, pace.perSecond < 100 ? pace.perSecond.toFixed(1) : Math.round(pace.perSecond), pace.unit);
    if (this.#usage) facts.usage.replaceChildren(...nameUsage(this.#usage));
    if (this.#finish) put(facts.finish, this.#finish);
    if (this.#fallback) {
      put(facts.fallback, `used: ${this.#fallback}`);
      facts.fallback.classList.add("noted");
    } else if (this.#done) {
      put(facts.fallback, meter.chunks ? `not used, ${meter.chunks} ${meter.chunks === 1 ? "chunk" : "chunks"}` : "not used");
    }
    if (this.#requestId && copyId.hidden) {
      copyId.textContent = this.#requestId;
      copyId.title = "Copy the request id";
      copyId.setAttribute("aria-label", `Copy the request id ${this.#requestId}`);
      copyId.hidden = false;
      facts["request-id"].replaceChildren(copyId);
    }
  }

  #build() {
    const asked = make("div", { className: "question" });
    asked.append(make("h2", { className: "who", textContent: "You" }), make("p", { textContent: this.question }));

    const said = make("div", { className: "said" });
    const head = make("div", { className: "said-head" });
    const copy = make("button", { type: "button", className: "quiet small", textContent: "Copy", hidden: true });
    copy.setAttribute("aria-label", "Copy the answer");
    copy.addEventListener("click", () => copyText(copy, this.#text));
    head.append(make("h2", { className: "who", textContent: this.model }), copy);

    const box = make("details", { className: "reasoning", open: true, hidden: true });
    box.dataset.testid = "reasoning";
    const body = make("div", { className: "reasoning-body", tabIndex: 0 });
    body.setAttribute("role", "group");
    body.setAttribute("aria-label", "Reasoning");
    const reasoningNode = document.createTextNode("");
    body.append(reasoningNode);
    box.append(make("summary", { textContent: "Reasoning" }), body);

    const answer = make("div", { className: "answer" });
    answer.dataset.testid = "answer";
    answer.setAttribute("aria-busy", "true");
    const textNode = document.createTextNode("");
    answer.append(textNode);

    const tools = make("div", { className: "tools", hidden: true });
    tools.dataset.testid = "tool-calls";
    tools.list = make("ul");
    tools.append(make("h3", { textContent: "Tool calls" }), tools.list);

    const after = make("div", { className: "after" });
    said.append(head, box, answer, tools, after);

    const side = make("div", { className: "facts" });
    side.dataset.testid = "metrics";
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", Meter.viewBox);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.classList.add("trace");
    const trace = document.createElementNS(SVG, "path");
    svg.append(trace);
    const list = make("dl");
    const facts = {};
    for (const [name, label] of FACTS) {
      const row = make("div", { className: `row-${name}` });
      facts[name] = make("dd", { textContent: NONE });
      facts[name].dataset.testid = name;
      row.append(make("dt", { textContent: label }), facts[name]);
      list.append(row);
    }
    side.append(svg, list);
    const copyId = make("button", { type: "button", className: "id", hidden: true });
    copyId.addEventListener("click", () => copyText(copyId, this.#requestId));

    this.element.classList.add("live");
    this.element.append(asked, said, side);
    return { answer, textNode, reasoning: { box, body }, reasoningNode, tools, after, facts, trace, copy, copyId };
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A number is what the eye looks for: its unit stands back. */
function putNumber(element, number, unit) {
  element.replaceChildren(String(number), make("span", { className: "gap", textContent: " " }), make("span", { className: "unit", textContent: unit }));
}

/** Prompt, completion and total, in pieces between which a line may end. */
function nameUsage(usage) {
  const total = usage.total_tokens ?? (usage.prompt_tokens ?? 0) + (usage.completion_tokens ?? 0);
  const thought = usage.completion_tokens_details?.reasoning_tokens;
  const parts = [`${usage.prompt_tokens ?? NONE} prompt`, `${usage.completion_tokens ?? NONE} completion`, `${total} total`];
  if (thought) parts.push(`${thought} reasoning`);
  return parts.flatMap((part, i) => [i ? " · " : "", make("span", { className: "piece", textContent: part })]);
}

/** An OCID says what it is at its start and which one at its end. */
function shorten(id) {
  return id.length > 40 ? `${id.slice(0, 26)}…${id.slice(-6)}` : id;
}

/** Arguments are JSON once they are complete. Until then, and if they never are, they are shown as they came. */
function tidy(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function copyText(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Can't copy";
  }
  setTimeout(() => (button.textContent = before), 1500);
}
