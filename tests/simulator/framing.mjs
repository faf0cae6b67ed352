// How events become bytes: as the service writes them, and as proxies and backends change them.

const LF = "\n";

/**
 * The writes of one event.
 *
 * @param {string | undefined} framing
 * @param {string} payload
 * @param {number} at its position in the stream
 * @param {boolean} isLast
 * @returns {(string | Buffer)[]}
 */
export function framed(framing, payload, at, isLast) {
  return FRAMINGS[framing ?? "lf"]?.(payload, at, isLast) ?? [];
}

/** @type {Record<string, (payload: string, at: number, isLast: boolean) => (string | Buffer)[]>} */
const FRAMINGS = {
  lf: (payload) => [`data: ${payload}${LF}${LF}`],
  single: (payload) => [`data: ${payload}${LF}`],
  crlf: (payload) => [`data: ${payload}\r\n\r\n`],
  comments: (payload, at, isLast) => [
    at % 3 === 0 ? `: ping${LF}${LF}${LF}event: ping${LF}` : "",
    `data:${payload}${isLast ? "" : LF + LF}`,
  ],
  split: (payload) => slices(Buffer.from(`data: ${payload}${LF}${LF}`), 7),
  zstd: (payload) => [zstdFrame(Buffer.from(`data: ${payload}${LF}${LF}`))],
};

/**
 * @param {Buffer} bytes
 * @param {number} size
 */
function slices(bytes, size) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

/**
 * A complete frame whose only block is stored uncompressed, which every decoder accepts.
 *
 * @param {Buffer} content
 */
function zstdFrame(content) {
  const header = Buffer.alloc(12);
  header.writeUInt32LE(0xfd2fb528, 0);
  header.writeUInt8(0xa0, 4); // single segment, content size in 4 bytes
  header.writeUInt32LE(content.length, 5);
  header.writeUIntLE((content.length << 3) | 1, 9, 3); // raw block, the last one
  return Buffer.concat([header, content]);
}
