// TokenGate: the form that asks for the gateway's token.

import { byId } from "./dom.js";
import { isToken } from "./gateway.js";

export class TokenGate {
  #form = byId("gate", HTMLFormElement);
  #input = byId("token", HTMLInputElement);
  #problem = byId("gate-problem", HTMLElement);

  /** @param {(token: string) => void} onToken */
  constructor(onToken) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#input.value.trim();
      if (isToken(text)) {
        onToken(text);
        return;
      }
      this.#showProblem(text ? "A token contains ASCII characters only, and no spaces." : "Enter a token.");
      this.#input.focus();
    });
  }

  get isOpen() {
    return !this.#form.hidden;
  }

  /** @param {string} [problem] why a token is required again */
  open(problem = "") {
    this.#showProblem(problem);
    this.#form.hidden = false;
  }

  close() {
    this.#form.hidden = true;
    this.#input.value = "";
    this.#showProblem("");
  }

  /** @param {FocusOptions} [options] */
  focus(options) {
    this.#input.focus(options);
  }

  /** @param {string} text */
  #showProblem(text) {
    this.#problem.textContent = text;
    if (text) this.#input.setAttribute("aria-invalid", "true");
    else this.#input.removeAttribute("aria-invalid");
  }
}
