/**
 * Request signers for the Oracle Cloud Infrastructure signature, version 1, built on WebCrypto
 * alone. A host passes one as `sign` to the client; the key stays in JavaScript and never enters
 * wasm.
 *
 * The rules: https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
 * (draft-cavage-http-signatures-08 with RSASSA-PKCS1-v1_5 and SHA-256.)
 *
 * The public API is documented in signer.d.ts.
 */

// x-date instead of date: `date` is a forbidden header name for fetch, and OCI accepts either. host
// and content-length are signed but never set: the runtime's fetch adds both, from the same URL and
// body.
const SIGNED_HEADERS = [
  "x-date",
  "(request-target)",
  "host",
  "content-length",
  "content-type",
  "x-content-sha256",
];

/** Of a request without a body, such as those of the control plane. */
const SIGNED_WITHOUT_BODY = SIGNED_HEADERS.slice(0, 3);

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

// How long a call waits for a key that another call is reading. On workerd, a cancelled request
// cancels its pending I/O, and a promise that depends on it never settles: without a limit, one
// client that disconnects at the wrong moment would block every later call of the isolate.
const SHARED_READ_MS = 5000;

/**
 * @param {import("./signer.js").ApiKeySignerOptions} options
 * @returns {import("./index.js").RequestSigner}
 */
export function apiKeySigner(options) {
  requireObject(options, "apiKeySigner");
  const tenancy = ocid(options.tenancy, "tenancy");
  const user = ocid(options.user, "user");
  const keyId = `${tenancy}/${user}/${fingerprintOf(options.fingerprint)}`;
  return signer(() => keyId, options);
}

/**
 * @param {import("./signer.js").TokenSignerOptions} options
 * @returns {import("./index.js").RequestSigner}
 */
export function tokenSigner(options) {
  requireObject(options, "tokenSigner");
  const { token } = options;
  if (typeof token === "function") {
    return signer(async () => tokenKeyId(await token()), options);
  }
  const keyId = tokenKeyId(token);
  return signer(() => keyId, options);
}

/**
 * @param {readonly string[]} headerNames
 * @param {{ method: string, url: string | URL, headers: Readonly<Record<string, string>> }} request
 * @returns {string}
 */
export function signingString(headerNames, request) {
  const url = new URL(request.url);
  return headerNames
    .map((headerName) => {
      const name = headerName.toLowerCase();
      if (name === "(request-target)") {
        return `${name}: ${request.method.toLowerCase()} ${url.pathname}${url.search}`;
      }
      const header = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
      // URL.host omits the scheme's default port, as does the Host header that fetch sends.
      const value = header ?? (name === "host" ? url.host : undefined);
      if (typeof value !== "string") {
        throw new TypeError(`the request has no ${printable(name)} header, so it can't be signed`);
      }
      // A line break would let one header's value pass for another signed line.
      if (/[\r\n\0]/.test(value)) {
        throw new TypeError(`the request's ${printable(name)} header contains a line break`);
      }
      // fetch strips the whitespace around a value before it sends it; the service verifies what it
      // receives.
      return `${name}: ${value.trim()}`;
    })
    .join("\n");
}

/**
 * @param {() => string | Promise<string>} keyIdOf
 * @param {{ privateKey: import("./signer.js").PrivateKeySource, clock?: () => Date }} options
 * @returns {import("./index.js").RequestSigner}
 */
