// The exports of the wasm-bindgen module that lib/core.js and lib/call.js use: the other side is
// src/js/.

import type { Attempt, CallReport, OciErrorCode, Route, TimeoutOptions } from "../index.js";
import type { AuthorizeHook } from "./authorize.js";

/** The client's options, and what it has learned about endpoints. */
export class Client {
  /** `options` is JSON text. Throws a {@link Failure}. */
  constructor(options: string, hooks: Hooks);
  /** The route of a model id or of an alias's first target. Throws a {@link Failure}. */
  route(model: string, overrides: string): Route;
  /** The aliases with the route of each one's first target. */
  models(): Model[];
  /**
   * Reads the request and sends nothing. `mode` is one of boundary.js. Throws a {@link Failure}.
   */
  call(request: string, options: string, mode: number, signal: AbortSignal, id: string): CallHandle;
  free(): void;
}

/** An alias, and the route of its first target. */
export interface Model {
  id: string;
  route: Route;
  host: string;
  targets: number;
}

/** The host's functions, as the core calls them. */
export interface Hooks {
  authorize: AuthorizeHook;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  fetch: typeof globalThis.fetch | undefined;
  /** Whether `authorize` signs requests. */
  signs: boolean;
}

/** One call. Steps return flags of boundary.js. */
export interface CallHandle {
  /** Whether the output is events. */
  readonly isEvents: boolean;
  /** The time limits of the call; undefined where there are none. */
  readonly timeouts: TimeoutOptions | undefined;
  /** Rejects with a {@link Failure}, or with the reason of the call's signal. */
  open(): Promise<void>;
  /** Exposes the output of `open` in memory. */
  output(): number;
  /** Decodes so many bytes of the input buffer. */
  feed(length: number): number;
  /** The body has ended. */
  onBodyEnd(): number;
  /** Reading the body failed. */
  onReadError(cause: unknown): number;
  /** A time limit has expired. */
  onTimeout(name: string, ms: number): void;
  /** The caller has aborted or cancelled. */
  onCancel(): void;
  takeReader(): ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** The whole answer, as JSON text. */
  completion(): string;
  /** {@link Outcome} as JSON text: every call has one, and few read it. */
  outcome(): string;
  /** Why the call failed. */
  failure(): Failure | undefined;
  free(): void;
}

/** A failure, before it becomes an `OciError`. */
export class Failure {
  /** The error's fields. */
  readonly fields: RawErrorFields;
  /** What the host threw, if it did. */
  readonly cause: unknown;
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

export function initSync(options: { module: WebAssembly.Module | BufferSource }): WasmExports;
export function initAsync(options: { module_or_path: WasmSource | Promise<WasmSource> }): Promise<WasmExports>;

/** Address of the input buffer. */
export function inputPointer(): number;
/** Size of the input buffer, in bytes. */
export function inputCapacity(): number;
/** Address of the header words that describe the output. */
export function headerPointer(): number;
/** The known name that is nearest to a misspelt one; undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined;
