// What `make live` is told by the environment.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { homedir } from "node:os";

import { expandHome, parseConfig, profileOf, signerOf } from "./profile.mjs";

const NEEDED = ["OCI_DAC_ENDPOINT_OCID", "OCI_DAC_COMPARTMENT_ID", "OCI_DAC_REGION"];

/**
 * { missing } says what has to be set before anything can be run; otherwise everything a run needs. Throws where something is set
 * and can't be used: that is a fault, no reason to skip.
 */
export function readSettings(env = process.env, home = homedir()) {
  const missing = NEEDED.filter((name) => !env[name]);
  const name = env.OCI_PROFILE || "DEFAULT";
  const profile = findProfile(name, home);
  if (!profile) missing.push(`a profile [${name}] in ~/.oci/config`);
  if (missing.length > 0) return { missing };
  const { values } = profile;
  return {
    endpointId: env.OCI_DAC_ENDPOINT_OCID,
    compartmentId: env.OCI_DAC_COMPARTMENT_ID,
    region: env.OCI_DAC_REGION,
    apiFormat: env.OCI_DAC_API_FORMAT || undefined,
    /** Instead of the host that follows from the OCID: a private endpoint, a simulator. */
    endpoint: env.OCI_ENDPOINT || undefined,
    /** Asked for the endpoint of the other region. */
    otherRegion: env.OCI_DAC_OTHER_REGION || (/^(us-chicago-1|ord)$/i.test(env.OCI_DAC_REGION) ? "us-ashburn-1" : "us-chicago-1"),
    otherEndpoint: env.OCI_OTHER_ENDPOINT || undefined,
    /** On demand: asked where the DAC does not speak one of Cohere's formats. */
    cohereModel: env.OCI_COHERE_MODEL || "cohere.command-a-03-2025",
    apiKey: env.OCI_GENAI_API_KEY || undefined,
    sign: signerOf(profile, home),
    record: env.RECORD === "1",
    folder: env.OCI_LIVE_FOLDER || undefined,
    /** What no recording may hold, besides what looks like an id. */
    secrets: [
      env.OCI_DAC_ENDPOINT_OCID,
      env.OCI_DAC_COMPARTMENT_ID,
      env.OCI_GENAI_API_KEY,
      values.tenancy,
      values.user,
      values.fingerprint,
      values.pass_phrase,
      ...privateHosts(env.OCI_ENDPOINT, env.OCI_OTHER_ENDPOINT),
    ].filter(Boolean),
  };
}

function findProfile(name, home) {
  let text;
  try {
    text = readFileSync(join(expandHome("~", home), ".oci", "config"), "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw new Error(`~/.oci/config can't be read (${error.code})`);
  }
  return profileOf(parseConfig(text), name);
}

/** A host of one's own says whose it is; OCI's public hosts don't. */
function privateHosts(...urls) {
  return urls.filter((url) => url && URL.canParse(url)).map((url) => new URL(url).host).filter((host) => !host.startsWith("inference.generativeai."));
}
