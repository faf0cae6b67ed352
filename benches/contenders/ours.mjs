// The package, by its public API alone.
import { OciGenAI } from "oci-genai-edge";

import { COMPARTMENT } from "../corpora.mjs";

/** @import { ContenderFactory, Corpus, Service } from "../types.d.ts" */

/** @type {ContenderFactory} */
export function chunks(service, corpus) {
  const oci = clientOf(service, corpus);
  return () => oci.stream(corpus.request);
}

/** @type {ContenderFactory} */
export function text(service, corpus) {
  const oci = clientOf(service, corpus);
  return () => oci.stream(corpus.request).text();
}

/** @type {ContenderFactory} */
export function gateway(service, corpus) {
  const oci = clientOf(service, corpus);
  return (request) => oci.fetch(request);
}

/**
 * The openai transport: the service's own events are passed through.
 *
 * @type {ContenderFactory}
 */
export function passthrough(service, corpus) {
  const models = { [corpus.request.model]: "meta.llama-3.3-70b-instruct" };
  const oci = clientOf(service, {}, { region: "us-chicago-1", models });
  return (request) => oci.fetch(request);
}

/**
 * One client for all calls, as a Worker keeps it. The service needs no signature, and no contender makes one.
 *
 * @param {Service} service
 * @param {Partial<Corpus>} corpus
 * @param {import("oci-genai-edge").ClientOptions} [options]
 */
function clientOf(service, { apiFormat }, options) {
  return new OciGenAI({ compartmentId: COMPARTMENT, apiFormat, fetch: service.fetch, ...options });
}
