// Runs `ai` with the provider of this package in workerd: GET /{version of ai}/{feature} runs a test. The app of
// hono-app.mjs is below /hono.

import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { appOf } from "./hono-app.mjs";
import { PROVIDER_TESTS } from "./oci-provider-tests.mjs";

export default {
  /**
   * @param {Request} request
   * @param {Record<string, string>} env The bindings of the gateway.
   */
  async fetch(request, env) {
    const url = new URL(request.url);
    const [, version = "", feature = ""] = url.pathname.split("/");
    if (version === "hono") {
      url.pathname = url.pathname.slice("/hono".length);
      return appOf(() => clientOf(env)).fetch(new Request(url, request));
    }
    const test = PROVIDER_TESTS[version]?.[feature];
    if (test === undefined) return new Response(null, { status: 401 });
    try {
      await test(clientOf(env));
      return new Response(null, { status: 204 });
    } catch (error) {
      return new Response(error instanceof Error ? error.stack : String(error), { status: 500 });
    }
  },
};

/** One for all requests. @type {OciGenAI | undefined} */
let client;

/** @param {Record<string, string>} env */
function clientOf(env) {
  client ??= makeClient(env);
  return client;
}

/** @param {Record<string, string>} env */
function makeClient(env) {
  const key = { tenancy: env.OCI_TENANCY, user: env.OCI_USER, fingerprint: env.OCI_FINGERPRINT };
  return new OciGenAI({
    endpoint: env.OCI_ENDPOINT,
    region: env.OCI_REGION,
    compartmentId: env.OCI_COMPARTMENT_ID,
    models: JSON.parse(env.OCI_MODELS),
    sign: apiKeySigner({ ...key, privateKey: env.OCI_PRIVATE_KEY }),
  });
}
