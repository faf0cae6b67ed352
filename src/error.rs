//! The one error type of the crate, and the table of everything that follows from an error code.

use std::borrow::Cow;
use std::fmt;

/// What the call state machine may do about a failure before the first chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Transient: send the same request to the same target again, after a backoff.
    pub retry: bool,
    /// Retry a stream once as a stream before it falls back: streaming is the less likely cause.
    pub retry_stream: bool,
    /// Send a streamed request once more without streaming.
    pub fall_back: bool,
    /// Try the next target of an alias.
    pub next_target: bool,
}

impl Recovery {
    /// Fails the call at once: neither a repetition nor another target would change the outcome.
    pub const FATAL: Recovery = Recovery {
        retry: false,
        retry_stream: false,
        fall_back: false,
        next_target: false,
    };
    /// Only another target can help.
    pub const NEXT_TARGET: Recovery = Recovery {
        next_target: true,
        ..Recovery::FATAL
    };
    /// The target may be able to answer without streaming.
    pub const FALL_BACK: Recovery = Recovery {
        fall_back: true,
        ..Recovery::NEXT_TARGET
    };
    /// Transient, and the same without streaming.
    pub const RETRY: Recovery = Recovery {
        retry: true,
        ..Recovery::NEXT_TARGET
    };
    /// Transient, and the target may be able to answer without streaming.
    pub const RETRY_AND_FALL_BACK: Recovery = Recovery {
        retry: true,
        ..Recovery::FALL_BACK
    };
    /// The same, but the next attempt streams too.
    pub const RETRY_STREAM_AND_FALL_BACK: Recovery = Recovery {
        retry_stream: true,
        ..Recovery::RETRY_AND_FALL_BACK
    };
}

/// What a failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's options or request: nothing was sent.
    Caller,
    /// The target, or the way to it: other calls would probably fail there too.
    Target,
    /// This one call: its signer, its request or its answer.
    Call,
}

const CALLER: Fault = Fault::Caller;
const TARGET: Fault = Fault::Target;
const CALL: Fault = Fault::Call;

// OpenAI's error types: https://platform.openai.com/docs/guides/error-codes
const INVALID_REQUEST: &str = "invalid_request_error";
const AUTHENTICATION: &str = "authentication_error";
const NOT_FOUND: &str = "not_found_error";
const RATE_LIMIT: &str = "rate_limit_error";
const SERVER: &str = "server_error";

macro_rules! failure_table {
    ($(
        $(#[$doc:meta])*
        $variant:ident: $name:literal, $status:literal, $openai_type:ident, $retryable:literal,
        $recovery:ident, $fault:ident;
    )*) => {
        /// What went wrong, as a closed set: [`Code::as_str`] is an `OciErrorCode` of `index.d.ts`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $( $(#[$doc])* $variant, )* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[ $( Code::$variant, )* ];

            /// The name that JavaScript sees.
            pub const fn as_str(self) -> &'static str {
                match self { $( Code::$variant => $name, )* }
            }

            /// The code of that name.
            pub fn from_name(name: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.as_str() == name)
            }

            /// The HTTP status that the client's `fetch` answers with.
            pub const fn http_status(self) -> u16 {
                match self { $( Code::$variant => $status, )* }
            }

            /// The `type` in OpenAI's error body.
            pub const fn openai_type(self) -> &'static str {
                match self { $( Code::$variant => $openai_type, )* }
            }

            /// Whether the same call may succeed when it is made again later.
            pub const fn is_retryable(self) -> bool {
                match self { $( Code::$variant => $retryable, )* }
            }

            /// What the call may do about it before the first chunk.
            pub const fn recovery(self) -> Recovery {
                match self { $( Code::$variant => Recovery::$recovery, )* }
            }

            /// What it is about.
            pub const fn fault(self) -> Fault {
                match self { $( Code::$variant => $fault, )* }
            }
        }
    };
}

