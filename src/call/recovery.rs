//! What follows a failure before the first chunk, in this order:
//!
//! 1. a wrong assumption (the format of a Dedicated AI Cluster, the transport of one of Cohere's
//!    models) is renegotiated, and the request sent again;
//! 2. a stream that was answered with 408, 502, 503 or 504 is retried once as a stream;
//! 3. a stream is requested once more without streaming: the fallback;
//! 4. transient errors are retried with exponential backoff and full jitter, up to
//!    `retry.maxAttempts`;
//! 5. the next target of an alias is tried;
//! 6. the call fails.
//!
//! All of these together send at most `retry.maxRequests` requests, of which each target that has
//! not been tried keeps one. After the first chunk nothing is repeated: what was received stays,
//! and the call fails with it. Which of these a failure allows is in its row of the table in
//! [`crate::error`].

use super::random::Random;
use crate::error::{Code, Error, Reason};
use crate::options::Retry;
use crate::routing::{ApiFormat, Candidate, ServingMode};

/// What may still be tried on the current target.
#[derive(Clone, Debug, Default)]
pub(super) struct Recovery {
    /// Attempts, the first included; renegotiations and the fallback are not counted.
    attempt_count: u32,
    /// Whether a stream that could have fallen back was retried as a stream.
    has_retried_stream: bool,
    /// Formats that are still to be tried on a cluster whose format is only assumed; the next one
    /// is the last.
    format_candidates: Vec<ApiFormat>,
}

impl Recovery {
    /// A target that has not been tried.
    pub(super) fn of(target: &Candidate) -> Recovery {
        let route = &target.route;
        let is_assumed =
            !route.has_explicit_format() && route.api_format() == Some(ApiFormat::Generic);
        let is_dedicated = matches!(route.serving_mode(), Some(ServingMode::Dedicated { .. }));
        let format_candidates = if is_assumed && is_dedicated {
            ApiFormat::ALL
                .iter()
                .copied()
                .filter(|it| *it != ApiFormat::Generic)
                .collect()
        } else {
            Vec::new()
        };
        Recovery {
            attempt_count: 1,
            has_retried_stream: false,
            format_candidates,
        }
    }

    /// Corrects what was only assumed of the model, if the service says that it was wrong.
    pub(super) fn renegotiate(&mut self, error: &Error, target: &mut Candidate) -> bool {
        let route = match (error.code(), error.reason()) {
            (Code::WrongApiFormat, _) => self
                .format_candidates
                .pop()
                .and_then(|it| target.route.with_api_format(it)),
            (_, Some(Reason::ModelNotOnOpenAiTransport)) => target.route.moved_to_native(),
            _ => None,
        };
        let is_corrected = route.is_some();
        if let Some(route) = route {
            target.route = route;
        }
        is_corrected
    }

    /// The wait before the next attempt, in milliseconds: that which the service asks for, and a
    /// random part of the backoff, so that the calls of a moment do not come back in one moment. A
    /// service that asks for a longer wait than `maxDelayMs` gets no further request.
    pub(super) fn backoff(
        &mut self,
        error: &Error,
        retry: Retry,
        random: &mut Random,
    ) -> Option<f64> {
        let retry_after = error.retry_after_ms().unwrap_or_default() as f64;
        let may_retry = error.recovery().retry
            && self.attempt_count < retry.max_attempts
            && retry_after <= retry.max_delay_ms;
        if !may_retry {
            return None;
        }
        let doublings = self.attempt_count.saturating_sub(1).min(30) as i32;
        self.attempt_count += 1;
        let longest = retry.base_delay_ms * 2_f64.powi(doublings);
        let delay = longest.min(retry.max_delay_ms) * random.fraction();
        Some((retry_after + delay).min(retry.max_delay_ms))
    }

    /// The same for a stream that is retried as a stream although it could fall back: once.
    pub(super) fn backoff_as_stream(
        &mut self,
        error: &Error,
        retry: Retry,
        random: &mut Random,
    ) -> Option<f64> {
        if !error.recovery().retry_stream || self.has_retried_stream {
            return None;
        }
        self.has_retried_stream = true;
        self.backoff(error, retry, random)
    }
}
