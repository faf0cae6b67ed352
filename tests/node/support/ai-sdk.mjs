// The provider for the AI SDK in front of the simulator, or of a service of exact bytes.

import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createOci } from "oci-genai-edge/ai-sdk";
import { endpointId } from "../../simulator/server.mjs";
import { fakeService } from "./fake-service.mjs";
import { startHarness } from "./harness.mjs";
import { collect } from "./streams.mjs";

/** @import { LanguageModelOptions, OciLanguageModel, ProviderSettings, StreamPart } from "oci-genai-edge/ai-sdk" */
/** @import { ModelTargetOptions } from "oci-genai-edge" */

export const COMPARTMENT = "ocid1.compartment.oc1..example";
export const QUESTION = "How is the weather in Oslo?";
/** @type {LanguageModelOptions["prompt"]} */
export const PROMPT = [{ role: "user", content: [{ type: "text", text: QUESTION }] }];
export const TOOLS = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  name,
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
}));

/** `ai` itself, where the clients are installed. */
const AI_SDK = fileURLToPath(new URL("../../clients/node_modules/ai", import.meta.url));

/** Why examples of `ai` can't run, if they can't. */
export const withoutAiSdk =
  (Number(process.versions.node.split(".")[0]) < 22 && "ai 7 needs Node 22") ||
  (!existsSync(AI_SDK) && "ai is not installed: run tests/clients/setup.sh --node");

/**
 * Makes `ai` importable from the folder of these modules.
 *
 * @param {string} modules a `node_modules`
 */
export async function installAiSdk(modules) {
  await mkdir(modules, { recursive: true });
  await symlink(AI_SDK, `${modules}/ai`, "dir");
}

/** Usage of which nothing is known. */
export const UNKNOWN_USAGE = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** A provider of a client of the simulator. */
export async function startProvider() {
  const harness = await startHarness({
    client: {
      region: "us-chicago-1",
      retry: { maxAttempts: 2, baseDelayMs: 1 },
      models: {
        cohere: { model: endpointId("simcohere"), apiFormat: "COHERE" },
        cohere2: { model: endpointId("simcoherev2"), apiFormat: "COHEREV2" },
        backup: [endpointId("simdown"), endpointId("simgeneric")],
        vectors: endpointId("simembed"),
        ranker: endpointId("simrerank"),
      },
    },
  });
  const oci = createOci({ client: harness.client() });
  return {
    ...harness,
    oci,
    /** @param {string} name an alias, or the name of a simulated endpoint */
    model: (name) => oci(name.startsWith("sim") ? endpointId(name) : name),
  };
}

/**
 * @typedef {object} FakeOptions
 * @property {Partial<ModelTargetOptions>} [alias] of the model
 * @property {ProviderSettings} [settings]
 * @property {boolean} [hang] as of `fakeService`
 * @property {string} [contentType]
 */

/**
 * A language model whose service answers with these network chunks.
 *
 * @param {Iterable<string>} chunks
 * @param {FakeOptions} [options]
 */
export function fakeModel(chunks, { alias = {}, settings, ...options } = {}) {
  const { fetch, seen } = fakeService(chunks, options);
  const models = { house: { model: endpointId("house"), ...alias } };
  const oci = createOci({ compartmentId: COMPARTMENT, fetch, models, retry: { maxAttempts: 1 } }, settings);
  return { house: oci("house"), seen };
}

/**
 * The parts of a stream.
 *
 * @param {OciLanguageModel<any>} languageModel
 * @param {Partial<LanguageModelOptions>} [call]
 * @returns {Promise<any[]>}
 */
export async function partsOf(languageModel, call = {}) {
  const { stream } = await languageModel.doStream({ prompt: PROMPT, ...call });
  return collect(/** @type {AsyncIterable<StreamPart>} */ (/** @type {unknown} */ (stream)));
}

/**
 * The types of parts, where parts of one type that follow each other count once.
 *
 * @param {{ type: string }[]} parts
 */
export function order(parts) {
  return parts.map(({ type }) => type).filter((type, at, types) => type !== types[at - 1]);
}

/**
 * @param {any[]} parts
 * @param {string} wanted
 */
export function find(parts, wanted) {
  return parts.find(({ type }) => type === wanted);
}

/**
 * The deltas of a type, as one.
 *
 * @param {any[]} parts
 * @param {string} wanted
 */
export function joined(parts, wanted) {
  return parts.flatMap(({ type, delta }) => (type === wanted ? [delta] : [])).join("");
}
