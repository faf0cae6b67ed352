//! The content of a JSON string -> the text that it stands for.

use std::borrow::Cow;

/// Replaces the escapes in what stands between the quotes of a well-formed string. The result is
/// UTF-8 but for lone surrogates, which are encoded as WTF-8, and for invalid bytes, which stay.
pub(crate) fn unescape(content: &[u8]) -> Cow<'_, [u8]> {
    if !content.contains(&b'\\') {
        return Cow::Borrowed(content);
    }
    let mut out = Vec::new();
    unescape_into(&mut out, content);
    Cow::Owned(out)
}

/// The same, appended. Returns whether [`super::escape_into`] would write the content as it is.
pub(crate) fn unescape_into(out: &mut Vec<u8>, content: &[u8]) -> bool {
    out.reserve(content.len());
    let (mut rest, mut is_canonical) = (content, true);
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'\\' {
            // SPEED: where escapes are frequent, what stands between them is short, and a loop over
            // it beats a search and a `memory.copy`.
            match rest.split_first_chunk::<BLOCK>() {
                Some((plain, after)) if !plain.contains(&b'\\') => {
                    out.extend_from_slice(plain);
                    rest = after;
                }
                _ => {
                    out.push(byte);
                    rest = after;
                }
            }
            continue;
        }
        let Some((&kind, after)) = after.split_first() else {
            break;
        };
        rest = after;
        match kind {
            b'b' => out.push(0x08),
            b'f' => out.push(0x0C),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                is_canonical = false;
                rest = push_unicode_escape(out, after);
            }
            other => {
                is_canonical &= other != b'/';
                out.push(other);
            }
        }
    }
    is_canonical
}

/// So many bytes without an escape are copied at once.
const BLOCK: usize = 16;

/// Writes what a `\u` escape stands for, together with the escape after it if the two are a
/// surrogate pair. Returns what follows.
fn push_unicode_escape<'a>(out: &mut Vec<u8>, digits: &'a [u8]) -> &'a [u8] {
    let Some((unit, rest)) = code_unit(digits) else {
        return digits;
    };
    if let (0xD800..=0xDBFF, Some((low @ 0xDC00..=0xDFFF, rest))) =
        (unit, rest.strip_prefix(b"\\u").and_then(code_unit))
    {
        push_code_point(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        return rest;
    }
    push_code_point(out, unit);
    rest
}

fn code_unit(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = digits.split_first_chunk::<4>()?;
    let digit = |unit: u32, byte: &u8| Some(unit << 4 | char::from(*byte).to_digit(16)?);
    digits.iter().try_fold(0, digit).map(|unit| (unit, rest))
}

/// UTF-8, with a surrogate encoded as if it were a character (WTF-8).
fn push_code_point(out: &mut Vec<u8>, code: u32) {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
    match code {
        0..=0x7F => out.push(code as u8),
        0x80..=0x7FF => out.extend_from_slice(&[0xC0 | (code >> 6) as u8, tail(0)]),
        0x800..=0xFFFF => out.extend_from_slice(&[0xE0 | (code >> 12) as u8, tail(6), tail(0)]),
        _ => out.extend_from_slice(&[0xF0 | (code >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_escapes_is_borrowed() {
        assert!(matches!(unescape("héllo".as_bytes()), Cow::Borrowed(_)));
        assert!(matches!(unescape(b"\\n"), Cow::Owned(_)));
    }

    #[test]
    fn every_escape_is_replaced() {
        for (content, text) in [
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"),
            (r"a\u0041b\u00e9\u20AC", "aAbé€"),
            (r"\uD83D\uDE00 \udbff\udfff", "😀 \u{10FFFF}"),
            (
                r"\u0000\u007f\u0080\u07ff\u0800\uffff",
                "\0\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}",
            ),
            (r"\\u0041", r"\u0041"),
        ] {
            // At each place of the bytes that are copied at once.
            for before in 0..2 * BLOCK {
                let before = "x".repeat(before);
                let (content, text) = (format!("{before}{content}"), format!("{before}{text}"));
                assert_eq!(unescape(content.as_bytes()).as_ref(), text.as_bytes());
            }
        }
    }

    #[test]
    fn content_is_canonical_where_it_would_be_escaped_so_again() {
        for (content, canonical) in [
            (r#"\"\\\b\f\n\r\t é"#, true),
            ("", true),
            (r"\/", false),
            (r"\u0041", false),
            (r"\u0000", false),
            (r"\ud83d", false),
        ] {
            let mut out = Vec::new();
            assert_eq!(
                unescape_into(&mut out, content.as_bytes()),
                canonical,
                "{content}"
            );
            if canonical {
                let mut escaped = Vec::new();
                super::super::escape_into(&mut escaped, std::str::from_utf8(&out).unwrap());
                assert_eq!(escaped, content.as_bytes());
            }
        }
    }

    #[test]
    fn a_lone_surrogate_is_encoded_as_wtf8() {
        for (content, bytes) in [
            (&br"\ud83d"[..], &b"\xED\xA0\xBD"[..]),
            (br"\ude00x", b"\xED\xB8\x80x"),
            (br"\ud83d\n", b"\xED\xA0\xBD\n"),
            (b"\xFF\\n", b"\xFF\n"),
        ] {
            assert_eq!(unescape(content).as_ref(), bytes);
        }
    }
}
