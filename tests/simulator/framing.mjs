// How the events of a stream become bytes: as the service does it, and as proxies and backends disturb it.

const LF = "\n";

/** The writes of one event. `at` counts from 0; `last` is true for the final one. */
export function framed(framing = "lf", payload, at, last) {
  return FRAMINGS[framing](payload, at, last);
}

const FRAMINGS = {
  lf: (payload) => [`data: ${payload}${LF}${LF}`],
  single: (payload) => [`data: ${payload}${LF}`],
  crlf: (payload) => [`data: ${payload}\r\n\r\n`],
  comments: (payload, at, last) => [
    at % 3 === 0 ? `: ping${LF}${LF}${LF}event: ping${LF}` : "",
    `data:${payload}${last ? "" : LF + LF}`,
  ],
  split: (payload) => slices(Buffer.from(`data: ${payload}${LF}${LF}`), 7),
  zstd: (payload) => [zstdFrame(Buffer.from(`data: ${payload}${LF}${LF}`))],
};

function slices(bytes, size) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

// A complete frame whose only block is stored uncompressed: valid for any decoder, built by none.
function zstdFrame(content) {
  const header = Buffer.alloc(12);
  header.writeUInt32LE(0xfd2fb528, 0);
  header.writeUInt8(0xa0, 4); // single segment, content size in 4 bytes
  header.writeUInt32LE(content.length, 5);
  header.writeUIntLE((content.length << 3) | 1, 9, 3); // raw block, the last one
  return Buffer.concat([header, content]);
}