function signer(keyIdOf, { privateKey, clock = () => new Date() }) {
  if (typeof clock !== "function") {
    throw new TypeError("clock must be a function that returns a Date");
  }
  const getKey = keyReader(privateKey);

  return async ({ method, url, headers, body }) => {
    // fetch sends no content-length with a GET, so OCI would respond with 401 to a signature that
    // includes it.
    const hasBody = /^(?:post|put|patch)$/i.test(method);
    if (!hasBody && !/^(?:get|head|delete)$/i.test(method)) {
      throw new TypeError("this signer signs GET, HEAD, DELETE, POST, PUT and PATCH requests only");
    }
    if (!ArrayBuffer.isView(body)) {
      throw new TypeError("the body to sign must be a Uint8Array of exactly the bytes that will be sent");
    }
    if (!hasBody && body.byteLength > 0) {
      throw new TypeError("a GET, HEAD or DELETE request is signed without a body");
    }
    const length = String(body.byteLength);
    // The digest is requested before anything is awaited: WebCrypto copies its input when it is
    // called, so a view on memory that is replaced later (as wasm memory is when it grows) is safe.
    const [digest, key, keyId] = await Promise.all([digestOf(body), getKey(), keyIdOf()]);

    // Read last: a slow fetch of the key or token must not make the signature older.
    const date = dateHeader(clock());
    const sha256 = base64(digest);
    const signed = hasBody ? SIGNED_HEADERS : SIGNED_WITHOUT_BODY;
    const text = signingString(signed, {
      method,
      url,
      headers: {
        "x-date": date,
        "content-length": length,
        "content-type": headers["content-type"],
        "x-content-sha256": sha256,
      },
    });
    const signature = await subtle().sign(ALGORITHM.name, key, new TextEncoder().encode(text));
    return {
      authorization:
        `Signature version="1",headers="${signed.join(" ")}",keyId="${keyId}",` +
        `algorithm="rsa-sha256",signature="${base64(signature)}"`,
      "x-date": date,
      ...(hasBody && { "x-content-sha256": sha256 }),
    };
  };
}

// ---------------------------------------------------------------- options

/** @param {unknown} options @param {string} name */
function requireObject(options, name) {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${name} requires an options object`);
  }
}

// The messages below name the option and never quote its value: a key or token in the wrong option
// must not reach a log. Surrounding whitespace is removed, since secrets read from files and pipes
// end with a newline.

/** @param {unknown} value @param {"tenancy" | "user"} kind */
function ocid(value, kind) {
  const text = typeof value === "string" ? value.trim() : "";
  const prefix = `ocid1.${kind}.`;
  if (!text.startsWith(prefix) || !/^[A-Za-z0-9._-]+$/.test(text.slice(prefix.length))) {
    throw new TypeError(`${kind} must be the ${kind}'s OCID, "${prefix}…"`);
  }
  return text;
}

/** @param {unknown} value */
function fingerprintOf(value) {
  const text = typeof value === "string" ? value.trim() : "";
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){15}$/i.test(text)) {
    throw new TypeError(
      "fingerprint must be the API key's fingerprint as the OCI console shows it: 16 pairs of hexadecimal digits " +
        "separated by colons",
    );
  }
  // The console and every official SDK use lower case.
  return text.toLowerCase();
}

/** @param {unknown} value */
function tokenKeyId(value) {
  const text = typeof value === "string" ? value.trim() : "";
  // The characters of a bearer token (RFC 6750): no quotes, spaces or control characters can get
  // into the header.
  if (!/^[A-Za-z0-9._~+/=-]+$/.test(text)) {
    throw new TypeError(
      'token must be a session or resource principal token, without the "ST$" prefix, quotes or line breaks ' +
        "(or a function that returns one)",
    );
  }
  return `ST$${text}`;
}

/** @param {Date} date */
function dateHeader(date) {
  if (!(date instanceof Date) || Number.isNaN(date.getTime())) {
    throw new TypeError("clock must return a valid Date");
  }
  return date.toUTCString();
}

// ---------------------------------------------------------------- the key

/**
 * Reads and imports the key at the first call, not at creation: workerd allows no I/O while a
 * module is loading, which is when signers are usually created. A success is kept; after a failure,
 * the next call tries again.
 *
 * @param {import("./signer.js").PrivateKeySource} source
 * @returns {() => Promise<CryptoKey>}
 */
function keyReader(source) {
  if (!isPrivateKeyForm(source) && typeof source !== "function") {
    throw new TypeError("privateKey must be PEM text, a CryptoKey, or a function that returns one of them");
  }
  let current = source;
  /** @type {CryptoKey | undefined} */
  let key;
  /** @type {{ started: number, promise: Promise<CryptoKey> } | undefined} */
  let reading;

  const read = async () => {
    const value = typeof current === "function" ? await current() : current;
    return typeof value === "string" ? importPem(value) : checkCryptoKey(value);
  };

  const start = () => {
    const own = { started: Date.now(), promise: read() };
    reading = own;
    own.promise.then(
      (imported) => {
        key ??= imported;
        // The CryptoKey, which can't be exported, is now the only copy that the signer holds.
        current = key;
        reading = undefined;
      },
      () => {
        if (reading === own) reading = undefined;
      },
    );
    return own.promise;
  };

  return async () => {
    while (!key) {
      // Math.abs: setting the clock back must not make the wait longer.
      const remaining = reading ? SHARED_READ_MS - Math.abs(Date.now() - reading.started) : 0;
      if (!reading || remaining <= 0) return start();
      const shared = await settledWithin(reading.promise, remaining);
      if (shared) return shared;
    }
    return key;
  };
}

