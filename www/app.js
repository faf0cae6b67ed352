// The page: choose a model, ask, watch the answer arrive, stop it.

import { chat, findToken, forgetToken, isToken, keepToken, listModels, nameRoute, warmUp } from "./gateway.js";
import { breakable } from "./dom.js";
import { Follow } from "./follow.js";
import { Turn } from "./turn.js";

const root = document.documentElement;
const at = (id) => document.getElementById(id);
const [model, about, aboutText, aboutRoute, reload, forget] = ["model", "about", "about-text", "about-route", "reload", "forget"].map(at);
const tools = at("tools");
const [intro, turns, latest, status] = ["intro", "turns", "latest", "status"].map(at);
const [gate, gateProblem, tokenInput] = ["gate", "gate-problem", "token"].map(at);
const [composer, prompt, send, stop, newChat] = ["composer", "prompt", "send", "stop", "new-chat"].map(at);

const MODEL_KEY = "oci-genai-edge.model";
const READ_OUT = 800;

/** A mouse is there: focus may be moved into a field without a keyboard sliding over the page. */
const desk = matchMedia("(hover: hover) and (pointer: fine)");

let conversation = [];
let running;
let models = [];
let loading;

const follow = new Follow((following) => (latest.hidden = following));

const setState = (state) => (root.dataset.state = state);

/** Says something to screen readers, once. */
function announce(text) {
  status.textContent = text;
}

// ---------------------------------------------------------------- asking

function history() {
  const answered = conversation.filter((turn) => turn.text && !turn.superseded);
  return answered.flatMap((turn) => [
    { role: "user", content: turn.question },
    { role: "assistant", content: turn.text },
  ]);
}

async function ask(question) {
  const turn = new Turn({ question, model: model.value, onPaint: () => follow.keep() });
  const messages = [...history(), { role: "user", content: question }];
  const control = new AbortController();
  conversation.push(turn);
  turns.append(turn.element);
  running = control;
  setState("streaming");
  showMode();
  follow.resume();
  announce(`${turn.model} is answering.`);

  let outcome = "idle";
  let refused = false;
  let news;
  try {
    const chunks = chat({
      model: turn.model,
      messages,
      offerTool: tools.checked,
      signal: control.signal,
      onSend: () => turn.sent(),
      onRoute: (route) => turn.routed(route),
    });
    for await (const chunk of chunks) turn.take(chunk);
    turn.end();
    news = turn.text.length > READ_OUT ? `${turn.text.slice(0, READ_OUT)} … The rest is in the conversation.` : turn.text || "The answer holds no text.";
  } catch (error) {
    if (control.signal.aborted) {
      turn.end("stopped");
      news = "Stopped.";
    } else {
      outcome = "error";
      news = turn.fail(error, () => askAgain(turn));
      refused = error?.status === 401 || error?.code === "unauthorized";
    }
  }
  // A new chat may have begun in the meantime: then this one has nothing left to say.
  if (running !== control) return;
  running = undefined;
  announce(news);
  setState(outcome);
  showMode();
  if (refused) showGate("The gateway did not accept this token.");
  follow.keep();
}

function askAgain(turn) {
  if (!gate.hidden) return tokenInput.focus();
  if (running || !model.value) return;
  turn.superseded = true;
  if (!turn.text) {
    turn.element.remove();
    conversation = conversation.filter((other) => other !== turn);
  }
  prompt.focus({ preventScroll: true });
  ask(turn.question);
}

function submit() {
  const question = prompt.value.trim();
  if (running || !model.value) return;
  if (!question) return prompt.focus();
  prompt.value = "";
  fit();
  ask(question);
}

function halt() {
  running?.abort(new DOMException("Stopped by the reader.", "AbortError"));
}

/** Send and Stop share one place; focus stays in it when they change. */
function showMode() {
  const streaming = running !== undefined;
  const held = document.activeElement === send || document.activeElement === stop;
  send.hidden = streaming;
  stop.hidden = !streaming;
  if (held) (streaming ? stop : send).focus({ preventScroll: true });
  intro.hidden = conversation.length > 0 || !gate.hidden;
  root.classList.toggle("begun", conversation.length > 0);
  root.classList.toggle("locked", conversation.length === 0 && !gate.hidden);
}

function startOver() {
  halt();
  running = undefined;
  conversation = [];
  turns.replaceChildren();
  setState("idle");
  showMode();
  follow.resume();
  announce("New chat.");
  if (gate.hidden) prompt.focus();
}

