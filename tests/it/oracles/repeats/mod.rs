//! Templates (`src/decode/template.rs`) against reading every event in full. A stream of repeating
//! events is decoded unchanged, split anywhere, and with different white space in each event, which
//! has no meaning, but keeps every event from matching a template. The sink and the caller must get
//! the same, to the byte.
//!
//! The streams need not be valid: an event that is nearly the one before it tests more. `SEED` sets
//! the first seed, `ROUNDS` their number; a failure names its seed and shows the stream.

mod shapes;
mod streams;

use std::cell::Cell;

use crate::support::{assert_same, for_each_seed, Outcome, Random, StreamSetup};
use oci_genai_edge::error::Reason;
use oci_genai_edge::options::Limits;

use streams::{split, stream, written, Format, Space};
use streams::{COHERE, COHERE_V2, GENERIC, OPENAI};

/// For each wire.
const STREAMS: u64 = 5_500;

#[derive(Clone, Copy, Default)]
struct Count {
    streams: usize,
    complete: usize,
    repeats: usize,
    calls: usize,
}

fn streams(format: &'static Format) {
    let count = Cell::new(Count::default());
    for_each_seed(STREAMS, |random| {
        let (items, repeats) = stream(random, format);
        let plain = written(&items, Space::None);
        let differing = written(&items, Space::Differing);
        let setup = StreamSetup {
            wire: format.wire,
            limits: Limits::default(),
            include_usage: random.chance(3),
        };
        let original = setup.decode(&[&plain]);
        assert_same(
            &original,
            &setup.decode(&[&differing]),
            "with and without templates",
            &plain,
        );
        assert_same(
            &original,
            &setup.decode(&split(random, &plain)),
            "whole and split",
            &plain,
        );

        // Limits count bytes: both streams have the same number, and arrive in pieces of the same
        // lengths.
        if random.chance(3) {
            let same = written(&items, Space::Same);
            let limits = Limits {
                max_event_bytes: 40 + random.below(300),
                max_response_bytes: 1000 + random.below(8000),
                max_tool_calls: 1 + random.below(3),
                ..Limits::default()
            };
            let setup = StreamSetup { limits, ..setup };
            let seed = random.next();
            let [same_pieces, differing_pieces] =
                [&same, &differing].map(|bytes| Random(seed).split(bytes, 500));
            assert_same(
                &setup.decode(&same_pieces),
                &setup.decode(&differing_pieces),
                "within limits",
                &same,
            );
        }
        if format.api_format.is_some() && random.chance(4) {
            let (one, other) = (
                setup.decode_in_call(&split(random, &plain)),
                setup.decode_in_call(&[&differing]),
            );
            assert_same(&one, &other, "with tool calls in the text", &plain);
        }

        let Count {
            streams,
            complete,
            repeats: before,
            calls,
        } = count.get();
        count.set(Count {
            streams: streams + 1,
            complete: complete + usize::from(original.error.is_none()),
            repeats: before + repeats,
            calls: calls + original.sink.calls.len(),
        });
    });
    let Count {
        streams,
        complete,
        repeats,
        calls,
    } = count.get();
    let name = format.wire.name;
    println!(
        "{name}: {streams} streams, {complete} of them without an error; {repeats} events repeat, \
         {calls} calls of the sink"
    );
}

#[test]
fn generic_streams() {
    streams(&GENERIC);
}

#[test]
fn cohere_streams() {
    streams(&COHERE);
}

#[test]
fn cohere_v2_streams() {
    streams(&COHERE_V2);
}

#[test]
fn openai_streams() {
    streams(&OPENAI);
}

// Regressions that the random streams found.

fn decode(format: &'static Format, pieces: &[&str]) -> Outcome {
    let setup = StreamSetup {
        wire: format.wire,
        limits: Limits::default(),
        include_usage: false,
    };
    let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
    setup.decode(&pieces)
}

/// What is written of a stream of the openai transport.
fn passed_through(pieces: &[&str]) -> String {
    decode(&OPENAI, pieces).written
}

fn openai_event(id: &str, text: &str) -> String {
    let choice = format!(r#"{{"index":0,"delta":{{"content":"{text}"}}}}"#);
    format!(r#"data: {{"id":"{id}","choices":[{choice}]}}"#)
}

const USAGE: &str = r#"data: {"id":"id","choices":[],"usage":{"prompt_tokens":1}}"#;

#[test]
fn an_event_of_two_data_lines_is_not_a_template() {
    let event = |second_line: &str| {
        format!("data: {{\"message\":\n{second_line}{{\"content\":[{{\"text\":\"a\"}}]}}}}\n\n")
    };
    // The second event lacks `data:` on its second line, so its data is not JSON.
    let outcome = decode(&GENERIC, &[&event("data: "), &event(""), "\n\n"]);
    assert!(outcome
        .error
        .is_some_and(|error| error.reason() == Some(Reason::UnreadableEvent)));
    assert_eq!(outcome.sink.texts(), ["a"]);
}

#[test]
fn the_metadata_is_that_of_the_last_event() {
    let events = [("1", "a"), ("2", "b"), ("1", "c")].map(|(id, text)| openai_event(id, text));
    let stream = events.join("\n") + "\n";
    let completion = decode(&OPENAI, &[&stream]).completion;
    let completion: serde_json::Value = serde_json::from_str(&completion).unwrap();
    assert_eq!(completion["id"], "1");
}

#[test]
fn the_blank_line_of_a_suppressed_usage_event_is_suppressed() {
    let [one, two, three] = ["1", "2", "3"].map(|text| openai_event("id", text));
    let stream = [&one, "\n\n", USAGE, "\n", &two, "\n"].concat();
    assert_eq!(
        passed_through(&[&stream, "\n", &three, "\n\n"]),
        [&one, "\n\n", &two, "\n\n", &three, "\n\n"].concat()
    );
    assert_eq!(
        passed_through(&[&one, "\r\n\r\n", USAGE, "\r", "\n\r", "\n", &two, "\r\n"]),
        [&one, "\r\n\r\n", &two, "\r\n\n"].concat()
    );
}

#[test]
fn a_line_end_split_between_pieces_stays_with_its_line() {
    let [one, two, three] = ["1", "2", "3"].map(|text| openai_event("id", text));
    let second = [&two, "\r\n"].concat();
    assert_eq!(
        passed_through(&[&one, "\r", "\n", &second, &three, "\r\n"]),
        [&one, "\r\n", &second, &three, "\r\n\n"].concat()
    );
    let (start, end) = three.split_at(three.len() - 1);
    let split = [start, "\r", "\ndata: ", end, "\r", "\n\r\n"];
    assert_eq!(
        passed_through(&[&[&one, "\r\n"][..], &split].concat()),
        [&one, "\r\n", &split.concat()].concat()
    );
    assert_eq!(
        passed_through(&[": comment\r", "\n", &one, "\r", "\n"]),
        [&one, "\r\n\n"].concat()
    );
}
