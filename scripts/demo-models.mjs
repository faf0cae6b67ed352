// The demo's model aliases, all served by the simulator: one for each way in which an endpoint can behave.
import { endpointId } from "../tests/simulator/server.mjs";

export const demoModels = {
  "dac-generic": endpointId("simgeneric"),
  "dac-cohere": { model: endpointId("simcohere"), apiFormat: "COHERE" },
  "dac-cohere-v2": { model: endpointId("simcoherev2"), apiFormat: "COHEREV2" },
  "dac-unknown-format": endpointId("simcohere"),
  "dac-no-stream": endpointId("simnostream"),
  "dac-json": endpointId("simjson"),
  "dac-cut": endpointId("simcut"),
  "dac-throttled": endpointId("simthrottled"),
  "dac-slow": endpointId("simslow"),
  "dac-qwen": endpointId("simqwen"),
  "on-demand-command-r": "cohere.command-r-08-2024",
  "on-demand-llama": "meta.llama-3.3-70b-instruct",
};
