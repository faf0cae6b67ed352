//! JSON, as far as a chat needs it: text that is known to be well-formed and is read where it stands ([`Json`]), values that are
//! kept ([`Value`]), and the writer.
//!
//! Why not serde: in WebAssembly its derived readers, its numbers and its map weighed more than all of this component (the
//! figures are in `docs/performance.md`), and an event of a stream is read without making a value of it. `serde_json` is the
//! oracle that the tests hold this module against, text by text.
//!
//! The grammar is that of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), strictly, to a depth of 127. Numbers are kept as
//! they are written, so that none loses a digit on its way, and none is too large. Strings are forgiving: half of a surrogate
//! pair, or bytes that are no UTF-8, make U+FFFD of themselves and nothing else. Halves that stand as three bytes each, which is
//! no UTF-8 either, are the halves that they are: two of them meet.

mod raw;
mod scan;
mod value;
mod write;
mod wtf8;

pub use raw::{Flaw, Json};
pub use value::{Map, Number, Value};

pub(crate) use raw::unescaped;
pub(crate) use scan::{is_at, quote};
pub(crate) use value::{digits, object};
pub(crate) use write::{content as write_content, Members};
pub(crate) use wtf8::{Joiner, Text};

/// Parses JSON text into a value.
#[inline(never)]
pub fn parse(text: &[u8]) -> Result<Value, Flaw> {
    value::parse(text)
}

/// Parses JSON text into a value.
pub fn parse_lenient(text: &[u8]) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::from_slice(text)
}

/// Writes a value.
pub fn write(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write::value(&mut out, value);
    out
}

/// A value, for tests.
#[cfg(test)]
macro_rules! json {
    ($($text:tt)*) => { $crate::json::parse(serde_json::json!($($text)*).to_string().as_bytes()).unwrap() };
}
#[cfg(test)]
pub(crate) use json;
