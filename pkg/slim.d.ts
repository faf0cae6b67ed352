/**
 * The classes of `oci-genai-edge`, for hosts that load the wasm themselves: call `init` once,
 * first.
 *
 * ```ts
 * import { init, OciGenAI } from "oci-genai-edge/slim";
 *
 * await init(new URL("https://cdn.example/oci_genai_edge.wasm"));
 * const oci = new OciGenAI({ region: "us-chicago-1" });
 * ```
 *
 * The file is `oci-genai-edge/oci_genai_edge.wasm`. Both entries share one instance: if `oci-genai-edge` was
 * imported too, `init` has no effect.
 *
 * @module
 */

/**
 * What a runtime can load wasm from. A module or bytes are instantiated synchronously; anything
 * else is fetched or awaited. A `Response` should have the type `application/wasm`, or the wasm
 * can't be compiled while it is received.
 */
export type WasmSource = WasmModule | ArrayBuffer | ArrayBufferView | WasmLocation | Promise<WasmModule | WasmLocation>;

/** `WebAssembly.Module`, which Node's own types do not have. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module & object : object;

/** A URL of the wasm, or the response to a request for it. */
export type WasmLocation = string | URL | Request | Response;

/**
 * Loads the wasm. Only the first call that succeeds has an effect; creating a client before it
 * fails with `invalid_options`.
 *
 * Rejects with the runtime's own error (a `TypeError` of `fetch`, a `WebAssembly.CompileError`) if
 * the source can't be loaded.
 */
export declare function init(source: WasmSource): Promise<void>;

export * from "./index.js";
