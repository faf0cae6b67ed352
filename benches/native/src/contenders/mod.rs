//! The decoders that are measured.

mod eventsource_stream;
mod ours;
mod ours_pieces;
mod sse_core;

use crate::chunk::Take;
use crate::corpus::Format;

pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// Decodes a whole stream that comes in these pieces.
    pub(crate) decode: fn(Format, &[Vec<u8>], Take<'_>),
}

pub(crate) const CONTENDERS: &[Contender] = &[
    Contender {
        name: "ours",
        decode: ours::decode,
    },
    Contender {
        name: "ours, as a Stream",
        decode: ours_pieces::decode,
    },
    Contender {
        name: "sse-core",
        decode: sse_core::decode,
    },
    Contender {
        name: "eventsource-stream",
        decode: eventsource_stream::decode,
    },
];
