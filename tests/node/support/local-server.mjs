// An HTTP server on a free port of 127.0.0.1.

import { createServer } from "node:http";
import { after } from "node:test";

/**
 * Starts a server that is closed after the tests of the caller, and resolves to its origin.
 *
 * @param {import("node:http").RequestListener} listener
 */
export async function startServer(listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}`;
}
