// Whether the gateway is up, and whether it can be used: for load balancers and for whoever has just deployed it.

import { OciError } from "./error.js";
import { log } from "./gateway-log.js";
import { VARIABLES } from "./gateway-settings.js";
import { outcomeOf } from "./gateway-usage.js";

/** @import { RequestSigner } from "../index.js" */
/** @import { Callers } from "./gateway-caller.js" */
/** @import { ClientInternals } from "./client.js" */
/** @import { GatewaySettings } from "./gateway-settings.js" */
/** @import { SharedHealth, TargetState } from "./gateway-health.js" */
/** @import { Visit, WaitUntil } from "./gateway-visit.js" */

/** The options that errors name, and the variables that they are read from. */
const VARIABLES_OF_OPTIONS = new Map([
  ["models", "OCI_MODELS"],
  ["region", "OCI_REGION"],
  ["realm", "OCI_REALM"],
  ["endpoint", "OCI_ENDPOINT"],
  ["compartmentId", "OCI_COMPARTMENT_ID"],
  ["apiKey", "OCI_API_KEY"],
  ["token", "GATEWAY_TOKEN"],
  ["origins", "GATEWAY_ORIGINS"],
  ["guardrails", "GATEWAY_GUARDRAILS"],
  ["modelInfo", "GATEWAY_MODEL_INFO"],
  ["aliasTimeouts", "GATEWAY_TIMEOUTS"],
  ["timeouts.totalMs", "GATEWAY_TOTAL_TIMEOUT_MS"],
  ["timeouts.firstChunkMs", "GATEWAY_FIRST_CHUNK_TIMEOUT_MS"],
  ["timeouts.chunkMs", "GATEWAY_CHUNK_TIMEOUT_MS"],
  ["keys", "GATEWAY_KEYS"],
  ["rateLimit", "GATEWAY_RATE_LIMIT"],
  ["rateLimiter", "RATE_LIMITER"],
  ["budgets", "BUDGETS"],
  ["usageDataset", "USAGE"],
  ["usageQueue", "USAGE_QUEUE"],
  ["cache", "GATEWAY_CACHE"],
  ["telemetry", "OTEL_EXPORTER_OTLP_ENDPOINT"],
]);

/** What is known of the targets of an alias: how the last call ended. */
export class TargetStates {
  /** @type {Map<string, "ok" | "failed">} */
  #states = new Map();

  /** @param {Visit} visit */
  watch(visit) {
    visit.onEnd.push((getOutcome) => {
      const { report } = getOutcome();
      // What was not sent says nothing, nor what its caller has cancelled before the service answered.
      if (report.attempts.length === 0) return;
      const outcome = outcomeOf(report);
      if (outcome === "cancelled" && report.phase === "opening") return;
      const isTheirs = outcome === "failed" && report.attempts.every(({ code, status = 0 }) => {
        return code !== undefined && (status === 0 || status === 429 || status >= 500);
      });
      this.#states.set(report.model, isTheirs ? "failed" : "ok");
    });
  }

  /** @param {string} alias */
  get(alias) {
    return this.#states.get(alias) ?? "unknown";
  }
}

/** Whether the credentials can sign, which is found out once: a private key is read when it is needed. */
export class SignerCheck {
  #sign;
  /** @type {Promise<boolean> | undefined} */
  #works;

  /** @param {RequestSigner} [sign] undefined where there is nothing to check */
  constructor(sign) {
    this.#sign = sign;
  }

  /** @returns {Promise<boolean>} */
  works() {
    this.#works ??= this.#try();
    return this.#works;
  }

  async #try() {
    try {
      const headers = { "content-type": "application/json" };
      await this.#sign?.({ method: "POST", url: "https://oci.invalid/", headers, body: new Uint8Array(), attempt: 1 });
      return true;
    } catch (error) {
      log("the credentials can't sign a request", error instanceof OciError ? error.message : undefined);
      return false;
    }
  }
}

/** Runs, whatever its configuration. */
export function reportHealth() {
  return Response.json({ status: "up" }, { headers: NO_STORE });
}

