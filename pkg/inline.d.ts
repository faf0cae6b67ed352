/**
 * `oci-genai-edge` with the wasm inside the script: synchronous, without a file beside it and
 * without top-level await. For bundlers that do not carry the `.wasm` file along (esbuild, Rollup
 * and rolldown for browsers), for service workers, and wherever a single script is wanted. It is a
 * third larger than the file. Node, Deno and Bun get it from `oci-genai-edge` itself.
 *
 * Cloudflare Workers and Vercel's edge runtime compile no wasm from bytes: there, this name is
 * `oci-genai-edge`.
 *
 * @module
 */

export * from "./index.js";
