// ModelPicker: the list of the gateway's models, and what is known of the chosen one.

import { breakableHost, byId } from "./dom.js";
import { listModels, routeLabel } from "./gateway.js";

/** @import { Model } from "./gateway.js" */

const STORAGE_KEY = "oci-genai-edge.model";

export class ModelPicker {
  /** @type {Model[]} */
  #models = [];
  /** @type {AbortController | undefined} */
  #loading;
  #select = byId("model", HTMLSelectElement);
  #about = byId("about", HTMLElement);
  #description = byId("about-text", HTMLElement);
  #route = byId("about-route", HTMLElement);
  #reload = byId("reload", HTMLButtonElement);

  /** @param {() => void} onReload called when the reader asks to load the models again */
  constructor(onReload) {
    this.#reload.addEventListener("click", onReload);
    this.#select.addEventListener("change", () => {
      this.#describeChosen();
      try {
        sessionStorage.setItem(STORAGE_KEY, this.#select.value);
      } catch {
        // The browser blocks storage: the choice is not remembered.
      }
    });
  }

  /** The chosen model's id; "" if there is none. */
  get value() {
    return this.#select.value;
  }

  /**
   * Loads the list. Resolves to false if it was interrupted by another `load` or by `clear`, and
   * rejects as `listModels` does.
   */
  async load() {
    this.#loading?.abort();
    const controller = new AbortController();
    this.#loading = controller;
    const previous = this.#select.value || storedModel();
    this.#about.classList.remove("failed");
    this.#reload.hidden = true;
    this.#show([], "Loading models…");
    this.#describe("");
    try {
      this.#models = await listModels(controller.signal);
    } catch (error) {
      if (controller.signal.aborted) return false;
      this.#models = [];
      this.#show([], "No models");
      throw error;
    }
    if (controller.signal.aborted) return false;
    const ids = this.#models.map(({ id }) => id);
    this.#show(ids, "No models");
    if (ids.includes(previous)) this.#select.value = previous;
    this.#describeChosen();
    return true;
  }

  /**
   * Shows why the list could not be loaded, and a button to load it again.
   *
   * @param {string} message
   */
  showFailure(message) {
    this.#about.classList.add("failed");
    this.#describe(message);
    this.#reload.hidden = false;
  }

  clear() {
    this.#loading?.abort();
    this.#models = [];
    this.#show([], "No models yet");
    this.#describe("");
  }

  /**
   * @param {string[]} ids
   * @param {string} placeholder shown if there are no ids
   */
  #show(ids, placeholder) {
    const options = ids.length > 0 ? ids.map((id) => new Option(id, id)) : [new Option(placeholder, "")];
    this.#select.replaceChildren(...options);
    this.#select.disabled = ids.length === 0;
  }

  #describeChosen() {
    const oci = this.#models.find(({ id }) => id === this.#select.value)?.oci;
    if (oci) this.#describe(oci.description ?? "", routeLabel(oci), oci.host ?? oci.region);
    else this.#describe(this.#models.length > 0 ? "" : "The gateway lists no models.");
  }

  /**
   * @param {string} text
   * @param {string} [route]
   * @param {string} [host]
   */
  #describe(text, route = "", host = "") {
    this.#description.textContent = text;
    const lines = route ? [route, document.createElement("br"), ...breakableHost(host)] : [];
    this.#route.replaceChildren(...lines);
  }
}

function storedModel() {
  try {
    return sessionStorage.getItem(STORAGE_KEY) ?? "";
  } catch {
    return "";
  }
}
