// OCI Signature version 1, seen from the server: what a request must prove before its body is read.

import { createHash, verify } from "node:crypto";

const REQUIRED = ["(request-target)", "host", "content-length", "content-type", "x-content-sha256"];
const MAX_SKEW_MS = 5 * 60 * 1000;

/**
 * Checks the signature of a request that has a body.
 * Returns undefined when it holds, otherwise why it does not.
 */
export function signatureProblem({ method, path, headers, rawBody }, credentials, now = Date.now()) {
  const parameters = parseAuthorization(headers.authorization);
  if (!parameters) return "the authorization header is not a Signature";
  for (const name of ["version", "headers", "keyId", "algorithm", "signature"]) {
    if (parameters[name] === undefined) return `the authorization header has no ${name}`;
  }
  if (parameters.version !== "1") return `signature version ${parameters.version} is not 1`;
  if (parameters.algorithm !== "rsa-sha256") return `algorithm ${parameters.algorithm} is not rsa-sha256`;

  const signed = parameters.headers.toLowerCase().split(" ");
  for (const name of REQUIRED) if (!signed.includes(name)) return `${name} is not signed`;
  const clock = signed.includes("x-date") ? "x-date" : "date";
  if (!signed.includes(clock)) return "neither date nor x-date is signed";
  const missing = signed.find((name) => name !== "(request-target)" && headers[name] === undefined);
  if (missing) return `${missing} is signed but was not sent`;

  const sent = Date.parse(headers[clock]);
  if (Number.isNaN(sent)) return `${clock} is not a date`;
  if (Math.abs(now - sent) > MAX_SKEW_MS) return `${clock} is more than 5 minutes away from the server's clock`;

  if (headers["content-length"] !== String(rawBody.length)) return "content-length is not the length of the body";
  const hash = createHash("sha256").update(rawBody).digest("base64");
  if (headers["x-content-sha256"] !== hash) return "x-content-sha256 is not the hash of the body";

  const credential = credentials.find(({ keyId }) => keyId === parameters.keyId);
  if (!credential) return "keyId is not known";
  const text = signingString({ method, path, headers }, signed);
  const signature = Buffer.from(parameters.signature, "base64");
  if (!verify("RSA-SHA256", Buffer.from(text), credential.publicKey, signature)) {
    return "the signature does not match the request";
  }
  return undefined;
}

/** The text that is signed: one line per name, in the order the client listed them. */
export function signingString({ method, path, headers }, signed) {
  return signed
    .map((name) =>
      name === "(request-target)" ? `${name}: ${method.toLowerCase()} ${path}` : `${name}: ${headers[name]}`,
    )
    .join("\n");
}

/** The parameters of `Signature name="value",…` in any order, or undefined for another scheme. */
export function parseAuthorization(value = "") {
  const scheme = /^Signature\s+/i.exec(value);
  if (!scheme) return undefined;
  const parameters = {};
  let rest = value.slice(scheme[0].length);
  while (rest !== "") {
    const match = /^\s*([A-Za-z]+)="([^"]*)"\s*(?:,|$)/.exec(rest);
    // A repeated parameter would let two readers verify two different things.
    if (!match || Object.hasOwn(parameters, match[1])) return undefined;
    parameters[match[1]] = match[2];
    rest = rest.slice(match[0].length);
  }
  return parameters;
}
