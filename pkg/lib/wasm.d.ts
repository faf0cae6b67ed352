// The exports of the wasm-bindgen module that lib/core.js and lib/call.js use: the other side is
// src/js/.

import type { AuthorizeHook } from "./authorize.js";

/** The client's options, and what it has learned about endpoints. */
export class Client {
  /** `options` is JSON text. Throws a {@link Failure}. */
  constructor(options: string, hooks: Hooks);
  /**
   * The route of a model id or of an alias's first target, as JSON text. Throws a {@link Failure}.
   */
  route(model: string, overrides: string): string;
  /** The aliases with the route of each one's first target, as JSON text. */
  models(): string;
  /**
   * The time limits that apply to a call with these options, as JSON text. Throws a
   * {@link Failure}.
   */
  timeouts(options: string): string;
  /**
   * Reads the request and sends nothing. `mode` is one of boundary.js. Throws a {@link Failure}.
   */
  call(request: string, options: string, mode: number, signal: AbortSignal, id: string): CallHandle;
  free(): void;
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
  /** Rejects with a {@link Failure}, or with the reason of the call's signal. */
  open(): Promise<void>;
  /** Exposes the output of `open` in memory. */
  output(): number;
  /** Decodes so many bytes of the input buffer. */
  feed(length: number): number;
  /** The body has ended. */
  end(): number;
  /** Reading the body failed. */
  broke(cause: unknown): number;
  /** A time limit has expired. */
  timedOut(name: string, ms: number): void;
  /** The caller has aborted or cancelled. */
  stopped(): void;
  takeReader(): ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** The whole answer, as JSON text. */
  completion(): string;
  /** The report so far, as JSON text. */
  report(): string;
  /** The current route and its host, as JSON text. */
  route(): string;
  /** Why the call failed. */
  failure(): Failure | undefined;
  free(): void;
}

/** A failure, before it becomes an `OciError`. */
export class Failure {
  /** The error's fields, as JSON text. */
  readonly json: string;
  /** What the host threw, if it did. */
  readonly cause: unknown;
  free(): void;
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
