//! Where things end in JSON text. Everything else in [`super`] is built on these functions.

use super::SyntaxError;

/// Where a string ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StringEnd {
    /// The position of the closing quote.
    pub(crate) quote: usize,
    /// Whether the string contains an escape.
    pub(crate) has_escapes: bool,
}

/// [`string_end`] for text of which nothing is known: `None` for what is no string.
#[inline(always)]
pub(crate) fn find_string_end(text: &[u8], start: usize) -> Option<StringEnd> {
    let quote = plain_end(text, start);
    match text.get(quote) {
        Some(b'"') => Some(StringEnd {
            quote,
            has_escapes: false,
        }),
        _ => string_end(text, quote).ok(),
    }
}

/// Finds the end of a string, given the position behind its opening quote. A string that has an end
/// has well-formed escapes and no control character; whether it is UTF-8 is not checked.
pub(crate) fn string_end(text: &[u8], mut at: usize) -> Result<StringEnd, SyntaxError> {
    let mut has_escapes = false;
    loop {
        at = plain_end(text, at);
        match text.get(at) {
            Some(b'"') => {
                return Ok(StringEnd {
                    quote: at,
                    has_escapes,
                })
            }
            Some(b'\\') => {
                has_escapes = true;
                at = escape_end(text, at)?;
            }
            Some(_) => return Err(SyntaxError::At(at)),
            None => return Err(SyntaxError::UnexpectedEnd),
        }
    }
}

/// The first position from `at` on that holds what a string can't hold unescaped: a quote, a
/// backslash or a control character.
///
/// SPEED: eight bytes at a time, because the strings of a stream are short, and setting up a search
/// for long ones costs more than it saves.
#[inline(always)]
pub(super) fn plain_end(text: &[u8], mut at: usize) -> usize {
    while let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        // A byte of the mask has its high bit set where the byte of the word is a special one.
        // Above the first such byte the mask may be wrong; those bytes are not used.
        let mask = zeros(word ^ (LOW * b'"' as u64))
            | zeros(word ^ (LOW * b'\\' as u64))
            | below_space(word);
        if mask != 0 {
            return at + mask.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(byte) = text.get(at) {
        if matches!(byte, b'"' | b'\\' | ..=0x1F) {
            break;
        }
        at += 1;
    }
    at
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

const fn below_space(word: u64) -> u64 {
    word.wrapping_sub(LOW * 0x20) & !word & HIGH
}

fn escape_end(text: &[u8], at: usize) -> Result<usize, SyntaxError> {
    match text.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            for digit in at + 2..at + 6 {
                match text.get(digit) {
                    Some(byte) if byte.is_ascii_hexdigit() => {}
                    Some(_) => return Err(SyntaxError::At(digit)),
                    None => return Err(SyntaxError::UnexpectedEnd),
                }
            }
            Ok(at + 6)
        }
        Some(_) => Err(SyntaxError::At(at + 1)),
        None => Err(SyntaxError::UnexpectedEnd),
    }
}

/// Whether `text` has `expected` at a position.
///
/// SPEED: compares words, without a branch for each byte: `memcmp` in WebAssembly is a loop over
/// bytes.
#[inline(always)]
pub(crate) fn matches_at(text: &[u8], at: usize, expected: &[u8]) -> bool {
    let Some(found) = text.get(at..).and_then(|rest| rest.get(..expected.len())) else {
        return false;
    };
    // The last word overlaps the ones before it.
    if let (Some(found_last), Some(expected_last)) =
        (found.last_chunk::<16>(), expected.last_chunk::<16>())
    {
        let words = found
            .as_chunks::<16>()
            .0
            .iter()
            .zip(expected.as_chunks::<16>().0);
        return !words.fold(found_last != expected_last, |differ, (a, b)| {
            differ | (a != b)
        });
    }
    if let (Some(found_last), Some(expected_last)) =
        (found.last_chunk::<8>(), expected.last_chunk::<8>())
    {
        return found_last == expected_last
            && found.first_chunk::<8>() == expected.first_chunk::<8>();
    }
    found.iter().zip(expected).all(|(a, b)| a == b)
}

