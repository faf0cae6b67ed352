// What must not grow: the wasm memory, and JavaScript's heap.

import { setTimeout as sleep } from "node:timers/promises";

export { memoryPages as pages } from "../node/support/wasm-memory.mjs";

/** The heap after garbage collections, in MiB. */
export async function heapMiB() {
  await collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

/**
 * Collects garbage, with time in between for finalizers. Needs `--expose-gc`.
 *
 * @param {number} [times]
 */
export async function collectGarbage(times = 5) {
  for (let at = 0; at < times; at++) {
    globalThis.gc?.();
    await sleep(10);
  }
}
