//! Everything that a caller can observe of a stream, so that two ways to decode it can be compared.

use oci_genai_edge::call::{Call, Step};
use oci_genai_edge::decode::Decoder;
use oci_genai_edge::error::Error;
use oci_genai_edge::openai::{ChatRequest, Chunk, EventWriter, Metadata, Sink};
use oci_genai_edge::options::Limits;
use oci_genai_edge::wire::WireFormat;
use serde_json::json;

use super::{response_head, single_call, RecordingSink, SinkCall};

/// A sink that records its calls, and writes events.
pub struct Recorder {
    pub sink: RecordingSink,
    writer: EventWriter,
}

impl Recorder {
    pub fn new(include_usage: bool) -> Recorder {
        Recorder {
            sink: RecordingSink::default(),
            writer: EventWriter::new(include_usage),
        }
    }
}

impl Sink for Recorder {
    fn text(&mut self, metadata: &Metadata, text: &str) {
        self.sink.text(metadata, text);
        self.writer.text(metadata, text);
    }

    fn chunk(&mut self, metadata: &Metadata, chunk: &Chunk<'_>) {
        self.sink.chunk(metadata, chunk);
        self.writer.chunk(metadata, chunk);
    }

    fn verbatim(&mut self, json: &str) {
        let json = without_space(json.as_bytes());
        let json = String::from_utf8(json).unwrap();
        self.sink.calls.push(SinkCall::Verbatim(json));
        self.writer.verbatim("");
    }

    fn raw_bytes(&mut self, bytes: &[u8]) {
        self.writer.raw_bytes(bytes);
    }
}

/// Everything that a caller can observe.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub sink: RecordingSink,
    pub written: String,
    pub completion: String,
    pub error: Option<Error>,
    pub is_done: bool,
}

impl Outcome {
    fn new(recorder: Recorder, completion: Vec<u8>, error: Option<Error>, is_done: bool) -> Self {
        let bytes = recorder.writer.bytes();
        let lines: Vec<Vec<u8>> = bytes
            .split_inclusive(|byte| *byte == b'\n' || *byte == b'\r')
            .map(without_space)
            .collect();
        Outcome {
            sink: recorder.sink,
            written: String::from_utf8_lossy(&lines.concat()).into_owned(),
            completion: String::from_utf8(completion).unwrap(),
            error,
            is_done,
        }
    }
}

/// How a stream is decoded.
#[derive(Clone, Copy)]
pub struct StreamSetup {
    pub wire: &'static WireFormat,
    pub limits: Limits,
    pub include_usage: bool,
}

impl StreamSetup {
    pub fn decode(self, pieces: &[&[u8]]) -> Outcome {
        let metadata = Metadata {
            id: "chatcmpl-test".into(),
            created: 7,
            model: "model".into(),
        };
        let mut decoder = Decoder::new(self.wire, metadata, self.limits, self.include_usage);
        let mut recorder = Recorder::new(self.include_usage);
        let fed = pieces
            .iter()
            .try_for_each(|piece| decoder.feed(piece, &mut recorder));
        let error = fed.and_then(|()| decoder.end(&mut recorder)).err();
        let completion = decoder.answer().completion().to_json();
        Outcome::new(recorder, completion, error, decoder.is_done())
    }

    /// In a call, which also parses tool calls in the text.
    pub fn decode_in_call(self, pieces: &[&[u8]]) -> Outcome {
        let call = self.call(true);
        let (call, recorder, error) = run_call(call, pieces);
        let is_done = error.is_none();
        Outcome::new(recorder, call.result(), error, is_done)
    }

    /// In a call that asks for the whole answer.
    pub fn decode_whole(self, pieces: &[&[u8]]) -> Outcome {
        let call = self.call(false);
        let (call, recorder, error) = run_call(call, pieces);
        let is_done = error.is_none();
        Outcome::new(recorder, call.result(), error, is_done)
    }

    fn call(self, stream: bool) -> Call {
        // Parsed here, and not for each of a million streams.
        thread_local! {
            static REQUEST: ChatRequest = {
                let request = json!({
                    "model": "model",
                    "messages": [{"role": "user", "content": "?"}],
                    "tools": [{"type": "function", "function": {"name": "f"}}],
                });
                ChatRequest::from_json(&request.to_string()).unwrap()
            };
        }
        let request = REQUEST.with(ChatRequest::clone);
        single_call(self.wire, request, stream, self.limits, true)
    }
}

/// Runs a call whose one response is an event stream.
fn run_call(mut call: Call, pieces: &[&[u8]]) -> (Call, Recorder, Option<Error>) {
    let mut recorder = Recorder::new(false);
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
        other => panic!("the call does not end: {other:?}"),
    };
    (call, recorder, error)
}

#[track_caller]
pub fn assert_same(one: &Outcome, other: &Outcome, comparison: &str, stream: &[u8]) {
    if one == other {
        return;
    }
    let calls = one
        .sink
        .calls
        .iter()
        .zip(&other.sink.calls)
        .find(|(one, other)| one != other);
    panic!(
        "{comparison}\n{} and {} calls of the sink, the first that differ {calls:?}\n\
         errors {:?}\n   and {:?}\ncompletion {}\nwritten {}\nthe stream {:?}",
        one.sink.calls.len(),
        other.sink.calls.len(),
        one.error,
        other.error,
        differing_rests(&one.completion, &other.completion),
        differing_rests(&one.written, &other.written),
        String::from_utf8_lossy(stream),
    );
}

/// The rest of two texts, from a little before their first difference.
fn differing_rests(one: &str, other: &str) -> String {
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

/// A line without the white space after its first brace, which has no meaning.
pub fn without_space(line: &[u8]) -> Vec<u8> {
    let Some(open) = line.iter().position(|byte| *byte == b'{') else {
        return line.to_vec();
    };
    let (head, tail) = line.split_at(open + 1);
    let space = tail.iter().take_while(|byte| b" \t".contains(byte)).count();
    [head, &tail[space..]].concat()
}
