//! Search in text.

use memchr::memchr_iter;

/// Where a part first occurs in a text.
///
/// SIZE: the searches and `replace` of `str` bring an algorithm for long parts, and the formatting
/// of its panics: 5.5 KiB gzipped. Every part that is searched for here is a word.
pub(crate) fn find(text: &str, part: &str) -> Option<usize> {
    let Some(first) = part.bytes().next() else {
        return Some(0);
    };
    let bytes = text.as_bytes();
    memchr_iter(first, bytes).find(|at| {
        let rest = bytes.get(*at..).unwrap_or_default();
        rest.starts_with(part.as_bytes())
    })
}

/// Whether a part occurs in a text.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    find(text, part).is_some()
}

/// What precedes a part where it first occurs, and what follows it.
pub(crate) fn split_once<'t>(text: &'t str, part: &str) -> Option<(&'t str, &'t str)> {
    let (before, rest) = text.split_at_checked(find(text, part)?)?;
    Some((before, rest.get(part.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_str_finds() {
        for text in [
            "",
            "a",
            "ab",
            "aab",
            "aaab",
            "b\u{E9}ab",
            "\u{E9}\u{E8}\u{E9}a",
            "abab",
        ] {
            for part in [
                "", "a", "ab", "aab", "ba", "\u{E9}", "\u{E9}a", "\u{E8}", "abc", "b",
            ] {
                assert_eq!(find(text, part), text.find(part), "{part:?} in {text:?}");
                assert_eq!(contains(text, part), text.contains(part));
                assert_eq!(split_once(text, part), text.split_once(part));
            }
        }
    }
}