/**
 * The promise's result, or undefined if it takes longer than `ms`.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @returns {Promise<T | undefined>}
 */
function settledWithin(promise, ms) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, undefined);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** @param {unknown} value */
function isPrivateKeyForm(value) {
  return typeof value === "string" || isCryptoKey(value);
}

// Checks the properties: `instanceof` would fail for a key of another realm or of node:crypto's
// webcrypto.
/** @param {any} value */
function isCryptoKey(value) {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof value.type === "string" &&
    typeof value.algorithm?.name === "string" &&
    Array.isArray(value.usages)
  );
}

/** @param {any} key @returns {CryptoKey} */
function checkCryptoKey(key) {
  if (!isCryptoKey(key)) {
    throw new TypeError("the privateKey function must return PEM text or a CryptoKey");
  }
  if (
    key.type !== "private" ||
    key.algorithm.name !== ALGORITHM.name ||
    key.algorithm.hash?.name !== ALGORITHM.hash ||
    !key.usages.includes("sign")
  ) {
    throw new TypeError(
      'privateKey is a CryptoKey that can\'t be used for OCI signatures: import it as { name: "RSASSA-PKCS1-v1_5", ' +
        'hash: "SHA-256" }, a private key with the usage "sign"',
    );
  }
  return key;
}

/** @param {string} text @returns {Promise<CryptoKey>} */
async function importPem(text) {
  const pkcs8 = toPkcs8(pemBytes(text));
  const webCrypto = subtle();
  try {
    return await webCrypto.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
  } catch {
    // The runtime's own error is omitted: it might quote the key.
    throw keyError("this runtime's WebCrypto could not import it: it is damaged, or not a usual two-prime RSA key");
  }
}

/** @param {string} what */
function keyError(what) {
  return new TypeError(`privateKey can't be used: ${what}`);
}

const ENCRYPTED =
  "it is encrypted, and a passphrase is not supported. Decrypt it with `openssl pkcs8 -topk8 -nocrypt -in key.pem " +
  "-out plain.pem` and keep the result as a secret of the platform";
const NOT_RSA = "it is not an RSA key. OCI signs with RSA, 2048 bits or more: `openssl genrsa -out key.pem 2048`";
const NOT_PRIVATE = "it is a public key or a certificate. Pass the private key that belongs to it";
const DAMAGED =
  "its content is damaged or cut off. Copy the whole text, from the BEGIN line to the END line; where line breaks " +
  "are not possible, write them as \\n";

/**
 * The bytes of the private key block. Text around it is ignored: the console's downloads end with a
 * line "OCI_API_KEY", openssl writes "Bag Attributes" before it, and env files leave quotes.
 *
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function pemBytes(text) {
  // In environment variables and nested JSON, \n may be two characters or more. base64 contains no
  // backslash, so this can't damage the key.
  const pem = text.replaceAll(/\\+[rn]/g, "\n");
  const blocks = pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^]*?)-----END \1-----/g);
  for (const [, label, content] of blocks) {
    if (label !== "PRIVATE KEY" && label !== "RSA PRIVATE KEY") continue;
    if (/ENCRYPTED/.test(content)) throw keyError(ENCRYPTED);
    const packed = content.replaceAll(/\s+/g, "");
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) throw keyError(DAMAGED);
    try {
      return Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
    } catch {
      throw keyError(DAMAGED);
    }
  }
  if (/BEGIN ENCRYPTED PRIVATE KEY/.test(pem)) throw keyError(ENCRYPTED);
  if (/BEGIN OPENSSH PRIVATE KEY/.test(pem)) {
    throw keyError(
      "it is in OpenSSH's own format. If it is RSA, convert a copy of it: `ssh-keygen -p -m PKCS8 -f copy-of-key`",
    );
  }
  if (/BEGIN (?:EC|DSA) P/.test(pem)) throw keyError(NOT_RSA);
  if (/BEGIN (?:RSA )?PRIVATE KEY/.test(pem)) throw keyError(DAMAGED);
  if (/BEGIN [A-Z0-9 ]*(?:PUBLIC KEY|CERTIFICATE)|ssh-(?:rsa|ed25519) /.test(pem)) throw keyError(NOT_PRIVATE);
  if (/^\s*LS0tLS1CRUdJTi/.test(pem)) {
    throw keyError("it is base64 around a PEM text. Decode it first: atob(value)");
  }
  throw keyError(
    'it is not PEM text. Pass the content of the key file (not its path), which begins with "-----BEGIN PRIVATE ' +
      'KEY-----" or "-----BEGIN RSA PRIVATE KEY-----"',
  );
}

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const SEQUENCE = 0x30;

// 1.2.840.113549.1.1.1, rsaEncryption
const RSA_OID = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/**
 * WebCrypto imports PKCS#8 only, and older OCI keys are PKCS#1, which is the inner part of PKCS#8:
 * those are wrapped. The structure decides, since tools write wrong labels.
 *
 * @param {Uint8Array<ArrayBuffer>} der
 * @returns {Uint8Array<ArrayBuffer>}
 */
