// Limits of callers: the models of their keys, requests a minute, tokens a day, and what callers learn of them.

import { DIALECTS } from "./dialects.js";
import { Budgets } from "./gateway-budget.js";
import { refuseModel } from "./gateway-caller.js";
import { DefaultRate } from "./gateway-rate.js";
import { estimateTokens, tokensOf } from "./gateway-tokens.js";
import { rejection } from "./openai-error.js";

/** @import { ClientInternals } from "./client.js" */
/** @import { Admission, Allowance } from "./gateway-ledger.js" */
/** @import { GatewaySettings } from "./gateway-settings.js" */
/** @import { RequestText, Visit } from "./gateway-visit.js" */

/** The steps of a request that may refuse it for its caller's limits. Each returns the response in its place, if so. */
export class Limits {
  #client;
  #rate;
  #budgets;

  /**
   * @param {ClientInternals} client
   * @param {GatewaySettings} settings
   */
  constructor(client, settings) {
    this.#client = client;
    this.#rate = new DefaultRate(settings);
    this.#budgets = new Budgets(settings.budgets);
  }

  /**
   * Before the body is read.
   *
   * @param {Visit} visit
   */
  async checkRate(visit) {
    const admission = await this.#rate.admit(visit.caller);
    return admission && this.#admit(visit, admission);
  }

  /**
   * Of a request whose body is known. Reserves its tokens: `visit.charge` has to be settled.
   *
   * @param {Visit} visit
   * @param {RequestText} requestText
   * @param {number} mode that of the operation
   */
  async checkRequest(visit, requestText, mode) {
    const { caller } = visit;
    if (caller.models) {
      // What can't be read here is not passed on: the core might read it.
      const refused = requestText.json
        ? refuseModel(caller, requestText.json.model)
        : rejection(400, "invalid_request", "the request is not a JSON object");
      if (refused) {
        this.#client.reportRefusal("validation", requestText.json ? "invalid_model" : "invalid_request");
        return refused;
      }
    }
    if (caller.requestsPerMinute === undefined && caller.tokensPerDay === undefined) return undefined;
    const isMetered = caller.tokensPerDay !== undefined;
    const estimate = isMetered ? estimateTokens(requestText.json, DIALECTS.has(mode)) : { prompt: 0, total: 0 };
    const { charge, ...admission } = await this.#budgets.admit(caller, estimate.total, visit.waitUntil);
    if (charge) {
      visit.charge = charge;
      visit.onEnd.push((getOutcome, partial) => charge.settle(tokensOf(getOutcome(), partial, estimate)));
    }
    return this.#admit(visit, admission);
  }

  /**
   * @param {Visit} visit
   * @param {Admission} admission
   */
  #admit(visit, admission) {
    if (!admission.refused) {
      Object.assign(visit.headers, allowanceHeaders(admission));
      return undefined;
    }
    this.#client.reportRefusal("validation", "rate_limited");
    return refuseAdmission(admission);
  }
}

/**
 * The response to a request that is not admitted.
 *
 * @param {Admission} admission
 */
function refuseAdmission({ refused, retryMs = 0, ...allowances }) {
  const isQuota = refused === "tokens";
  const limit = (isQuota ? allowances.tokens : allowances.requests)?.limit;
  const seconds = Math.ceil(retryMs / 1000);
  const message = isQuota
    ? `this key has used its ${limit} tokens of the day, which ends at 00:00 UTC`
    : `this key has used ${limit === undefined ? "its" : `its ${limit}`} requests; try again in ${seconds} s`;
  const code = isQuota ? "insufficient_quota" : "rate_limit_exceeded";
  const headers = allowanceHeaders(allowances);
  // The day ends too late for a client that waits and tries again by itself.
  if (isQuota) headers["x-should-retry"] = "false";
  return rejection(429, code, message, { type: isQuota ? code : "requests", headers, retryAfterMs: retryMs });
}

/**
 * OpenAI's headers.
 *
 * @param {Admission} admission
 */
function allowanceHeaders({ requests, tokens }) {
  /** @type {Record<string, string>} */
  const headers = {};
  addHeaders(headers, "requests", requests);
  addHeaders(headers, "tokens", tokens);
  return headers;
}

/**
 * @param {Record<string, string>} headers
 * @param {string} name
 * @param {Allowance | undefined} allowance
 */
function addHeaders(headers, name, allowance) {
  if (!allowance) return;
  headers[`x-ratelimit-limit-${name}`] = String(allowance.limit);
  headers[`x-ratelimit-remaining-${name}`] = String(allowance.remaining);
  headers[`x-ratelimit-reset-${name}`] = durationOf(allowance.resetMs);
}

/**
 * As OpenAI writes it: `1h0m0s`, `6m0s`, `2s`, `20ms`.
 *
 * @param {number} ms
 */
function durationOf(ms) {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ""}${seconds >= 60 ? `${minutes}m` : ""}${seconds % 60}s`;
}
