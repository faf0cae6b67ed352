/**
 * A ready Cloudflare Worker: OpenAI's protocol in front of OCI, guarded by a bearer token of its own.
 *
 * ```ts
 * export { default } from "oci-genai-edge/gateway";
 * ```
 *
 * `POST /v1/chat/completions` and `GET /v1/models`, under `/openai/v1/` too; any other path is served from `ASSETS` where there is
 * such a binding, else it is 404. Requests without the token are 401. A gateway that lacks its token, or whose bindings can't be
 * used, answers 500 to all and says why in the Worker's log.
 *
 * An answer tells in its `oci-route` header how the model was reached, as JSON: serving type, format, region and host, no OCID.
 *
 * @module
 */

import type { ClientOptions, ModelTarget } from "./index.js";

/**
 * Bindings and secrets that the handler reads. Credentials: `OCI_TENANCY`, `OCI_USER`, `OCI_FINGERPRINT` and `OCI_PRIVATE_KEY` (an
 * API key of IAM); or `OCI_SESSION_TOKEN` and `OCI_PRIVATE_KEY`; or `OCI_API_KEY` (models on the openai transport only).
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
  /** The private key, as PEM text; literal `\n` for line breaks is fine. A secret. */
  OCI_PRIVATE_KEY?: string;
  /** A session token, or that of a principal, which belongs to `OCI_PRIVATE_KEY`. A secret. */
  OCI_SESSION_TOKEN?: string;
  /** {@link ClientOptions.apiKey}. A secret. */
  OCI_API_KEY?: string;
  /** {@link ClientOptions.endpoint} */
  OCI_ENDPOINT?: string;
  /** {@link ClientOptions.models}, as an object or its JSON text. These are what `GET /v1/models` lists. */
  OCI_MODELS?: string | Record<string, ModelTarget | readonly ModelTarget[]>;
  /** Static assets: the demo page, for example. */
  ASSETS?: { fetch(request: Request): Response | Promise<Response> };
}

/** Options of a client, and the token that callers must send. */
export type GatewayConfiguration = ClientOptions & { token?: string };

/** See {@link createGateway}. */
export interface GatewayOptions<Env = GatewayEnv> {
  /** Makes the options of the client from the Worker's bindings, once for each `env`. Default: by the names of {@link GatewayEnv}. */
  configure?: (env: Env) => GatewayConfiguration;
}

/** What a Worker exports as its default. */
export interface Gateway<Env = GatewayEnv> {
  fetch(request: Request, env?: Env, ctx?: unknown): Promise<Response>;
}

/**
 * Makes a handler whose bindings have names of their own.
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

/** The handler with the bindings of {@link GatewayEnv}. */
declare const gateway: Gateway;
export default gateway;
