// Assertions about failures.

import assert from "node:assert/strict";
import { OciError } from "oci-genai-edge";

/** @import { OciErrorCode } from "oci-genai-edge" */

/**
 * For `assert.rejects` and `assert.throws`: accepts an OciError of this code. A pattern is matched
 * against message, hint and the service's words, a function makes further assertions.
 *
 * @param {OciErrorCode} code
 * @param {...(RegExp | ((error: OciError) => void))} checks
 * @returns {(error: unknown) => true}
 */
export function failsWith(code, ...checks) {
  return (error) => {
    assert.ok(error instanceof OciError, String(error));
    assert.equal(error.code, code, error.message);
    for (const check of checks) {
      if (check instanceof RegExp) assert.match(`${error.message} ${error.hint} ${error.serviceMessage}`, check);
      else check(error);
    }
    return true;
  };
}

/**
 * Asserts that a promise rejects with this very value, which need not be an error.
 *
 * @param {Promise<unknown>} promise
 * @param {unknown} reason
 */
export async function rejectsWithReason(promise, reason) {
  assert.equal(await rejection(promise), reason);
}

/**
 * What a promise rejects with. Fails if it resolves.
 *
 * @param {Promise<unknown>} promise
 * @returns {Promise<any>}
 */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail("the promise did not reject");
}

/** Client options for calls that must fail before anything is signed or sent. */
export const OFFLINE = {
  sign: () => assert.fail("nothing may be signed"),
  fetch: () => assert.fail("nothing may be sent"),
};
