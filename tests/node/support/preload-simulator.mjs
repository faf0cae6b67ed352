// Preloaded before an example: requests to OCI's host go to the simulator, and `globalThis.sign` is
// a signer.

const HOST = "inference.generativeai.us-chicago-1.oci.oraclecloud.com";
const realFetch = globalThis.fetch;

/**
 * @param {any} url
 * @param {any} init
 */
globalThis.fetch = (url, init) => {
  const { host, pathname } = new URL(url);
  if (host !== HOST) throw new Error(`another host was called: ${host}`);
  return realFetch(process.env.SIMULATOR + pathname, init);
};

Object.assign(globalThis, { sign: () => ({ authorization: "Signature made by the test" }) });