// Columns: name, HTTP status, OpenAI error type, retryable, recovery, fault.
// `pkg/lib/codes.js` is printed from this table, and `OciErrorCode` in `pkg/index.d.ts` has to list
// the same names: tests/it/generated.rs.
failure_table! {
    /// A client option is missing, unknown or invalid.
    InvalidOptions: "invalid_options", 500, SERVER, false, NEXT_TARGET, CALLER;
    /// The model id is empty, malformed, or names something that can't be called.
    InvalidModel: "invalid_model", 404, INVALID_REQUEST, false, NEXT_TARGET, CALLER;
    /// Not a chat request, or one that the model's wire format can't express.
    InvalidRequest: "invalid_request", 400, INVALID_REQUEST, false, NEXT_TARGET, CALLER;
    /// The call needs a compartment and has no `compartmentId`.
    MissingCompartment: "missing_compartment", 500, SERVER, false, NEXT_TARGET, CALLER;
    /// The configured region or realm contradicts the one that the OCID names.
    RegionMismatch: "region_mismatch", 500, SERVER, false, NEXT_TARGET, CALLER;
    /// The signer threw; nothing was sent.
    SignerFailed: "signer_failed", 500, SERVER, false, FATAL, CALL;
    /// The signer returned something other than signing headers; nothing was sent.
    InvalidSignature: "invalid_signature", 500, SERVER, false, FATAL, CALL;
    /// The connection failed, or broke before the first chunk.
    Network: "network", 502, SERVER, true, RETRY_AND_FALL_BACK, TARGET;
    /// A redirect, which is never followed: the signature is for one host.
    Redirected: "redirected", 502, SERVER, false, NEXT_TARGET, TARGET;
    /// One of `timeouts` expired. They limit the whole call, so no other target has time left
    /// either.
    Timeout: "timeout", 504, SERVER, true, FATAL, TARGET;
    /// 401.
    Unauthorized: "unauthorized", 401, AUTHENTICATION, false, NEXT_TARGET, TARGET;
    /// 404: it does not exist, no policy allows it, or the region is wrong. OCI does not say which.
    NotFoundOrUnauthorized: "not_found_or_unauthorized", 404, NOT_FOUND, false, NEXT_TARGET, TARGET;
    /// 409.
    Conflict: "conflict", 409, SERVER, true, RETRY_AND_FALL_BACK, TARGET;
    /// 429.
    RateLimited: "rate_limited", 429, RATE_LIMIT, true, RETRY, TARGET;
    /// Any other 4xx: the request would fail in any form and anywhere, unless a [`Reason`] says
    /// otherwise.
    BadRequest: "bad_request", 400, INVALID_REQUEST, false, FATAL, CALL;
    /// The service's content moderation rejected the input or the output. The prompt is not sent
    /// again: not without streaming, and not to a target that may lack the guardrail.
    ContentFiltered: "content_filtered", 400, INVALID_REQUEST, false, FATAL, CALL;
    /// The model behind the endpoint takes another `apiFormat`.
    WrongApiFormat: "wrong_api_format", 400, INVALID_REQUEST, false, NEXT_TARGET, TARGET;
    /// 408, 502, 503 or 504.
    ServiceUnavailable: "service_unavailable", 503, SERVER, true, RETRY_STREAM_AND_FALL_BACK, TARGET;
    /// Any other 5xx.
    ServiceError: "service_error", 502, SERVER, true, RETRY_AND_FALL_BACK, TARGET;
    /// The response is unreadable.
    InvalidResponse: "invalid_response", 502, SERVER, false, FALL_BACK, TARGET;
    /// The body has a content encoding that the runtime did not decode.
    UnsupportedEncoding: "unsupported_encoding", 502, SERVER, false, FALL_BACK, TARGET;
    /// The response exceeds one of `limits`.
    LimitExceeded: "limit_exceeded", 502, SERVER, false, FALL_BACK, CALL;
    /// The stream ended before the answer was complete.
    StreamTruncated: "stream_truncated", 502, SERVER, true, FALL_BACK, TARGET;
    /// The service reported an error in the stream, or an event is unreadable.
    StreamError: "stream_error", 502, SERVER, true, FALL_BACK, TARGET;
    /// Every target of an alias failed.
    AllTargetsFailed: "all_targets_failed", 502, SERVER, true, FATAL, CALL;
    /// A bug in this component. Please report it.
    Internal: "internal", 500, SERVER, false, FATAL, CALL;
}

