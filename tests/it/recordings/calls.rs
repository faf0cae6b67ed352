//! Recordings as the body of a call's response.

use oci_genai_edge::call::{Call, Step};
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::ChatRequest;
use oci_genai_edge::options::Limits;
use serde_json::{json, Value};

use super::decoded::Decoded;
use crate::support::{response_head, single_call, RecordingSink, Wire};

/// A call on a wire format. Without tools in the request, text stays text.
pub fn call_on(wire: Wire, stream: bool) -> Call {
    let request = json!({"model": "model", "messages": [{"role": "user", "content": "?"}]});
    let request = ChatRequest::from_json(&request.to_string()).unwrap();
    single_call(wire.format(), request, stream, Limits::default(), true)
}

/// Sends the call's request, and delivers the response in these pieces.
pub fn respond(
    call: &mut Call,
    status: u16,
    content_type: &str,
    pieces: &[&[u8]],
) -> (RecordingSink, Step) {
    let mut sink = RecordingSink::default();
    assert!(matches!(call.next_step(0.0), Step::Send(_)));
    call.on_response(response_head(status, content_type), 1.0);
    for piece in pieces {
        if !call.needs_body() {
            break;
        }
        assert!(matches!(call.next_step(2.0), Step::Read | Step::Stream));
        call.on_body_chunk(piece, 2.0, &mut sink);
    }
    if call.needs_body() {
        call.on_body_end(3.0, &mut sink);
    }
    (sink, call.next_step(3.0))
}

/// An event stream in a call, whether or not the call asks for a stream.
pub fn check_stream_in_calls(name: &str, wire: Wire, bytes: &[u8], expected: &Decoded) {
    let pieces: Vec<&[u8]> = bytes.chunks(7).collect();
    for stream in [true, false] {
        let mut call = call_on(wire, stream);
        let (sink, step) = respond(&mut call, 200, "text/event-stream", &pieces);
        let code: Option<Code> = match &step {
            Step::Fail(error) => Some(error.code()),
            Step::Done => None,
            other => panic!("{name}: {other:?}"),
        };
        let expected_code = expected.error.as_ref().map(Error::code);
        assert_eq!(code, expected_code, "{name}, stream: {stream}");
        let expected_sink = match stream {
            true => expected.sink.clone(),
            false => RecordingSink::default(),
        };
        assert_eq!(sink, expected_sink, "{name}, stream: {stream}");
        let completion: Value = serde_json::from_slice(&call.result()).unwrap();
        let expected = expected.completion();
        assert_eq!(completion, expected, "{name}, stream: {stream}");
    }
}
