/**
 * A ready Cloudflare Worker: OpenAI's API in front of OCI, protected by its own bearer token.
 *
 * ```ts
 * export { default } from "oci-genai-edge/gateway";
 * ```
 *
 * `POST /v1/chat/completions` and `GET /v1/models`, under `/openai/v1/` too; any other path is
 * served from `ASSETS` if there is such a binding, otherwise it is 404. Requests without the token
 * are 401. If the token is missing, or a binding is invalid or unknown, the gateway responds to
 * every request with 500 and logs the reason.
 *
 * The `oci-route` header of an answer describes, as JSON, how the model was reached: serving type,
 * format, region and host, but no OCID.
 *
 * @module
 */

import type { ClientOptions, ModelTarget } from "./index.js";

/**
 * Bindings and secrets that the handler reads. A binding whose name begins with `OCI_` and is not
 * listed here is an error. Credentials: `OCI_TENANCY`, `OCI_USER`, `OCI_FINGERPRINT` and
 * `OCI_PRIVATE_KEY` (an API key of IAM); or `OCI_SESSION_TOKEN` and `OCI_PRIVATE_KEY`; or
 * `OCI_API_KEY` (models on the openai transport only).
 */
export interface GatewayEnv {
  /** What callers must send as `Authorization: Bearer`. A secret. */
  GATEWAY_TOKEN?: string;
  /** {@link ClientOptions.region} */
  OCI_REGION?: string;
  /** {@link ClientOptions.realm} */
  OCI_REALM?: string;
  /** {@link ClientOptions.compartmentId} */
  OCI_COMPARTMENT_ID?: string;
  /** The tenancy's OCID. */
  OCI_TENANCY?: string;
  /** The user's OCID. */
  OCI_USER?: string;
  /** The fingerprint of the user's API key. */
  OCI_FINGERPRINT?: string;
  /** The private key, as PEM text; line breaks may be written as `\n`. A secret. */
  OCI_PRIVATE_KEY?: string;
  /** A session token, or the token of a principal, that belongs to `OCI_PRIVATE_KEY`. A secret. */
  OCI_SESSION_TOKEN?: string;
  /** {@link ClientOptions.apiKey}. A secret. */
  OCI_API_KEY?: string;
  /** {@link ClientOptions.endpoint} */
  OCI_ENDPOINT?: string;
  /** {@link ClientOptions.models}, as an object or its JSON text. `GET /v1/models` lists them. */
  OCI_MODELS?: string | Record<string, ModelTarget | readonly ModelTarget[]>;
  /** Static assets, such as the demo page. */
  ASSETS?: { fetch(request: Request): Response | Promise<Response> };
}

/** The options of the client, and the token that callers must send. */
export type GatewayConfiguration = ClientOptions & { token?: string };

/** See {@link createGateway}. */
export interface GatewayOptions<Env = GatewayEnv> {
  /**
   * Makes the client's options from the Worker's bindings, once per `env`. Default: reads the
   * bindings of {@link GatewayEnv}.
   */
  configure?: (env: Env) => GatewayConfiguration;
}

/** The default export of a Worker. */
export interface Gateway<Env = GatewayEnv> {
  fetch(request: Request, env?: Env, ctx?: unknown): Promise<Response>;
}

/**
 * Creates a handler for bindings with other names.
 *
 * ```ts
 * import { createGateway } from "oci-genai-edge/gateway";
 *
 * export default createGateway({
 *   configure: (env: { TOKEN: string; REGION: string; KEY: string }) => ({
 *     token: env.TOKEN,
 *     region: env.REGION,
 *     apiKey: env.KEY,
 *     onFinish: (report) => console.log(JSON.stringify(report)),
 *   }),
 * });
 * ```
 */
export declare function createGateway<Env = GatewayEnv>(options?: GatewayOptions<Env>): Gateway<Env>;

/** The handler for the bindings of {@link GatewayEnv}. */
declare const gateway: Gateway;
export default gateway;
