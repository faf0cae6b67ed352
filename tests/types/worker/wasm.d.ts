// Workers import wasm as a module:
// https://developers.cloudflare.com/workers/runtime-apis/webassembly/javascript/
declare module "oci-genai-edge/wasm" {
  const module: WebAssembly.Module;
  export default module;
}
