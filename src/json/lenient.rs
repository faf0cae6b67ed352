//! JSON text -> values, where a model or a service may have written strings that are not Unicode.

use serde_json::{Error, Value};

use super::scan::string_end;
use super::unescape::unescape;
use super::write::escape_into;
use super::wtf8::Wtf8Cow;

/// Parses a text with `serde_json`. If that fails on its syntax, parses it once more with U+FFFD in
/// place of lone surrogate escapes and of bytes that are not UTF-8.
///
/// Of members with equal names the last wins, in the place of the first. A number beyond `f64` is
/// an error.
///
/// ```
/// use oci_genai_edge::json::parse_lenient;
///
/// assert_eq!(parse_lenient(br#"{"a":"\ud83d"}"#).unwrap()["a"], "\u{FFFD}");
/// assert!(parse_lenient(br#"{"a":"#).unwrap_err().is_eof());
/// ```
pub fn parse_lenient(text: &[u8]) -> Result<Value, Error> {
    match serde_json::from_slice(text) {
        Err(error) if error.is_syntax() => serde_json::from_slice(&repair_strings(text)),
        result => result,
    }
}

/// The same text with every string in it valid. What is not JSON for another reason stays so.
#[inline(never)]
fn repair_strings(text: &[u8]) -> Vec<u8> {
    let mut repaired = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        let (before, string) = rest.split_at(quote + 1);
        repaired.extend_from_slice(before);
        let end = match string_end(string, 0) {
            Ok(end) => end.quote,
            // A string without its end is repaired as far as it goes: the text still ends too
            // early.
            Err(super::SyntaxError::UnexpectedEnd) => string.len(),
            Err(super::SyntaxError::At(_)) => {
                rest = string;
                break;
            }
        };
        let (content, after) = string.split_at(end);
        escape_into(&mut repaired, &Wtf8Cow(unescape(content)).to_lossy());
        // The closing quote is no opening one.
        let (quote, after) = after.split_at(1.min(after.len()));
        repaired.extend_from_slice(quote);
        rest = after;
    }
    repaired.extend_from_slice(rest);
    repaired
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &[u8]) -> String {
        String::from_utf8(repair_strings(text)).unwrap()
    }

    #[test]
    fn strings_are_repaired_and_nothing_else() {
        for (text, expected) in [
            (&br#"{"a":[1, "b"]}"#[..], r#"{"a":[1, "b"]}"#),
            (br#"["\ud83d","\ud83d\ude00"]"#, r#"["�","😀"]"#),
            (b"{\"\xFF\":\"\\\"\xC0\"}", r#"{"�":"\"�"}"#),
            (b"[\"\xED\xA0\xBD\xED\xB8\x80\"]", r#"["😀"]"#),
            (br#""a"b"c"#, r#""a"b"c"#),
            (b"{]", "{]"),
        ] {
            assert_eq!(repaired(text), expected);
        }
        // What follows a string with a syntax error stays as it is.
        assert_eq!(repair_strings(b"[\"\\x\",\"\xFF\"]"), b"[\"\\x\",\"\xFF\"]");
    }

    #[test]
    fn a_text_that_ends_too_early_is_told_apart_from_a_malformed_one() {
        for text in [
            &b"{"[..],
            b"{\"a\":\"b",
            b"{\"a\":\"\\ud83d",
            b"{\"a\":\"\\ud83d x",
            b"[\"\\ude00\",\"\\",
            b"[\"\xFF\",\"b",
            b"[\"\xFF",
            b"",
        ] {
            assert!(parse_lenient(text).unwrap_err().is_eof(), "{text:?}");
        }
        for text in [
            &b"{]"[..],
            b"[\"\xFF\"}",
            b"\"\\ud83d\\x\"",
            b"\xFF",
            b"1e400",
        ] {
            assert!(!parse_lenient(text).unwrap_err().is_eof(), "{text:?}");
        }
    }

    #[test]
    fn the_last_of_equal_names_wins_in_the_place_of_the_first() {
        let value = parse_lenient(br#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(value.to_string(), r#"{"a":3,"b":2}"#);
    }
}
