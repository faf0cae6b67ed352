// Modules that the compiler can't see: they are generated, or installed in benches/.

declare module "wasm-glue" {
  /** wasm-bindgen's `init`. When the wasm is initialised already, it returns what it has. */
  export default function init(): Promise<{ memory: { buffer: ArrayBuffer } }>;
  /** Where the next bytes go. Panics while bytes are decoded. */
  export function inputPointer(): number;
}

declare module "eventsource-parser" {
  export function createParser(callbacks: { onEvent(event: { data: string }): void }): { feed(text: string): void };
}

declare module "workerd" {
  /** A CommonJS module: its default export is the path of the program. */
  const module: { default: string };
  export default module;
}
