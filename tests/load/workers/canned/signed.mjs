// The client's `fetch` with a signature for each request, as OCI wants it: RSA-SHA256 by WebCrypto.

import { withoutNetwork } from "./network.mjs";
import { OciGenAI } from "oci-genai-edge";
import { apiKeySigner } from "oci-genai-edge/signer";

/** A key of the size that OCI's console makes, new in each isolate. */
const ALGORITHM = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

/** @type {OciGenAI | undefined} */
let client;

export default withoutNetwork({
  async fetch(request, env) {
    const isAllowed = request.headers.get("authorization") === `Bearer ${env.GATEWAY_TOKEN}`;
    if (!isAllowed) return new Response(null, { status: 401 });
    client ??= new OciGenAI({
      endpoint: env.OCI_ENDPOINT,
      compartmentId: env.OCI_COMPARTMENT_ID,
      sign: apiKeySigner({
        tenancy: "ocid1.tenancy.oc1..load",
        user: "ocid1.user.oc1..load",
        fingerprint: "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        privateKey: async () => (await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"])).privateKey,
      }),
    });
    return client.fetch(request);
  },
});
