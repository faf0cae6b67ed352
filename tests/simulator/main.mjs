// node tests/simulator/main.mjs [--port N] [--pace MS] [--compartment OCID] [--api-key KEY]
//                               [--credentials FILE.json | --write-credentials FILE.json | --no-verify]
//                               [--openai-serves-endpoints]

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { COMPARTMENT_ID, makeCredentials, startSimulator } from "./server.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    pace: { type: "string", default: "0" },
    compartment: { type: "string", default: COMPARTMENT_ID },
    "api-key": { type: "string", multiple: true, default: [] },
    credentials: { type: "string" },
    "write-credentials": { type: "string" },
    "no-verify": { type: "boolean", default: false },
    "openai-serves-endpoints": { type: "boolean", default: false },
  },
});

const simulator = await startSimulator({
  port: Number(values.port),
  pace: Number(values.pace),
  compartmentId: values.compartment,
  apiKeys: values["api-key"],
  credentials: readCredentials(values),
  verify: !values["no-verify"],
  openaiServesEndpoints: values["openai-serves-endpoints"],
});
console.log(`simulator ${simulator.url}`);

for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => simulator.close());

/** @param {{ credentials?: string, "write-credentials"?: string }} values */
function readCredentials({ credentials, "write-credentials": target }) {
  if (credentials) return [JSON.parse(readFileSync(credentials, "utf8"))].flat();
  if (!target) return [];
  // A new key for a client that has none. Only this simulator accepts it.
  const made = makeCredentials();
  writeFileSync(target, JSON.stringify(made, null, 2), { mode: 0o600 });
  return [made];
}
