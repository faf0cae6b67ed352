// The smallest Worker with this package: on-demand models, with an API key of OCI Generative AI.
import { OciGenAI } from "oci-genai-edge";

export default {
  /**
   * @param {Request} request
   * @param {Record<string, string>} env
   */
  fetch(request, env) {
    const oci = new OciGenAI({ region: env.OCI_REGION, apiKey: env.OCI_API_KEY });
    return oci.fetch(request);
  },
};