/// Behind the white space at a position.
#[inline]
pub(super) fn whitespace_end(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// The end of a number.
fn number_end(text: &[u8], start: usize) -> Result<usize, SyntaxError> {
    let digits = |mut at: usize| {
        let from = at;
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        match text.get(at) {
            _ if at > from => Ok(at),
            Some(_) => Err(SyntaxError::At(at)),
            None => Err(SyntaxError::UnexpectedEnd),
        }
    };
    let mut at = start + usize::from(text.get(start) == Some(&b'-'));
    at = if text.get(at) == Some(&b'0') {
        at + 1
    } else {
        digits(at)?
    };
    if text.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        at = digits(at + usize::from(matches!(text.get(at), Some(b'+' | b'-'))))?;
    }
    Ok(at)
}

/// The end of `true`, `false` or `null`.
fn literal_end(text: &[u8], start: usize) -> Result<usize, SyntaxError> {
    let literal: &[u8] = match text.get(start) {
        Some(b't') => b"true",
        Some(b'f') => b"false",
        Some(b'n') => b"null",
        Some(_) => return Err(SyntaxError::At(start)),
        None => return Err(SyntaxError::UnexpectedEnd),
    };
    for (at, expected) in (start..).zip(literal) {
        match text.get(at) {
            Some(byte) if byte == expected => {}
            Some(_) => return Err(SyntaxError::At(at)),
            None => return Err(SyntaxError::UnexpectedEnd),
        }
    }
    Ok(start + literal.len())
}

/// How deep values may be nested, as in `serde_json`.
const MAX_DEPTH: u32 = 127;

/// The end of the value that begins at a position without white space. Does not recurse, so that no
/// document can exhaust the stack.
pub(super) fn value_end(text: &[u8], start: usize) -> Result<usize, SyntaxError> {
    // One bit for each open container, the innermost in the lowest: 1 for an object.
    let (mut open, mut depth) = (0u128, 0u32);
    let mut at = start;
    loop {
        // A value begins here.
        let begins = text.get(at).copied();
        match begins {
            Some(b'"') => at = string_end(text, at + 1)?.quote + 1,
            Some(b'-' | b'0'..=b'9') => at = number_end(text, at)?,
            Some(first @ (b'{' | b'[')) => {
                if depth == MAX_DEPTH {
                    return Err(SyntaxError::At(at));
                }
                let is_object = first == b'{';
                (open, depth) = (open << 1 | u128::from(is_object), depth + 1);
                at = whitespace_end(text, at + 1);
                match text.get(at) {
                    // Empty: closed here, and handled below as a value that ends.
                    Some(b'}') if is_object => (open, depth, at) = (open >> 1, depth - 1, at + 1),
                    Some(b']') if !is_object => (open, depth, at) = (open >> 1, depth - 1, at + 1),
                    _ if is_object => {
                        at = member_value_start(text, at)?;
                        continue;
                    }
                    _ => continue,
                }
            }
            _ => at = literal_end(text, at)?,
        }
        // A value ends here, and with it every container that is closed right after it.
        loop {
            if depth == 0 {
                return Ok(at);
            }
            at = whitespace_end(text, at);
            match (text.get(at), open & 1) {
                (Some(b','), kind) => {
                    at = whitespace_end(text, at + 1);
                    if kind == 1 {
                        at = member_value_start(text, at)?;
                    }
                    break;
                }
                (Some(b'}'), 1) | (Some(b']'), 0) => {
                    (open, depth, at) = (open >> 1, depth - 1, at + 1)
                }
                (Some(_), _) => return Err(SyntaxError::At(at)),
                (None, _) => return Err(SyntaxError::UnexpectedEnd),
            }
        }
    }
}

/// Where the value of the member whose name begins at a position begins: behind the name, the colon
/// and the white space around it.
pub(super) fn member_value_start(text: &[u8], start: usize) -> Result<usize, SyntaxError> {
    match text.get(start) {
        Some(b'"') => {}
        Some(_) => return Err(SyntaxError::At(start)),
        None => return Err(SyntaxError::UnexpectedEnd),
    }
    let at = whitespace_end(text, string_end(text, start + 1)?.quote + 1);
    match text.get(at) {
        Some(b':') => Ok(whitespace_end(text, at + 1)),
        Some(_) => Err(SyntaxError::At(at)),
        None => Err(SyntaxError::UnexpectedEnd),
    }
}
