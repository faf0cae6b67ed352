// The least that a Worker with this package is: on-demand models by an API key of OCI Generative AI.
import { OciGenAI } from "oci-genai-edge";

export default {
  fetch(request, env) {
    const oci = new OciGenAI({ region: env.OCI_REGION, apiKey: env.OCI_API_KEY });
    return oci.fetch(request);
  },
};
