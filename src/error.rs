//! The one error of the crate: a closed set of codes, and what a reader of a log needs beside them.

use std::borrow::Cow;
use std::fmt;

macro_rules! codes {
    ($( $(#[$doc:meta])* $variant:ident = $text:literal, )*) => {
        /// What went wrong, as a closed set. [`Code::as_str`] gives the words of `OciErrorCode` in `index.d.ts`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $( $(#[$doc])* $variant, )* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[ $( Code::$variant, )* ];

            /// The name that JavaScript sees.
            pub const fn as_str(self) -> &'static str {
                match self { $( Code::$variant => $text, )* }
            }
        }
    };
}

codes! {
    /// An option of the client is missing or can't be used.
    InvalidOptions = "invalid_options",
    /// The model id is empty, malformed, or names something that can't be called.
    InvalidModel = "invalid_model",
    /// The request can't be expressed on the wire that it would take, or isn't a chat request.
    InvalidRequest = "invalid_request",
    /// A call that needs a compartment was made without `compartmentId`.
    MissingCompartment = "missing_compartment",
    /// The configured region or realm contradicts the one that the OCID names.
    RegionMismatch = "region_mismatch",
    /// The signing hook threw; nothing was sent.
    SignerFailed = "signer_failed",
    /// The signing hook returned something other than signing headers; nothing was sent.
    InvalidSignature = "invalid_signature",
    /// The connection failed or broke before an answer.
    Network = "network",
    /// The service answered with a redirect, which is never followed: the signature is for one host.
    Redirected = "redirected",
    /// A limit of `timeouts` ran out.
    Timeout = "timeout",
    /// 401.
    Unauthorized = "unauthorized",
    /// 404: no such thing, or no policy that allows it, or the wrong region. OCI does not say which.
    NotFoundOrUnauthorized = "not_found_or_unauthorized",
    /// 409.
    Conflict = "conflict",
    /// 429.
    RateLimited = "rate_limited",
    /// Another 4xx.
    BadRequest = "bad_request",
    /// The service's moderation refused the input or the output.
    ContentFiltered = "content_filtered",
    /// The model behind the endpoint speaks another `apiFormat`.
    WrongApiFormat = "wrong_api_format",
    /// 503, 502 or 504.
    ServiceUnavailable = "service_unavailable",
    /// Another 5xx.
    ServiceError = "service_error",
    /// The answer can't be read.
    InvalidResponse = "invalid_response",
    /// The body is compressed in a way that the runtime did not undo.
    UnsupportedEncoding = "unsupported_encoding",
    /// A limit of `limits` was exceeded.
    LimitExceeded = "limit_exceeded",
    /// The stream ended before the answer did.
    StreamTruncated = "stream_truncated",
    /// The service reported an error in the middle of a stream, or the stream became unreadable.
    StreamError = "stream_error",
    /// Every target of an alias failed.
    AllTargetsFailed = "all_targets_failed",
    /// A fault of this component. Please report it.
    Internal = "internal",
}

impl Code {
    /// Whether the same call may succeed when it is made again later.
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Code::Network
                | Code::Timeout
                | Code::Conflict
                | Code::RateLimited
                | Code::ServiceUnavailable
                | Code::ServiceError
                | Code::StreamTruncated
                | Code::StreamError
                | Code::AllTargetsFailed
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure: its code, a sentence, and what the service said. Holds no header, key, token or prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    code: Code,
    message: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
    param: Option<String>,
    status: Option<u16>,
    service_code: Option<String>,
    opc_request_id: Option<String>,
}

/// What a function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with its sentence.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            code,
            message: message.into(),
            hint: None,
            param: None,
            status: None,
            service_code: None,
            opc_request_id: None,
        }))
    }

    /// `invalid_request` about one parameter.
    pub fn param(param: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Error::new(Code::InvalidRequest, message);
        error.0.param = Some(param.into());
        error
    }

    /// The same error under another code.
    #[must_use]
    pub(crate) fn with_code(mut self, code: Code) -> Self {
        self.0.code = code;
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

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// One sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to check, where that can be said.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The request parameter at fault, as OpenAI names it: `messages[2].content`.
    pub fn param_name(&self) -> Option<&str> {
        self.0.param.as_deref()
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// OCI's own code.
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }

    /// OCI's id of the request.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_snake_case() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names
            .iter()
            .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn an_error_reads_as_a_sentence() {
        let error = Error::param("n", "n must be 1").with_hint("ask twice");
        assert_eq!(
            error.to_string(),
            "invalid_request: n must be 1 (ask twice)"
        );
        assert_eq!(error.param_name(), Some("n"));
    }
}