/**
 * Whether requests can be answered. Anybody may ask, so that it has names of variables, and no value. Who has a token
 * or a key learns of the aliases that it may call.
 *
 * @typedef {object} Checked
 * @property {ClientInternals} client
 * @property {GatewaySettings} settings
 * @property {Callers} callers
 * @property {TargetStates} states
 * @property {SignerCheck} signer
 * @property {SharedHealth} [health]
 *
 * @param {Request} request
 * @param {() => Checked} getInstance
 * @param {WaitUntil} waitUntil
 */
export async function reportReadiness(request, getInstance, waitUntil) {
  let instance;
  try {
    instance = getInstance();
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    log(error.message, error.hint);
    return respond([`${nameOf(error)} can't be used; the gateway's log has the reason`]);
  }
  const { client, settings, callers, states, signer, health } = instance;
  const models = client.models();
  const targets = await Promise.all(
    models.map(async ({ id, targets: count }) => {
      const shared = await health?.statesOf(id, waitUntil);
      const state = states.get(id);
      return { alias: id, targets: count, state, ...(shared && summaryOf(shared, state)) };
    }),
  );
  /** @type {string[]} */
  const reasons = [];
  if (settings.token === "" && !settings.keys) reasons.push("neither GATEWAY_TOKEN nor GATEWAY_KEYS is set");
  if (models.length === 0 && settings.options.aliasesOnly) {
    reasons.push("OCI_MODELS has no alias, and OCI_ALLOW_ANY_MODEL is not set");
  }
  const { sign, apiKey, fetch, endpoint } = settings.options;
  if (!sign && !apiKey && !fetch && !endpoint) {
    reasons.push("there are no credentials: OCI_PRIVATE_KEY, or OCI_API_KEY");
  }
  if (!(await signer.works())) reasons.push("OCI_PRIVATE_KEY can't be used; the gateway's log has the reason");
  if (targets.length > 0 && targets.every(({ state }) => state === "failed")) {
    reasons.push("the last call of every alias has failed");
  }
  const caller = request.headers.has("authorization") ? await callers.identify(request) : undefined;
  if (!caller || caller instanceof Response) return respond(reasons);
  return respond(reasons, targets.filter(({ alias }) => caller.models?.has(alias) ?? true));
}

/**
 * What all isolates know of the targets of an alias, before what this one knows of its last call.
 *
 * @param {TargetState[]} shared
 * @param {TargetState} own
 */
function summaryOf(shared, own) {
  const failed = shared.filter((state) => state === "failed").length;
  if (shared.length > 0 && failed === shared.length) return { failed, state: "failed" };
  return { failed, state: shared.includes("ok") ? "ok" : own };
}

const NO_STORE = { "cache-control": "no-store" };

/**
 * @param {string[]} reasons why not
 * @param {object[]} [targets]
 */
function respond(reasons, targets) {
  const isReady = reasons.length === 0;
  const body = { status: isReady ? "ready" : "not ready", ...(!isReady && { reasons }), targets };
  return Response.json(body, { status: isReady ? 200 : 503, headers: NO_STORE });
}

/**
 * The name of the variable that an error is about. Its message may quote values.
 *
 * @param {OciError} error
 */
function nameOf({ message, param }) {
  const known = VARIABLES.find((name) => new RegExp(`\\b${name}\\b`).test(message));
  const named = known ?? /\b(?:OCI|GATEWAY|OTEL)_[A-Z_]+\b/.exec(message)?.[0];
  if (named) return named;
  const [, option = "", member] = /\boption (\w+)(?:\.(\w+))?/.exec(message) ?? [];
  const exact = [`${option}.${member}`, option, param ?? ""].find((name) => VARIABLES_OF_OPTIONS.has(name));
  const isNamed = (/** @type {string} */ name) => new RegExp(`\\b${name}\\b`).test(message);
  const names = exact ? [exact] : [...VARIABLES_OF_OPTIONS.keys()].filter(isNamed);
  return names.map((name) => VARIABLES_OF_OPTIONS.get(name)).join(" or ") || "a variable";
}
