/**
 * The wasm of this package, as runtimes and bundlers import it: for `init` of
 * `oci-genai-edge/slim`.
 *
 * ```ts
 * import wasm from "oci-genai-edge/oci_genai_edge.wasm";
 * import { init, OciGenAI } from "oci-genai-edge/slim";
 *
 * await init(wasm);
 * ```
 *
 * Cloudflare Workers import a `WebAssembly.Module`. Bundlers may have a query or a setting for
 * that: Next.js' edge runtime wants `oci-genai-edge/oci_genai_edge.wasm?module`.
 *
 * @module
 */

import type { WasmModule } from "./slim.js";

declare const module: WasmModule;
export default module;
