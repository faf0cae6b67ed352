// Budgets of callers: how many tokens they may use a day, and how many requests a minute where a key has a rate of
// its own. Counted in a Durable Object for each key, or in the isolate.

import { keep } from "./gateway-bounded.js";
import { Ledger } from "./gateway-ledger.js";
import { logRepeated } from "./gateway-log.js";
import { within } from "./wait.js";

/** @import { ObjectNamespace, ObjectState } from "../gateway.d.ts" */
/** @import { Caller } from "./gateway-caller.js" */
/** @import { Admission, Claim } from "./gateway-ledger.js" */
/** @import { WaitUntil } from "./gateway-visit.js" */

const LEDGER = "ledger";
/** How long a request waits for the object. A budget is worth more than the time that it takes in a crowd. */
const BUDGET_MS = 5000;

/**
 * A Durable Object: the ledger of one key. A plain class with `fetch`, so that nothing of `cloudflare:workers` has to
 * be imported, which no other runtime has.
 */
export class Budget {
  #state;
  #ledger = new Ledger();

  /** @param {ObjectState} state */
  constructor(state) {
    this.#state = state;
    state.blockConcurrencyWhile(async () => {
      Object.assign(this.#ledger, await state.storage.get(LEDGER));
    });
  }

  /** @param {Request} request */
  async fetch(request) {
    /** @type {any} */
    const message = await request.json();
    const ledger = this.#ledger;
    /** @type {Admission} */
    let admission = {};
    if (message.claim) admission = ledger.admit(message.claim, Date.now());
    else ledger.settle(message.settlement);
    // The runtime holds the response back until this is stored. A rate is not: after a restart it begins anew.
    if (!message.claim || (admission.day !== undefined && !admission.refused)) {
      const { day, used } = ledger;
      await this.#state.storage.put(LEDGER, { day, used });
    }
    return Response.json(admission);
  }
}

/** What a request may use, until it is known what it has used. */
export class Charge {
  #correct;
  #reserved;
  #isSettled = false;

  /**
   * @param {number} reserved
   * @param {(correction: number) => void} correct
   */
  constructor(reserved, correct) {
    this.#reserved = reserved;
    this.#correct = correct;
  }

  /**
   * Only the first time counts.
   *
   * @param {number} tokens
   */
  settle(tokens) {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#correct(tokens - this.#reserved);
  }
}

/** The budgets of callers that have one. */
export class Budgets {
  #namespace;
  /** @type {Map<string, Ledger>} */
  #ledgers = new Map();

  /** @param {ObjectNamespace | undefined} namespace */
  constructor(namespace) {
    this.#namespace = namespace;
  }

  /**
   * Admits a request, and reserves its tokens until they are settled.
   *
   * @param {Caller} caller one with limits of its own
   * @param {number} tokens
   * @param {WaitUntil} waitUntil
   * @returns {Promise<Admission & { charge?: Charge }>}
   */
  async admit({ id, requestsPerMinute, tokensPerDay }, tokens, waitUntil) {
    /** @type {Claim} */
    const claim = { tokens, requestsPerMinute, tokensPerDay };
    const ledger = this.#ledgers.get(id) ?? keep(this.#ledgers, id, new Ledger());
    if (this.#namespace) {
      try {
        const admission = await this.#ask(id, { claim });
        // For a request that the object does not answer.
        ledger.follow(admission);
        return { ...admission, charge: this.#chargeOf(id, admission, tokens, waitUntil) };
      } catch {
        logRepeated("BUDGETS failed, so the isolate counts by itself");
      }
    }
    const admission = ledger.admit(claim, Date.now());
    const { day, refused } = admission;
    if (day === undefined || refused) return admission;
    return { ...admission, charge: new Charge(tokens, (correction) => ledger.settle({ day, correction })) };
  }

  /**
   * @param {string} id
   * @param {Admission} admission
   * @param {number} tokens
   * @param {WaitUntil} waitUntil
   */
  #chargeOf(id, { day, refused }, tokens, waitUntil) {
    if (day === undefined || refused) return undefined;
    // From now on, so that a Worker whose caller leaves lives until the settlement.
    const { promise, resolve } = withResolvers();
    waitUntil(promise);
    return new Charge(tokens, (correction) => {
      resolve(correction === 0 ? undefined : this.#ask(id, { settlement: { day, correction } }));
    });
  }

  /**
   * @param {string} id
   * @param {object} message
   * @returns {Promise<Admission>}
   */
  async #ask(id, message) {
    const namespace = /** @type {ObjectNamespace} */ (this.#namespace);
    // A stub belongs to the request that it was made in.
    const stub = namespace.get(namespace.idFromName(id));
    const asking = stub.fetch("https://budget/", { method: "POST", body: JSON.stringify(message) });
    const response = await within(asking, BUDGET_MS);
    if (!response.ok) throw new Error(`the object answered with ${response.status}`);
    return response.json();
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers() {
  /** @type {(value: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
