// OciGenAI: the client.

import { authorizer, sleep } from "./authorize.js";
import { AS_ASKED, Call, WHOLE, optionsToJson, toJson } from "./call.js";
import { Client, guarded, needCore } from "./core.js";
import { refuse } from "./error.js";
import { answer } from "./openai.js";
import { ChatStream } from "./stream.js";

const PLAIN_OPTIONS = [
  "compartmentId", "region", "realm", "apiFormat", "transport", "models", "headers", "retry", "timeouts", "limits", "fallback", "toolCallText",
];

// What the gateway needs of a client, and nobody else.
const inside = new WeakMap();

export class OciGenAI {
  #client;
  #host;

  constructor(options = {}) {
    needCore();
    if (options === null || typeof options !== "object") throw refuse("invalid_options", "the options must be an object");
    const { sign, apiKey, fetch, onFinish, endpoint } = options;
    needFunction("sign", sign);
    needFunction("fetch", fetch);
    needFunction("onFinish", onFinish);
    if (apiKey !== undefined && typeof apiKey !== "string") needFunction("apiKey", apiKey);
    const plain = Object.fromEntries(PLAIN_OPTIONS.map((name) => [name, options[name]]));
    if (endpoint !== undefined) plain.endpoint = String(endpoint);
    const hooks = { authorize: authorizer({ sign, apiKey }), sleep, fetch, signs: sign !== undefined };
    this.#client = guarded(() => new Client(optionsToJson(plain), hooks));
    this.#host = { onFinish, timed: plain.timeouts !== undefined };
    this.fetch = async (input, init) => (await answer(inside.get(this), input, init)).response;
    inside.set(this, {
      models: () => JSON.parse(this.#client.models()),
      call: (json, options) => new Call(this.#client, this.#host, json, options, AS_ASKED),
    });
  }

  route(model, overrides = {}) {
    if (typeof model !== "string") throw refuse("invalid_model", "a model id must be a string");
    return JSON.parse(guarded(() => this.#client.route(model, optionsToJson(overrides))));
  }

  async chat(request, options) {
    const call = new Call(this.#client, this.#host, toJson(request), options, WHOLE);
    await call.open();
    return JSON.parse(call.completion);
  }

  stream(request, options) {
    // The request is written down now; whatever is wrong with it rejects the first next().
    let json;
    let failure;
    try {
      json = toJson(request);
    } catch (error) {
      failure = error;
    }
    const makeCall = (mode) => {
      if (failure) throw failure;
      return new Call(this.#client, this.#host, json, options, mode);
    };
    return new ChatStream(makeCall, request?.stream_options?.include_usage === true);
  }
}

/** For the gateway: what it asks of a client beside `fetch`. */
export function insideOf(client) {
  return inside.get(client);
}

function needFunction(name, value) {
  if (value !== undefined && typeof value !== "function") throw refuse("invalid_options", `the option ${name} must be a function`);
}
