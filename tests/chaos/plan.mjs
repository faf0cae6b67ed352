// The plan of a call, which follows from the seed of the run and the number of the call.

import { randomFrom } from "../node/support/random.mjs";
import { REPLACEMENT } from "./events.mjs";

/** @import { Random } from "../node/support/random.mjs" */
/** @import { Behaviour, Body, Head, Leave, Operation, Plan, Reader, Wire } from "./types.d.ts" */

/** @type {Wire[]} */
const WIRES = ["GENERIC", "GENERIC", "COHERE", "COHEREV2", "openai"];
/** @type {Operation[]} */
const OPERATIONS = ["embed", "rerank", "moderate"];
/** @type {Reader[]} */
const READERS = ["stream", "overlap", "text", "final", "chat", "fetch", "fetch-whole", "response", "readable"];
/** @type {Reader[]} */
const OPERATION_READERS = ["operation", "fetch-operation"];
const WORDS = [" the", " naïve", ",", " 東京", ' "quoted"', " 😀", "\n", " back\\slash", " <b>", " data: [DONE]"];

/** What a host's `fetch` may do, and what a server may do as well. */
/** @type {Head[]} */
const HEADS_OF_SERVERS = ["answers late", "rejects", "never settles", "redirects", "is an error", "is an error page"];
/** @type {Head[]} */
const HEADS_OF_HOSTS = [
  ...HEADS_OF_SERVERS,
  "throws",
  "gives nothing",
  "settles after its signal",
  "has headers that throw",
  "has a status that throws",
  "has a body that throws",
  "has a locked body",
  "has a used body",
  "has a body of another kind",
  "has no body",
  "is an error that never ends",
];
/** @type {Body[]} */
const BODIES_OF_SERVERS = [
  "ends",
  "ends",
  "ends without [DONE]",
  "stays open",
  "fails after its end",
  "finishes twice",
  "is cut",
  "is reset",
  "stalls",
  "has an error event",
  "has a broken event",
  "is HTML",
  "is empty",
  "is [DONE] alone",
  "is JSON",
];
/** @type {Body[]} */
const BODIES_OF_HOSTS = [...BODIES_OF_SERVERS, "is not bytes", "has a read that throws", "has a result that throws"];

const STATUSES = [400, 401, 404, 409, 413, 429, 500, 502, 503, 504];
/** What never ends by itself. */
/** @type {Set<string>} */
const ENDLESS = new Set(["never settles", "settles after its signal", "is an error that never ends", "stalls"]);

/**
 * @param {number} seed of the run
 * @param {number} number of the call
 * @param {"host" | "server"} side what misbehaves: a `fetch` in this process, or a server
 * @returns {Plan}
 */
export function planOf(seed, number, side) {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ number);
  const count = random.between(1, 20);
  const texts = Array.from({ length: count }, (_, at) => {
    const invalid = random.chance(0.03) ? REPLACEMENT : "";
    return `${random.pick(WORDS)}${invalid} ${number.toString(36)}.${at.toString(36)}`;
  });
  const behaviours = Array.from({ length: random.between(1, 4) }, () => behaviour(random, count, side));
  const operation = random.chance(0.2) ? random.pick(OPERATIONS) : "chat";
  const reader = random.pick(operation === "chat" ? READERS : OPERATION_READERS);
  const isEndless = behaviours.some(({ head, body }) => ENDLESS.has(head) || ENDLESS.has(body));
  // The options of a call don't reach `fetch`: there a caller's signal is the time limit.
  const mustAbort = isEndless && reader.startsWith("fetch");
  const leave = mustAbort ? abortOf(random) : leaveOf(random);
  return {
    number,
    operation,
    wire: operation === "chat" ? random.pick(WIRES) : "GENERIC",
    texts,
    behaviours,
    reader,
    leave,
    timeouts: timeoutsOf(random, isEndless),
    fallback: random.chance(0.7) ? "auto" : "never",
    attempts: random.pick([1, 2, 3]),
    sharesSignal: random.chance(0.3),
  };
}

/**
 * @param {Random} random
 * @param {number} deltas
 * @param {"host" | "server"} side
 * @returns {Behaviour}
 */
function behaviour(random, deltas, side) {
  const [heads, bodies] = side === "host" ? [HEADS_OF_HOSTS, BODIES_OF_HOSTS] : [HEADS_OF_SERVERS, BODIES_OF_SERVERS];
  const isForeign = side === "host" && random.chance(0.3);
  const chunkBytes = random.pick([1, 7, 60, 400, 4000]);
  return {
    head: random.chance(0.6) ? "answers" : random.pick(heads),
    status: random.pick(STATUSES),
    retryAfter: random.chance(0.2) ? random.pick(["0", "0.01", "120", "soon"]) : undefined,
    body: random.chance(0.3) ? "ends" : random.pick(bodies),
    at: random.below(deltas + 1),
    chunkBytes,
    // Thousands of chunks with a pause after each take as long as a hang.
    paceMs: chunkBytes < 60 || random.chance(0.3) ? undefined : random.pick([0, 1, 3]),
    isForeign,
    cancel: isForeign ? random.pick(["works", "works", "throws", "rejects", "never settles"]) : "works",
    seed: random.below(2 ** 31),
  };
}

/**
 * @param {Random} random
 * @returns {Leave}
 */
function leaveOf(random) {
  if (random.chance(0.65)) return { kind: "never" };
  if (random.chance(0.4)) return abortOf(random);
  return { kind: random.pick(["abort-in-loop", "break", "throw", "cancel"]), chunks: random.below(12) };
}

/**
 * @param {Random} random
 * @returns {Leave}
 */
function abortOf(random) {
  return { kind: "abort", ms: random.pick([0, 0, 1, 2, 5, 10, 30, 100]) };
}

/**
 * @param {Random} random
 * @param {boolean} isEndless without a time limit the call may never end
 * @returns {Plan["timeouts"]}
 */
function timeoutsOf(random, isEndless) {
  if (!isEndless && random.chance(0.7)) return {};
  return {
    totalMs: random.pick([1, 20, 60, 200, 400]),
    ...(random.chance(0.4) && { firstChunkMs: random.pick([1, 10, 40, 2 ** 40]) }),
    ...(random.chance(0.4) && { chunkMs: random.pick([1, 5, 20, 2 ** 40]) }),
  };
}
