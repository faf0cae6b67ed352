// The settings of `make live`, from the environment.
import { profileSigner, readProfile } from "oci-genai-edge/signer/node";

import { findProfile } from "../../pkg/lib/node-profile.js";

const REQUIRED = ["OCI_DAC_ENDPOINT_OCID", "OCI_DAC_COMPARTMENT_ID", "OCI_DAC_REGION"];

/**
 * @typedef {object} Settings
 * @property {string} endpointId
 * @property {string} [embedEndpointId] An endpoint whose model embeds.
 * @property {string} [rerankEndpointId] An endpoint whose model reranks.
 * @property {string} compartmentId
 * @property {string} region
 * @property {import("oci-genai-edge").ClientOptions["apiFormat"]} [apiFormat]
 * @property {string} [endpoint] Replaces the host that follows from the OCID: a private endpoint, a simulator.
 * @property {string} otherRegion Where the endpoint is requested from the wrong region.
 * @property {string} [otherEndpoint] Replaces the host of the other region.
 * @property {string} cohereModel An on-demand model, for Cohere's formats where the DAC has another.
 * @property {string} [apiKey]
 * @property {import("oci-genai-edge").RequestSigner} sign
 * @property {import("oci-genai-edge/signer/node").Profile} profile
 * @property {boolean} record
 * @property {string} [folder]
 * @property {string[]} secrets What no recording may contain, besides what looks like an id.
 */

/**
 * `missing` lists what has to be set before anything can run. Throws where something is set and unusable: that is a
 * failure, not a reason to skip.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ missing: string[], settings?: undefined } | { missing?: undefined, settings: Settings }>}
 */
export async function readSettings(env = process.env) {
  const missing = REQUIRED.filter((name) => !env[name]);
  const options = { env, profile: env.OCI_PROFILE || undefined };
  const { name, shown, found: profile } = await findProfile(options);
  if (!profile) missing.push(`a profile [${name}] in ${shown}`);
  if (!profile || missing.length > 0) return { missing };
  const sign = profileSigner(options);
  // Whether it can sign is known before the first test.
  const headers = { "content-type": "application/json" };
  await sign({ method: "POST", url: "https://oci.invalid/", headers, body: new Uint8Array(), attempt: 1 });

  const { OCI_DAC_ENDPOINT_OCID: endpointId = "", OCI_DAC_COMPARTMENT_ID: compartmentId = "" } = env;
  const { OCI_DAC_REGION: region = "" } = env;
  const { tenancy, user, fingerprint, pass_phrase: passPhrase } = profile.values;
  const hosts = privateHosts(env.OCI_ENDPOINT, env.OCI_OTHER_ENDPOINT);
  const embedEndpointId = env.OCI_DAC_EMBED_ENDPOINT_OCID || undefined;
  const rerankEndpointId = env.OCI_DAC_RERANK_ENDPOINT_OCID || undefined;
  const dac = [endpointId, embedEndpointId, rerankEndpointId, compartmentId];
  const secrets = [...dac, env.OCI_GENAI_API_KEY, tenancy, user, fingerprint, passPhrase, ...hosts];
  return {
    settings: {
      endpointId,
      embedEndpointId,
      rerankEndpointId,
      compartmentId,
      region,
      apiFormat: /** @type {Settings["apiFormat"]} */ (env.OCI_DAC_API_FORMAT || undefined),
      endpoint: env.OCI_ENDPOINT || undefined,
      otherRegion: env.OCI_DAC_OTHER_REGION || (isChicago(region) ? "us-ashburn-1" : "us-chicago-1"),
      otherEndpoint: env.OCI_OTHER_ENDPOINT || undefined,
      cohereModel: env.OCI_COHERE_MODEL || "cohere.command-a-03-2025",
      apiKey: env.OCI_GENAI_API_KEY || undefined,
      sign,
      profile: await readProfile(options),
      record: env.RECORD === "1",
      folder: env.OCI_LIVE_FOLDER || undefined,
      secrets: secrets.flatMap((secret) => (secret ? [secret] : [])),
    },
  };
}

function isChicago(/** @type {string} */ region) {
  return /^(us-chicago-1|ord)$/i.test(region);
}

/**
 * A private host identifies its owner; OCI's public hosts don't.
 *
 * @param {(string | undefined)[]} urls
 */
function privateHosts(...urls) {
  return urls
    .filter((url) => url !== undefined && URL.canParse(url))
    .map((url) => new URL(/** @type {string} */ (url)).host)
    .filter((host) => !host.startsWith("inference.generativeai."));
}