/// A fact about a failure beyond its code, on which recovery depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The openai transport does not serve this model.
    ModelNotOnOpenAiTransport,
    /// A request was rejected, perhaps because it asks for a stream.
    StreamRejected,
    /// A request was rejected for something that is the target's: access to it, or its quota.
    RejectedByTarget,
    /// An event of the stream does not follow the wire format.
    UnreadableEvent,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure: a code, a message, and what the service answered. Nothing but
/// [`Error::service_message`] may hold a header, key, token or prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    code: Code,
    reason: Option<Reason>,
    message: Cow<'static, str>,
    service_message: Option<String>,
    hint: Option<Cow<'static, str>>,
    param: Option<String>,
    status: Option<u16>,
    service_code: Option<String>,
    opc_request_id: Option<String>,
    is_retryable: bool,
    retry_after_ms: Option<u64>,
}

/// What a function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with a message of one sentence.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            code,
            reason: None,
            message: message.into(),
            service_message: None,
            hint: None,
            param: None,
            status: None,
            service_code: None,
            opc_request_id: None,
            is_retryable: code.is_retryable(),
            retry_after_ms: None,
        }))
    }

    /// `invalid_request` about one parameter.
    pub fn param(param: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Error::new(Code::InvalidRequest, message);
        error.0.param = Some(param.into());
        error
    }

    /// The same error about a parameter of this name.
    #[must_use]
    pub(crate) fn with_param(mut self, param: String) -> Self {
        self.0.param = Some(param);
        self
    }

    /// The same error under another code.
    #[must_use]
    pub(crate) fn with_code(mut self, code: Code) -> Self {
        self.0.code = code;
        self.0.is_retryable = code.is_retryable();
        self
    }

    /// Adds the fact that recovery depends on.
    #[must_use]
    pub fn with_reason(mut self, reason: Reason) -> Self {
        self.0.reason = Some(reason);
        self
    }

    /// Adds the text that the service sent with the failure.
    #[must_use]
    pub fn with_service_message(mut self, text: Option<String>) -> Self {
        self.0.service_message = text;
        self
    }

    /// Adds what to check, or what to do instead.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds OCI's own code, such as `NotAuthorizedOrNotFound`.
    #[must_use]
    pub fn with_service_code(mut self, code: Option<String>) -> Self {
        self.0.service_code = code;
        self
    }

    /// Adds the request id that OCI's support asks for.
    #[must_use]
    pub fn with_opc_request_id(mut self, id: Option<String>) -> Self {
        self.0.opc_request_id = id;
        self
    }

    /// Adds the wait that the service asks for, in milliseconds.
    #[must_use]
    pub fn with_retry_after_ms(mut self, ms: Option<u64>) -> Self {
        self.0.retry_after_ms = ms;
        self
    }

    /// Says whether a later call may succeed, where the code alone does not.
    #[must_use]
    pub(crate) fn with_retryable(mut self, is_retryable: bool) -> Self {
        self.0.is_retryable = is_retryable;
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What recovery depends on beside the code.
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// What the call may do about it before the first chunk: what its reason says, else its code.
    pub fn recovery(&self) -> Recovery {
        match self.0.reason {
            Some(Reason::StreamRejected) => Recovery::FALL_BACK,
            Some(Reason::ModelNotOnOpenAiTransport | Reason::RejectedByTarget) => {
                Recovery::NEXT_TARGET
            }
            Some(Reason::UnreadableEvent) | None => self.0.code.recovery(),
        }
    }

    /// What it is about.
    pub fn fault(&self) -> Fault {
        match self.0.reason {
            Some(Reason::RejectedByTarget | Reason::ModelNotOnOpenAiTransport) => Fault::Target,
            _ => self.0.code.fault(),
        }
    }

    /// Whether the same call may succeed when it is made again later.
    pub fn is_retryable(&self) -> bool {
        self.0.is_retryable
    }

    /// The wait that the service asked for, in milliseconds from its response.
    pub fn retry_after_ms(&self) -> Option<u64> {
        self.0.retry_after_ms
    }

    /// The message, one sentence, of this crate's own words.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the service said, at most 500 characters. It may repeat anything of the request: the
    /// prompt, or a header.
    pub fn service_message(&self) -> Option<&str> {
        self.0.service_message.as_deref()
    }

    /// What to check, or what to do instead.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The invalid request parameter, as OpenAI names it: `messages[2].content`.
    pub fn param_name(&self) -> Option<&str> {
        self.0.param.as_deref()
    }

    /// The HTTP status, if the service answered.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// OCI's own code, such as `NotAuthorizedOrNotFound`.
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }

    /// The request id that OCI's support asks for.
    pub fn opc_request_id(&self) -> Option<&str> {
        self.0.opc_request_id.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())?;
        match self.hint() {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// A text of the caller's as a message may quote it: at most 120 characters, none of them a control
/// character.
pub(crate) fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 120;
    let printable = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    let mut excerpt: String = text.chars().take(MAX_CHARS).map(printable).collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;
    use Code::*;

    fn codes_with(predicate: impl Fn(Code) -> bool) -> Vec<Code> {
        let all = Code::ALL.iter().copied();
        all.filter(|code| predicate(*code)).collect()
    }

    #[test]
    fn names_are_distinct_and_snake_case() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let is_snake_case = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(names.iter().all(is_snake_case));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn transient_failures_are_retried() {
        assert_eq!(
            codes_with(|code| code.recovery().retry),
            [
                Network,
                Conflict,
                RateLimited,
                ServiceUnavailable,
                ServiceError
            ]
        );
        assert!(codes_with(|code| code.recovery().retry && !code.is_retryable()).is_empty());
    }

    #[test]
    fn fatal_failures_try_no_other_target() {
        assert_eq!(
            codes_with(|code| !code.recovery().next_target),
            [
                SignerFailed,
                InvalidSignature,
                Timeout,
                BadRequest,
                ContentFiltered,
                AllTargetsFailed,
                Internal
            ]
        );
        assert!(codes_with(|code| {
            let Recovery {
                retry,
                retry_stream,
                fall_back,
                next_target,
            } = code.recovery();
            (retry || fall_back) && !next_target || retry_stream && !(retry && fall_back)
        })
        .is_empty());
    }

    #[test]
    fn a_failure_that_streaming_has_no_part_in_does_not_fall_back() {
        let expected = [
            Redirected,
            Unauthorized,
            NotFoundOrUnauthorized,
            RateLimited,
            WrongApiFormat,
        ];
        let falls_back = |code: Code| code.recovery().fall_back;
        let is_fatal = |code: Code| code.recovery() == Recovery::FATAL;
        assert_eq!(
            codes_with(|code| {
                !falls_back(code) && !is_fatal(code) && code.fault() != Fault::Caller
            }),
            expected
        );
    }

    #[test]
    fn client_errors_only_move_to_the_next_target() {
        let client_errors = codes_with(|code| code.fault() == Fault::Caller);
        assert_eq!(
            client_errors,
            [
                InvalidOptions,
                InvalidModel,
                InvalidRequest,
                MissingCompartment,
                RegionMismatch
            ]
        );
        let recovery = client_errors.into_iter().map(Code::recovery);
        assert!(recovery
            .into_iter()
            .all(|recovery| recovery == Recovery::NEXT_TARGET));
    }

    #[test]
    fn display_shows_code_message_and_hint() {
        let error = Error::param("n", "n must be 1").with_hint("send two requests");
        assert_eq!(
            error.to_string(),
            "invalid_request: n must be 1 (send two requests)"
        );
        assert_eq!(error.param_name(), Some("n"));
    }
}
