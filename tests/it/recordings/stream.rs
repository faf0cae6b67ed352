//! What is checked of a recorded stream.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures::Stream;
use oci_genai_edge::decode::{pieces, Decoder, Piece};
use oci_genai_edge::options::Limits;
use serde_json::{json, Map, Value};

use super::calls::check_stream_in_calls;
use super::decoded::{
    check_message, decode, describe_completion, describe_error, expected_of, wire_named, Decoded,
};
use super::{RANDOM_SPLITS, SEED};
use crate::support::{as_assembled, metadata, Random, RecordingSink, SinkCall, Wire};

pub fn check_stream(name: &str, bytes: &[u8], entry: &Value) {
    let wire = wire_named(entry["wire"].as_str().unwrap());
    let decoded = decode(wire, [bytes], false);
    let mut description = describe_completion(&decoded.completion());
    description.extend(decoded.error.iter().flat_map(describe_error));
    assert_eq!(Value::Object(description), expected_of(entry), "{name}");
    check_message(name, entry, decoded.error.as_ref());
    check_chunks(name, &decoded, false);

    // With `include_usage` there is one more chunk, and no other difference.
    let with_usage = decode(wire, [bytes], true);
    check_chunks(name, &with_usage, decoded.error.is_none());
    let (calls, calls_with_usage) = (&decoded.sink.calls, &with_usage.sink.calls);
    let usage_chunks = calls_with_usage.len() - calls.len();
    assert_eq!(
        usage_chunks,
        usize::from(decoded.error.is_none() && entry.get("usage").is_some()),
        "{name}"
    );
    assert_eq!(calls_with_usage[..calls.len()], calls[..], "{name}");
    if usage_chunks == 1 {
        let last = with_usage.sink.chunks().pop().unwrap();
        assert_eq!(
            (&last["choices"], &last["usage"]),
            (&json!([]), &entry["usage"]),
            "{name}"
        );
    }

    check_splits(name, wire, bytes, &decoded);
    if entry.get("ownFraming").is_none() {
        for (framing, framed) in framings(bytes) {
            let again = decode(wire, [framed.as_slice()], false);
            assert_eq!(again, decoded, "{name}, {framing}");
            let again = decode(wire, framed.chunks(1), false);
            assert_eq!(again, decoded, "{name}, {framing}, byte by byte");
        }
    }
    check_stream_in_calls(name, wire, bytes, &decoded);
    check_pieces(name, wire, bytes, &decoded);
}

/// The same as a `Stream` of pieces. All bytes are ready at once, so no executor is needed.
fn check_pieces(name: &str, wire: Wire, bytes: &[u8], expected: &Decoded) {
    let body = futures::stream::iter(bytes.chunks(11).map(Ok));
    let decoder = Decoder::new(wire.format(), metadata(), Limits::default(), false);
    let mut stream = pin!(pieces(body, decoder));
    let mut context = Context::from_waker(Waker::noop());
    let (mut emitted, mut end, mut error) = (RecordingSink::default(), None, None);
    while let Poll::Ready(Some(piece)) = stream.as_mut().poll_next(&mut context) {
        assert!(
            end.is_none() && error.is_none(),
            "{name}: a piece after the last"
        );
        match piece {
            Ok(Piece::Text(text)) => emitted.calls.push(SinkCall::Text(text)),
            Ok(Piece::Chunk(chunk)) => emitted.calls.push(SinkCall::Verbatim(chunk.to_string())),
            Ok(Piece::End(completion)) => end = Some(*completion),
            Err(failure) => error = Some(failure),
        }
    }
    // The text of the first choice, which the chunks have with other things, is text.
    let texts = emitted.calls.iter().filter_map(|call| match call {
        SinkCall::Text(text) => Some(text.clone()),
        _ => None,
    });
    let texts: Vec<String> = texts.collect();
    assert_eq!(texts, expected.sink.texts(), "{name}, as pieces");
    let (pieces, chunks) = (emitted.assemble_any(), expected.sink.assemble_any());
    assert_eq!(pieces, chunks, "{name}, as pieces");
    assert_eq!(error, expected.error, "{name}, as pieces");
    let completion = expected.error.is_none().then(|| expected.completion());
    assert_eq!(end, completion, "{name}, as pieces");
}

