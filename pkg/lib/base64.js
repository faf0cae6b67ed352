// Base64: how a script carries bytes.

/**
 * The bytes of a text that has no white space.
 *
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function decodeBase64(text) {
  /** @type {{ Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> } }} */
  const { Buffer } = globalThis;
  // In Node and Bun, where `atob` takes some milliseconds for the wasm.
  if (Buffer) return Buffer.from(text, "base64");
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
