// A .wasm file, as bundlers and Cloudflare Workers import it.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
