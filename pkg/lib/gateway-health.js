// The health of targets, shared by all isolates: each target has a Durable Object, which says who probes one that
// failed. What follows from a finding is the core's affair; this carries it.

import { enter } from "./core.js";
import { ENGINE_MS, isWithin, keep, sha256 } from "./gateway-bounded.js";
import { logRepeated } from "./gateway-log.js";
import { within } from "./wait.js";
import { mergeFinding } from "./wasm.js";

/** @import { ObjectNamespace, ObjectState } from "../gateway.d.ts" */
/** @import { ClientInternals } from "./client.js" */
/** @import { WaitUntil } from "./gateway-visit.js" */

const RECORD = "record";
const WORDS = 4;
const NOTHING = new Float64Array(0);

/** How long an isolate goes by an answer without asking again. */
const FRESH_MS = 1000;
/** How long it goes by one while it asks again. After that, a request waits for the answer. */
const USABLE_MS = 3000;
/** How long that request waits at most. */
const WAIT_MS = 100;
/** How often others look for the answer that one has asked for. */
const POLL_MS = 10;
/** How long an isolate goes by an answer about an alias with one target: that is called in any case. */
const ONLY_TARGET_MS = 60_000;

/** A Durable Object: what all isolates know of one target. A plain class, as `Budget` is. */
export class TargetHealth {
  #state;
  /** @type {number[]} */
  #record = [];

  /** @param {ObjectState} state */
  constructor(state) {
    this.#state = state;
    state.blockConcurrencyWhile(async () => {
      this.#record = (await state.storage.get(RECORD)) ?? [];
    });
  }

  /** @param {Request} request */
  async fetch(request) {
    const finding = Float64Array.from(/** @type {number[]} */ (await request.json()));
    const known = this.#record;
    const words = [...enter(() => mergeFinding(Float64Array.from(known), finding))];
    this.#record = words.slice(0, WORDS);
    if (this.#record.some((word, index) => word !== known[index])) await this.#state.storage.put(RECORD, this.#record);
    return Response.json(words.slice(WORDS));
  }
}

/** @typedef {"unknown" | "ok" | "failed"} TargetState */

/**
 * By the first word of what an object says.
 *
 * @type {readonly TargetState[]}
 */
const STATES = ["unknown", "ok", "failed"];

/**
 * The targets of an alias.
 *
 * @typedef {object} Targets
 * @property {string[]} names of their objects, in their order
 * @property {TargetState[]} states what the objects have said last
 * @property {number} requestedAt when they were last asked
 * @property {number} answeredAt when all of them had last answered
 * @property {boolean} isAsking whether that is waited for; for ever where the request that asked has been cancelled
 */

/** What the targets' objects know, for the client of an isolate. */
export class SharedHealth {
  #namespace;
  #client;
  /** @type {Map<string, Targets>} */
  #targets = new Map();

  /**
   * @param {ObjectNamespace} namespace
   * @param {ClientInternals} client
   */
  constructor(namespace, client) {
    this.#namespace = namespace;
    this.#client = client;
  }

  /**
   * Before a call of an alias: learns what others know, unless that has just been asked.
   *
   * @param {unknown} alias
   * @param {WaitUntil} waitUntil
   */
  async refresh(alias, waitUntil) {
    const targets = typeof alias === "string" ? await this.#targetsOf(alias) : undefined;
    if (!targets) return;
    const isOnly = targets.names.length === 1;
    const freshMs = isOnly ? ONLY_TARGET_MS : FRESH_MS;
    await this.#refresh(String(alias), targets, { waitUntil, freshMs, usableMs: isOnly ? Infinity : USABLE_MS });
  }

