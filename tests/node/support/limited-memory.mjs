// A wasm module whose memory is small.

/**
 * The same wasm with a memory of so many pages at most: a real end of the memory, without filling 4 GiB.
 *
 * @param {Uint8Array} wasm
 * @param {number} pages
 */
export function withMaxPages(wasm, pages) {
  const MEMORY_SECTION = 5;
  let at = 8;
  while (wasm[at] !== MEMORY_SECTION) {
    const [size, start] = readLeb(wasm, at + 1);
    at = start + size;
  }
  const [size, start] = readLeb(wasm, at + 1);
  // One memory: flags, minimum.
  const [minimum] = readLeb(wasm, start + 2);
  const limits = [1, 1, ...leb(minimum), ...leb(pages)];
  const section = [MEMORY_SECTION, ...leb(limits.length), ...limits];
  return Uint8Array.from([...wasm.subarray(0, at), ...section, ...wasm.subarray(start + size)]);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @returns {[value: number, next: number]}
 */
function readLeb(bytes, start) {
  let value = 0;
  for (let at = start; ; at++) {
    value |= (bytes[at] & 127) << (7 * (at - start));
    if (bytes[at] < 128) return [value, at + 1];
  }
}

/**
 * @param {number} value
 * @returns {number[]}
 */
function leb(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}