// ---------------------------------------------------------------- token and models

function showGate(problem = "") {
  gateProblem.textContent = problem;
  tokenInput.setAttribute("aria-invalid", String(problem !== ""));
  gate.hidden = false;
  composer.hidden = true;
  forget.hidden = true;
  showMode();
  tokenInput.focus({ preventScroll: true });
  if (conversation.length) follow.resume();
}

function hideGate() {
  gate.hidden = true;
  composer.hidden = false;
  forget.hidden = false;
  tokenInput.value = "";
  gateProblem.textContent = "";
  tokenInput.removeAttribute("aria-invalid");
  showMode();
}

async function loadModels() {
  loading?.abort();
  const control = (loading = new AbortController());
  const wanted = model.value || remembered();
  about.classList.remove("failed");
  reload.hidden = true;
  offer([], "Loading models…");
  describe("");
  try {
    models = await listModels(control.signal);
  } catch (error) {
    if (control.signal.aborted) return;
    models = [];
    offer([], "No models");
    if (!running) setState("error");
    if (error.status === 401) return showGate("The gateway did not accept this token.");
    about.classList.add("failed");
    describe(error.status || error instanceof SyntaxError ? error.message : "The gateway can't be reached.");
    reload.hidden = false;
    return announce(aboutText.textContent);
  }
  if (control.signal.aborted) return;
  if (!running) setState("idle");
  offer(models.map((entry) => entry.id), "No models");
  if (models.some((entry) => entry.id === wanted)) model.value = wanted;
  describeModel();
}

function offer(ids, otherwise) {
  model.replaceChildren(...(ids.length ? ids.map((id) => new Option(id, id)) : [new Option(otherwise, "")]));
  model.disabled = ids.length === 0;
}

function describe(text, route = "", host = "") {
  aboutText.textContent = text;
  aboutRoute.replaceChildren(...(route ? [route, document.createElement("br"), ...breakable(host)] : []));
}

function describeModel() {
  const oci = models.find((entry) => entry.id === model.value)?.oci;
  if (!oci) return describe(models.length ? "" : "The gateway names no models.");
  describe(oci.description ?? "", nameRoute(oci), oci.host ?? oci.region);
}

function remembered() {
  try {
    return sessionStorage.getItem(MODEL_KEY) ?? "";
  } catch {
    return "";
  }
}

function enter() {
  hideGate();
  loadModels();
  warmUp();
  if (desk.matches) prompt.focus({ preventScroll: true });
}

// ---------------------------------------------------------------- what the reader does

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});

prompt.addEventListener("keydown", (event) => {
  // While an input method composes, Enter belongs to it (229 is how Safari says so).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running && !event.isComposing) {
    event.preventDefault();
    halt();
  }
});

/** Grows the field with its text where the style sheet can't. */
const fit = CSS.supports("field-sizing", "content")
  ? () => {}
  : () => {
      prompt.style.height = "auto";
      prompt.style.height = `${prompt.scrollHeight + 2}px`;
    };

prompt.addEventListener("input", () => {
  fit();
  follow.keep();
});

stop.addEventListener("click", halt);
newChat.addEventListener("click", startOver);
latest.addEventListener("click", () => {
  follow.resume();
  prompt.focus({ preventScroll: true });
});

intro.addEventListener("click", (event) => {
  const starter = event.target.closest(".starter");
  if (!starter) return;
  prompt.value = starter.textContent;
  fit();
  prompt.focus();
});

model.addEventListener("change", () => {
  describeModel();
  try {
    sessionStorage.setItem(MODEL_KEY, model.value);
  } catch {
    // Not remembered, then.
  }
});

reload.addEventListener("click", loadModels);

gate.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = tokenInput.value.trim();
  if (!isToken(text)) {
    gateProblem.textContent = text ? "A token has no spaces and no letters beyond ASCII." : "Enter a token.";
    tokenInput.setAttribute("aria-invalid", "true");
    return tokenInput.focus();
  }
  keepToken(text);
  enter();
});

forget.addEventListener("click", () => {
  loading?.abort();
  forgetToken();
  startOver();
  models = [];
  offer([], "No models yet");
  describe("");
  showGate();
});

addEventListener("hashchange", () => {
  if (/[#&]token=/.test(location.hash) && findToken()) enter();
});

if (findToken()) enter();
else showGate();
