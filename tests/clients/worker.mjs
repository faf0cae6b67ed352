// Runs `ai` with the provider of this package in workerd: GET /{version of ai}/{feature} runs a test.

import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";
import { PROVIDER_TESTS } from "./oci-provider-tests.mjs";

export default {
  /**
   * @param {Request} request
   * @param {Record<string, string>} env The bindings of the gateway.
   */
  async fetch(request, env) {
    const [, version = "", feature = ""] = new URL(request.url).pathname.split("/");
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

/** @param {Record<string, string>} env */
function clientOf(env) {
  const key = { tenancy: env.OCI_TENANCY, user: env.OCI_USER, fingerprint: env.OCI_FINGERPRINT };
  return new OciGenAI({
    endpoint: env.OCI_ENDPOINT,
    region: env.OCI_REGION,
    compartmentId: env.OCI_COMPARTMENT_ID,
    models: JSON.parse(env.OCI_MODELS),
    sign: apiKeySigner({ ...key, privateKey: env.OCI_PRIVATE_KEY }),
  });
}
