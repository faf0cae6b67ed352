// The page: choose a model, send a message, watch the answer arrive, stop it.

import { byId } from "./dom.js";
import { Follow } from "./follow.js";
import { chat, findToken, forgetToken, preload, saveToken } from "./gateway.js";
import { ModelPicker } from "./model-picker.js";
import { TokenGate } from "./token-gate.js";
import { Turn } from "./turn.js";

const REJECTED_TOKEN = "The gateway did not accept this token.";
/** Screen readers read out this many characters of an answer. */
const MAX_ANNOUNCED = 800;

const root = document.documentElement;
const intro = byId("intro", HTMLElement);
const turns = byId("turns", HTMLOListElement);
const status = byId("status", HTMLElement);
const composer = byId("composer", HTMLFormElement);
const prompt = byId("prompt", HTMLTextAreaElement);
const send = byId("send", HTMLButtonElement);
const stop = byId("stop", HTMLButtonElement);
const newChat = byId("new-chat", HTMLButtonElement);
const latest = byId("latest", HTMLButtonElement);
const tools = byId("tools", HTMLInputElement);
const forget = byId("forget", HTMLButtonElement);

/** With a mouse, focusing a field opens no on-screen keyboard. */
const hasMouse = matchMedia("(hover: hover) and (pointer: fine)");

/** @type {Turn[]} */
let conversation = [];
/**
 * Aborts the answer that is being streamed.
 *
 * @type {AbortController | undefined}
 */
let running;

const follow = new Follow((following) => (latest.hidden = following));
const models = new ModelPicker(loadModels);
const gate = new TokenGate((token) => {
  saveToken(token);
  enter();
});

/** @param {"idle" | "streaming" | "error"} state */
function setState(state) {
  root.dataset.state = state;
}

/**
 * Has screen readers read a text out.
 *
 * @param {string} text
 */
function announce(text) {
  status.textContent = text;
}

// ---------------------------------------------------------------- asking

/** The earlier turns, as messages. */
function history() {
  const answered = conversation.filter((turn) => turn.text && !turn.superseded);
  return answered.flatMap((turn) => [
    { role: "user", content: turn.question },
    { role: "assistant", content: turn.text },
  ]);
}

/** @param {string} question */
async function ask(question) {
  const turn = new Turn({ question, model: models.value, onRender: () => follow.update() });
  const messages = [...history(), { role: "user", content: question }];
  const controller = new AbortController();
  conversation.push(turn);
  turns.append(turn.element);
  running = controller;
  setState("streaming");
  showControls();
  follow.resume();
  announce(`${turn.model} is answering.`);

  const outcome = await stream(turn, messages, controller.signal);
  // A new chat may have been started in the meantime.
  if (running !== controller) return;
  running = undefined;
  announce(outcome.announcement);
  setState(outcome.state);
  showControls();
  if (outcome.isUnauthorized) openGate(REJECTED_TOKEN);
  follow.update();
}

/**
 * @param {Turn} turn
 * @param {{ role: string, content: string }[]} messages
 * @param {AbortSignal} signal
 * @returns {Promise<{ state: "idle" | "error", announcement: string, isUnauthorized?: boolean }>}
 */
async function stream(turn, messages, signal) {
  try {
    const chunks = chat({
      model: turn.model,
      messages,
      offerTool: tools.checked,
      signal,
      onSend: () => turn.start(),
      onRoute: (route) => turn.setRoute(route),
    });
    for await (const chunk of chunks) turn.add(chunk);
    turn.end();
    return { state: "idle", announcement: spokenText(turn.text) };
  } catch (/** @type {any} */ error) {
    if (signal.aborted) {
      turn.end("stopped");
      return { state: "idle", announcement: "Stopped." };
    }
    const isUnauthorized = error?.status === 401 || error?.code === "unauthorized";
    return { state: "error", announcement: turn.fail(error, () => askAgain(turn)), isUnauthorized };
  }
}

