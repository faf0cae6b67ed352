// Printed from the table in src/error.rs by tests/it/generated.rs (UPDATE=1 cargo test --test it generated).
// Do not edit.

/**
 * What each error code means over HTTP: the status and the OpenAI error type that `fetch` answers
 * with, and whether a later attempt may succeed.
 */
export const CODES = Object.freeze({
  invalid_options: { status: 500, type: "server_error", retryable: false },
  invalid_model: { status: 404, type: "invalid_request_error", retryable: false },
  invalid_request: { status: 400, type: "invalid_request_error", retryable: false },
  missing_compartment: { status: 500, type: "server_error", retryable: false },
  region_mismatch: { status: 500, type: "server_error", retryable: false },
  signer_failed: { status: 500, type: "server_error", retryable: false },
  invalid_signature: { status: 500, type: "server_error", retryable: false },
  network: { status: 502, type: "server_error", retryable: true },
  redirected: { status: 502, type: "server_error", retryable: false },
  timeout: { status: 504, type: "server_error", retryable: true },
  unauthorized: { status: 401, type: "authentication_error", retryable: false },
  not_found_or_unauthorized: { status: 404, type: "not_found_error", retryable: false },
  conflict: { status: 409, type: "server_error", retryable: true },
  rate_limited: { status: 429, type: "rate_limit_error", retryable: true },
  bad_request: { status: 400, type: "invalid_request_error", retryable: false },
  content_filtered: { status: 400, type: "invalid_request_error", retryable: false },
  wrong_api_format: { status: 400, type: "invalid_request_error", retryable: false },
  service_unavailable: { status: 503, type: "server_error", retryable: true },
  service_error: { status: 502, type: "server_error", retryable: true },
  invalid_response: { status: 502, type: "server_error", retryable: false },
  unsupported_encoding: { status: 502, type: "server_error", retryable: false },
  limit_exceeded: { status: 502, type: "server_error", retryable: false },
  stream_truncated: { status: 502, type: "server_error", retryable: true },
  stream_error: { status: 502, type: "server_error", retryable: true },
  all_targets_failed: { status: 502, type: "server_error", retryable: true },
  internal: { status: 500, type: "server_error", retryable: false },
});
