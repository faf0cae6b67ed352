// The gateway in front of a simulated OCI.

import { mock } from "node:test";
import gateway from "oci-genai-edge/gateway";
import { endpointId } from "../../simulator/server.mjs";
import { startHarness } from "./harness.mjs";

/** @import { Gateway, GatewayEnv } from "oci-genai-edge/gateway" */

/**
 * A request to the gateway. `token` is sent unless it is empty.
 *
 * @typedef {RequestInit & SendSettings} SendOptions
 *
 * @typedef {{ handler?: Gateway<any>, token?: string | null, headers?: Record<string, string> }} SendSettings
 */

/** Aliases of endpoints that fail, each named after the simulated endpoint behind it. */
export const ALIASES = ["unknown", "blocklist", "errorevent", "cut", "down", "redirect", "throttled"];

/** Starts a simulator, and returns what calls the gateway in front of it. */
export async function startGateway() {
  const harness = await startHarness();
  const { key, url, compartmentId, ask } = harness;
  const failing = Object.fromEntries(ALIASES.map((name) => [name, endpointId(`sim${name}`)]));

  /**
   * The bindings of a gateway whose token is "right", and whose alias "ours" works.
   *
   * @param {object} [more]
   * @returns {GatewayEnv}
   */
  const bindings = (more) => ({
    GATEWAY_TOKEN: "right",
    OCI_ENDPOINT: url,
    OCI_COMPARTMENT_ID: compartmentId,
    OCI_TENANCY: key.tenancy,
    OCI_USER: key.user,
    OCI_FINGERPRINT: key.fingerprint,
    OCI_PRIVATE_KEY: key.privateKey,
    OCI_MODELS: { ours: endpointId("simgeneric"), ...failing },
    ...more,
  });

  /**
   * Sends a request.
   *
   * @param {string} path
   * @param {GatewayEnv} env
   * @param {SendOptions} [options]
   */
  const send = (path, env, { handler = gateway, token = "right", headers, ...init } = {}) => {
    const all = { ...(token && { authorization: `Bearer ${token}` }), ...headers };
    return handler.fetch(new Request(`https://gateway.example${path}`, { ...init, headers: all }), env);
  };

  /**
   * Sends a chat request.
   *
   * @param {GatewayEnv} env
   * @param {SendOptions & { model?: string, question?: string, parameters?: Record<string, unknown> }} [options]
   */
  const call = (env, { model = "ours", question, parameters, ...options } = {}) => {
    const body = JSON.stringify(ask(model, question, parameters));
    return send("/v1/chat/completions", env, { method: "POST", body, ...options });
  };

  return { ...harness, bindings, send, call };
}

/**
 * What an action logs with `console.error`, and what it resolves to.
 *
 * @template T
 * @param {() => Promise<T>} action
 */
export async function logged(action) {
  const log = mock.method(console, "error", () => {});
  try {
    const result = await action();
    return { result, lines: log.mock.calls.map((logging) => logging.arguments.join(" ")) };
  } finally {
    log.mock.restore();
  }
}

/**
 * The error of a response.
 *
 * @param {Response} response
 */
export async function errorOf(response) {
  /** @type {any} */
  const body = await response.json();
  return body.error;
}
