//! The core's decoder with a sink of one's own: the way for a program that reads bytes itself.

use oci_genai_edge::openai::{self, Head, Sink};
use oci_genai_edge::decode::{Decoder, Limits};
use oci_genai_edge::wire::Wire;

use crate::chunk::{Call, Chunk, Delta, Take};

pub(super) fn decode(wire: Wire, pieces: &[Vec<u8>], take: Take<'_>) {
    let mut sink = Taker(take);
    let mut decoder = Decoder::new(wire, Head::default(), Limits::default(), false);
    for piece in pieces {
        decoder.feed(piece, &mut sink).expect("a stream without faults");
    }
    decoder.end(&mut sink).expect("a stream that ends");
}

struct Taker<'t>(Take<'t>);

impl Sink for Taker<'_> {
    fn text(&mut self, _: &Head, text: &str) {
        (self.0)(Chunk { index: 0, delta: Delta::Text(text), finish: None });
    }

    fn chunk(&mut self, _: &Head, chunk: &chat::Chunk<'_>) {
        for choice in &chunk.choices {
            let index = choice.index;
            if let Some(text) = choice.delta.content {
                (self.0)(Chunk { index, delta: Delta::Text(text), finish: None });
            }
            for call in &choice.delta.tool_calls {
                let call = Call { index: call.index, id: call.id, name: call.function.name, arguments: call.function.arguments };
                (self.0)(Chunk { index, delta: Delta::Call(call), finish: None });
            }
            if choice.finish_reason.is_some() {
                (self.0)(Chunk { index, delta: Delta::Nothing, finish: choice.finish_reason });
            }
        }
    }

    fn verbatim(&mut self, _: &str) {
        unreachable!("only the openai wire passes chunks on");
    }
}
