//! Bytes -> text, as the standard decodes them.

use std::borrow::Cow;

/// UTF-8, with U+FFFD for what is not. The lines of a stream can be decoded one by one, because no
/// character contains the byte of a line end.
///
/// SPEED: `from_utf8_lossy` by itself reads byte by byte; `from_utf8` reads ASCII in words, and
/// takes a fifth of the instructions.
pub(crate) fn decode_utf8(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_text_is_borrowed_and_invalid_bytes_are_replaced() {
        assert!(matches!(
            decode_utf8("a é 😀".as_bytes()),
            Cow::Borrowed("a é 😀")
        ));
        assert_eq!(decode_utf8(b"a\xFFb\xF0\x9F"), "a\u{FFFD}b\u{FFFD}");
    }
}
