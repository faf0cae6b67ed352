//! `serde_json`, for texts that only `RawJson` accepts too.

use std::fmt::Write as _;

use serde_json::Value as Oracle;

/// A text in a form that `serde_json` accepts, and what had to be replaced for that.
pub struct Repaired {
    pub text: Vec<u8>,
    /// Whether anything was replaced.
    pub is_repaired: bool,
    /// Whether a number was replaced.
    pub has_huge_number: bool,
}

impl Repaired {
    pub fn parsed(&self) -> Result<Oracle, serde_json::Error> {
        serde_json::from_slice(&self.text)
    }
}

/// Replaces what only `RawJson` accepts: in strings, what is not Unicode by U+FFFD; numbers beyond
/// `f64` by 0. Malformed text stays malformed, and at the same position.
pub fn repair(text: &[u8]) -> Repaired {
    let mut out = Repaired {
        text: Vec::with_capacity(text.len()),
        is_repaired: false,
        has_huge_number: false,
    };
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                out.text.push(b'"');
                at = repair_string(text, at + 1, &mut out);
            }
            b'-' | b'0'..=b'9' => {
                let end = number_end(text, at);
                let number = std::str::from_utf8(&text[at..end]).unwrap();
                let is_plain = number.len() < 300 && !number.contains(['e', 'E']);
                match is_plain || number == "-" || serde_json::from_str::<Oracle>(number).is_ok() {
                    true => out.text.extend_from_slice(number.as_bytes()),
                    false => {
                        assert!(
                            number.parse::<f64>().unwrap().abs() > 1e308,
                            "{number} is not too large"
                        );
                        (out.is_repaired, out.has_huge_number) = (true, true);
                        out.text.extend_from_slice(b"0.0e0");
                    }
                }
                at = end;
            }
            other => {
                out.text.push(*other);
                at += 1;
            }
        }
    }
    out
}

/// Where the longest number that begins here ends; after the sign if there is nothing else.
fn number_end(text: &[u8], start: usize) -> usize {
    let digits = |from: usize| {
        from + text[from.min(text.len())..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let first = start + usize::from(text[start] == b'-');
    let mut end = if text.get(first) == Some(&b'0') {
        first + 1
    } else {
        digits(first)
    };
    if end > first && text.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if let (true, Some(b'e' | b'E')) = (end > first, text.get(end)) {
        let power = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        if digits(power) > power {
            end = digits(power);
        }
    }
    end
}

/// Repairs the string whose content begins at a position, and returns the position after it.
fn repair_string(text: &[u8], start: usize, out: &mut Repaired) -> usize {
    let mut at = start;
    // A leading surrogate whose trailing one may follow.
    let mut high: Option<u16> = None;
    loop {
        let rest = &text[at..];
        let (unit, len) = match rest {
            [b'\\', b'u', digits @ ..]
                if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) =>
            {
                (
                    u16::from_str_radix(std::str::from_utf8(&digits[..4]).unwrap(), 16).unwrap(),
                    6,
                )
            }
            // A surrogate encoded as bytes, which is not UTF-8, counts as the surrogate that it is.
            [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, ..] => {
                out.is_repaired = true;
                (
                    0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F),
                    3,
                )
            }
            _ => (0, 0),
        };
        if let (Some(first), 0xDC00..=0xDFFF) = (high, unit) {
            write!(out, "\\u{first:04x}\\u{unit:04x}").unwrap();
            (high, at) = (None, at + len);
            continue;
        }
        if high.take().is_some() {
            // A leading surrogate at the very end of the text may still be half of a pair.
            out.is_repaired = true;
            out.write_str("\\ufffd").unwrap();
        }
        match unit {
            0xD800..=0xDBFF => high = Some(unit),
            0xDC00..=0xDFFF => {
                out.is_repaired = true;
                out.write_str("\\ufffd").unwrap();
            }
            _ => {}
        }
        if len > 0 {
            if !(0xD800..=0xDFFF).contains(&unit) {
                out.text.extend_from_slice(&rest[..len]);
            }
            at += len;
            continue;
        }
        match rest {
            [b'"', ..] => {
                out.text.push(b'"');
                return at + 1;
            }
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => {
                out.text.extend_from_slice(&rest[..2]);
                at += 2;
            }
            // The string is malformed or ends here: the rest does not matter.
            [] | [b'\\' | 0..=0x1F, ..] => {
                out.text.extend_from_slice(rest);
                return text.len();
            }
            _ => {
                let is_plain = |at: &usize| {
                    !matches!(rest[*at], b'"' | b'\\' | 0..=0x1F)
                        && !matches!(rest[*at..], [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..])
                };
                let len = (0..rest.len()).take_while(is_plain).count();
                let plain = String::from_utf8_lossy(&rest[..len]);
                out.is_repaired |= plain.as_bytes() != &rest[..len];
                out.text.extend_from_slice(plain.as_bytes());
                at += len;
            }
        }
    }
}

impl std::fmt::Write for Repaired {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Whether a text ends in `\u` with fewer than four bytes after it, one of which is no hexadecimal
/// digit. Nothing that follows makes an escape of it, but `serde_json` reports the end of the text,
/// because it reads four bytes before it checks them.
pub fn is_late(text: &[u8]) -> bool {
    let late = |at: usize| {
        // A backslash after another one is the second byte of an escape.
        let before = text[..at]
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\')
            .count();
        text[at..].starts_with(b"\\u")
            && before % 2 == 0
            && text[at + 2..].iter().any(|byte| !byte.is_ascii_hexdigit())
    };
    (text.len().saturating_sub(5)..text.len()).any(late)
}

/// What the oracle reports for a text that is not JSON.
pub fn oracle_error(text: &[u8], repaired: &Repaired) -> Option<&'static str> {
    let error = repaired.parsed().err()?;
    Some(if error.is_eof() && !is_late(text) {
        "incomplete"
    } else {
        "malformed"
    })
}
