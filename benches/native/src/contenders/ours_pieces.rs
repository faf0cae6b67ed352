//! The core's `Stream` of owned pieces: for a program with an async HTTP client.

use futures::executor::block_on;
use futures::{pin_mut, stream, StreamExt};
use oci_genai_edge::decode::{pieces, Decoder, Piece};
use oci_genai_edge::openai::Metadata;
use oci_genai_edge::options::Limits;
use serde_json::Value;

use crate::chunk::{Call, Chunk, Delta, Take};
use crate::corpus::Format;

pub(super) fn decode(format: Format, body: &[Vec<u8>], take: Take<'_>) {
    let decoder = Decoder::new(format.wire(), Metadata::default(), Limits::default(), false);
    let pieces = pieces(stream::iter(body.iter().map(Ok)), decoder);
    block_on(async {
        pin_mut!(pieces);
        while let Some(piece) = pieces.next().await {
            match piece.expect("a stream without faults") {
                Piece::Text(text) => take(Chunk {
                    index: 0,
                    delta: Delta::Text(&text),
                    finish: None,
                }),
                Piece::Chunk(chunk) => read(&chunk, take),
                Piece::End(_) => {}
            }
        }
    });
}

/// A chunk that is not plain text comes as OpenAI's JSON value.
fn read(chunk: &Value, take: Take<'_>) {
    for choice in chunk["choices"].as_array().into_iter().flatten() {
        let index = choice["index"].as_u64().unwrap_or(0) as u32;
        let delta = &choice["delta"];
        if let Some(text) = delta["content"].as_str() {
            take(Chunk {
                index,
                delta: Delta::Text(text),
                finish: None,
            });
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let call = Call {
                index: call["index"].as_u64().unwrap_or(0) as usize,
                id: call["id"].as_str(),
                name: call["function"]["name"].as_str(),
                arguments: call["function"]["arguments"].as_str().unwrap_or(""),
            };
            take(Chunk {
                index,
                delta: Delta::Call(call),
                finish: None,
            });
        }
        let finish = match choice["finish_reason"].as_str() {
            Some("stop") => Some("stop"),
            Some("tool_calls") => Some("tool_calls"),
            Some(_) => Some("length"),
            None => None,
        };
        if finish.is_some() {
            take(Chunk {
                index,
                delta: Delta::Nothing,
                finish,
            });
        }
    }
}