  /**
   * @param {string} alias
   * @param {Targets} targets
   * @param {{ waitUntil: WaitUntil, freshMs: number, usableMs: number }} options how long an answer serves, and how
   *   long it does while it is asked again
   */
  async #refresh(alias, targets, { waitUntil, freshMs, usableMs }) {
    const now = Date.now();
    if (isWithin(freshMs, targets.answeredAt, now)) return;
    const isUsable = targets.answeredAt > 0 && isWithin(usableMs, targets.answeredAt, now);
    // One request of an isolate asks. None may wait for a promise of another one's.
    if (isWithin(FRESH_MS, targets.requestedAt, now)) {
      for (let wait = 0; wait < WAIT_MS && targets.isAsking && !isUsable; wait += POLL_MS) await sleep(POLL_MS);
      return;
    }
    targets.requestedAt = now;
    targets.isAsking = true;
    const asking = this.#exchange(alias, targets);
    waitUntil(asking);
    if (!isUsable) await within(asking, WAIT_MS).catch(() => {});
  }

  /**
   * What all isolates know of each target of an alias, no more than a second or so ago.
   *
   * @param {string} alias
   * @param {WaitUntil} waitUntil
   * @returns {Promise<TargetState[]>}
   */
  async statesOf(alias, waitUntil) {
    const targets = await this.#targetsOf(alias);
    if (!targets) return [];
    await this.#refresh(alias, targets, { waitUntil, freshMs: FRESH_MS, usableMs: 0 });
    return [...targets.states];
  }

  /**
   * During and after a call: tells others what it has found out.
   *
   * @param {unknown} alias
   * @param {WaitUntil} waitUntil
   */
  publish(alias, waitUntil) {
    const targets = typeof alias === "string" ? this.#targets.get(alias) : undefined;
    if (!targets || !this.#hasNews(/** @type {string} */ (alias))) return;
    waitUntil(this.#exchange(/** @type {string} */ (alias), targets));
  }

  /** @param {string} alias */
  #hasNews(alias) {
    try {
      return this.#client.use((client) => client.hasNews(alias));
    } catch {
      // After a trap. The next call says so.
      return false;
    }
  }

  /**
   * Sends what the client knows of each target, and imports what the object does.
   *
   * @param {string} alias
   * @param {Targets} targets
   */
  async #exchange(alias, targets) {
    try {
      await Promise.all(targets.names.map((_, index) => this.#exchangeOne(alias, targets, index)));
      targets.answeredAt = Date.now();
    } catch {
      logRepeated("TARGET_HEALTH failed, so the isolate goes by what it finds out itself");
    }
    targets.isAsking = false;
  }

  /**
   * @param {string} alias
   * @param {Targets} targets
   * @param {number} index
   */
  async #exchangeOne(alias, { names, states }, index) {
    const finding = this.#client.use((client) => client.shareFinding(alias, index, NOTHING));
    // A stub belongs to the request that it was made in.
    const stub = this.#namespace.get(this.#namespace.idFromName(names[index] ?? ""));
    const asking = stub.fetch("https://target/", { method: "POST", body: JSON.stringify([...finding]) });
    const response = await within(asking, ENGINE_MS);
    if (!response.ok) throw new Error(`the object answered with ${response.status}`);
    const shared = Float64Array.from(/** @type {number[]} */ (await response.json()));
    this.#client.use((client) => client.shareFinding(alias, index, shared));
    states[index] = STATES[shared[0] ?? 0] ?? "unknown";
  }

  /** @param {string} alias */
  async #targetsOf(alias) {
    const kept = this.#targets.get(alias);
    if (kept) return kept;
    // Any text may be asked for as a model; only what is an alias is kept.
    const targets = this.#client.use((client) => client.sharedTargets(alias));
    if (targets === "") return undefined;
    // An OCID is shown nowhere.
    const names = await Promise.all(targets.split("\n").map(sha256));
    /** @type {Targets} */
    const made = { names, states: names.map(() => "unknown"), requestedAt: 0, answeredAt: 0, isAsking: false };
    return this.#targets.get(alias) ?? keep(this.#targets, alias, made);
  }
}

/** @param {number} ms */
async function sleep(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
