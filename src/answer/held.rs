//! What is held back of a text because it may be markup: the limit, and how tags are recognized.

/// How much of a text is held back at most, in bytes. What is still undecided then is text.
pub(super) const MAX_HELD_BYTES: usize = 1024 * 1024;

/// How a text begins, compared with some tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagMatch {
    /// With the tag at this index.
    Whole(usize),
    /// With the beginning of a tag, and nothing else.
    Partial,
    None,
}

/// Compares the beginning of a text with tags.
pub(super) fn match_tag(text: &str, tags: &[&str]) -> TagMatch {
    if let Some(tag) = tags.iter().position(|tag| text.starts_with(tag)) {
        TagMatch::Whole(tag)
    } else if tags.iter().any(|tag| tag.starts_with(text)) {
        TagMatch::Partial
    } else {
        TagMatch::None
    }
}
