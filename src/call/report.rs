//! The report of a call: for logs, metrics, billing.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// One request and how it ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub(super) url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) opc_request_id: Option<String>,
    #[serde(serialize_with = "whole_milliseconds")]
    pub(super) ms: f64,
    #[serde(skip)]
    pub(super) started: f64,
}

/// `CallReport` of `index.d.ts`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report<'a> {
    pub(super) operation: &'static str,
    pub(super) model: &'a str,
    pub(super) attempts: &'a [Attempt],
    pub(super) streamed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fallback: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) finish_reason: Option<&'a str>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "some_milliseconds"
    )]
    pub(super) first_chunk_ms: Option<f64>,
    #[serde(serialize_with = "whole_milliseconds")]
    pub(super) total_ms: f64,
    pub(super) phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<&'static str>,
}

/// Runtimes' clocks have whole milliseconds. A clock that was set back counts as 0.
fn whole_milliseconds<S: Serializer>(ms: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(*ms as u32)
}

fn some_milliseconds<S: Serializer>(ms: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    whole_milliseconds(&ms.unwrap_or_default(), serializer)
}
