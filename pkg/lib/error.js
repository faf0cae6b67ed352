// OciError: the one class of every failure.

/**
 * Every failure of this package, except an abort by the caller, which rejects with the signal's own reason. See `OciErrorCode`
 * in index.d.ts for the codes.
 */
export class OciError extends Error {
  constructor(fields, cause) {
    super(fields.message, cause === undefined ? undefined : { cause });
    this.code = fields.code;
    this.retryable = fields.retryable ?? false;
    this.attempts = fields.attempts ?? [];
    for (const name of ["status", "serviceCode", "opcRequestId", "hint", "param", "partial"]) {
      if (fields[name] !== undefined) this[name] = fields[name];
    }
    // An answer that broke off is there for whoever asks, and not for whoever prints the error.
    if (this.partial !== undefined) Object.defineProperty(this, "partial", { enumerable: false });
  }

  get name() {
    return "OciError";
  }

  /** For logs. Holds neither what was sent nor what was answered, nor what the host threw. */
  toJSON() {
    const { code, message, status, serviceCode, opcRequestId, retryable, hint, param, attempts } = this;
    return { name: "OciError", code, message, status, serviceCode, opcRequestId, retryable, hint, param, attempts };
  }
}

/** An error about the options or the request, found before wasm was asked. */
export function refuse(code, message, hint, cause) {
  return new OciError({ code, message, hint }, cause);
}
