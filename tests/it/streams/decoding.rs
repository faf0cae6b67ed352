//! A stream decoded by a decoder, or in a call.

use oci_genai_edge::call::Step;
use oci_genai_edge::decode::Decoder;
use oci_genai_edge::error::Error;
use oci_genai_edge::openai::{ChatRequest, Chunk, Metadata, Sink};
use oci_genai_edge::options::Limits;
use serde_json::{json, Value};

use crate::support::{completion, metadata, response_head, single_call, RecordingSink, Wire};

/// What a client receives.
pub struct Decoded {
    pub completion: Value,
    /// The calls of the sink, if they were recorded.
    pub sink: Option<RecordingSink>,
    pub error: Option<Error>,
    pub include_usage: bool,
}

pub fn decode(wire: Wire, pieces: &[&[u8]], include_usage: bool, records: bool) -> Decoded {
    let mut decoder = Decoder::new(wire.format(), metadata(), Limits::default(), include_usage);
    let mut recording = records.then(RecordingSink::default);
    let sink: &mut dyn Sink = match &mut recording {
        Some(recording) => recording,
        None => &mut DiscardingSink,
    };
    let fed = pieces
        .iter()
        .try_for_each(|piece| decoder.feed(piece, sink));
    let error = fed.and_then(|()| decoder.end(sink)).err();
    assert_eq!(decoder.is_done(), error.is_none());
    Decoded {
        completion: completion(decoder.answer()),
        sink: recording,
        error,
        include_usage,
    }
}

/// For callers who only need the whole answer.
struct DiscardingSink;

impl Sink for DiscardingSink {
    fn text(&mut self, _: &Metadata, _: &str) {}
    fn chunk(&mut self, _: &Metadata, _: &Chunk<'_>) {}
    fn verbatim(&mut self, _: &str) {}
}

/// The requests of calls on a wire format, parsed once.
pub struct Calls {
    wire: Wire,
    without_usage: ChatRequest,
    with_usage: ChatRequest,
}

impl Calls {
    pub fn new(wire: Wire) -> Calls {
        let request = |include_usage: bool| {
            let request = json!({
                "model": "model",
                "messages": [{"role": "user", "content": "?"}],
                "stream_options": {"include_usage": include_usage},
                "tools": [{"type": "function", "function": {"name": "f"}}],
            });
            ChatRequest::from_json(&request.to_string()).unwrap()
        };
        Calls {
            wire,
            without_usage: request(false),
            with_usage: request(true),
        }
    }

    pub fn decode(
        &self,
        pieces: &[&[u8]],
        include_usage: bool,
        stream: bool,
        tool_call_text: bool,
    ) -> Decoded {
        let (format, limits) = (self.wire.format(), Limits::default());
        let request = match include_usage {
            true => self.with_usage.clone(),
            false => self.without_usage.clone(),
        };
        let mut call = single_call(format, request, stream, limits, tool_call_text);
        let mut sink = RecordingSink::default();
        assert!(matches!(call.next_step(0.0), Step::Send(_)));
        call.on_response(response_head(200, "text/event-stream"), 1.0);
        for piece in pieces {
            if call.needs_body() {
                call.on_body_chunk(piece, 2.0, &mut sink);
            }
        }
        if call.needs_body() {
            call.on_body_end(3.0, &mut sink);
        }
        let error = match call.next_step(3.0) {
            Step::Done => None,
            Step::Fail(error) => Some(error),
            other => panic!("the call does not end: {other:?}"),
        };
        assert!(
            stream || sink.calls.is_empty(),
            "chunks that were not requested"
        );
        Decoded {
            completion: serde_json::from_slice(&call.result()).unwrap(),
            sink: stream.then_some(sink),
            error,
            include_usage,
        }
    }
}
