/**
 * The gateway, or any other handler of Requests, as a server of Node.
 *
 * ```ts
 * import { createServer } from "node:http";
 * import gateway from "oci-genai-edge/gateway";
 * import { toNodeHandler } from "oci-genai-edge/gateway/node";
 *
 * const bindings = { GATEWAY_TOKEN: "…", OCI_MODELS: "…" };
 * createServer(toNodeHandler((request) => gateway.fetch(request, bindings))).listen(8787, "127.0.0.1");
 * ```
 *
 * Give the gateway the same bindings object each time: it keeps a client for it.
 *
 * @module
 */

/** What {@link toNodeHandler} reads of `http.IncomingMessage`. */
export type NodeRequest = import("node:http").IncomingMessage;

/** What {@link toNodeHandler} writes to: `http.ServerResponse`. */
export type NodeResponse = import("node:http").ServerResponse;

export interface NodeHandlerOptions {
  /**
   * What the handler threw. The caller gets 500 without a body, or a connection that breaks if the response has
   * begun. Default: nothing.
   */
  onError?: (error: unknown) => void;
}

/**
 * A listener for `http.createServer` and its like. Bodies are streamed both ways, and read no faster than the other
 * side takes them; the signal of the Request aborts when the client disconnects before the end of the response.
 */
export declare function toNodeHandler(
  handle: (request: Request) => Response | Promise<Response>,
  options?: NodeHandlerOptions,
): (message: NodeRequest, response: NodeResponse) => void;