/** @param {string} text */
function spokenText(text) {
  if (text.length > MAX_ANNOUNCED) return `${text.slice(0, MAX_ANNOUNCED)} … The rest is in the conversation.`;
  return text || "The answer has no text.";
}

/** @param {Turn} turn */
function askAgain(turn) {
  if (gate.isOpen) return gate.focus();
  if (running || !models.value) return;
  turn.superseded = true;
  if (!turn.text) {
    turn.element.remove();
    conversation = conversation.filter((other) => other !== turn);
  }
  prompt.focus({ preventScroll: true });
  void ask(turn.question);
}

function submit() {
  const question = prompt.value.trim();
  if (running || !models.value) return;
  if (!question) return prompt.focus();
  prompt.value = "";
  resizePrompt();
  void ask(question);
}

function abort() {
  running?.abort(new DOMException("Stopped by the reader.", "AbortError"));
}

/** Shows what the state of the page allows. Send and Stop take turns, and keep the focus. */
function showControls() {
  const streaming = running !== undefined;
  const isFocused = document.activeElement === send || document.activeElement === stop;
  send.hidden = streaming;
  stop.hidden = !streaming;
  if (isFocused) (streaming ? stop : send).focus({ preventScroll: true });
  const isEmpty = conversation.length === 0;
  intro.hidden = !isEmpty || gate.isOpen;
  root.classList.toggle("has-turns", !isEmpty);
  root.classList.toggle("locked", isEmpty && gate.isOpen);
}

function startOver() {
  abort();
  running = undefined;
  conversation = [];
  turns.replaceChildren();
  setState("idle");
  showControls();
  follow.resume();
  announce("New chat.");
  if (!gate.isOpen) prompt.focus();
}

// ---------------------------------------------------------------- token and models

/** @param {string} [problem] */
function openGate(problem) {
  gate.open(problem);
  composer.hidden = true;
  forget.hidden = true;
  showControls();
  gate.focus({ preventScroll: true });
  if (conversation.length > 0) follow.resume();
}

function closeGate() {
  gate.close();
  composer.hidden = false;
  forget.hidden = false;
  showControls();
}

async function loadModels() {
  try {
    if ((await models.load()) && !running) setState("idle");
  } catch (/** @type {any} */ error) {
    if (!running) setState("error");
    if (error.status === 401) return openGate(REJECTED_TOKEN);
    const isUnreachable = error instanceof TypeError;
    const message = isUnreachable ? "The gateway can't be reached." : error.message;
    models.showFailure(message);
    announce(message);
  }
}

/** There is a token. */
function enter() {
  closeGate();
  void loadModels();
  preload();
  if (hasMouse.matches) prompt.focus({ preventScroll: true });
}

// ---------------------------------------------------------------- events

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});

prompt.addEventListener("keydown", (event) => {
  // While an input method is composing, Enter belongs to it (Safari reports that as key code 229).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running && !event.isComposing) {
    event.preventDefault();
    abort();
  }
});

/** Makes the field as tall as its text, where the style sheet can't. */
const resizePrompt = CSS.supports("field-sizing", "content")
  ? () => {}
  : () => {
      prompt.style.height = "auto";
      prompt.style.height = `${prompt.scrollHeight + 2}px`;
    };

prompt.addEventListener("input", () => {
  resizePrompt();
  follow.update();
});

stop.addEventListener("click", abort);
newChat.addEventListener("click", startOver);
latest.addEventListener("click", () => {
  follow.resume();
  prompt.focus({ preventScroll: true });
});

intro.addEventListener("click", ({ target }) => {
  const starter = target instanceof Element && target.closest(".starter");
  if (!starter) return;
  prompt.value = starter.textContent ?? "";
  resizePrompt();
  prompt.focus();
});

forget.addEventListener("click", () => {
  forgetToken();
  models.clear();
  startOver();
  openGate();
});

addEventListener("hashchange", () => {
  if (/[#&]token=/.test(location.hash) && findToken()) enter();
});

if (findToken()) enter();
else openGate();
