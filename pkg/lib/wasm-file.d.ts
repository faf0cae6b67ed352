// A .wasm file, as bundlers and Cloudflare Workers import it.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}

// What `make build` writes.
declare module "*/wasm/inline.js" {
  const base64: string;
  export default base64;
}
