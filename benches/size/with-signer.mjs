// As the README has it: a DAC, and requests signed by an API key of IAM.
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";

export default {
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
