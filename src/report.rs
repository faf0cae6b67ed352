//! What there is to tell of a call when it is over: for logs, metrics, billing.

use serde::Serialize;
use serde_json::Value;

/// One request and how it ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub(crate) url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) opc_request_id: Option<String>,
    pub(crate) ms: f64,
    #[serde(skip)]
    pub(crate) started: f64,
}

/// `CallReport`
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report<'a> {
    pub(crate) model: &'a str,
    pub(crate) attempts: &'a [Attempt],
    pub(crate) streamed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fallback: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_chunk_ms: Option<f64>,
    pub(crate) total_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'static str>,
}
