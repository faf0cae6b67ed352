// The package, by its public API alone.
import { OciGenAI } from "oci-genai-edge";

import { COMPARTMENT } from "../corpora.mjs";

/** One client for all calls, as a Worker keeps it. The service asks for no signature, and no contender makes one. */
function clientOf(service, { apiFormat }, options) {
  return new OciGenAI({ compartmentId: COMPARTMENT, apiFormat, fetch: service.fetch, ...options });
}

export function chunks(service, corpus) {
  const oci = clientOf(service, corpus);
  return () => oci.stream(corpus.request);
}

export function text(service, corpus) {
  const oci = clientOf(service, corpus);
  return () => oci.stream(corpus.request).text();
}

export function gateway(service, corpus) {
  const oci = clientOf(service, corpus);
  return (request) => oci.fetch(request);
}

/** The openai transport: the service's own events pass. */
export function passthrough(service, corpus) {
  const oci = clientOf(
    service,
    {},
    { region: "us-chicago-1", models: { [corpus.request.model]: "meta.llama-3.3-70b-instruct" } },
  );
  return (request) => oci.fetch(request);
}
