// `serve`: the gateway on this machine, for whatever speaks OpenAI's API.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { OciGenAI } from "oci-genai-edge";
import { createGateway } from "oci-genai-edge/gateway";
import { toNodeHandler } from "oci-genai-edge/gateway/node";

import { VARIABLES, readBindings } from "../lib/gateway-settings.js";
import { CREDENTIAL_OPTIONS, ROUTE_OPTIONS, SIMULATE_OPTIONS, numberOf, rejectMore } from "./arguments.js";
import { readCredentials } from "./credentials.js";
import { parseVariables } from "./dev-vars.js";
import { compartmentOf, routeSettings } from "./environment.js";
import { CommandError, UsageError, messageOf, systemCodeOf } from "./failure.js";
import { paceOf } from "./settings.js";
import { startSimulation } from "./simulation.js";
import { bold, dim, note, print } from "./terminal.js";

/** @import { AddressInfo } from "node:net" */
/** @import { Server } from "node:http" */
/** @import { CallReport, ModelTargetOptions } from "oci-genai-edge" */
/** @import { GatewayConfiguration } from "oci-genai-edge/gateway" */
/** @import { Option, Values } from "./arguments.js" */
/** @import { Invocation } from "./main.js" */

export const usage = "serve --model ALIAS=MODEL[,FORMAT] [options]";
export const summary = "the gateway on this machine: OpenAI's API in front of OCI";

const { "api-format": _format, transport: _transport, ...placeOptions } = ROUTE_OPTIONS;

/** @type {Record<string, Option>} */
export const options = {
  model: { value: "ALIAS=MODEL[,FORMAT]", multiple: true, help: "what clients may call, by a name of yours" },
  host: { value: "HOST", help: "where to listen (127.0.0.1)" },
  port: { value: "PORT", help: "0 is any free port (8787)" },
  config: { value: "FILE", help: "bindings of the gateway, as JSON or as in .dev.vars" },
  quiet: { help: "do not log a line for each call" },
  ...placeOptions,
  ...CREDENTIAL_OPTIONS,
  ...SIMULATE_OPTIONS,
};

export const more = `Clients send the token GATEWAY_TOKEN; without it, one is made and printed. The
bindings of the gateway are read from the environment, then from --config, then from the options.
With --simulate, the simulated endpoints are the models.`;

const DEFAULT_PORT = 8787;
/** The most models that are listed at start. */
const MOST_LINES = 12;
const LARGEST_PORT = 65_535;
/** How long answers may take to end after SIGTERM or SIGINT. */
const GRACE_MS = 10_000;

/** @param {Invocation} invocation */
export async function run({ values, positionals, env, signal }) {
  rejectMore(positionals, usage);
  const port = numberOf(values, "port", { max: LARGEST_PORT }) ?? DEFAULT_PORT;
  const host = values.host ?? "127.0.0.1";
  const { configuration, close } = await readConfiguration(values, env);
  try {
    const made = configuration.token === undefined ? `local-${randomBytes(18).toString("base64url")}` : undefined;
    const log = values.quiet ? () => {} : logCall;
    const gateway = createGateway({
      configure: () => ({ ...configuration, token: made ?? configuration.token, onFinish: log }),
    });
    // Its settings are read at the first request; an alias that can't be routed is found now.
    const routes = describeModels(configuration);
    const bindings = {};
    const server = createServer(
      toNodeHandler((request) => gateway.fetch(request, bindings), {
        onError: (error) => note(`oci-genai-edge: ${messageOf(error)}`),
      }),
    );
    const url = `http://${await listen(server, host, port)}`;
    print(`export OPENAI_BASE_URL=${url}/v1\nexport OPENAI_API_KEY=${made ?? '"$GATEWAY_TOKEN"'}\n`);
    for (const line of routes) note(line);
    if (!isLoopback(host)) note("anyone who can reach this address and has the token can call the models");
    note(dim("Ctrl+C stops it"));
    await aborted(signal);
    await stop(server);
    return 0;
  } finally {
    await close();
  }
}

/**
 * What the gateway is configured with, and what stops what was started for it.
 *
 * @param {Values} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ configuration: GatewayConfiguration, close: () => Promise<void> }>}
 */
async function readConfiguration(values, env) {
  const file = values.config === undefined ? {} : await readConfigFile(values.config);
  // Of the environment only what is the gateway's: OCI's other tools have variables of their own there.
  const known = Object.fromEntries(VARIABLES.map((name) => [name, env[name]]));
  const all = { ...known, ...file };
  const bindings = readBindings(all);
  const targets = Object.fromEntries((values.model ?? []).map(readAlias));
  const models = { ...bindings.models, ...targets };
  if (values.simulate) return simulate(values, { ...bindings, models });
  if (Object.keys(models).length === 0 && !bindings.allowAnyModel) {
    throw new UsageError("there is no model to serve", "add --model NAME=OCID, set OCI_MODELS, or try --simulate");
  }
  const { sign, apiKey, profile } = await readCredentials(values, { ...env, ...file });
  const place = routeSettings(values, all);
  const compartmentId = compartmentOf(values, { ...env, ...file }) ?? profile?.compartmentId;
  const region = place.region ?? profile?.region;
  const placed = place.region === undefined ? withOwnRegions(models) : models;
  const { endpoint, realm } = place;
  return {
    configuration: { ...bindings, region, realm, endpoint, compartmentId, sign, apiKey, models: placed },
    close: async () => {},
  };
}

