//! Where things end in JSON text. Everything else in [`super`] stands on these.

use super::Flaw;

/// Where a string ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StringEnd {
    /// The position of the closing quote.
    pub(crate) quote: usize,
    /// Whether there is an escape in it.
    pub(crate) escapes: bool,
}

/// Where the string that begins behind a quote at `at` ends, and whether it has escapes; nothing for what is no string.
#[inline(always)]
pub(crate) fn quote(text: &[u8], at: usize) -> Option<(usize, bool)> {
    let end = plain_end(text, at);
    match text.get(end) {
        Some(b'"') => Some((end, false)),
        _ => string_end(text, end).ok().map(|end| (end.quote, true)),
    }
}

/// Finds the end of a string, given the position behind its opening quote. Its escapes are well-formed, and there is no control
/// character in it; whether it is UTF-8 is not looked at.
pub(crate) fn string_end(text: &[u8], mut at: usize) -> Result<StringEnd, Flaw> {
    let mut escapes = false;
    loop {
        at = plain_end(text, at);
        match text.get(at) {
            Some(b'"') => return Ok(StringEnd { quote: at, escapes }),
            Some(b'\\') => {
                escapes = true;
                at = escape_end(text, at)?;
            }
            Some(_) => return Err(Flaw::Malformed(at)),
            None => return Err(Flaw::Incomplete),
        }
    }
}

/// The first position that holds what a string can't hold as it is: a quote, a backslash or a control character. Eight bytes at a time: strings of a stream are
/// short, and a search that is set up for long ones costs more than it finds.
#[inline(always)]
pub(super) fn plain_end(text: &[u8], mut at: usize) -> usize {
    while let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        // A byte of the mask has its high bit set where the byte of the word is what is looked for; above the first such
        // byte the mask may be wrong, which nobody looks at.
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

fn escape_end(text: &[u8], at: usize) -> Result<usize, Flaw> {
    match text.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            for digit in at + 2..at + 6 {
                match text.get(digit) {
                    Some(byte) if byte.is_ascii_hexdigit() => {}
                    Some(_) => return Err(Flaw::Malformed(digit)),
                    None => return Err(Flaw::Incomplete),
                }
            }
            Ok(at + 6)
        }
        Some(_) => Err(Flaw::Malformed(at + 1)),
        None => Err(Flaw::Incomplete),
    }
}

/// Whether `wanted` stands at a position. In words, and without a branch a byte: in WebAssembly `memcmp` is a loop over bytes.
#[inline(always)]
pub(crate) fn is_at(text: &[u8], at: usize, wanted: &[u8]) -> bool {
    let Some(found) = text.get(at..).and_then(|rest| rest.get(..wanted.len())) else {
        return false;
    };
    // The last word overlaps the ones before it.
    if let (Some(found_last), Some(wanted_last)) =
        (found.last_chunk::<16>(), wanted.last_chunk::<16>())
    {
        let words = found
            .as_chunks::<16>()
            .0
            .iter()
            .zip(wanted.as_chunks::<16>().0);
        return !words.fold(found_last != wanted_last, |differ, (a, b)| {
            differ | (a != b)
        });
    }
    if let (Some(found_last), Some(wanted_last)) =
        (found.last_chunk::<8>(), wanted.last_chunk::<8>())
    {
        return found_last == wanted_last && found.first_chunk::<8>() == wanted.first_chunk::<8>();
    }
    found.iter().zip(wanted).all(|(a, b)| a == b)
}

/// Behind the white space that stands at a position.
#[inline]
pub(super) fn space_end(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// The end of a number.
pub(super) fn number_end(text: &[u8], start: usize) -> Result<usize, Flaw> {
    let digits = |mut at: usize| {
        let from = at;
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        match text.get(at) {
            _ if at > from => Ok(at),
            Some(_) => Err(Flaw::Malformed(at)),
            None => Err(Flaw::Incomplete),
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
pub(super) fn word_end(text: &[u8], start: usize) -> Result<usize, Flaw> {
    let word: &[u8] = match text.get(start) {
        Some(b't') => b"true",
        Some(b'f') => b"false",
        Some(b'n') => b"null",
        Some(_) => return Err(Flaw::Malformed(start)),
        None => return Err(Flaw::Incomplete),
    };
    for (at, wanted) in (start..).zip(word) {
        match text.get(at) {
            Some(byte) if byte == wanted => {}
            Some(_) => return Err(Flaw::Malformed(at)),
            None => return Err(Flaw::Incomplete),
        }
    }
    Ok(start + word.len())
}

/// How deep values may stand in each other, as at `serde_json`.
pub(super) const MOST_DEPTH: u32 = 127;

/// The end of the value that begins at a position, which holds no white space. Does not recurse: a stack that a document may
/// fill is a weapon.
pub(super) fn value_end(text: &[u8], start: usize) -> Result<usize, Flaw> {
    // One bit for each open container, the innermost lowest: 1 for an object.
    let (mut open, mut depth) = (0u128, 0u32);
    let mut at = start;
    loop {
        // A value begins here.
        let begins = text.get(at).copied();
        match begins {
            Some(b'"') => at = string_end(text, at + 1)?.quote + 1,
            Some(b'-' | b'0'..=b'9') => at = number_end(text, at)?,
            Some(first @ (b'{' | b'[')) => {
                if depth == MOST_DEPTH {
                    return Err(Flaw::Malformed(at));
                }
                let is_object = first == b'{';
                (open, depth) = (open << 1 | u128::from(is_object), depth + 1);
                at = space_end(text, at + 1);
                match text.get(at) {
                    // Empty: it ends like a value that ended.
                    Some(b'}') if is_object => (open, depth, at) = (open >> 1, depth - 1, at + 1),
                    Some(b']') if !is_object => (open, depth, at) = (open >> 1, depth - 1, at + 1),
                    _ if is_object => {
                        at = name_end(text, at)?;
                        continue;
                    }
                    _ => continue,
                }
            }
            _ => at = word_end(text, at)?,
        }
        // A value ended here: so do the containers that close behind it.
        loop {
            if depth == 0 {
                return Ok(at);
            }
            at = space_end(text, at);
            match (text.get(at), open & 1) {
                (Some(b','), kind) => {
                    at = space_end(text, at + 1);
                    if kind == 1 {
                        at = name_end(text, at)?;
                    }
                    break;
                }
                (Some(b'}'), 1) | (Some(b']'), 0) => {
                    (open, depth, at) = (open >> 1, depth - 1, at + 1)
                }
                (Some(_), _) => return Err(Flaw::Malformed(at)),
                (None, _) => return Err(Flaw::Incomplete),
            }
        }
    }
}

/// Behind a member's name, its colon and the white space around: where its value begins.
pub(super) fn name_end(text: &[u8], start: usize) -> Result<usize, Flaw> {
    match text.get(start) {
        Some(b'"') => {}
        Some(_) => return Err(Flaw::Malformed(start)),
        None => return Err(Flaw::Incomplete),
    }
    let at = space_end(text, string_end(text, start + 1)?.quote + 1);
    match text.get(at) {
        Some(b':') => Ok(space_end(text, at + 1)),
        Some(_) => Err(Flaw::Malformed(at)),
        None => Err(Flaw::Incomplete),
    }
}
