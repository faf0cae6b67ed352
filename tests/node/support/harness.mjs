// A simulated OCI, clients that call it and requests for it: what most test files start with.

import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { makeCredentials, startSimulator } from "../../simulator/server.mjs";
import { chatRequest } from "./chat-request.mjs";

/** @import { ClientOptions } from "oci-genai-edge" */
/** @import { RequestRecord, SimulatorSettings } from "../../simulator/types.d.ts" */

/**
 * Starts a simulator and closes it after the tests of the caller.
 *
 * With `verify` (the default) the simulator checks signatures, and the clients sign with `key`.
 *
 * @param {SimulatorSettings & { question?: string, client?: ClientOptions }} [settings] beside the simulator's own:
 *   `question` is what `ask` asks by default, `client` are the options of every client
 */
export async function startHarness({ question = "Hello?", client: defaults = {}, ...settings } = {}) {
  const { verify = true, credentials = [] } = settings;
  const key = makeCredentials();
  const simulator = await startSimulator({ ...settings, verify, credentials: [key, ...credentials] });
  after(() => simulator.close());
  const { url, compartmentId, requests } = simulator;
  const sign = apiKeySigner(key);

  return {
    simulator,
    url,
    compartmentId,
    key,
    sign,

    /** @param {ClientOptions} [options] over the harness's */
    client(options) {
      return new OciGenAI({ endpoint: url, compartmentId, ...(verify && { sign }), ...defaults, ...options });
    },

    /**
     * A request with one user message.
     * @param {string} model an alias, a model id or the name of a simulated endpoint
     * @param {string} [content]
     * @param {Record<string, unknown>} [parameters]
     */
    ask(model, content = question, parameters = {}) {
      return chatRequest(model, content, parameters);
    },

    /**
     * Runs an action: what it resolves to, and the requests that arrived meanwhile.
     * @template T
     * @param {() => Promise<T> | T} action
     */
    async observe(action) {
      const before = requests.length;
      const result = await action();
      return { result, requests: requests.slice(before) };
    },

    /** The next request that arrives. */
    async nextRequest() {
      const { length } = requests;
      while (requests.length === length) await sleep(2);
      return (requests[length]);
    },

    /** The request that arrived last. */
    lastRequest() {
      return /** @type {RequestRecord} */ (requests.at(-1));
    },
  };
}
