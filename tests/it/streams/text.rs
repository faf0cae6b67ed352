//! Random text in UTF-16 units.

use crate::support::Random;

/// Text in UTF-16 units, as in a JavaScript service, which may split it inside a surrogate pair.
pub type Units = Vec<u16>;

pub fn units(text: &str) -> Units {
    text.encode_utf16().collect()
}

/// The text with U+FFFD in place of lone surrogates.
pub fn lossy(units: &[u16]) -> String {
    String::from_utf16_lossy(units)
}

pub const WORDS: [&str; 26] = [
    "a",
    " the",
    "Hello",
    ", ",
    "\n\n",
    "\t",
    "é",
    "ß",
    "日本",
    "😀",
    "👩‍💻",
    "𝕏",
    "\u{2028}",
    "\u{85}",
    "\u{0}",
    "\u{FEFF}",
    "\"",
    "\\",
    "/",
    "<",
    "</tool_call>",
    "data: {}",
    "[DONE]",
    "\r\n",
    "{\"finishReason\":\"stop\"}",
    "\u{7f}",
];

/// A few words, or none.
pub fn random_words(random: &mut Random, max: usize) -> String {
    (0..random.below(max + 1))
        .map(|_| *random.pick(&WORDS))
        .collect()
}

/// Text that a service might send, rarely with a lone surrogate.
pub fn random_text(random: &mut Random, max: usize) -> Units {
    let mut text = units(&random_words(random, max));
    if random.chance(40) {
        text.insert(
            random.below(text.len() + 1),
            *random.pick(&[0xD83D, 0xDE00]),
        );
    }
    text
}

/// Splits text into a random number of pieces, some of them empty.
pub fn split_units(random: &mut Random, whole: &[u16], max: usize) -> Vec<Units> {
    let mut ends: Vec<usize> = (0..random.below(max))
        .map(|_| random.below(whole.len() + 1))
        .collect();
    ends.push(whole.len());
    ends.sort_unstable();
    let mut from = 0;
    let mut piece = |end| whole[std::mem::replace(&mut from, end)..end].to_vec();
    ends.into_iter().map(&mut piece).collect()
}
