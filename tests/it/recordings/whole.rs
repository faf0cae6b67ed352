//! What is checked of a recorded whole answer or error body.

use oci_genai_edge::call::Step;
use oci_genai_edge::error::Error;
use serde_json::{Map, Value};

use super::calls::{call_on, respond};
use super::decoded::{check_message, describe_completion, describe_error, expected_of, wire_named};
use super::SEED;
use crate::support::{as_assembled, Random, RecordingSink, Wire};

/// The outcome of a call whose response is a recording.
struct Received {
    description: Map<String, Value>,
    error: Option<Error>,
    sink: RecordingSink,
    completion: Value,
}

fn receive(name: &str, wire: Wire, status: u16, stream: bool, pieces: &[&[u8]]) -> Received {
    let mut call = call_on(wire, stream);
    let (sink, step) = respond(&mut call, status, "application/json", pieces);
    let completion: Value = serde_json::from_slice(&call.result()).unwrap();
    let (description, error) = match step {
        Step::Done => (describe_completion(&completion), None),
        Step::Fail(error) => (describe_error(&error), Some(error)),
        other => panic!("{name}: {other:?}"),
    };
    Received {
        description,
        error,
        sink,
        completion,
    }
}

/// A whole answer, both as requested and in place of a requested stream.
pub fn check_whole(name: &str, bytes: &[u8], entry: &Value) {
    let wire = wire_named(entry["wire"].as_str().unwrap());
    let status = entry["status"].as_u64().unwrap_or(200) as u16;
    let whole = receive(name, wire, status, false, &[bytes]);
    let description = Value::Object(whole.description.clone());
    assert_eq!(description, expected_of(entry), "{name}");
    check_message(name, entry, whole.error.as_ref());
    let no_chunks = RecordingSink::default();
    assert_eq!(whole.sink, no_chunks, "{name}: no chunks were requested");

    let mut random = Random(SEED);
    for round in 0..200 {
        let max_len = match round {
            0 => 1,
            _ => *random.pick(&[3, 16, 64, 512]),
        };
        let pieces = random.split(bytes, max_len);
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(
            receive(name, wire, status, false, &pieces).description,
            whole.description,
            "{name}, seed {SEED}, round {round}: pieces of {sizes:?} bytes"
        );
    }

    // In place of a stream, an empty body may be an empty stream as well as an empty answer.
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return;
    }
    let streamed = receive(name, wire, status, true, &[bytes]);
    assert_eq!(
        streamed.description, whole.description,
        "{name}, where a stream was requested"
    );
    assert_eq!(streamed.completion, whole.completion, "{name}");
    match streamed.error {
        None => check_chunks_of_whole(name, &streamed),
        Some(_) => assert_eq!(streamed.sink, no_chunks, "{name}"),
    }
}

/// The answer comes in one chunk, and the finish in another.
fn check_chunks_of_whole(name: &str, received: &Received) {
    let completion = &received.completion;
    let chunks = received.sink.chunks();
    assert_eq!(chunks.len(), 2, "{name}: {chunks:?}");
    let fallback = chunks[0]["oci"]["fallback"].as_str();
    assert!(
        fallback.is_some_and(|reason| !reason.is_empty()),
        "{name}: {}",
        chunks[0]
    );
    let is_finished = |chunk: &Value| {
        let mut choices = chunk["choices"].as_array().unwrap().iter();
        choices.all(|choice| !choice["finish_reason"].is_null())
    };
    assert!(
        !is_finished(&chunks[0]) && is_finished(&chunks[1]),
        "{name}"
    );
    assert_eq!(
        chunks[1]["oci"].get("finish_reason"),
        completion["oci"].get("finish_reason"),
        "{name}"
    );
    assert_eq!(
        received.sink.assemble()["choices"],
        as_assembled(completion)["choices"],
        "{name}: the chunks and the completion"
    );
}
