/**
 * The code of an error of Node (`ENOENT`), also where it is the cause of another error (`fetch`); otherwise the
 * name of the error.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function codeOf(error) {
  if (!(error instanceof Error)) return typeof error;
  const code = stringCode(error.cause) ?? stringCode(error);
  return code ?? error.name;
}

/** A DOMException's `code` is a number, and says less than its name. */
function stringCode(/** @type {unknown} */ error) {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
