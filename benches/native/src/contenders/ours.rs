//! The core's decoder with a sink of its own: for a program that reads bytes itself.

use oci_genai_edge::decode::Decoder;
use oci_genai_edge::openai::{self, Metadata, Sink};
use oci_genai_edge::options::Limits;

use crate::chunk::{Call, Chunk, Delta, Take};
use crate::corpus::Format;

pub(super) fn decode(format: Format, pieces: &[Vec<u8>], take: Take<'_>) {
    let mut sink = Taker(take);
    let mut decoder = Decoder::new(format.wire(), Metadata::default(), Limits::default(), false);
    for piece in pieces {
        decoder
            .feed(piece, &mut sink)
            .expect("a stream without faults");
    }
    decoder.end(&mut sink).expect("a stream that ends");
}

struct Taker<'t>(Take<'t>);

impl Sink for Taker<'_> {
    fn text(&mut self, _: &Metadata, text: &str) {
        (self.0)(Chunk {
            index: 0,
            delta: Delta::Text(text),
            finish: None,
        });
    }

    fn chunk(&mut self, _: &Metadata, chunk: &openai::Chunk<'_>) {
        for choice in &chunk.choices {
            let index = choice.index;
            if let Some(text) = choice.delta.content {
                (self.0)(Chunk {
                    index,
                    delta: Delta::Text(text),
                    finish: None,
                });
            }
            for call in &choice.delta.tool_calls {
                let call = Call {
                    index: call.index,
                    id: call.id,
                    name: call.function.name,
                    arguments: call.function.arguments,
                };
                (self.0)(Chunk {
                    index,
                    delta: Delta::Call(call),
                    finish: None,
                });
            }
            if choice.finish_reason.is_some() {
                (self.0)(Chunk {
                    index,
                    delta: Delta::Nothing,
                    finish: choice.finish_reason,
                });
            }
        }
    }

    fn verbatim(&mut self, _: &str) {
        unreachable!("only the openai transport passes chunks through");
    }
}
