// Who calls: a profile of ~/.oci/config, the keys of the environment, or a principal of OCI.

import { OciError } from "oci-genai-edge";
import { apiKeySigner, tokenSigner } from "oci-genai-edge/signer";
import * as signers from "oci-genai-edge/signer/node";

import { textOf } from "./environment.js";
import { CommandError, messageOf } from "./failure.js";

/** @import { RequestSigner } from "oci-genai-edge" */
/** @import { Profile } from "oci-genai-edge/signer/node" */
/** @import { AUTH_KINDS, Values } from "./arguments.js" */

/** @typedef {(typeof AUTH_KINDS)[number]} AuthKind */

/**
 * @typedef {object} Credentials
 * @property {AuthKind} kind
 * @property {string} description where they are from, for people
 * @property {RequestSigner} [sign]
 * @property {string} [apiKey]
 * @property {Profile} [profile]
 */

const OTHERS = "other credentials: --auth, or OCI_PRIVATE_KEY with OCI_TENANCY, OCI_USER and OCI_FINGERPRINT";

/** @type {any} */
const principals = signers;

/**
 * The credentials that the arguments name; otherwise those that the environment has; otherwise those of a profile.
 *
 * @param {Values} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Credentials>}
 */
export async function readCredentials(values, env) {
  const kind = values.auth;
  if (kind === "generative_ai_key") return generativeAiKey(env);
  if (kind === "instance_principal") return describe(kind, "this instance", () => principals.instancePrincipalSigner());
  if (kind === "resource_principal") {
    return describe(kind, "this resource", () => principals.resourcePrincipalSigner({ env }));
  }
  const namesProfile = values.profile !== undefined || textOf(env, "OCI_PROFILE") !== undefined;
  if (!namesProfile && kind === undefined) {
    if (textOf(env, "OCI_PRIVATE_KEY")) return environmentKey(env);
    if (textOf(env, "OCI_RESOURCE_PRINCIPAL_VERSION")) return readCredentials({ auth: "resource_principal" }, env);
  }
  const options = {
    profile: values.profile ?? textOf(env, "OCI_PROFILE"),
    configFile: values["config-file"] ?? textOf(env, "OCI_CONFIG_FILE"),
    env,
  };
  const profile = await signers.readProfile(options).catch((error) => {
    if (namesProfile || kind !== undefined || !(error instanceof OciError)) throw error;
    // A key for the openai transport needs no profile.
    if (hasGenerativeAiKey(env)) return undefined;
    throw new CommandError(error.message, [error.hint, OTHERS].filter(Boolean).join("; "));
  });
  if (profile === undefined) return generativeAiKey(env);
  if (kind !== undefined && profile.kind !== kind) {
    const hint = "name another profile with --profile, or omit --auth";
    throw new CommandError(`the profile ${profile.name} is of the kind ${profile.kind}`, hint);
  }
  const sign = signers.profileSigner(options);
  return { kind: profile.kind, description: `profile ${profile.name} of ${profile.file}`, sign, profile };
}

/** @param {NodeJS.ProcessEnv} env */
function hasGenerativeAiKey(env) {
  return textOf(env, "OCI_API_KEY", "OCI_GENAI_API_KEY") !== undefined;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Credentials}
 */
function generativeAiKey(env) {
  const apiKey = textOf(env, "OCI_API_KEY", "OCI_GENAI_API_KEY");
  if (apiKey) return { kind: "generative_ai_key", description: "an API key of OCI Generative AI", apiKey };
  throw new CommandError("there is no API key of OCI Generative AI", "set OCI_API_KEY to the key, sk-…");
}

/**
 * The bindings of the gateway.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Credentials>}
 */
function environmentKey(env) {
  const privateKey = textOf(env, "OCI_PRIVATE_KEY");
  const token = textOf(env, "OCI_SESSION_TOKEN");
  if (token) return describe("session_token", "OCI_SESSION_TOKEN", () => tokenSigner({ token, privateKey }));
  const [tenancy, user, fingerprint] = ["OCI_TENANCY", "OCI_USER", "OCI_FINGERPRINT"].map((name) => textOf(env, name));
  return describe("api_key", "OCI_PRIVATE_KEY", () => apiKeySigner({ tenancy, user, fingerprint, privateKey }));
}

/**
 * @param {AuthKind} kind
 * @param {string} description
 * @param {() => RequestSigner | Promise<RequestSigner>} create
 * @returns {Promise<Credentials>}
 */
async function describe(kind, description, create) {
  return { kind, description, sign: await attempt(create) };
}

/**
 * Signers throw a TypeError about what is missing or malformed. Its message quotes no secret.
 *
 * @template T
 * @param {() => T | Promise<T>} action
 * @returns {Promise<T>}
 */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    throw error instanceof OciError ? error : new CommandError(messageOf(error));
  }
}
