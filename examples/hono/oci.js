// oci.js
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";

let client;

/** One client for all requests, made by the first: a build that loads this file has no secrets. */
export function oci() {
  const { env } = process;
  client ??= new OciGenAI({
    endpoint: env.OCI_ENDPOINT, // unset: OCI's own host, which the endpoint's OCID names
    compartmentId: env.OCI_COMPARTMENT_ID,
    models: { house: env.OCI_DAC_ENDPOINT_OCID },
    sign: apiKeySigner({
      tenancy: env.OCI_TENANCY,
      user: env.OCI_USER,
      fingerprint: env.OCI_FINGERPRINT,
      privateKey: env.OCI_PRIVATE_KEY,
    }),
  });
  return client;
}