/**
 * A target as `ALIAS=MODEL` or `ALIAS=MODEL,FORMAT`.
 *
 * @param {string} text
 * @returns {[alias: string, target: ModelTargetOptions]}
 */
function readAlias(text) {
  const [, alias, model, format] = /^([^=\s]+)=([^,\s]+)(?:,(\w+))?$/.exec(text.trim()) ?? [];
  if (alias === undefined || model === undefined) {
    throw new UsageError("--model must be ALIAS=MODEL or ALIAS=MODEL,FORMAT", "such as house=ocid1…,COHERE");
  }
  const apiFormat = /** @type {ModelTargetOptions["apiFormat"]} */ (format?.toUpperCase());
  return [alias, { model, ...(apiFormat && { apiFormat }) }];
}

/**
 * The region of a profile is a default, and an endpoint names its own.
 *
 * @param {NonNullable<GatewayConfiguration["models"]>} models
 */
function withOwnRegions(models) {
  const own = (/** @type {string | ModelTargetOptions} */ target) => {
    const full = typeof target === "string" ? { model: target } : target;
    return full.region === undefined ? { ...full, region: ownRegionOf(full) } : full;
  };
  return Object.fromEntries(Object.entries(models).map(([alias, targets]) => [alias, [targets].flat().map(own)]));
}

/** @param {ModelTargetOptions} target */
function ownRegionOf({ model }) {
  try {
    return new OciGenAI({}).route(model).region;
  } catch {
    return undefined;
  }
}

/**
 * @param {Values} values
 * @param {GatewayConfiguration} configuration
 */
async function simulate(values, configuration) {
  const { endpoint, compartmentId, sign, names, endpointId, close } = await startSimulation(paceOf(values));
  const simulated = Object.fromEntries(names.map((name) => [name, endpointId(name)]));
  const models = { ...simulated, ...configuration.models };
  return { configuration: { ...configuration, endpoint, compartmentId, sign, apiKey: undefined, models }, close };
}

/**
 * @param {string} file
 * @returns {Promise<Record<string, string>>}
 */
async function readConfigFile(file) {
  try {
    return parseVariables(await readFile(file, "utf8"));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === undefined) throw error;
    throw new CommandError(`the file of --config can't be read (${code})`, "check its name and permissions");
  }
}

/**
 * A line for each alias. Throws where one can't be routed.
 *
 * @param {GatewayConfiguration} configuration
 */
function describeModels(configuration) {
  const { models = {}, region, realm, endpoint, apiKey, sign, compartmentId } = configuration;
  const client = new OciGenAI({ models, region, realm, endpoint, apiKey, sign, compartmentId });
  const names = Object.keys(models);
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => {
    const { servingMode, transport, apiFormat, region: place } = client.route(name);
    const route = [servingMode?.servingType, transport, apiFormat, place].filter(Boolean).join(" ");
    return `${bold(name.padEnd(width))}  ${route}`;
  });
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `and ${lines.length - MOST_LINES} more: GET /v1/models lists them`];
}

// ---------------------------------------------------------------- the server

/**
 * Resolves to host and port.
 *
 * @param {Server} server
 * @param {string} host
 * @param {number} port
 * @returns {Promise<string>}
 */
async function listen(server, host, port) {
  try {
    await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => resolve(undefined));
    });
  } catch (error) {
    const hint = systemCodeOf(error) === "EADDRINUSE" ? "choose another --port; 0 is any free one" : undefined;
    throw new CommandError(`can't listen on ${host}, port ${port} (${systemCodeOf(error)})`, hint);
  }
  const { address, family, port: actual } = /** @type {AddressInfo} */ (server.address());
  const isAny = address === "::" || address === "0.0.0.0";
  const name = family === "IPv6" ? `[${address}]` : address;
  return `${isAny ? "127.0.0.1" : name}:${actual}`;
}

/** @param {string} host */
function isLoopback(host) {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** @param {AbortSignal} signal */
function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", resolve, { once: true });
  });
}

/**
 * Lets the answers that are on their way end.
 *
 * @param {Server} server
 */
async function stop(server) {
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}

/**
 * One line. Nothing of a request or an answer.
 *
 * @param {CallReport} report
 */
function logCall({ model, attempts, usage: tokens, firstChunkMs, totalMs, error, fallback }) {
  const last = attempts.at(-1);
  const parts = [
    model === "" ? "(no model)" : model,
    error ?? "ok",
    error !== undefined && last?.opcRequestId && `request ${last.opcRequestId}`,
    tokens && `${tokens.prompt_tokens ?? 0} + ${tokens.completion_tokens ?? 0} tokens`,
    firstChunkMs !== undefined && `first chunk after ${Math.round(firstChunkMs)} ms`,
    `${Math.round(totalMs)} ms`,
    attempts.length > 1 && `${attempts.length} requests`,
    fallback && `in one piece: ${fallback}`,
  ];
  note(dim(parts.filter(Boolean).join(" · ")));
}
