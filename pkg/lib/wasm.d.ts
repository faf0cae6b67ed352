// The exports of the wasm-bindgen module that lib/core.js and lib/call.js use: the other side is
// src/js/.

import type { Attempt, CallReport, OciErrorCode, Route, SignableRequest, TimeoutOptions } from "../index.js";

/** The client's options, and what it has learned about endpoints. */
export class Client {
  /**
   * `options` is JSON text. `signs`, `hasApiKey`: whether a signer and an API key are configured. Throws a
   * {@link Failure}.
   */
  constructor(options: string, signs: boolean, hasApiKey: boolean);
  /** The route of a model id or of an alias's first target. `query` is JSON text. Throws a {@link Failure}. */
  route(model: string, query: string): Route;
  /** The aliases with the route of each one's first target. */
  models(): Model[];
  /**
   * Reads the request and sends nothing. `mode` is one of boundary.js. Throws a {@link Failure}.
   */
  call(request: string, options: string, mode: number, id: string): CallHandle;
  /** The same for a request other than a chat, which several calls may answer. Throws a {@link Failure}. */
  calls(request: string, options: string, mode: number, id: string): CallHandle[];
  /** The targets of an alias, as other clients know them: a line each. */
  sharedTargets(alias: string): string;
  /** Whether there is something of an alias's targets that other clients do not know. */
  hasNews(alias: string): boolean;
  /** Imports what other clients know of a target; of an empty finding, exports what they have to know, once. */
  shareFinding(alias: string, target: number, finding: Float64Array): Float64Array;
  free(): void;
}

/** An alias, and the route of its first target. */
export interface Model {
  id: string;
  route: Route;
  host: string;
  targets: number;
}

/** One call. Steps return flags of boundary.js. */
export interface CallHandle {
  /** Whether the output is events. */
  readonly isEvents: boolean;
  /** The time limits of the call, in milliseconds; 0 where there is none. */
  readonly totalMs: number;
  readonly firstChunkMs: number;
  readonly chunkMs: number;
  /** What to do until the first chunk. */
  nextStep(): number;
  /** How long to wait, in milliseconds, after STEP_WAIT. */
  readonly waitMs: number;
  /**
   * What to sign and to send, after STEP_SEND, as lines. undefined where it can't be sent, which is
   * then the call's failure.
   */
  requestHead(): string | undefined;
  /** The body of the same request, once. */
  takeBody(): Uint8Array<ArrayBuffer>;
  /** Signing failed. */
  onAuthorizeError(code: string, message: string, hint?: string): void;
  /** The connection has failed or broken before the first chunk. */
  onNetworkError(): void;
  /** The head of the response; status 0 of a hidden redirect. Returns whether the body is needed. */
  onResponse(
    status: number,
    contentType?: string,
    opcRequestId?: string,
    retryAfter?: string,
    retryAfterMs?: string,
    date?: string,
  ): boolean;
  /** Decodes so many bytes of the input buffer. */
  feed(length: number): number;
  /** The body has ended. */
  onBodyEnd(): number;
  /** After STEP_BOUNDED, nothing more of the body has come for some time. */
  onBodyStall(): number;
  /** Reading the body failed after the first chunk. */
  onReadError(): number;
  /** A time limit has expired. */
  onTimeout(name: string, ms: number): void;
  /** The caller has aborted or cancelled. */
  onCancel(): void;
  /**
   * The events that end a stream which failed, in which the last `null` stands for the error; undefined
   * where the dialect has none, or nothing was written.
   */
  failureEvents(): string | undefined;
  /** The whole answer, as JSON text of the dialect. */
  completion(): string;
  /** What was received, as JSON text; undefined if nothing was. */
  partial(): string | undefined;
  /** {@link Outcome} as JSON text: every call has one, and few read it. */
  outcome(): string;
  /** Why the call failed. */
  failure(): RawErrorFields | undefined;
  free(): void;
}

/** A failure, before it becomes an `OciError`. */
export class Failure {
  /** The error's fields. */
  readonly fields: RawErrorFields;
  free(): void;
}

/** The fields of an error. */
export interface RawErrorFields {
  code: OciErrorCode;
  message: string;
  serviceMessage?: string;
  attempts: Attempt[];
  hint?: string;
  param?: string;
  status?: number;
  serviceCode?: string;
  opcRequestId?: string;
  /** Whether a later call may succeed. */
  retryable: boolean;
  retryAfterMs?: number;
  /** JSON text. */
  partial?: string;
}

/** What there is to know of a call. */
export interface Outcome {
  report: CallReport;
  /** Where it was sent to; null before the first attempt. */
  target: Target | null;
}

export interface Target {
  route: Route;
  host: string;
}

export interface WasmExports {
  readonly memory: WebAssembly.Memory;
}

export type WasmSource = WebAssembly.Module | BufferSource | string | URL | Request | Response;

/** Returns the exports of the current instance, if there is one. */
export function initSync(options?: { module: WebAssembly.Module | BufferSource }): WasmExports;
export function initAsync(options: { module_or_path: WasmSource | Promise<WasmSource> }): Promise<WasmExports>;

/** Address of the input buffer. */
export function inputPointer(): number;
/** Size of the input buffer, in bytes. */
export function inputCapacity(): number;
/** Address of the header words that describe the output. */
export function headerPointer(): number;
/** The answers of the calls of one request, as one. */
export function mergeAnswers(answers: readonly string[]): string;
/** Merges a finding into a record: the words of both, that of the record first. */
export function mergeFinding(record: Float64Array, finding: Float64Array): Float64Array;
/** The known name that is nearest to a misspelt one; undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined;
/** The next call of an export runs on a new instance. */
export function renewInstance(): void;
