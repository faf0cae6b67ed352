//! JSON text, read where it stands: the hot half of the component.
//!
//! [`RawJson`] checks a text once and finds members in it without making a value of it; nearly
//! every event of a stream is read that way. Everything that is kept or written goes through
//! `serde_json`: [`RawJson::to_value`] and [`parse_lenient`].
//!
//! The grammar is that of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), strictly, to
//! `serde_json`'s depth of 127. Strings are lenient, because services split text anywhere: a lone
//! surrogate escape, or bytes that are not UTF-8, become U+FFFD. Surrogates encoded as three bytes
//! each (WTF-8) count as the surrogates that they are, so that a pair of them makes its character.

mod lenient;
mod raw;
mod scan;
mod unescape;
mod write;
mod wtf8;

use serde_json::Value;

pub use lenient::parse_lenient;
pub use raw::{Items, RawJson, SyntaxError};

pub(crate) use scan::{find_string_end, matches_at};
pub(crate) use unescape::{unescape, unescape_into};
pub(crate) use write::{append, escape_into, to_json, to_text};
pub(crate) use wtf8::{SurrogateJoiner, Wtf8Cow};

/// A value made of an object's members, in this order.
///
/// SIZE: not `json!`, which serializes each member into a copy and brings serde_json's serializer
/// to values: 2.4 KiB gzipped.
#[inline(never)]
pub(crate) fn object(members: Vec<(&str, Value)>) -> Value {
    members.into_iter().collect()
}
