//! sse-core's decoder, the fastest of the crates, without its async wrapper.

use oci_genai_edge::wire::Wire;
use sse_core::{SseDecoder, SseEvent};

use crate::chunk::Take;
use crate::typed::Reader;

pub(super) fn decode(wire: Wire, pieces: &[Vec<u8>], take: Take<'_>) {
    let mut decoder = SseDecoder::new();
    let mut reader = Reader::new(wire);
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
