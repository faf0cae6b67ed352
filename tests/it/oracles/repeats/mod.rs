//! Templates (`src/decode/template.rs`) against reading every event in full. A stream of events that
//! repeat is decoded as it is, cut anywhere, and with white space in each event that no other event
//! has: it has no meaning, but keeps every event from matching a template. What the sink and the
//! caller get must be the same, to the byte.
//!
//! The streams need not be valid: the more an event resembles the one before without being the same,
//! the better. `SEED` sets the first seed, `ROUNDS` their number; a failure names its seed and shows
//! the stream.

mod shapes;
mod streams;

use std::cell::Cell;

use crate::support::{response_head, seeds, single_call, Line, Random, Told};
use oci_genai_edge::call::Step;
use oci_genai_edge::decode::Decoder;
use oci_genai_edge::error::{Error, Reason};
use oci_genai_edge::openai::{ChatRequest, Chunk, EventWriter, Metadata, Sink};
use oci_genai_edge::options::Limits;

use streams::{cut, stream, without_space, written, Format, Space};
use streams::{COHERE, COHERE_V2, GENERIC, OPENAI};

/// For each wire.
const STREAMS: u64 = 5_500;

fn metadata() -> Metadata {
    Metadata {
        id: "chatcmpl-test".into(),
        created: 7,
        model: "model".into(),
    }
}

/// A sink that records its calls, and writes events.
struct Recorder {
    calls: Told,
    writer: EventWriter,
}

impl Sink for Recorder {
    fn text(&mut self, metadata: &Metadata, text: &str) {
        self.calls.text(metadata, text);
        self.writer.text(metadata, text);
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        self.calls.chunk(metadata, chunk);
        self.writer.chunk(metadata, chunk);
    }

    fn verbatim(&mut self, json: &str) {
        let json = without_space(json.as_bytes());
        self.calls
            .0
            .push(Line::Verbatim(String::from_utf8(json).unwrap()));
        self.writer.verbatim("");
    }

    fn raw_bytes(&mut self, bytes: &[u8]) {
        self.writer.raw_bytes(bytes);
    }
}

/// Everything that a caller can observe.
#[derive(Debug, PartialEq)]
struct Outcome {
    calls: Told,
    written: String,
    completion: String,
    error: Option<Error>,
    is_done: bool,
}

fn outcome(
    recorder: Recorder,
    completion: Vec<u8>,
    error: Option<Error>,
    is_done: bool,
) -> Outcome {
    let bytes = recorder.writer.bytes();
    let lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|byte| *byte == b'\n' || *byte == b'\r')
        .map(without_space)
        .collect();
    let written = lines.concat();
    Outcome {
        calls: recorder.calls,
        written: String::from_utf8_lossy(&written).into_owned(),
        completion: String::from_utf8(completion).unwrap(),
        error,
        is_done,
    }
}

/// How a stream is decoded.
#[derive(Clone, Copy)]
struct Setup {
    format: &'static Format,
    limits: Limits,
    include_usage: bool,
}

impl Setup {
    fn decode(self, pieces: &[&[u8]]) -> Outcome {
        let mut decoder = Decoder::new(
            self.format.wire,
            metadata(),
            self.limits,
            self.include_usage,
        );
        let mut recorder = Recorder {
            calls: Told::default(),
            writer: EventWriter::new(self.include_usage),
        };
        let fed = pieces
            .iter()
            .try_for_each(|piece| decoder.feed(piece, &mut recorder));
        let error = fed.and_then(|()| decoder.end(&mut recorder)).err();
        outcome(
            recorder,
            decoder.answer().completion().to_json(),
            error,
            decoder.is_done(),
        )
    }

    /// In a call, which looks for tool calls in the text.
    fn decode_in_call(self, pieces: &[&[u8]]) -> Outcome {
        let request = r#"{"model":"model","messages":[{"role":"user","content":"?"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#;
        let request = ChatRequest::from_json(request).unwrap();
        let mut call = single_call(self.format.wire, request, true, self.limits, true);
        let mut recorder = Recorder {
            calls: Told::default(),
            writer: EventWriter::new(false),
        };
        assert!(matches!(call.next_step(0.0), Step::Send(_)));
        call.on_response(response_head(200, "text/event-stream"), 1.0);
        for piece in pieces {
            if call.needs_body() {
                call.on_body_chunk(piece, 2.0, &mut recorder);
            }
        }
        if call.needs_body() {
            call.on_body_end(3.0, &mut recorder);
        }
        let error = match call.next_step(3.0) {
            Step::Done => None,
            Step::Fail(error) => Some(error),
            other => panic!("the call goes on: {other:?}"),
        };
        let is_done = error.is_none();
        outcome(recorder, call.result(), error, is_done)
    }
}

/// The rest of two texts, from a little before their first difference.
fn rests(one: &str, other: &str) -> String {
    let same = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    let rest = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[same.saturating_sub(60)..]).into_owned()
    };
    format!("{:?}\n    and {:?}", rest(one), rest(other))
}

