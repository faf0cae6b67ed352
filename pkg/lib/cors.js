// CORS: which pages in a browser may call the gateway.
// https://fetch.spec.whatwg.org/#http-cors-protocol

const METHODS = "GET, HEAD, POST";
// The wildcard does not include `authorization`.
const HEADERS = "authorization, content-type, *";
const LIMITS = ["limit", "remaining", "reset"].flatMap((name) => {
  return [`x-ratelimit-${name}-requests`, `x-ratelimit-${name}-tokens`];
});
const OWN = "x-request-id, oci-route, oci-cache, retry-after, retry-after-ms, x-should-retry";
const EXPOSED = [OWN, ...LIMITS].join(", ");
/**
 * How long a browser may keep the answer to a preflight, in seconds. Browsers have their own
 * bounds.
 */
const MAX_AGE = "7200";

/** @typedef {"*" | readonly string[]} Origins */

/**
 * Origins as they are compared. Throws a TypeError for what is not the origin of a page.
 *
 * @param {unknown} origins
 * @returns {Origins}
 */
export function readOrigins(origins) {
  if (origins === undefined) return [];
  if (origins === "*") return origins;
  if (!Array.isArray(origins)) throw new TypeError('origins must be a list, or "*"');
  for (const origin of origins) {
    if (!isOrigin(origin)) throw new TypeError("an entry is not an origin such as https://app.example");
  }
  return [...origins];
}

/** @param {unknown} text */
function isOrigin(text) {
  try {
    const { origin, protocol } = new URL(/** @type {string} */ (text));
    return origin === text && /^https?:$/.test(protocol);
  } catch {
    return false;
  }
}

/**
 * The headers of every response to a request, an error included.
 *
 * @param {Origins} origins
 * @param {Request} request
 * @returns {[name: string, value: string][]}
 */
export function corsHeaders(origins, request) {
  const allowed = allowedOrigin(origins, request);
  /** @type {[string, string][]} */
  const headers = [];
  if (allowed !== undefined) {
    headers.push(["access-control-allow-origin", allowed], ["access-control-expose-headers", EXPOSED]);
  }
  // Also without an allowed origin: a cache must not answer another page with this response.
  if (origins !== "*" && origins.length > 0) headers.push(["vary", "origin"]);
  return headers;
}

/**
 * The response to `OPTIONS`. A page that is not allowed gets one without the headers of CORS, and
 * its browser then reports that.
 *
 * @param {Origins} origins
 * @param {Request} request
 */
export function preflightResponse(origins, request) {
  const headers = new Headers({ allow: `${METHODS}, OPTIONS` });
  if (allowedOrigin(origins, request) !== undefined) {
    headers.set("access-control-allow-methods", METHODS);
    headers.set("access-control-allow-headers", HEADERS);
    headers.set("access-control-max-age", MAX_AGE);
  }
  return new Response(null, { status: 204, headers });
}

/**
 * @param {Origins} origins
 * @param {Request} request
 */
function allowedOrigin(origins, request) {
  const origin = request.headers.get("origin");
  if (origin === null) return undefined;
  if (origins === "*") return "*";
  return origins.includes(origin) ? origin : undefined;
}
