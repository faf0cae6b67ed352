//! Text -> the content of a JSON string.

use super::scan::plain_end;

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
