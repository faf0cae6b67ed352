//! The settings of a call.

use crate::options::{CallOptions, Limits, Options, Retry};
use crate::routing::Strategy;

/// What a call is made with, besides its operation and its targets.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether chunks are wanted, or the whole answer.
    pub stream: bool,
    /// Whether a stream that can't be opened is requested again without streaming.
    pub fallback: bool,
    /// How often to try.
    pub retry: Retry,
    /// In which order the targets are tried.
    pub strategy: Strategy,
    /// How much to receive.
    pub limits: Limits,
    /// Sent with every request; lower-case names.
    pub headers: Vec<(String, String)>,
    /// Whether a signer signs: the openai transport then names the compartment in a header.
    pub signs: bool,
    /// Random, and different for each call: its delays and its retry tokens follow from it.
    pub id: String,
}

impl Settings {
    /// The settings of a signed stream with the default options. `id` as in [`Settings::id`];
    /// letters, digits and hyphens.
    pub fn new(id: impl Into<String>) -> Settings {
        Settings::with_options(&Options::default(), CallOptions::default(), id.into())
    }

    /// The same with the options of a client, and those of the call itself.
    pub fn with_options(options: &Options, call: CallOptions, id: String) -> Settings {
        let mut headers = options.headers.clone();
        headers.extend(call.headers);
        Settings {
            stream: true,
            fallback: call.fallback.unwrap_or(options.fallback),
            retry: options.retry.of_call(call.over_http),
            strategy: options.strategy,
            limits: options.limits,
            headers,
            signs: true,
            id,
        }
    }
}
