//! What a body is, by its first bytes.

use crate::text::contains;

/// What a body is: deployments label JSON as `text/event-stream`, and event streams as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// Too few bytes to decide.
    Undecided,
    Events,
    Whole,
    /// Compressed in a way that the runtime did not undo.
    Compressed,
}

/// How much white space before a body leaves it undecided, in bytes: it is scanned again with every
/// chunk.
const MAX_UNDECIDED_BYTES: usize = 1024;

/// The kind of a body by its first bytes, and by its content type where they leave it open.
pub(crate) fn body_kind(bytes: &[u8], content_type: &str) -> BodyKind {
    const ZSTD: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
    const GZIP: &[u8] = &[0x1F, 0x8B];
    for magic in [ZSTD, GZIP] {
        if bytes.starts_with(magic) {
            return BodyKind::Compressed;
        }
        if magic.starts_with(bytes) {
            return BodyKind::Undecided;
        }
    }
    // What is behind does not count, so that it doesn't matter in which pieces a body arrives.
    let mut head = bytes.iter().take(MAX_UNDECIDED_BYTES);
    match head.find(|byte| !byte.is_ascii_whitespace()) {
        None if bytes.len() < MAX_UNDECIDED_BYTES => BodyKind::Undecided,
        // data, event, id, retry, a comment, a byte order mark: no JSON begins so.
        Some(b'd' | b'e' | b'i' | b'r' | b':' | 0xEF) => BodyKind::Events,
        Some(b'{') => BodyKind::Whole,
        _ if is_event_stream(content_type) => BodyKind::Events,
        _ => BodyKind::Whole,
    }
}

/// Whether a content type is that of an event stream.
pub(crate) fn is_event_stream(content_type: &str) -> bool {
    contains(&content_type.to_ascii_lowercase(), "event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_count_more_than_the_content_type() {
        for (bytes, content_type, expected) in [
            (&b"data: {}"[..], "application/json", BodyKind::Events),
            (b": ping", "", BodyKind::Events),
            (b"\xEF\xBB\xBFdata", "", BodyKind::Events),
            (b" \n{\"a\":1}", "text/event-stream", BodyKind::Whole),
            (b"<html>", "text/html", BodyKind::Whole),
            (
                b"x: y",
                "Text/Event-Stream; charset=utf-8",
                BodyKind::Events,
            ),
            (b"", "application/json", BodyKind::Undecided),
            (b" \r\n", "application/json", BodyKind::Undecided),
            (
                &[b' '; MAX_UNDECIDED_BYTES],
                "text/event-stream",
                BodyKind::Events,
            ),
            (b"\x28\xB5", "", BodyKind::Undecided),
            (b"\x28\xB5\x2F\xFD\x00", "", BodyKind::Compressed),
            (b"\x1F\x8B\x08", "text/event-stream", BodyKind::Compressed),
        ] {
            assert_eq!(
                body_kind(bytes, content_type),
                expected,
                "{bytes:?} {content_type}"
            );
        }
    }
}
