// One request, what the service would say of its signature, and how a signer fails.

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { OciError } from "oci-genai-edge";
import { signatureProblem } from "../../simulator/signature.mjs";

/** @import { RequestSigner, SignableRequest } from "oci-genai-edge" */
/** @import { Credential } from "../../simulator/types.d.ts" */

/** @type {SignableRequest} */
export const REQUEST = {
  method: "POST",
  url: "https://oci.invalid/20231130/actions/chat",
  headers: { "content-type": "application/json" },
  body: new TextEncoder().encode('{"a":1}'),
  attempt: 1,
};

/**
 * Why the service would reject what was signed.
 *
 * @param {RequestSigner} sign
 * @param {Credential[]} credentials
 * @param {number} [now]
 */
export async function problem(sign, credentials, now) {
  const headers = new Headers(/** @type {ConstructorParameters<typeof Headers>[0]} */ (await sign(REQUEST)));
  for (const [name, value] of Object.entries(REQUEST.headers)) headers.set(name, value);
  headers.set("host", "oci.invalid");
  headers.set("content-length", String(REQUEST.body.length));
  const request = { method: "POST", path: "/20231130/actions/chat", rawBody: Buffer.from(REQUEST.body) };
  return signatureProblem({ ...request, headers: Object.fromEntries(headers) }, credentials, now);
}

/** @param {RequestSigner} sign */
export async function keyIdOf(sign) {
  const headers = new Headers(/** @type {ConstructorParameters<typeof Headers>[0]} */ (await sign(REQUEST)));
  return /keyId="([^"]*)"/.exec(headers.get("authorization") ?? "")?.[1];
}

/**
 * Asserts how a promise rejects, and that the error shows no secret.
 *
 * @param {string[]} secrets
 * @param {Promise<unknown>} promise
 * @param {string} code
 * @param {RegExp} message
 * @param {RegExp} [hint]
 */
export function rejectsWithout(secrets, promise, code, message, hint) {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof OciError, inspect(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    if (hint) assert.match(error.hint ?? "", hint);
    const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
    for (const secret of secrets) assert.ok(!shown.includes(secret), "the error shows a secret");
    return true;
  });
}
