// OCI Signature version 1, as the server verifies it.

import { createHash, verify } from "node:crypto";

/** @import { Credential, IncomingRequest } from "./types.d.ts" */

const REQUIRED = ["(request-target)", "host"];
const REQUIRED_WITH_BODY = [...REQUIRED, "content-length", "content-type", "x-content-sha256"];
const MAX_SKEW_MS = 5 * 60 * 1000;

/**
 * Why the signature of a request is invalid, or undefined when it is valid.
 *
 * @param {IncomingRequest} request
 * @param {Credential[]} credentials
 * @param {number} [now]
 */
export function signatureProblem({ method, path, headers, rawBody }, credentials, now = Date.now()) {
  const parameters = parseAuthorization(headers.authorization);
  if (!parameters) return "the authorization header is not a Signature";
  for (const name of ["version", "headers", "keyId", "algorithm", "signature"]) {
    if (parameters[name] === undefined) return `the authorization header has no ${name}`;
  }
  const { version, algorithm, keyId, headers: names = "", signature = "" } = parameters;
  if (version !== "1") return `signature version ${version} is not 1`;
  if (algorithm !== "rsa-sha256") return `algorithm ${algorithm} is not rsa-sha256`;

  const signed = names.toLowerCase().split(" ");
  const hasBody = method !== "GET";
  const required = hasBody ? REQUIRED_WITH_BODY : REQUIRED;
  for (const name of required) if (!signed.includes(name)) return `${name} is not signed`;
  const clock = signed.includes("x-date") ? "x-date" : "date";
  if (!signed.includes(clock)) return "neither date nor x-date is signed";
  const missing = signed.find((name) => name !== "(request-target)" && headers[name] === undefined);
  if (missing) return `${missing} is signed but was not sent`;

  const sent = Date.parse(headers[clock] ?? "");
  if (Number.isNaN(sent)) return `${clock} is not a date`;
  if (Math.abs(now - sent) > MAX_SKEW_MS) return `${clock} is more than 5 minutes away from the server's clock`;

  const problem = hasBody ? bodyProblem(headers, rawBody) : undefined;
  if (problem) return problem;

  const credential = credentials.find((known) => known.keyId === keyId);
  if (!credential) return "keyId is not known";
  const text = signingString({ method, path, headers }, signed);
  if (!verify("RSA-SHA256", Buffer.from(text), credential.publicKey, Buffer.from(signature, "base64"))) {
    return "the signature does not match the request";
  }
  return undefined;
}

/**
 * @param {IncomingRequest["headers"]} headers
 * @param {Buffer} rawBody
 */
function bodyProblem(headers, rawBody) {
  if (headers["content-length"] !== String(rawBody.length)) return "content-length is not the length of the body";
  const hash = createHash("sha256").update(rawBody).digest("base64");
  return headers["x-content-sha256"] === hash ? undefined : "x-content-sha256 is not the hash of the body";
}

/**
 * The text that is signed: one line for each header, in the client's order.
 *
 * @param {Pick<IncomingRequest, "method" | "path" | "headers">} request
 * @param {string[]} signed
 */
export function signingString({ method, path, headers }, signed) {
  return signed
    .map((name) =>
      name === "(request-target)" ? `${name}: ${method.toLowerCase()} ${path}` : `${name}: ${headers[name]}`,
    )
    .join("\n");
}

/**
 * The parameters of `Signature name="value",…` in any order, or undefined for another scheme.
 *
 * @param {string} [value]
 */
export function parseAuthorization(value = "") {
  const scheme = /^Signature\s+/i.exec(value);
  if (!scheme) return undefined;
  /** @type {Record<string, string>} */
  const parameters = {};
  let rest = value.slice(scheme[0].length);
  while (rest !== "") {
    const [whole, name = "", parameter = ""] = /^\s*([A-Za-z]+)="([^"]*)"\s*(?:,|$)/.exec(rest) ?? [];
    // With a repeated parameter, two verifiers could verify two different requests.
    if (whole === undefined || Object.hasOwn(parameters, name)) return undefined;
    parameters[name] = parameter;
    rest = rest.slice(whole.length);
  }
  return parameters;
}
