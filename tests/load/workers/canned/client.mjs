// The client's `fetch` on its own, behind the same check of the token as the plain gateway's.

import { withoutNetwork } from "./network.mjs";
import { OciGenAI } from "oci-genai-edge";

/** @type {OciGenAI | undefined} */
let client;

export default withoutNetwork({
  async fetch(request, env) {
    const isAllowed = request.headers.get("authorization") === `Bearer ${env.GATEWAY_TOKEN}`;
    if (!isAllowed) return new Response(null, { status: 401 });
    client ??= new OciGenAI({ endpoint: env.OCI_ENDPOINT, compartmentId: env.OCI_COMPARTMENT_ID });
    return client.fetch(request);
  },
});
