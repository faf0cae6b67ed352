// As in the README: a DAC endpoint, and requests signed with an IAM API key.
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";

export default {
  /**
   * @param {Request} request
   * @param {Record<string, string>} env
   */
  fetch(request, env) {
    const sign = apiKeySigner({
      tenancy: env.OCI_TENANCY,
      user: env.OCI_USER,
      fingerprint: env.OCI_FINGERPRINT,
      privateKey: env.OCI_PRIVATE_KEY,
    });
    const oci = new OciGenAI({ compartmentId: env.OCI_COMPARTMENT_ID, sign });
    return oci.fetch(request);
  },
};
