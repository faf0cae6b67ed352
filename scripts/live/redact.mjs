// Takes out of an answer what says whose it is. Every stand-in is as long as what it stands for, so the bytes of a recording
// keep their places and the boundaries of its chunks stay true; different values get different stand-ins.

const OCID = /(ocid\d+\.[a-z0-9_-]+\.[a-z0-9_-]*\.[a-z0-9_-]*\.(?:[a-z0-9_-]*\.)?)([a-z0-9_-]+)/gi;
const FINGERPRINT = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){7,}\b/gi;
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const LONG_HEX = /\b[0-9a-f]{16,}\b/gi;
const JWT = /\beyJ[\w-]{8,}(?:\.[\w-]+){1,2}/g;
const API_KEY = /\bsk-[\w-]{8,}/g;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
const PRIVATE_HOST = /\b[a-z0-9-]+(?=\.pe\.inference\.generativeai\.)/gi;
// JSON inside JSON has its quotes escaped.
const ID_FIELD = /(\\*"(?:id|[a-z_-]*request-?_?id|tenan(?:t|cy)_?id|user_?id|principal_?id|system_fingerprint|etag)\\*"\s*:\s*\\*")([^"\\]+)/gi;

/** Makes a function that redacts text and, byte for byte, Latin-1 views of bytes. `secrets` are known values. */
export function redactor(secrets = []) {
  const standIns = new Map();
  const made = new Set();

  /** Letters and digits become a filler, with a number at the end where there is room; other marks stay. */
  const standIn = (value) => {
    if (made.has(value)) return value;
    let found = standIns.get(value);
    if (found === undefined) {
      const characters = value.split("").map((character) => (character.charCodeAt(0) > 127 ? "x" : character));
      const places = [...value.matchAll(/[A-Za-z0-9]/g)].map(({ index }) => index);
      const filler = /^[0-9a-f:.-]+$/i.test(value) ? "0" : "x";
      const number = `${standIns.size + 1}`;
      const filled = number.length < places.length ? number.padStart(places.length, filler) : filler.repeat(places.length);
      places.forEach((place, index) => (characters[place] = filled[index]));
      found = characters.join("");
      standIns.set(value, found);
      made.add(found);
    }
    return found;
  };

  // The unique part of an OCID is as telling as the whole; the longest first, since one value may hold another.
  const known = [...new Set(secrets.flatMap((secret) => [secret, /^ocid\d/i.test(secret) ? secret.split(".").at(-1) : secret]))]
    .filter((value) => value.length >= 4 && !/^ocid\d/i.test(value))
    .sort((a, b) => b.length - a.length);
  const knownPattern = known.length > 0 ? new RegExp(known.map(escaped).join("|"), "gi") : undefined;

  return (text) => {
    let plain = text.replace(OCID, (_, kind, unique) => kind + standIn(unique)).replace(ID_FIELD, (_, name, id) => name + standIn(id));
    if (knownPattern) plain = plain.replace(knownPattern, standIn);
    for (const pattern of [JWT, API_KEY, FINGERPRINT, UUID, LONG_HEX, IPV4, EMAIL, PRIVATE_HOST]) plain = plain.replace(pattern, (value) => standIn(value));
    return plain;
  };
}

function escaped(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
