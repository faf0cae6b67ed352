// Whether the host can be reached, by TLS where it is https.

import { messageOf, systemCodeOf } from "../failure.js";
import { fail, ok, skip } from "./facts.js";

/** @import { Check, Facts } from "./facts.js" */

/**
 * What an unsigned request to the host came to: its Date and the time in the middle of the request, or an error.
 *
 * @typedef {{ date: number, at: number, ms: number } | { error: unknown }} Probe
 */

const PROBE_TIMEOUT_MS = 10_000;

/** @type {Check} */
export const connection = {
  name: "connection",
  async run(facts) {
    if (facts.route === undefined) return skip("no host");
    const result = await probe(facts);
    if ("error" in result) return fail(messageOf(result.error), adviceFor(result.error, facts.env));
    const isSecure = facts.route.url.startsWith("https:");
    return ok(`${isSecure ? "TLS" : "plain HTTP"}, answered in ${Math.round(result.ms)} ms`);
  },
};

/**
 * Asks the host once, whatever it answers.
 *
 * @param {Facts} facts
 * @returns {Promise<Probe>}
 */
export function probe(facts) {
  facts.probe ??= request(facts);
  return facts.probe;
}

/**
 * @param {Facts} facts
 * @returns {Promise<Probe>}
 */
async function request({ route, fetch, signal }) {
  const url = new URL("/", route?.url);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
  const started = Date.now();
  try {
    const response = await fetch(url, { redirect: "manual", signal: limit });
    const ended = Date.now();
    await response.body?.cancel();
    return { date: Date.parse(response.headers.get("date") ?? ""), at: (started + ended) / 2, ms: ended - started };
  } catch (error) {
    signal.throwIfAborted();
    return { error };
  }
}

/**
 * @param {unknown} error
 * @param {NodeJS.ProcessEnv} env
 */
function adviceFor(error, env) {
  const code = systemCodeOf(error) ?? "";
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code)) {
    return "something on the way answers with a certificate of its own: trust it with NODE_EXTRA_CA_CERTS=FILE";
  }
  if (env.HTTPS_PROXY ?? env.https_proxy) {
    return "Node uses the proxy of HTTPS_PROXY only if NODE_USE_ENV_PROXY=1 is set (Node 24 or later)";
  }
  return "check the network, its firewall and --endpoint";
}
