// Requests for credentials: bounded in time, and never redirected.

/**
 * @typedef {object} FetchSettings
 * @property {typeof fetch} fetch
 * @property {number} timeoutMs for one request and its answer
 */

/**
 * @param {URL} url
 * @param {RequestInit} init
 * @param {FetchSettings} settings
 * @returns {Promise<{ status: number, text: string, opcRequestId: string | undefined }>}
 */
export async function fetchWithin(url, init, { fetch, timeoutMs }) {
  const controller = new AbortController();
  const answer = async () => {
    const response = await fetch(url, { ...init, redirect: "manual", signal: controller.signal });
    const opcRequestId = response.headers.get("opc-request-id") ?? undefined;
    return { status: response.status, text: await response.text(), opcRequestId };
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  // The host's fetch may not heed the signal.
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const error = new DOMException(`no answer within ${timeoutMs} ms`, "TimeoutError");
      reject(error);
      controller.abort(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([answer(), /** @type {Promise<never>} */ (timeout)]);
  } finally {
    clearTimeout(timer);
  }
}
