//! sse-core's decoder, the fastest of the crates, without its async wrapper.

use sse_core::{SseDecoder, SseEvent};

use crate::chunk::Take;
use crate::corpus::Format;
use crate::typed::Reader;

pub(super) fn decode(format: Format, pieces: &[Vec<u8>], take: Take<'_>) {
    let mut decoder = SseDecoder::new();
    let mut reader = Reader::new(format);
    for piece in pieces {
        let mut rest = piece.as_slice();
        while let Some(event) = decoder.next(&mut rest) {
            if let SseEvent::Message(message) = event.expect("an event below the limit") {
                if reader.read(&message.data, take) {
                    return;
                }
            }
        }
    }
}
