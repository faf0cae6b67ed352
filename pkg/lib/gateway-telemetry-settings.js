// Where traces and metrics go: from an option, or from OpenTelemetry's variables.
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/

import { createError } from "./error.js";

/** @import { GatewayEnv, TelemetryOptions } from "../gateway.d.ts" */

const NAMES = ["endpoint", "headers", "serviceName", "resourceAttributes"];

/**
 * Validates the option `telemetry`.
 *
 * @param {any} telemetry
 * @returns {TelemetryOptions | undefined}
 */
export function readTelemetry(telemetry) {
  if (telemetry === undefined) return undefined;
  if (typeof telemetry !== "object" || telemetry === null) {
    throw createError("invalid_options", "the option telemetry must be an object");
  }
  const unknown = Object.keys(telemetry).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw createError("invalid_options", `the option telemetry.${unknown} is not known`, `it has ${NAMES.join(", ")}`);
  }
  const { endpoint, headers = {}, serviceName, resourceAttributes = {} } = telemetry;
  if (!isAddress(endpoint)) {
    throw createError("invalid_options", "the option telemetry.endpoint must be a URL with http or https");
  }
  if (!isHeaders(headers)) {
    throw createError("invalid_options", "the option telemetry.headers has a name or a value that can't be sent");
  }
  if (serviceName !== undefined && typeof serviceName !== "string") {
    throw createError("invalid_options", "the option telemetry.serviceName must be a string");
  }
  if (!Object.values(resourceAttributes).every((value) => typeof value === "string")) {
    throw createError("invalid_options", "the option telemetry.resourceAttributes must have strings");
  }
  return { endpoint, headers, serviceName, resourceAttributes };
}

/** @param {any} headers */
function isHeaders(headers) {
  try {
    return Boolean(new Headers(headers));
  } catch {
    return false;
  }
}

/** @param {unknown} endpoint */
function isAddress(endpoint) {
  try {
    const { protocol, search, hash } = new URL(/** @type {string} */ (endpoint));
    return typeof endpoint === "string" && /^https?:$/.test(protocol) && search === "" && hash === "";
  } catch {
    return false;
  }
}

/**
 * OpenTelemetry's variables; undefined without an endpoint.
 *
 * @param {GatewayEnv} env
 * @returns {TelemetryOptions | undefined}
 */
export function readTelemetryVariables(env) {
  const endpoint = textOf(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (endpoint === undefined) return undefined;
  if (!isAddress(endpoint)) {
    throw createError("invalid_options", "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL with http or https");
  }
  return {
    endpoint,
    headers: readPairs(env, "OTEL_EXPORTER_OTLP_HEADERS"),
    serviceName: textOf(env, "OTEL_SERVICE_NAME"),
    resourceAttributes: readPairs(env, "OTEL_RESOURCE_ATTRIBUTES"),
  };
}

/**
 * @param {GatewayEnv} env
 * @param {keyof GatewayEnv} name
 */
function textOf(env, name) {
  const value = env[name] ?? "";
  if (typeof value !== "string") throw createError("invalid_options", `${name} must be a string`);
  return value.trim() || undefined;
}

/**
 * `name=value` with commas between, percent-encoded.
 *
 * @param {GatewayEnv} env
 * @param {keyof GatewayEnv} name
 * @returns {Record<string, string>}
 */
function readPairs(env, name) {
  const pairs = (textOf(env, name) ?? "").split(",").filter((pair) => pair.trim() !== "");
  try {
    return Object.fromEntries(
      pairs.map((pair) => {
        const [, key = "", value = ""] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
        if (key === "") throw new TypeError("no name");
        return [decodeURIComponent(key), decodeURIComponent(value)];
      }),
    );
  } catch {
    throw createError("invalid_options", `${name} must be name=value with commas between, percent-encoded`);
  }
}
