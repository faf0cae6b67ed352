//! The content of a JSON string -> the text that it stands for.

use std::borrow::Cow;

/// Replaces the escapes in what stands between the quotes of a well-formed string. The result is
/// UTF-8 but for lone surrogates, which are encoded as WTF-8, and for invalid bytes, which stay.
pub(crate) fn unescape(content: &[u8]) -> Cow<'_, [u8]> {
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
            b'u' => rest = push_unicode_escape(&mut out, after),
            other => out.push(*other),
        }
        let next = rest.iter().position(|&byte| byte == b'\\');
        let (plain, after) = rest.split_at(next.unwrap_or(rest.len()));
        out.extend_from_slice(plain);
        rest = after;
    }
    Cow::Owned(out)
}

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
            assert_eq!(unescape(content.as_bytes()).as_ref(), text.as_bytes());
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
