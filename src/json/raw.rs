//! Well-formed JSON text, read where it stands.

use std::borrow::Cow;
use std::fmt;

use super::scan::{name_end, space_end, string_end, value_end};
use super::value::{self, Value};
use crate::openai::Text;

/// Why text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It ends too early: with more text it may become JSON.
    Incomplete,
    /// What stands at this byte can't stand there, whatever follows.
    Malformed(usize),
}

/// A JSON value that stands in a text: the text is known to be well-formed, and is read again where it is looked into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(&'a [u8]);

impl<'a> Json<'a> {
    /// Checks a text that holds one value, with white space around it or without.
    ///
    /// ```
    /// use oci_genai_edge::json::{Flaw, Json};
    ///
    /// let event = Json::read(br#"{"index":0,"message":{"role":"ASSISTANT"}}"#).unwrap();
    /// assert_eq!(event.get("index").and_then(Json::as_u64), Some(0));
    /// assert_eq!(Json::read(b"{\"index\":"), Err(Flaw::Incomplete));
    /// assert_eq!(Json::read(b"{index:0}"), Err(Flaw::Malformed(1)));
    /// ```
    pub fn read(text: &'a [u8]) -> Result<Json<'a>, Flaw> {
        let start = space_end(text, 0);
        let end = value_end(text, start)?;
        let rest = space_end(text, end);
        match text.get(start..end) {
            Some(value) if rest == text.len() => Ok(Json(value)),
            _ => Err(Flaw::Malformed(rest)),
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

    /// A member, if it is an object that has it. Of a name that is given twice the last counts. Null is a value here. A name that
    /// holds something broken is found by no name, not even by one with U+FFFD in its place.
    pub fn get(self, name: &str) -> Option<Json<'a>> {
        let [found] = self.pick([name]);
        found
    }

    /// Several members at once.
    pub fn pick<const N: usize>(self, names: [&str; N]) -> [Option<Json<'a>>; N] {
        let mut found = [None; N];
        self.find(&names, &mut found);
        found
    }

    #[inline(never)]
    fn find(self, names: &[&str], found: &mut [Option<Json<'a>>]) {
        let mut at = space_end(self.0, 1);
        while self.is_object() && self.0.get(at) == Some(&b'"') {
            // What was checked before is well-formed still.
            let (Ok(name), Ok(start)) = (string_end(self.0, at + 1), name_end(self.0, at)) else {
                return;
            };
            let Ok(end) = value_end(self.0, start) else {
                return;
            };
            let given = self.0.get(at + 1..name.quote).unwrap_or_default();
            let given = if name.escapes {
                unescaped(given)
            } else {
                Cow::Borrowed(given)
            };
            for (wanted, place) in names.iter().zip(found.iter_mut()) {
                if wanted.len() == given.len() && wanted.as_bytes() == given.as_ref() {
                    *place = self.0.get(start..end).map(Json);
                }
            }
            at = next(self.0, end);
        }
    }

    /// The items of an array; none of anything else.
    pub fn items(self) -> Items<'a> {
        let rest = if self.is_array() { self.0 } else { &[] };
        Items {
            rest,
            at: space_end(rest, 1),
        }
    }

    /// The content of a string.
    pub(crate) fn text(self) -> Option<Text<'a>> {
        let content = self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        Some(Text(unescaped(content)))
    }

    /// The content of a string, with U+FFFD where it is broken.
    pub fn to_text(self) -> Option<String> {
        self.text().map(|text| text.to_lossy())
    }

    /// A whole number that is not negative and is written without point and exponent.
    pub fn as_u64(self) -> Option<u64> {
        value::digits(self.0)
    }

    /// The value by itself.
    pub fn to_value(self) -> Value {
        // What was checked before is well-formed still.
        super::parse(self.0).unwrap_or_default()
    }

    /// Where it begins in the text that it was read from.
    pub(crate) fn offset_in(self, text: &[u8]) -> usize {
        (self.0.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

/// The items of an array: see [`Json::items`].
#[derive(Clone, Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        if matches!(self.rest.get(self.at), Some(b']') | None) {
            return None;
        }
        let end = value_end(self.rest, self.at).ok()?;
        let item = self.rest.get(self.at..end).map(Json);
        self.at = next(self.rest, end);
        item
    }
}

/// Behind the comma that follows a value, or at the end of its container.
fn next(text: &[u8], end: usize) -> usize {
    let at = space_end(text, end);
    if text.get(at) == Some(&b',') {
        space_end(text, at + 1)
    } else {
        at
    }
}

/// What stands between the quotes of a well-formed string, without its escapes: UTF-8, with halves of surrogate pairs as WTF-8,
/// and broken bytes as they were.
pub(crate) fn unescaped(content: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = content.iter().position(|&byte| byte == b'\\') else {
        return Cow::Borrowed(content);
    };
    let mut out = Vec::with_capacity(content.len());
    let (plain, mut rest) = content.split_at(first);
    out.extend_from_slice(plain);
    while let [b'\\', kind, after @ ..] = rest {
        rest = after;
        match kind {
            b'b' => out.push(0x08),
            b'f' => out.push(0x0C),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => rest = push_unit(&mut out, after),
            other => out.push(*other),
        }
        let (plain, after) = rest.split_at(
            rest.iter()
                .position(|&byte| byte == b'\\')
                .unwrap_or(rest.len()),
        );
        out.extend_from_slice(plain);
        rest = after;
    }
    Cow::Owned(out)
}

/// Writes what `\u` stands for, the second half of a pair included, and returns what follows.
fn push_unit<'a>(out: &mut Vec<u8>, digits: &'a [u8]) -> &'a [u8] {
    let Some((unit, rest)) = unit(digits) else {
        return digits;
    };
    if let (0xD800..=0xDBFF, Some((low @ 0xDC00..=0xDFFF, rest))) =
        (unit, rest.strip_prefix(b"\\u").and_then(self::unit))
    {
        push_code(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        return rest;
    }
    push_code(out, unit);
    rest
}

fn unit(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = digits.split_first_chunk::<4>()?;
    let digit = |unit: u32, byte: &u8| Some(unit << 4 | char::from(*byte).to_digit(16)?);
    digits.iter().try_fold(0, digit).map(|unit| (unit, rest))
}

/// UTF-8, in which a surrogate is a character like any other.
fn push_code(out: &mut Vec<u8>, code: u32) {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
    match code {
        0..=0x7F => out.push(code as u8),
        0x80..=0x7FF => out.extend_from_slice(&[0xC0 | (code >> 6) as u8, tail(0)]),
        0x800..=0xFFFF => out.extend_from_slice(&[0xE0 | (code >> 12) as u8, tail(6), tail(0)]),
        _ => out.extend_from_slice(&[0xF0 | (code >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}
