//! The text of a model as JSON carries it: UTF-8 nearly always, half of a surrogate pair now and
//! then.
//!
//! JavaScript's strings may hold one half of a surrogate pair, and JSON can carry it (`"\ud83d"`).
//! Some services split an emoji into two deltas that way. Rust's strings can't hold it, so the
//! first half is kept until its second half arrives; a half that stays alone becomes U+FFFD, as
//! does whatever is not UTF-8.

use std::borrow::Cow;

/// The content of a JSON string: UTF-8, but for lone surrogates (as WTF-8) and invalid input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wtf8Cow<'a>(pub(crate) Cow<'a, [u8]>);

impl Wtf8Cow<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same text, borrowed.
    pub(crate) fn as_borrowed(&self) -> Wtf8Cow<'_> {
        Wtf8Cow(Cow::Borrowed(&self.0))
    }

    /// The same text, owned.
    pub(crate) fn into_owned(self) -> Wtf8Cow<'static> {
        Wtf8Cow(Cow::Owned(self.0.into_owned()))
    }

    /// The text by itself, with U+FFFD where it is not Unicode.
    pub(crate) fn to_lossy(&self) -> String {
        let mut joiner = SurrogateJoiner::default();
        let mut text = joiner.join(&self.0).into_owned();
        text.push_str(joiner.end());
        text
    }
}

/// Joins the pieces of one text, so that a surrogate pair that was split between two pieces makes
/// its character.
#[derive(Clone, Debug, Default)]
pub(crate) struct SurrogateJoiner {
    /// A leading surrogate that waits for its trailing one.
    high: Option<u16>,
}

impl SurrogateJoiner {
    /// The next piece as UTF-8. Costs a validation when there is nothing to repair.
    pub(crate) fn join<'a>(&mut self, piece: &'a [u8]) -> Cow<'a, str> {
        match std::str::from_utf8(piece) {
            Ok(text) if self.high.is_none() || piece.is_empty() => Cow::Borrowed(text),
            _ => Cow::Owned(self.repair(piece)),
        }
    }

    /// Whether no surrogate waits for its other half.
    pub(crate) fn is_clean(&self) -> bool {
        self.high.is_none()
    }

    /// What remains at the end of the text: U+FFFD for a surrogate that waits in vain.
    pub(crate) fn end(&mut self) -> &'static str {
        match self.high.take() {
            Some(_) => "\u{FFFD}",
            None => "",
        }
    }

    fn repair(&mut self, mut piece: &[u8]) -> String {
        let mut out = String::with_capacity(piece.len() + 4);
        while !piece.is_empty() {
            let low = surrogate(piece).filter(|unit| (0xDC00..0xE000).contains(unit));
            if let Some(high) = self.high.take() {
                let pair = low
                    .and_then(|low| char::decode_utf16([high, low]).next())
                    .and_then(Result::ok);
                out.push(pair.unwrap_or(char::REPLACEMENT_CHARACTER));
                if pair.is_some() {
                    piece = piece.get(3..).unwrap_or_default();
                    continue;
                }
            }
            match surrogate(piece) {
                Some(unit) => {
                    if unit < 0xDC00 {
                        self.high = Some(unit);
                    } else {
                        out.push(char::REPLACEMENT_CHARACTER);
                    }
                    piece = piece.get(3..).unwrap_or_default();
                }
                None => {
                    // Up to the next surrogate, or to the end.
                    let end = (1..piece.len())
                        .find(|&at| piece.get(at..).and_then(surrogate).is_some())
                        .unwrap_or(piece.len());
                    let (plain, rest) = piece.split_at(end);
                    out.push_str(&String::from_utf8_lossy(plain));
                    piece = rest;
                }
            }
        }
        out
    }
}

/// The surrogate whose three bytes of WTF-8 stand at the start.
fn surrogate(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, ..] => {
            Some(0xD000 | (u16::from(second & 0x3F) << 6) | u16::from(third & 0x3F))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::RawJson;

    fn joined(pieces: &[&str]) -> String {
        let (mut joiner, mut out) = (SurrogateJoiner::default(), String::new());
        for piece in pieces {
            let text = RawJson::parse(piece.as_bytes()).unwrap().text().unwrap();
            out.push_str(&joiner.join(&text.0));
        }
        out.push_str(joiner.end());
        out
    }

    #[test]
    fn plain_text_is_borrowed() {
        let text = RawJson::parse(r#""héllo""#.as_bytes())
            .unwrap()
            .text()
            .unwrap();
        assert!(matches!(text.0, Cow::Borrowed(_)));
        assert!(matches!(
            SurrogateJoiner::default().join(&text.0),
            Cow::Borrowed("héllo")
        ));
    }

    #[test]
    fn split_surrogate_pairs_are_joined() {
        assert_eq!(joined(&[r#""a\ud83d""#, r#""\ude00b""#]), "a😀b");
        assert_eq!(joined(&[r#""\ud83d""#, r#""""#, r#""\ude00""#]), "😀");
        assert_eq!(joined(&[r#""\ud83d\ude00""#]), "😀");
    }

    #[test]
    fn a_lone_surrogate_is_replaced() {
        assert_eq!(joined(&[r#""x\ud83d""#]), "x\u{FFFD}");
        assert_eq!(joined(&[r#""x\ud83d""#, r#""y""#]), "x\u{FFFD}y");
        assert_eq!(joined(&[r#""\ude00x""#]), "\u{FFFD}x");
        assert_eq!(joined(&[r#""\ud83d\ud83d""#, r#""\ude00""#]), "\u{FFFD}😀");
    }

    #[test]
    fn invalid_bytes_are_replaced() {
        let text = RawJson::parse(b"\"a\xFFb\"").unwrap().text().unwrap();
        assert_eq!(text.to_lossy(), "a\u{FFFD}b");
    }
}
