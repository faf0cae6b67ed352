// Signing and keys: the host's secrets stay on this side. Rust is told only whether it worked.

const SIGNING_HEADER = /^(authorization|date|x-date|x-content-sha256|opc-[a-z0-9-]+)$/;

/**
 * The hook that Rust calls once for every attempt, with exactly what will be sent. What it throws is `{ code, message, cause }`.
 */
export function authorizer({ sign, apiKey }) {
  return async (request, headers, takesApiKey) => {
    if (sign) {
      const given = await asked(() => sign(request), request.signal, "the signer failed");
      for (const [name, value] of signingHeaders(given)) put(headers, name, value);
    } else if (apiKey !== undefined && takesApiKey) {
      const key = typeof apiKey === "function" ? await asked(apiKey, request.signal, "apiKey failed") : apiKey;
      if (typeof key !== "string" || key === "") throw { code: "signer_failed", message: "apiKey gave no key" };
      if (/[^\x21-\x7e]/.test(key)) throw { code: "invalid_signature", message: "the API key holds a character that no key has" };
      put(headers, "authorization", `Bearer ${key}`);
    }
  };
}

async function asked(hook, signal, message) {
  try {
    // A hook that never settles must not outlive the caller's patience.
    return await Promise.race([hook(), aborted(signal)]);
  } catch (cause) {
    throw { code: "signer_failed", message, cause };
  }
}

/** Rejects with the signal's reason when it aborts. What awaits it is not held by the signal. */
export function aborted(signal) {
  const aborting = new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborting.catch(() => {});
  return aborting;
}

/** Name and value pairs of any HeadersInit; anything that is no signing header is an error. */
function signingHeaders(given) {
  if (given === null || typeof given !== "object") throw unfit("the signer returned no headers");
  const iterable = typeof given[Symbol.iterator] === "function";
  const pairs = [];
  for (const pair of iterable ? given : Object.entries(given)) {
    const [name, value] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof name !== "string" || typeof value !== "string") throw unfit("the signer returned a header that is no string");
    const lower = name.toLowerCase();
    // The name is the signer's own; a value never appears in a message.
    if (!SIGNING_HEADER.test(lower)) throw unfit(`the signer may not set the header ${JSON.stringify(name.slice(0, 40))}`);
    if (/[\r\n\0]/.test(value)) throw unfit(`the signer's ${lower} holds a line break`);
    pairs.push([lower, value]);
  }
  return pairs;
}

function put(headers, name, value) {
  try {
    headers.set(name, value);
  } catch {
    throw unfit(`${name} can't be sent as a header`);
  }
}

function unfit(message) {
  return { code: "invalid_signature", message };
}

/** Resolves after so many milliseconds, or when the signal aborts. */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake, { once: true });
  });
}
