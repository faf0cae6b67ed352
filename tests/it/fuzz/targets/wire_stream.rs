//! The stream of a wire: whole and cut anywhere, with and without templates, within small limits,
//! and in calls. Everything that a caller can observe is the same, and the chunks make the
//! completion.

use oci_genai_edge::wire::WireFormat;
use serde_json::Value;

use super::input::{Input, Settings};
use crate::support::{assert_any_chunks_make, assert_same, Outcome, Random, StreamSetup};

pub fn check(wire: &'static WireFormat, data: &[u8]) {
    let mut input = Input::new(data);
    let (body, settings) = (input.body, &mut input.settings);
    let mode = settings.below(4);
    let setup = StreamSetup {
        wire,
        limits: settings.limits(),
        include_usage: settings.flip(),
    };
    match mode {
        0 => {
            let whole = check_cut(body, settings, |pieces| setup.decode(pieces));
            check_chunks(&whole, wire, setup.include_usage);
        }
        1 => {
            let whole = check_cut(body, settings, |pieces| setup.decode_in_call(pieces));
            check_chunks(&whole, wire, false);
        }
        2 => {
            let whole = check_cut(body, settings, |pieces| setup.decode_whole(pieces));
            assert!(whole.sink.calls.is_empty());
            let streamed = setup.decode_in_call(&[body]);
            assert_eq!(
                whole.completion, streamed.completion,
                "the completion with and without chunks"
            );
        }
        _ => {
            // Limits count bytes: both streams have the same number, cut at the same places.
            let seed = settings.random.next();
            let [same, differing] = [Space::Same, Space::Differing].map(|space| {
                let bytes = spaced(body, space);
                setup.decode(&Random(seed).split(&bytes, 300))
            });
            assert_same(&same, &differing, "with and without templates", body);
        }
    }
}

/// Decodes a body whole and in pieces, and compares.
fn check_cut(
    body: &[u8],
    settings: &mut Settings<'_>,
    decode: impl Fn(&[&[u8]]) -> Outcome,
) -> Outcome {
    let whole = decode(&[body]);
    let cut = decode(&settings.cut(body));
    assert_same(&whole, &cut, "whole and cut", body);
    whole
}

/// The chunks of the native wires: those that the service wrote are passed on whatever they are.
fn check_chunks(outcome: &Outcome, wire: &WireFormat, include_usage: bool) {
    let completion: Value = serde_json::from_str(&outcome.completion).unwrap();
    let failed = outcome.error.is_some();
    // A whole answer in the place of a stream may fail before its first chunk.
    let has_none = failed && outcome.sink.calls.is_empty();
    // Calls without a name have no chunks: no client could read them.
    let has_nameless = outcome.completion.contains(r#""function":{"name":"""#);
    if !wire.passes_events_through && !has_none && !has_nameless {
        assert_any_chunks_make(&outcome.sink, &completion, failed, include_usage);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Space {
    /// The same in every event.
    Same,
    /// Different in each, which keeps every event from repeating another.
    Differing,
}

/// The stream with white space after the first brace of each data line, which has no meaning.
fn spaced(stream: &[u8], space: Space) -> Vec<u8> {
    let mut out = Vec::with_capacity(stream.len() * 2);
    let lines = stream.split_inclusive(|byte| *byte == b'\n' || *byte == b'\r');
    for (number, line) in lines.enumerate() {
        let brace = line
            .strip_prefix(b"data:")
            .map(<[u8]>::trim_ascii_start)
            .filter(|data| data.starts_with(b"{"))
            .map(|data| line.len() - data.len() + 1);
        let (before, after) = line.split_at(brace.unwrap_or(0));
        out.extend_from_slice(before);
        if brace.is_some() {
            let bit = |at: usize| match space {
                Space::Differing if number >> at & 1 == 1 => b'\t',
                _ => b' ',
            };
            out.extend((0..10).map(bit));
        }
        out.extend_from_slice(after);
    }
    out
}
