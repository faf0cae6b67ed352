// Preloaded before a block of the README: OCI's host is played by the simulator, and a signer is there.
const plainFetch = globalThis.fetch;
globalThis.fetch = (url, init) => {
  const { host, pathname } = new URL(url);
  if (host !== "inference.generativeai.us-chicago-1.oci.oraclecloud.com") throw new Error(`another host was called: ${host}`);
  return plainFetch(process.env.SIMULATOR + pathname, init);
};
globalThis.sign = () => ({ authorization: "Signature made by the test" });
