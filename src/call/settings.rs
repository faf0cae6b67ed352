//! The settings of a call.

use crate::options::{Limits, Retry};
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
