//! What there is to tell of a call when it is over: for logs, metrics, billing.

use crate::gather::each;
use crate::json::{Map, Value};

/// One request and how it ended.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(crate) url: String,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<&'static str>,
    pub(crate) opc_request_id: Option<String>,
    pub(crate) ms: f64,
    pub(crate) started: f64,
}

/// `CallReport`
#[derive(Clone, Debug)]
pub struct Report<'a> {
    pub(crate) model: &'a str,
    pub(crate) attempts: &'a [Attempt],
    pub(crate) streamed: bool,
    pub(crate) fallback: Option<&'a str>,
    pub(crate) usage: Option<&'a Value>,
    pub(crate) finish_reason: Option<&'a str>,
    pub(crate) first_chunk_ms: Option<f64>,
    pub(crate) total_ms: f64,
    pub(crate) error: Option<&'static str>,
}

impl Attempt {
    /// As JavaScript sees it.
    pub fn to_value(&self) -> Value {
        let mut told = Map::new();
        told.insert("url", self.url.as_str().into());
        told.insert_some("status", self.status.map(u64::from));
        told.insert_some("code", self.code);
        told.insert_some("opcRequestId", self.opc_request_id.as_deref());
        told.insert("ms", milliseconds(self.ms));
        told.into()
    }
}

impl Report<'_> {
    /// As JavaScript sees it.
    pub fn to_value(&self) -> Value {
        let mut told = Map::new();
        told.insert("model", self.model.into());
        told.insert(
            "attempts",
            each(self.attempts.iter(), Attempt::to_value).into(),
        );
        told.insert("streamed", self.streamed.into());
        told.insert_some("fallback", self.fallback);
        told.insert_some("usage", self.usage);
        told.insert_some("finishReason", self.finish_reason);
        told.insert_some("firstChunkMs", self.first_chunk_ms.map(milliseconds));
        told.insert("totalMs", milliseconds(self.total_ms));
        told.insert_some("error", self.error);
        told.into()
    }
}

/// Whole milliseconds: that is how exact a runtime's clock is. One that was set back makes none.
fn milliseconds(ms: f64) -> Value {
    (ms as u64).into()
}
