/**
 * The same classes as `oci-genai-edge`, for hosts that load the wasm themselves: `init` first, once.
 *
 * ```ts
 * import { init, OciGenAI } from "oci-genai-edge/slim";
 *
 * await init(new URL("https://cdn.example/oci_genai_edge_bg.wasm"));
 * const oci = new OciGenAI({ region: "us-chicago-1" });
 * ```
 *
 * The file is `oci-genai-edge/wasm`. Both entries share one instance: where `oci-genai-edge` was imported too, `init` does nothing.
 *
 * @module
 */

/**
 * What a runtime can load wasm from. A module or bytes are used at once; all else is fetched, or awaited. A `Response` should
 * say `application/wasm`, or the wasm can't be compiled while it arrives.
 */
export type WasmSource = WasmModule | ArrayBuffer | ArrayBufferView | WasmLocation | Promise<WasmModule | WasmLocation>;

// `WebAssembly.Module`; Node's own types do not have it.
type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module & object : object;

/** An address of the wasm, or what a fetch of it gave. */
export type WasmLocation = string | URL | Request | Response;

/**
 * Loads the wasm. Only the first call that succeeds counts; a client that is made before it fails with `invalid_options`.
 *
 * Rejects with the runtime's own error (a `TypeError` of `fetch`, a `WebAssembly.CompileError`) when the source can't be loaded.
 */
export declare function init(source: WasmSource): Promise<void>;

export * from "./index.js";
