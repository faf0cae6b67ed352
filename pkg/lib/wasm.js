// The wasm-bindgen module, which `make build` generates. wasm.d.ts declares the exports that this
// package uses.

export {
  Client,
  Failure,
  default as initAsync,
  headerPointer,
  initSync,
  inputCapacity,
  inputPointer,
  mergeAnswers,
  mergeFinding,
  nearestName,
  renewInstance,
} from "../wasm/oci_genai_edge.js";