fn assert_same(one: &Outcome, other: &Outcome, what: &str, stream: &[u8]) {
    if one == other {
        return;
    }
    let calls = one
        .calls
        .0
        .iter()
        .zip(&other.calls.0)
        .find(|(one, other)| one != other);
    panic!(
        "{what}\n{} and {} calls of the sink, the first that differ {calls:?}\nfailed {:?}\n   and {:?}\nwhole {}\nwritten {}\nthe stream {:?}",
        one.calls.0.len(),
        other.calls.0.len(),
        one.error,
        other.error,
        rests(&one.completion, &other.completion),
        rests(&one.written, &other.written),
        String::from_utf8_lossy(stream),
    );
}

#[derive(Clone, Copy, Default)]
struct Count {
    streams: usize,
    complete: usize,
    repeats: usize,
    calls: usize,
}

fn streams(format: &'static Format) {
    let count = Cell::new(Count::default());
    seeds(STREAMS, |random| {
        let (items, repeats) = stream(random, format);
        let plain = written(&items, Space::None);
        let differs = written(&items, Space::Differs);
        let setup = Setup {
            format,
            limits: Limits::default(),
            include_usage: random.chance(3),
        };
        let as_it_is = setup.decode(&[&plain]);
        assert_same(
            &as_it_is,
            &setup.decode(&[&differs]),
            "with and without templates",
            &plain,
        );
        assert_same(
            &as_it_is,
            &setup.decode(&cut(random, &plain)),
            "whole and cut",
            &plain,
        );

        // Limits count bytes: both streams have as many, and arrive in the same pieces.
        if random.chance(3) {
            let same = written(&items, Space::Same);
            let limits = Limits {
                max_event_bytes: 40 + random.below(300),
                max_response_bytes: 1000 + random.below(8000),
                max_tool_calls: 1 + random.below(3),
                ..Limits::default()
            };
            let setup = Setup { limits, ..setup };
            let seed = random.next();
            let [same_cut, differs_cut] =
                [&same, &differs].map(|bytes| Random(seed).cut(bytes, 500));
            assert_same(
                &setup.decode(&same_cut),
                &setup.decode(&differs_cut),
                "within limits",
                &same,
            );
        }
        if format.api_format.is_some() && random.chance(4) {
            let (one, other) = (
                setup.decode_in_call(&cut(random, &plain)),
                setup.decode_in_call(&[&differs]),
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
            complete: complete + usize::from(as_it_is.error.is_none()),
            repeats: before + repeats,
            calls: calls + as_it_is.calls.0.len(),
        });
    });
    let Count {
        streams,
        complete,
        repeats,
        calls,
    } = count.get();
    let name = format.wire.name;
    println!("{name}: {streams} streams, {complete} of them without an error; {repeats} events repeat, {calls} calls of the sink");
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

// ---------------------------------------------------------------- what the streams have found

fn decode(format: &'static Format, pieces: &[&str]) -> Outcome {
    let setup = Setup {
        format,
        limits: Limits::default(),
        include_usage: false,
    };
    let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
    setup.decode(&pieces)
}

/// What is written of a stream of the openai transport.
fn passed(pieces: &[&str]) -> String {
    decode(&OPENAI, pieces).written
}

fn openai_event(id: &str, text: &str) -> String {
    format!("data: {{\"id\":\"{id}\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}")
}

const USAGE: &str = "data: {\"id\":\"id\",\"choices\":[],\"usage\":{\"prompt_tokens\":1}}";

#[test]
fn an_event_on_two_data_lines_makes_no_template() {
    let event = |then: &str| {
        format!("data: {{\"message\":\n{then}{{\"content\":[{{\"text\":\"a\"}}]}}}}\n\n")
    };
    // The second one lacks `data:` on its second line, so it is no JSON.
    let outcome = decode(&GENERIC, &[&event("data: "), &event(""), "\n\n"]);
    assert!(outcome
        .error
        .is_some_and(|error| error.reason() == Some(Reason::UnreadableEvent)));
    assert_eq!(outcome.calls.texts(), ["a"]);
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
fn suppressed_usage_takes_its_own_blank_line_along() {
    let [one, two, three] = ["1", "2", "3"].map(|text| openai_event("id", text));
    let stream = [&one, "\n\n", USAGE, "\n", &two, "\n"].concat();
    assert_eq!(
        passed(&[&stream, "\n", &three, "\n\n"]),
        [&one, "\n\n", &two, "\n\n", &three, "\n\n"].concat()
    );
    assert_eq!(
        passed(&[&one, "\r\n\r\n", USAGE, "\r", "\n\r", "\n", &two, "\r\n"]),
        [&one, "\r\n\r\n", &two, "\r\n\n"].concat()
    );
}

#[test]
fn a_line_end_that_is_split_between_chunks_stays_with_its_line() {
    let [one, two, three] = ["1", "2", "3"].map(|text| openai_event("id", text));
    let second = [&two, "\r\n"].concat();
    assert_eq!(
        passed(&[&one, "\r", "\n", &second, &three, "\r\n"]),
        [&one, "\r\n", &second, &three, "\r\n\n"].concat()
    );
    let (start, end) = three.split_at(three.len() - 1);
    let split = [start, "\r", "\ndata: ", end, "\r", "\n\r\n"];
    assert_eq!(
        passed(&[&[&one, "\r\n"][..], &split].concat()),
        [&one, "\r\n", &split.concat()].concat()
    );
    assert_eq!(
        passed(&[": comment\r", "\n", &one, "\r", "\n"]),
        [&one, "\r\n\n"].concat()
    );
}
