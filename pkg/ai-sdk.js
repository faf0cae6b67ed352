// A provider for the AI SDK: specification V4 of `ai` 7, and V3 of `ai` 6.
//
// It imports nothing of the AI SDK. The public API is documented in ai-sdk.d.ts.

import { OciGenAI } from "oci-genai-edge";

import { createProvider } from "./lib/ai-sdk/provider.js";

/** @import { OciProvider, ProviderSettings, SpecificationVersion } from "./ai-sdk.js" */
/** @import { ClientOptions } from "./index.js" */

/**
 * @template {SpecificationVersion} [Version="v4"]
 * @param {ClientOptions | { client: OciGenAI }} [options]
 * @param {ProviderSettings<Version>} [settings]
 * @returns {OciProvider<Version>}
 */
export function createOci(options = {}, settings = {}) {
  const isClient = typeof options === "object" && options !== null && "client" in options;
  const client = isClient ? options.client : new OciGenAI(options);
  return createProvider(client, settings);
}
