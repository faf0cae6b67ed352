//! What a call asks of its shell, and what the shell reports.

use crate::error::Error;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Send this, then report [`Call::on_response`](super::Call::on_response) or
    /// [`Call::on_error`](super::Call::on_error).
    Send(PreparedRequest),
    /// Wait so many milliseconds, then ask again.
    Wait(f64),
    /// Read on in the body: [`Call::on_body_chunk`](super::Call::on_body_chunk),
    /// [`Call::on_body_end`](super::Call::on_body_end).
    Read,
    /// The first chunk has been emitted. Read on in the body.
    Stream,
    /// The answer is complete.
    Done,
    /// The call failed.
    Fail(Error),
}

/// A request that is to be signed and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedRequest {
    /// Where to.
    pub url: String,
    /// Lower-case names; without authorization, host and content-length.
    pub headers: Vec<(String, String)>,
    /// Exactly these bytes.
    pub body: Vec<u8>,
    /// 1, 2, …
    pub attempt: u32,
    /// Whether an API key may authorize this request: on the openai transport only.
    pub accepts_api_key: bool,
}

/// The status and the headers of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The HTTP status; 0 where the runtime hides a redirect.
    pub status: u16,
    /// `content-type`
    pub content_type: String,
    /// `opc-request-id`
    pub opc_request_id: Option<String>,
    /// `retry-after`, of a failure.
    pub retry_after: Option<String>,
    /// `retry-after-ms`, of a failure.
    pub retry_after_ms: Option<String>,
    /// `date`, of a failure.
    pub date: Option<String>,
}

/// Whether a call has ended, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// There is more to do: see [`Call::next_step`](super::Call::next_step).
    InProgress,
    /// The answer is complete.
    Done,
    /// The call failed.
    Failed,
}

/// The time, in milliseconds since some epoch: a number, or a function that is called only where
/// the time is needed.
pub trait Clock {
    /// The time now.
    fn now_ms(self) -> f64;
}

impl Clock for f64 {
    fn now_ms(self) -> f64 {
        self
    }
}

impl Clock for fn() -> f64 {
    fn now_ms(self) -> f64 {
        self()
    }
}