function toPkcs8(der) {
  const outer = derElement(der, 0, der.length);
  if (outer.tag !== SEQUENCE || outer.end !== der.length) throw keyError(DAMAGED);
  const version = derElement(der, outer.start, outer.end);
  if (version.tag !== INTEGER) throw keyError(NOT_PRIVATE);
  const second = derElement(der, version.end, outer.end);
  switch (second.tag) {
    case SEQUENCE: {
      const oid = derElement(der, second.start, second.end);
      const bytes = der.subarray(oid.start, oid.end);
      const isRsa =
        oid.tag === OBJECT_ID && bytes.length === RSA_OID.length && RSA_OID.every((byte, at) => byte === bytes[at]);
      if (!isRsa) throw keyError(NOT_RSA);
      return der;
    }
    case INTEGER:
      return derWrap(SEQUENCE, [
        INTEGER, 1, 0,
        SEQUENCE, 13, OBJECT_ID, 9, ...RSA_OID, 0x05, 0,
        ...derWrap(OCTET_STRING, der),
      ]);
    case OCTET_STRING:
      throw keyError(NOT_RSA);
    default:
      throw keyError(DAMAGED);
  }
}

/** @param {Uint8Array} der @param {number} at @param {number} limit */
function derElement(der, at, limit) {
  const tag = der[at];
  let length = der[at + 1];
  let start = at + 2;
  if (length >= 0x80) {
    // Three length bytes allow 16 MiB, which is far more than any key.
    const count = length - 0x80;
    if (count < 1 || count > 3) throw keyError(DAMAGED);
    length = 0;
    for (const stop = start + count; start < stop; start++) length = length * 256 + der[start];
  }
  const end = start + length;
  // Negated, so that NaN, the result of reading past the end, is rejected too.
  if (!(end <= limit)) throw keyError(DAMAGED);
  return { tag, start, end };
}

/** @param {number} tag @param {ArrayLike<number>} content */
function derWrap(tag, content) {
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : length < 0x10000
          ? [tag, 0x82, length >> 8, length & 0xff]
          : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  bytes.set(content, head.length);
  return bytes;
}

// ---------------------------------------------------------------- helpers

function subtle() {
  const webCrypto = globalThis.crypto?.subtle;
  if (!webCrypto) {
    throw new Error("WebCrypto (crypto.subtle) is missing: use Node 20 or later, or in browsers a secure context");
  }
  return webCrypto;
}

/** @param {Uint8Array} body */
function digestOf(body) {
  return subtle().digest("SHA-256", /** @type {Uint8Array<ArrayBuffer>} */ (body));
}

/** @param {ArrayBuffer} buffer */
function base64(buffer) {
  // Byte by byte: the number of arguments that String.fromCharCode accepts differs by engine.
  let binary = "";
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

// Header names come from the caller: messages quote only what can be a header name.
/** @param {string} name */
function printable(name) {
  return /^[a-z0-9()-]{1,64}$/.test(name) ? name : "named";
}
