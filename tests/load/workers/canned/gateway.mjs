import { withoutNetwork } from "./network.mjs";
import { createGateway } from "oci-genai-edge/gateway";

/** @import { WorkerEnv } from "../../types.d.ts" */

const gateway = createGateway({
  configure: (/** @type {WorkerEnv} */ env) => ({
    token: env.GATEWAY_TOKEN,
    allowAnyModel: true,
    endpoint: env.OCI_ENDPOINT,
    compartmentId: env.OCI_COMPARTMENT_ID,
  }),
});

export default withoutNetwork(gateway);
