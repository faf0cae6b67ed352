//! Well-formed JSON text, read where it stands.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::scan::{member_value_start, string_end, value_end, whitespace_end};
use super::{parse_lenient, unescape, Wtf8Cow};

/// A JSON value within a text. The text has been checked once; each access scans it again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawJson<'a>(&'a [u8]);

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// It ends too early: with more text it may become JSON.
    UnexpectedEnd,
    /// The byte at this position can't stand there, whatever follows.
    At(usize),
}

impl<'a> RawJson<'a> {
    /// Checks a text that holds one value, with or without white space around it.
    ///
    /// ```
    /// use oci_genai_edge::json::{RawJson, SyntaxError};
    ///
    /// let event = RawJson::parse(br#"{"index":0,"message":{"role":"ASSISTANT"}}"#).unwrap();
    /// assert_eq!(event.get("index").and_then(RawJson::as_u64), Some(0));
    /// assert_eq!(RawJson::parse(b"{\"index\":"), Err(SyntaxError::UnexpectedEnd));
    /// assert_eq!(RawJson::parse(b"{index:0}"), Err(SyntaxError::At(1)));
    /// ```
    pub fn parse(text: &'a [u8]) -> Result<RawJson<'a>, SyntaxError> {
        let start = whitespace_end(text, 0);
        let end = value_end(text, start)?;
        let rest = whitespace_end(text, end);
        match text.get(start..end) {
            Some(value) if rest == text.len() => Ok(RawJson(value)),
            _ => Err(SyntaxError::At(rest)),
        }
    }

    /// The text.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.0.first() == Some(&b'{')
    }

    /// Whether it is an array.
    pub fn is_array(self) -> bool {
        self.0.first() == Some(&b'[')
    }

    /// Whether it is a string.
    pub fn is_string(self) -> bool {
        self.0.first() == Some(&b'"')
    }

    /// Whether it is null.
    pub fn is_null(self) -> bool {
        self.0 == b"null"
    }

    /// A member, if this is an object that has it. Of equal names the last one counts. Null is a
    /// value. A name that is not Unicode is never found, not even by its form with U+FFFD.
    pub fn get(self, name: &str) -> Option<RawJson<'a>> {
        let [found] = self.pick([name]);
        found
    }

    /// Several members at once.
    pub fn pick<const N: usize>(self, names: [&str; N]) -> [Option<RawJson<'a>>; N] {
        self.pick_known(names).0
    }

    /// Several members at once, and whether there are others.
    pub(crate) fn pick_known<const N: usize>(
        self,
        names: [&str; N],
    ) -> ([Option<RawJson<'a>>; N], bool) {
        let mut found = [None; N];
        let has_others = self.find(&names, &mut found);
        (found, has_others)
    }

    /// The members whose names are not among these, up to a number of them, with their names as
    /// text.
    pub(crate) fn others(self, known: &[&str], max: usize) -> Vec<(String, RawJson<'a>)> {
        let mut others = Vec::new();
        self.each_member(|name, value| {
            if others.len() < max && !known.iter().any(|known| known.as_bytes() == name) {
                others.push((Wtf8Cow(Cow::Borrowed(name)).to_lossy(), value));
            }
        });
        others
    }

    #[inline(never)]
    fn find(self, names: &[&str], found: &mut [Option<RawJson<'a>>]) -> bool {
        let mut has_others = false;
        self.each_member(|own_name, value| {
            let mut is_other = true;
            for (name, member) in names.iter().zip(found.iter_mut()) {
                if name.len() == own_name.len() && name.as_bytes() == own_name {
                    *member = Some(value);
                    is_other = false;
                }
            }
            has_others |= is_other;
        });
        has_others
    }

    /// Calls a function with the name and the value of each member of an object, in order.
    #[inline(always)]
    fn each_member(self, mut visit: impl FnMut(&[u8], RawJson<'a>)) {
        let mut at = whitespace_end(self.0, 1);
        while self.is_object() && self.0.get(at) == Some(&b'"') {
            // The text has been checked, so none of these can fail.
            let (Ok(name), Ok(start)) =
                (string_end(self.0, at + 1), member_value_start(self.0, at))
            else {
                return;
            };
            let Ok(end) = value_end(self.0, start) else {
                return;
            };
            let own_name = self.0.get(at + 1..name.quote).unwrap_or_default();
            let own_name = if name.has_escapes {
                unescape(own_name)
            } else {
                Cow::Borrowed(own_name)
            };
            if let Some(value) = self.0.get(start..end) {
                visit(&own_name, RawJson(value));
            }
            at = next_item(self.0, end);
        }
    }

    /// The items of an array; none of anything else.
    pub fn items(self) -> Items<'a> {
        let rest = if self.is_array() { self.0 } else { &[] };
        Items {
            rest,
            at: whitespace_end(rest, 1),
        }
    }

    /// The content of a string.
    pub(crate) fn text(self) -> Option<Wtf8Cow<'a>> {
        let content = self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        Some(Wtf8Cow(unescape(content)))
    }

    /// The content of a string, with U+FFFD where it is not Unicode.
    pub fn to_text(self) -> Option<String> {
        self.text().map(|text| text.to_lossy())
    }

    /// A number that is written in digits only and fits.
    pub fn as_u64(self) -> Option<u64> {
        if !self.0.first()?.is_ascii_digit() {
            return None;
        }
        std::str::from_utf8(self.0).ok()?.parse().ok()
    }

    /// The value by itself: see [`parse_lenient`]. Null if there is a number in it that is beyond
    /// `f64`, which nothing else can fail on in a checked text.
    pub fn to_value(self) -> Value {
        parse_lenient(self.0).unwrap_or_default()
    }

    /// Where it begins in the text that it was parsed from.
    pub(crate) fn offset_in(self, text: &[u8]) -> usize {
        (self.0.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
    }
}

impl fmt::Debug for RawJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

/// The items of an array: see [`RawJson::items`].
#[derive(Clone, Debug, Default)]
pub struct Items<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = RawJson<'a>;

    fn next(&mut self) -> Option<RawJson<'a>> {
        if matches!(self.rest.get(self.at), Some(b']') | None) {
            return None;
        }
        let end = value_end(self.rest, self.at).ok()?;
        let item = self.rest.get(self.at..end).map(RawJson);
        self.at = next_item(self.rest, end);
        item
    }
}

/// Behind the comma that follows a value, or at the end of its container.
fn next_item(text: &[u8], end: usize) -> usize {
    let at = whitespace_end(text, end);
    if text.get(at) == Some(&b',') {
        whitespace_end(text, at + 1)
    } else {
        at
    }
}