/// The chunks assemble to the completion: callers who read the chunks and callers who ask for the
/// whole answer get the same.
pub fn check_chunks(name: &str, decoded: &Decoded, has_usage_chunk: bool) {
    let mut assembled = decoded.sink.assemble();
    let mut whole = as_assembled(&decoded.completion());
    if !has_usage_chunk {
        // The request did not ask for it, or the stream failed before it.
        assembled["usage"] = Value::Null;
        whole["usage"] = Value::Null;
    }
    // A choice without content (only empty text, before a failure) has no chunks.
    if decoded.error.is_some() {
        let has_content = |choice: &Value| {
            !(choice["content"] == ""
                && choice["tool_calls"] == json!([])
                && choice["reasoning_content"] == "")
        };
        for side in [&mut whole, &mut assembled] {
            side["choices"].as_array_mut().unwrap().retain(has_content);
        }
    }
    assert_eq!(assembled, whole, "{name}: the chunks and the completion");

    // OCI's own fields come with the finish. A completion has room for the OCI finish reason of the
    // first choice only.
    if decoded.error.is_none() && whole["choices"].as_array().unwrap().len() == 1 {
        let completion = decoded.completion();
        assert_eq!(
            Value::Object(oci_fields(&decoded.sink.chunks())),
            completion.get("oci").cloned().unwrap_or(json!({})),
            "{name}: oci"
        );
    }
}

/// The `oci` members of all chunks.
fn oci_fields(chunks: &[Value]) -> Map<String, Value> {
    let fields = chunks.iter().filter_map(|chunk| chunk["oci"].as_object());
    fields
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Split in two at every byte, into single bytes, and at random: the sink gets the same calls.
pub fn check_splits(name: &str, wire: Wire, bytes: &[u8], expected: &Decoded) {
    for at in 0..=bytes.len() {
        let (first, second) = bytes.split_at(at);
        let decoded = decode(wire, [first, second], false);
        assert_eq!(&decoded, expected, "{name}, split at {at}");
    }
    let decoded = decode(wire, bytes.chunks(1), false);
    assert_eq!(&decoded, expected, "{name}, byte by byte");
    let mut random = Random(SEED);
    for round in 0..RANDOM_SPLITS {
        let max_len = *random.pick(&[3, 16, 64, 512]);
        let pieces = random.split(bytes, max_len);
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(
            &decode(wire, pieces, false),
            expected,
            "{name}, seed {SEED}, round {round}: pieces of {sizes:?} bytes"
        );
    }
}

/// The same events in every framing of section 4.6 of `../shared/protocol/oci-chat.md`.
fn framings(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let text = std::str::from_utf8(bytes).unwrap();
    let between = |separator: &str| text.replace("\n\n", separator);
    let mut framings = vec![
        ("CRLF", text.replace('\n', "\r\n")),
        ("CR", text.replace('\n', "\r")),
        ("no space after the colon", text.replace("data: ", "data:")),
        ("a byte order mark", format!("\u{FEFF}{text}")),
        (
            "comments between",
            format!(": ok\n\n{}", between("\n\n: ping\n\n:\n")),
        ),
        ("pings between", between("\n\nevent: ping\ndata: {}\n\n")),
        ("ids and retries", between("\nid: 5\nretry: 10\n\n")),
        ("many blank lines", between("\n\n\n\n\n")),
        ("no newline at the end", text.trim_end().to_owned()),
    ];
    // One newline between events. Without a blank line, an event that is not JSON has no end.
    if !text.contains("{broken") {
        framings.push(("single newlines", between("\n")));
    }
    let framings = framings.into_iter();
    framings
        .map(|(name, text)| (name, text.into_bytes()))
        .collect()
}
