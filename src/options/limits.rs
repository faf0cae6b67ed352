//! The numbers that bound a call: how large an answer may be, how often it is tried, how long it
//! may take.

use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::options::read::{OptionNames, OptionReader};
use crate::sse::DEFAULT_MAX_EVENT_BYTES;

/// The largest answer that is accepted, so that no answer can exhaust the memory of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One event, in bytes. 16 MiB: COHERE's last event repeats the whole conversation.
    pub max_event_bytes: usize,
    /// The whole answer, in bytes. 64 MiB.
    pub max_response_bytes: usize,
    /// The body of an error, in bytes; the rest is not read. 64 KiB.
    pub max_error_bytes: usize,
    /// Tool calls in one choice. 128, which is how many tools OCI accepts.
    pub max_tool_calls: usize,
}

/// How often, and after which delay, a request is repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Attempts at one target, including the first. 3.
    pub max_attempts: u32,
    /// The same for a caller that may repeat its request by itself, as HTTP clients do: the
    /// attempts of both multiply. `max_attempts` where that is set, otherwise 2.
    pub max_attempts_over_http: u32,
    /// The longest delay before the second attempt, in milliseconds, doubled for each one after.
    /// 500.
    pub base_delay_ms: f64,
    /// The longest delay, in milliseconds. If the service asks for a longer one, the request is
    /// not repeated. 8,000.
    pub max_delay_ms: f64,
    /// Requests of one call to all of its targets together, whatever they are for. 10.
    pub max_requests: u32,
}

/// How long a call may take, in milliseconds. There is no default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeouts {
    /// The whole call, from its first request to the end of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<f64>,
    /// From the start of the call to its first chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_chunk_ms: Option<f64>,
    /// From one network chunk to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunk_ms: Option<f64>,
}

/// More attempts than this are not made, whatever `retry.maxAttempts` and `retry.maxRequests` are.
const MAX_ATTEMPTS: usize = 100;

impl Limits {
    pub(super) fn read(options: &OptionReader<'_>) -> Result<Limits> {
        const NAMES: OptionNames = OptionNames {
            here: &[
                "maxEventBytes",
                "maxResponseBytes",
                "maxErrorBytes",
                "maxToolCalls",
            ],
            javascript: &[],
        };
        let default = Limits::default();
        let Some(limits) = options.object("limits", NAMES)? else {
            return Ok(default);
        };
        Ok(Limits {
            max_event_bytes: limits.count("maxEventBytes", default.max_event_bytes)?,
            max_response_bytes: limits.count("maxResponseBytes", default.max_response_bytes)?,
            max_error_bytes: limits.count("maxErrorBytes", default.max_error_bytes)?,
            max_tool_calls: limits.count("maxToolCalls", default.max_tool_calls)?,
        })
    }
}

impl Limits {
    /// `limit_exceeded` for an answer that is longer than [`Limits::max_response_bytes`].
    pub(crate) fn response_too_large(&self) -> Error {
        let limit = self.max_response_bytes;
        Error::new(
            Code::LimitExceeded,
            format!("the answer is larger than {limit} bytes"),
        )
        .with_hint("raise limits.maxResponseBytes")
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_event_bytes: DEFAULT_MAX_EVENT_BYTES,
            max_response_bytes: 64 * 1024 * 1024,
            max_error_bytes: 64 * 1024,
            max_tool_calls: 128,
        }
    }
}

impl Retry {
    pub(super) fn read(options: &OptionReader<'_>) -> Result<Retry> {
        const NAMES: OptionNames = OptionNames {
            here: &["maxAttempts", "baseDelayMs", "maxDelayMs", "maxRequests"],
            javascript: &[],
        };
        let default = Retry::default();
        let Some(retry) = options.object("retry", NAMES)? else {
            return Ok(default);
        };
        let count = |name: &str, default: u32| -> Result<u32> {
            Ok(retry.count(name, default as usize)?.min(MAX_ATTEMPTS) as u32)
        };
        Ok(Retry {
            max_attempts: count("maxAttempts", default.max_attempts)?,
            max_attempts_over_http: count("maxAttempts", default.max_attempts_over_http)?,
            base_delay_ms: retry
                .number("baseDelayMs", 0)?
                .unwrap_or(default.base_delay_ms),
            max_delay_ms: retry
                .number("maxDelayMs", 0)?
                .unwrap_or(default.max_delay_ms),
            max_requests: count("maxRequests", default.max_requests)?,
        })
    }
}

impl Retry {
    /// As it applies to a call. `over_http`: whether the caller may repeat its request by itself.
    pub(crate) fn of_call(self, over_http: bool) -> Retry {
        match over_http {
            true => Retry {
                max_attempts: self.max_attempts_over_http,
                ..self
            },
            false => self,
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Retry {
            max_attempts: 3,
            max_attempts_over_http: 2,
            base_delay_ms: 500.0,
            max_delay_ms: 8000.0,
            max_requests: 10,
        }
    }
}

impl Timeouts {
    /// These, and where one is not set that of the others.
    #[must_use]
    pub fn or(self, others: Timeouts) -> Timeouts {
        Timeouts {
            total_ms: self.total_ms.or(others.total_ms),
            first_chunk_ms: self.first_chunk_ms.or(others.first_chunk_ms),
            chunk_ms: self.chunk_ms.or(others.chunk_ms),
        }
    }

    pub(super) fn read(options: &OptionReader<'_>) -> Result<Timeouts> {
        const NAMES: OptionNames = OptionNames {
            here: &["totalMs", "firstChunkMs", "chunkMs"],
            javascript: &[],
        };
        let Some(timeouts) = options.object("timeouts", NAMES)? else {
            return Ok(Timeouts::default());
        };
        Ok(Timeouts {
            total_ms: timeouts.number("totalMs", 1)?,
            first_chunk_ms: timeouts.number("firstChunkMs", 1)?,
            chunk_ms: timeouts.number("chunkMs", 1)?,
        })
    }
}
