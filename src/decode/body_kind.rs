//! What a body is, by its first bytes.

use crate::gather::holds;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    Undecided,
    Events,
    Whole,
    Compressed,
}

/// How much white space may stand before a body that is worth waiting for, in bytes.
const MOST_UNDECIDED: usize = 1024;

/// What a body is, by its first bytes: deployments say `text/event-stream` of JSON and the other way round.
pub(crate) fn opening(bytes: &[u8], content_type: &str) -> Opening {
    const ZSTD: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
    const GZIP: &[u8] = &[0x1F, 0x8B];
    for magic in [ZSTD, GZIP] {
        if bytes.starts_with(magic) {
            return Opening::Compressed;
        }
        if magic.starts_with(bytes) {
            return Opening::Undecided;
        }
    }
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        // White space is looked at again with every piece: there is an end to that.
        None if bytes.len() < MOST_UNDECIDED => Opening::Undecided,
        // data, event, id, retry, a comment, a byte order mark: no JSON begins so.
        Some(b'd' | b'e' | b'i' | b'r' | b':' | 0xEF) => Opening::Events,
        Some(b'{') => Opening::Whole,
        _ if is_event_stream(content_type) => Opening::Events,
        _ => Opening::Whole,
    }
}

pub(crate) fn is_event_stream(content_type: &str) -> bool {
    holds(&content_type.to_ascii_lowercase(), "event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide_before_the_label() {
        for (bytes, content_type, wanted) in [
            (&b"data: {}"[..], "application/json", Opening::Events),
            (b": ping", "", Opening::Events),
            (b"\xEF\xBB\xBFdata", "", Opening::Events),
            (b" \n{\"a\":1}", "text/event-stream", Opening::Whole),
            (b"<html>", "text/html", Opening::Whole),
            (b"x: y", "Text/Event-Stream; charset=utf-8", Opening::Events),
            (b"", "application/json", Opening::Undecided),
            (b" \r\n", "application/json", Opening::Undecided),
            (
                &[b' '; MOST_UNDECIDED],
                "text/event-stream",
                Opening::Events,
            ),
            (b"\x28\xB5", "", Opening::Undecided),
            (b"\x28\xB5\x2F\xFD\x00", "", Opening::Compressed),
            (b"\x1F\x8B\x08", "text/event-stream", Opening::Compressed),
        ] {
            assert_eq!(
                opening(bytes, content_type),
                wanted,
                "{bytes:?} {content_type}"
            );
        }
    }
}
