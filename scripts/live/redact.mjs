// Removes from a response what identifies its owner. Every stand-in is as long as the value it replaces, so that the
// bytes of a recording keep their positions and the boundaries of its chunks stay true. Different values get different
// stand-ins.

const OCID = /(ocid\d+\.[a-z0-9_-]+\.[a-z0-9_-]*\.[a-z0-9_-]*\.(?:[a-z0-9_-]*\.)?)([a-z0-9_-]+)/gi;
const FINGERPRINT = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){7,}\b/gi;
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const LONG_HEX = /\b[0-9a-f]{16,}\b/gi;
const JWT = /\beyJ[\w-]{8,}(?:\.[\w-]+){1,2}/g;
const API_KEY = /\bsk-[\w-]{8,}/g;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
const PRIVATE_HOST = /\b[a-z0-9-]+(?=\.pe\.inference\.generativeai\.)/gi;
const ID_NAMES =
  "id|[a-z_-]*request-?_?id|tenan(?:t|cy)_?id|user_?id|principal_?id|system_fingerprint|etag";
// JSON inside JSON has its quotes escaped.
const ID_FIELD = new RegExp(String.raw`(\\*"(?:${ID_NAMES})\\*"\s*:\s*\\*")([^"\\]+)`, "gi");

/** In this order: a token may contain what looks like another kind of id. */
const IDS = [JWT, API_KEY, FINGERPRINT, UUID, LONG_HEX, IPV4, EMAIL, PRIVATE_HOST];

/**
 * Makes a function that redacts text and, byte for byte, Latin-1 views of bytes.
 *
 * @param {string[]} [secrets] Values to redact wherever they occur.
 * @returns {(text: string) => string}
 */
export function redactor(secrets = []) {
  const standInFor = standIns();
  const known = knownPattern(secrets);
  return (text) => {
    let redacted = text
      .replaceAll(OCID, (_, prefix, unique) => prefix + standInFor(unique))
      .replaceAll(ID_FIELD, (_, name, id) => name + standInFor(id));
    if (known) redacted = redacted.replaceAll(known, standInFor);
    for (const pattern of IDS) redacted = redacted.replaceAll(pattern, (value) => standInFor(value));
    return redacted;
  };
}

/** @returns {(value: string) => string} */
function standIns() {
  /** @type {Map<string, string>} */
  const byValue = new Map();
  /** @type {Set<string>} */
  const used = new Set();
  return (value) => {
    // Redacting twice changes nothing.
    if (used.has(value)) return value;
    let standIn = byValue.get(value);
    if (standIn === undefined) {
      standIn = makeStandIn(value, `${byValue.size + 1}`);
      byValue.set(value, standIn);
      used.add(standIn);
    }
    return standIn;
  };
}

/**
 * Letters and digits become a filler, with the number at the end where there is room; punctuation stays.
 *
 * @param {string} value
 * @param {string} number
 */
function makeStandIn(value, number) {
  const characters = value.split("").map((character) => (character.charCodeAt(0) > 127 ? "x" : character));
  const positions = [...value.matchAll(/[A-Za-z0-9]/g)].map(({ index }) => index);
  const { length } = positions;
  const filler = /^[0-9a-f:.-]+$/i.test(value) ? "0" : "x";
  const filled = number.length < length ? number.padStart(length, filler) : filler.repeat(length);
  positions.forEach((position, index) => {
    characters[position] = filled[index];
  });
  return characters.join("");
}

/**
 * The unique part of an OCID identifies as much as the whole, so it is redacted by itself too. The longest value comes
 * first, since one may contain another.
 *
 * @param {string[]} secrets
 */
function knownPattern(secrets) {
  const values = secrets.flatMap((secret) => [secret, isOcid(secret) ? (secret.split(".").at(-1) ?? "") : secret]);
  const known = [...new Set(values)]
    .filter((value) => value.length >= 4 && !isOcid(value))
    .toSorted((one, other) => other.length - one.length);
  return known.length > 0 ? new RegExp(known.map(escapeRegExp).join("|"), "gi") : undefined;
}

function isOcid(/** @type {string} */ value) {
  return /^ocid\d/i.test(value);
}

function escapeRegExp(/** @type {string} */ text) {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
