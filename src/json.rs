//! JSON text <-> values, in one place: every other instance of the parser or the writer would cost kilobytes of wasm.

use serde::Serialize;
use serde_json::Value;

/// Parses JSON text. Stops at a depth of 128.
#[inline(never)]
pub(crate) fn parse(json: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(json)
}

/// Writes a value. Writing what was JSON before, or is made of strings and numbers, to memory can't fail.
#[inline(never)]
pub(crate) fn write(value: &Value) -> Vec<u8> {
    to_vec(value)
}

/// Writes anything that is made of strings, numbers and values.
pub(crate) fn to_vec(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
