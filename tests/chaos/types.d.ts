// The values that the chaos tests exchange.

import type { CallReport } from "oci-genai-edge";

export type Wire = "GENERIC" | "COHERE" | "COHEREV2" | "openai";

/** How a reader reads one call. */
export type Reader =
  | "stream"
  | "overlap"
  | "text"
  | "final"
  | "chat"
  | "fetch"
  | "fetch-whole"
  | "response"
  | "readable"
  | "operation"
  | "fetch-operation";

/** What is asked of OCI. */
export type Operation = "chat" | "embed" | "rerank" | "moderate";

/** How a caller leaves a call before its end. Milliseconds from its start, or chunks that it has read. */
export type Leave =
  | { kind: "never" }
  | { kind: "abort"; ms: number }
  | { kind: "abort-in-loop" | "break" | "throw" | "cancel"; chunks: number };

/** What a request gets. Each name has a function in hostile-fetch.mjs. */
export type Head =
  | "answers"
  | "answers late"
  | "throws"
  | "rejects"
  | "gives nothing"
  | "never settles"
  | "settles after its signal"
  | "has headers that throw"
  | "has a status that throws"
  | "has a body that throws"
  | "has a locked body"
  | "has a used body"
  | "has a body of another kind"
  | "has no body"
  | "redirects"
  | "is an error"
  | "is an error page"
  | "is an error that never ends";

/** How the body of an answer goes. */
export type Body =
  | "ends"
  | "ends without [DONE]"
  | "stays open"
  | "fails after its end"
  | "finishes twice"
  | "is cut"
  | "is reset"
  | "stalls"
  | "has an error event"
  | "has a broken event"
  | "is not bytes"
  | "has a read that throws"
  | "has a result that throws"
  | "is HTML"
  | "is empty"
  | "is [DONE] alone"
  | "is JSON";

/** What one request of a call gets. */
export interface Behaviour {
  head: Head;
  /** For an error. */
  status: number;
  retryAfter: string | undefined;
  body: Body;
  /** After so many deltas, for a body that breaks. */
  at: number;
  /** Bytes in a network chunk, at most. */
  chunkBytes: number;
  /** Between two network chunks, in milliseconds. Undefined: as fast as they are read. */
  paceMs: number | undefined;
  /** The body is an object with a reader, and no ReadableStream. */
  isForeign: boolean;
  cancel: "works" | "throws" | "rejects" | "never settles";
  /** Seeds the cuts. */
  seed: number;
}

/** One call: what its requests get, and what its caller does. It follows from a seed. */
export interface Plan {
  number: number;
  operation: Operation;
  wire: Wire;
  /** The texts of the deltas, or of the answer's parts. */
  texts: string[];
  /** For each request in turn; the last one for all others. */
  behaviours: Behaviour[];
  reader: Reader;
  leave: Leave;
  timeouts: { totalMs?: number; firstChunkMs?: number; chunkMs?: number };
  fallback: "auto" | "never";
  attempts: 1 | 2 | 3;
  /** The signal outlives the call. */
  sharesSignal: boolean;
}

/** A body that a call got, and how far it was read. */
export interface BodyRecord {
  state: "open" | "ended" | "failed" | "cancelled";
  /** Bytes that were given to a reader. */
  read: number;
  /** For each delta, the byte after its JSON, and the byte after its line. */
  deltas: [json: number, line: number][];
}

/** What a call's service saw. */
export interface ServiceRecord {
  requests: number;
  bodies: BodyRecord[];
  /** The body that the last request got, if it got one. */
  last?: BodyRecord | undefined;
}

/** What a caller saw of one call. */
export interface CallRecord {
  plan: Plan;
  end: "complete" | "failed" | "aborted" | "left" | "hangs";
  /** The text that was read. */
  text: string;
  /** Whether it was read to the end, so that `text` is all that there was. */
  isWhole: boolean;
  error?: unknown;
  /** How many ends there were. */
  ends: number;
  reports: CallReport[];
  service: ServiceRecord;
}

/** What was counted over all calls. The names are rows of the table. */
export type Counts = Record<string, number>;

/** The result of a section. */
export interface ChaosResult {
  title: string;
  seed: number;
  /** What, its value, and whether it is as it must be. */
  rows: [what: string, value: string, ok?: boolean][];
  /** Examples of what is wrong. */
  faults: string[];
}
