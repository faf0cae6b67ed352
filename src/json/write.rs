//! Values -> JSON text by `serde_json`, and text -> the content of a JSON string.

use std::io;

use serde::Serialize;

use super::scan::plain_end;

/// JSON text of a value. A request, a chunk or a completion has nothing that can't be written.
pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    append(&mut out, value);
    out
}

/// The same as a string.
///
/// SIZE: not `Value::to_string`, which brings serde_json's writer for formatters, pretty and
/// compact: 1.3 KiB gzipped.
pub(crate) fn to_text(value: &impl Serialize) -> String {
    String::from_utf8(to_json(value)).unwrap_or_default()
}

/// Appends JSON text of a value.
pub(crate) fn append(out: &mut Vec<u8>, value: &impl Serialize) {
    // Writing to a vector can't fail.
    let _ = serde_json::to_writer(Appender(out), value);
}

/// SPEED: serde_json writes quotes, colons, braces and escapes one by one, and for each of them
/// `memory.copy` costs more in V8 than pushing a byte. It makes a short call 5 µs faster, and an
/// answer of tool calls, whose arguments are all escapes, 4 % (Node 24).
struct Appender<'a>(&'a mut Vec<u8>);

/// Up to this many bytes.
const LOOP_COPY_LIMIT: usize = 16;

impl io::Write for Appender<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() <= LOOP_COPY_LIMIT {
            self.0.reserve(LOOP_COPY_LIMIT);
            for byte in bytes {
                self.0.push(*byte);
            }
        } else {
            self.0.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a text as it stands between the quotes of a JSON string. Only what must be escaped is.
pub(crate) fn escape_into(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut rest = text.as_bytes();
    loop {
        let (plain, special) = rest
            .split_at_checked(plain_end(rest, 0))
            .unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else {
            break;
        };
        rest = after;
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0C => b'f',
            _ => {
                let digit = |shift: u8| {
                    HEX.get(usize::from(byte >> shift & 0xF))
                        .copied()
                        .unwrap_or(b'0')
                };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(4), digit(0)]);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `serde_json`, which escapes the same characters, is the oracle.
    #[test]
    fn every_character_is_escaped_as_serde_json_escapes_it() {
        let ascii = (0..0x80).map(|byte: u8| char::from(byte).to_string());
        let others =
            ["\u{80}", "é", "\u{2028}", "\u{FFFD}", "\u{FEFF}", "😀", ""].map(String::from);
        for text in ascii.chain(others) {
            // At each place of the eight bytes that are scanned at once, and behind them.
            for before in 0..17 {
                let text = "x".repeat(before) + &text + "y" + &text;
                let mut written = vec![b'"'];
                escape_into(&mut written, &text);
                written.push(b'"');
                assert_eq!(written, serde_json::to_vec(&text).unwrap(), "{text:?}");
            }
        }
    }
}
