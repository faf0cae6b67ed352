//! Tool calls in a model's text, through a call: however the text is divided into deltas, the
//! answer is the same, and no word is lost.

use oci_genai_edge::options::Limits;
use oci_genai_edge::wire;
use serde_json::Value;

use super::input::{Input, Settings};
use crate::support::{assert_chunks_make, Outcome, StreamSetup};

pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let text = input.text();
    let setup = StreamSetup {
        wire: &wire::GENERIC,
        limits: match input.settings.flip() {
            true => Limits::default(),
            false => Limits {
                max_tool_calls: 1 + input.settings.below(3),
                ..Limits::default()
            },
        },
        include_usage: false,
    };
    let whole = setup.decode_in_call(&[&stream([text.as_str()])]);
    let completion = completion_of(&whole);
    let cut = setup.decode_in_call(&[&stream(cut(&text, &mut input.settings))]);
    assert_eq!(cut.completion, whole.completion, "the deltas of {text:?}");
    assert_eq!(cut.error, whole.error, "the deltas of {text:?}");
    // Takes as long as the rest.
    if input.settings.below(4) == 0 {
        assert_chunks_make(&cut.sink, &completion, cut.error.is_some(), false);
    }
    check_words(&text, &completion, whole.error.is_none());
}

/// In single characters, or at random.
fn cut<'t>(text: &'t str, settings: &mut Settings<'_>) -> Vec<&'t str> {
    let is_single = text.len() <= 64 && settings.flip();
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let count = if is_single {
            1
        } else {
            settings.random.below(12)
        };
        let at = rest
            .char_indices()
            .nth(count)
            .map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(at);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn stream<'t>(deltas: impl IntoIterator<Item = &'t str>) -> Vec<u8> {
    let mut stream = Vec::new();
    for delta in deltas {
        stream.extend_from_slice(br#"data: {"index":0,"message":{"content":[{"text":"#);
        serde_json::to_writer(&mut stream, delta).unwrap();
        stream.extend_from_slice(b"}]}}\n\n");
    }
    stream.extend_from_slice(b"data: {\"index\":0,\"finishReason\":\"stop\"}\n\n");
    stream
}

fn completion_of(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.completion).unwrap()
}

/// The text of the answer is the model's, in order, and without a call it is all of it.
fn check_words(text: &str, completion: &Value, is_whole: bool) {
    let message = &completion["choices"][0]["message"];
    let content = message["content"].as_str().unwrap_or_default();
    let reasoning = message["reasoning_content"].as_str().unwrap_or_default();
    let mut rest = text.chars();
    for char in reasoning.chars().chain(content.chars()) {
        assert!(
            rest.any(|other| other == char),
            "{char:?} of the answer is not in the model's text {text:?}"
        );
    }
    let has_calls = message["tool_calls"].as_array().is_some();
    if is_whole && !has_calls && reasoning.is_empty() {
        assert_eq!(content, text, "the model's text without a call");
    }
}
