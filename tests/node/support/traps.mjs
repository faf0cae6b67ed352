// Traps of the wasm instance, forced without a build of their own: the core reads the clock, whose import calls
// `Date.now`, so what that throws jumps over the frames of wasm as a trap does.

import "oci-genai-edge"; // loads the wasm

/** @type {{ inputPointer(): number }} */
const glue = await import(new URL("../../../pkg/wasm/oci_genai_edge.js", import.meta.url).href);

// (module (func (export "trap") unreachable))
const UNREACHABLE = Buffer.from("AGFzbQEAAAABBAFgAAADAgEABwgBBHRyYXAAAAoFAQMAAAs=", "base64");
const { Instance, Module } = /** @type {any} */ (globalThis).WebAssembly;
/** @type {{ trap(): never }} */
const { trap } = new Instance(new Module(UNREACHABLE)).exports;

/** @returns {number} */
function overflow() {
  return overflow() + 1;
}

/**
 * What traps, by name:
 *
 * - `unreachable`: the instruction, which an abort of Rust ends with;
 * - `stack`: the stack is exhausted;
 * - `panic`: a panic of the core itself, whose input buffer is borrowed while it decodes. Only in a call that receives
 *   the first bytes of a body.
 */
export const TRAPS = {
  unreachable: trap,
  stack: overflow,
  panic: () => void glue.inputPointer(),
};

/**
 * Lets the core trap when it next reads the clock, once, while `action` runs. `times` is how often it did.
 *
 * @template T
 * @param {keyof typeof TRAPS} kind
 * @param {() => T | Promise<T>} action
 * @param {number} [skipped] how many readings of the clock to let pass
 */
export async function trapping(kind, action, skipped = 0) {
  const { now } = Date;
  let left = skipped;
  let times = 0;
  Date.now = () => {
    if (left-- > 0 || times > 0) return now();
    times++;
    TRAPS[kind]();
    return now();
  };
  try {
    return { result: await action(), times };
  } finally {
    Date.now = now;
  }
}
