//! Recorded answers against what a reader of the recording and of the wire's specification expects of them: whole, cut at
//! every byte and at random, in every framing, through the decoder and through a call.
//!
//! `expectations/recordings.json` is about `../shared/protocol/fixtures`, `expectations/fixtures.json` about the repository's
//! own `fixtures`, which have the same shapes. An entry says `wire`, then what is seen: `text` (null where no choice was heard),
//! `reasoning`, `toolCalls` (the id `made up` stands for one that OCI does not give), `finishReason` in OpenAI's words,
//! `ociFinishReason` where that is another word, `usage`, … of the first choice, the same for `others`; or the `error`, with
//! what was heard before it. `ownFraming`: the lines are the point, so that no other framing is tried.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::support::{
    metadata, response_head, shared, single_call, to_add_up_to, Line, Random, Told, Wire,
};
use futures::Stream;
use oci_genai_edge::call::{Call, Step};
use oci_genai_edge::decode::{pieces, Decoder, Piece};
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::{ChatRequest, Completion};
use oci_genai_edge::options::Limits;
use serde_json::{json, Map, Value};

/// How often a stream is cut at random.
const RANDOM_CUTS: usize = 2000;
const SEED: u64 = 20_231_130;

fn wire_of(name: &str) -> Wire {
    Wire::ALL
        .into_iter()
        .find(|wire| wire.format().name == name)
        .unwrap_or_else(|| panic!("no wire is called {name:?}"))
}

// ---------------------------------------------------------------- what is seen

/// Everything that one decoding says.
#[derive(Debug, PartialEq)]
struct Seen {
    told: Told,
    completion: Vec<u8>,
    error: Option<Error>,
}

impl Seen {
    fn completion(&self) -> Value {
        serde_json::from_slice(&self.completion).unwrap()
    }
}

fn decode<'a>(wire: Wire, pieces: impl IntoIterator<Item = &'a [u8]>, include_usage: bool) -> Seen {
    let mut decoder = Decoder::new(wire.format(), metadata(), Limits::default(), include_usage);
    let mut told = Told::default();
    let fed = pieces
        .into_iter()
        .try_for_each(|piece| decoder.feed(piece, &mut told));
    let error = fed.and_then(|()| decoder.end(&mut told)).err();
    assert_eq!(decoder.is_done(), error.is_none());
    let completion: Completion = decoder.answer().completion();
    Seen {
        told,
        completion: completion.to_json(),
        error,
    }
}

/// A choice of a completion, as an expectation describes it.
fn choice_of(choice: &Value) -> Map<String, Value> {
    let mut seen = Map::new();
    let message = &choice["message"];
    seen.insert(
        "text".into(),
        message["content"].as_str().unwrap_or_default().into(),
    );
    let calls = message["tool_calls"].as_array().into_iter().flatten().enumerate().map(|(index, call)| {
        assert_eq!(call["type"], "function");
        let made_up = format!("call_test_{}_{index}", choice["index"]);
        let id = if call["id"] == made_up.as_str() { json!("made up") } else { call["id"].clone() };
        json!({"id": id, "name": call["function"]["name"], "arguments": call["function"]["arguments"]})
    });
    let calls: Vec<Value> = calls.collect();
    for (name, value) in [
        ("reasoning", message["reasoning_content"].clone()),
        ("refusal", message["refusal"].clone()),
        (
            "toolCalls",
            if calls.is_empty() {
                Value::Null
            } else {
                calls.into()
            },
        ),
        ("annotations", message["annotations"].clone()),
        ("logprobs", choice["logprobs"].clone()),
        ("finishReason", choice["finish_reason"].clone()),
    ] {
        if !value.is_null() {
            seen.insert(name.into(), value);
        }
    }
    seen
}

/// A completion, as an expectation describes it.
fn answer_of(completion: &Value) -> Map<String, Value> {
    assert_eq!(completion["object"], "chat.completion");
    let choices = completion["choices"].as_array().unwrap();
    let mut seen = choices.first().map(choice_of).unwrap_or_default();
    seen.entry("text").or_insert(Value::Null);
    if choices.len() > 1 {
        let other = |choice: &Value| {
            (
                choice["index"].to_string(),
                Value::Object(choice_of(choice)),
            )
        };
        seen.insert(
            "others".into(),
            Value::Object(choices[1..].iter().map(other).collect()),
        );
    }
    if let Some(reason) = completion["oci"].get("finish_reason") {
        seen.insert("ociFinishReason".into(), reason.clone());
    }
    let mut extras = completion["oci"].as_object().cloned().unwrap_or_default();
    for ours in ["finish_reason", "opc_request_id", "fallback"] {
        extras.shift_remove(ours);
    }
    if !extras.is_empty() {
        seen.insert("extras".into(), extras.into());
    }
    for (name, field) in [
        ("usage", "usage"),
        ("serviceTier", "service_tier"),
        ("created", "created"),
    ] {
        if let Some(value) = completion.get(field).filter(|value| *value != 0) {
            seen.insert(name.into(), value.clone());
        }
    }
    seen
}

fn error_of(error: &Error) -> Map<String, Value> {
    assert!(!error.message().is_empty());
    let mut seen = Map::new();
    seen.insert("error".into(), error.code().as_str().into());
    seen.extend(
        error
            .service_code()
            .map(|code| ("serviceCode".to_owned(), code.into())),
    );
    seen.extend(
        error
            .param_name()
            .map(|param| ("param".to_owned(), param.into())),
    );
    seen.extend(
        error
            .status()
            .map(|status| ("status".to_owned(), status.into())),
    );
    seen
}

/// What an entry says, apart from how it is to be tried.
fn wanted(entry: &Value) -> Value {
    let mut wanted = entry.as_object().unwrap().clone();
    for how in ["wire", "ownFraming", "says"] {
        wanted.shift_remove(how);
    }
    wanted.into()
}

fn check_words(name: &str, entry: &Value, error: Option<&Error>) {
    if let Some(words) = entry["says"].as_str() {
        let message = error.map(Error::message).unwrap_or_default();
        assert!(
            message.contains(words),
            "{name}: {message:?} should say {words:?}"
        );
    }
}

// ---------------------------------------------------------------- streams

/// What one recording has against it.
fn stream(name: &str, bytes: &[u8], entry: &Value) {
    let wire = wire_of(entry["wire"].as_str().unwrap());
    let whole = decode(wire, [bytes], false);
    let mut seen = answer_of(&whole.completion());
    seen.extend(whole.error.iter().flat_map(error_of));
    assert_eq!(Value::Object(seen), wanted(entry), "{name}");
    check_words(name, entry, whole.error.as_ref());
    adds_up(name, &whole, false);

    // Usage as a chunk changes that chunk and nothing else.
    let with_usage = decode(wire, [bytes], true);
    adds_up(name, &with_usage, whole.error.is_none());
    let usage_chunks = with_usage.told.0.len() - whole.told.0.len();
    assert_eq!(
        usage_chunks,
        usize::from(whole.error.is_none() && entry.get("usage").is_some()),
        "{name}"
    );
    assert_eq!(
        with_usage.told.0[..whole.told.0.len()],
        whole.told.0[..],
        "{name}"
    );
    if usage_chunks == 1 {
        let last = with_usage.told.chunks().pop().unwrap();
        assert_eq!(
            (&last["choices"], &last["usage"]),
            (&json!([]), &entry["usage"]),
            "{name}"
        );
    }

    recut(name, wire, bytes, &whole);
    if entry.get("ownFraming").is_none() {
        for (how, framed) in framings(bytes) {
            let again = decode(wire, [framed.as_slice()], false);
            assert_eq!(again, whole, "{name}, {how}");
            assert_eq!(
                decode(wire, framed.chunks(1), false),
                whole,
                "{name}, {how}, byte by byte"
            );
        }
    }
    through_a_call(name, wire, bytes, &whole);
    as_pieces(name, wire, bytes, &whole);
}

/// The same as a `Stream` of pieces. Everything is there at once, so that no executor is needed.
fn as_pieces(name: &str, wire: Wire, bytes: &[u8], whole: &Seen) {
    let body = futures::stream::iter(bytes.chunks(11).map(Ok));
    let mut stream = pin!(pieces(
        body,
        Decoder::new(wire.format(), metadata(), Limits::default(), false)
    ));
    let mut context = Context::from_waker(Waker::noop());
    let (mut told, mut end, mut error) = (Vec::new(), None, None);
    while let Poll::Ready(Some(piece)) = stream.as_mut().poll_next(&mut context) {
        assert!(
            end.is_none() && error.is_none(),
            "{name}: a piece after the last"
        );
        match piece {
            Ok(Piece::Text(text)) => told.push(json!({"text": text})),
            Ok(Piece::Chunk(chunk)) => told.push(json!({"choices": chunk["choices"]})),
            Ok(Piece::End(completion)) => end = Some(*completion),
            Err(failure) => error = Some(failure),
        }
    }
    let lines = whole.told.0.iter().zip(whole.told.chunks());
    let wanted = lines.map(|(line, chunk)| match line {
        Line::Text(text) => json!({"text": text}),
        _ => json!({"choices": chunk["choices"]}),
    });
    assert_eq!(told, wanted.collect::<Vec<_>>(), "{name}, as pieces");
    assert_eq!(error, whole.error, "{name}, as pieces");
    assert_eq!(
        end,
        whole.error.is_none().then(|| whole.completion()),
        "{name}, as pieces"
    );
}

/// The chunks add up to the completion: a caller who reads them and one who asks for the whole get the same.
fn adds_up(name: &str, seen: &Seen, usage_told: bool) {
    let mut sum = seen.told.add_up();
    let mut whole = to_add_up_to(&seen.completion());
    if !usage_told {
        // Nobody asked for it, or the stream broke before it would have been told.
        sum["usage"] = Value::Null;
        whole["usage"] = Value::Null;
    }
    // A choice of which there is nothing to tell (only empty text, before a break) has no chunks.
    if seen.error.is_some() {
        let says = |choice: &Value| {
            !(choice["content"] == ""
                && choice["tool_calls"] == json!([])
                && choice["reasoning_content"] == "")
        };
        whole["choices"].as_array_mut().unwrap().retain(says);
        sum["choices"].as_array_mut().unwrap().retain(says);
    }
    assert_eq!(sum, whole, "{name}: the chunks and the completion");
    // What OCI has beside OpenAI's vocabulary is told with the finish; a completion has room for the first choice's reason.
    if seen.error.is_none() && whole["choices"].as_array().unwrap().len() == 1 {
        let chunks = seen.told.chunks();
        let told = chunks
            .iter()
            .filter_map(|chunk| chunk["oci"].as_object().cloned())
            .flatten();
        let told: Map<String, Value> = told.collect();
        assert_eq!(
            Value::Object(told),
            seen.completion().get("oci").cloned().unwrap_or(json!({})),
            "{name}: oci"
        );
    }
}

/// Every cut in two, single bytes, and cuts at random: the same is told in the same pieces.
fn recut(name: &str, wire: Wire, bytes: &[u8], whole: &Seen) {
    for at in 0..=bytes.len() {
        let (first, second) = bytes.split_at(at);
        assert_eq!(
            &decode(wire, [first, second], false),
            whole,
            "{name}, cut at {at}"
        );
    }
    assert_eq!(
        &decode(wire, bytes.chunks(1), false),
        whole,
        "{name}, byte by byte"
    );
    let mut random = Random(SEED);
    for round in 0..RANDOM_CUTS {
        let most = *random.pick(&[3, 16, 64, 512]);
        let pieces = random.cut(bytes, most);
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(
            &decode(wire, pieces, false),
            whole,
            "{name}, seed {SEED}, round {round}: pieces of {sizes:?} bytes"
        );
    }
}

/// The same events in every framing that section 4.6 names.
fn framings(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let text = std::str::from_utf8(bytes).unwrap();
    let with = |text: String| text.into_bytes();
    vec![
        ("CRLF", with(text.replace('\n', "\r\n"))),
        ("CR", with(text.replace('\n', "\r"))),
        (
            "no space after the colon",
            with(text.replace("data: ", "data:")),
        ),
        ("a byte order mark", with(format!("\u{FEFF}{text}"))),
        (
            "comments between",
            with(format!(
                ": ok\n\n{}",
                text.replace("\n\n", "\n\n: ping\n\n:\n")
            )),
        ),
        (
            "pings between",
            with(text.replace("\n\n", "\n\nevent: ping\ndata: {}\n\n")),
        ),
        (
            "ids and retries",
            with(text.replace("\n\n", "\nid: 5\nretry: 10\n\n")),
        ),
        ("many blank lines", with(text.replace("\n\n", "\n\n\n\n\n"))),
        ("no newline at the end", with(text.trim_end().to_owned())),
    ]
    .into_iter()
    // One newline between events; an event that isn't JSON needs its blank line to be known for whole.
    .chain(
        (!text.contains("{broken")).then(|| ("single newlines", with(text.replace("\n\n", "\n")))),
    )
    .collect()
}

// ---------------------------------------------------------------- calls

/// A call on a wire. The request has no tools: text stays text.
fn call(wire: Wire, stream: bool) -> Call {
    let request = json!({"model": "model", "messages": [{"role": "user", "content": "?"}]});
    let request = ChatRequest::from_json(&request.to_string()).unwrap();
    single_call(wire.format(), request, stream, Limits::default(), true)
}

/// Sends the one request and hears the answer in these pieces.
fn hear(call: &mut Call, status: u16, content_type: &str, pieces: &[&[u8]]) -> (Told, Step) {
    let mut told = Told::default();
    assert!(matches!(call.next_step(0.0), Step::Send(_)));
    call.on_response(response_head(status, content_type), 1.0);
    for piece in pieces {
        if !call.needs_body() {
            break;
        }
        assert!(matches!(call.next_step(2.0), Step::Read | Step::Stream));
        call.on_body_chunk(piece, 2.0, &mut told);
    }
    if call.needs_body() {
        call.on_body_end(3.0, &mut told);
    }
    (told, call.next_step(3.0))
}

/// An event stream through a call: asked for, and come unasked.
fn through_a_call(name: &str, wire: Wire, bytes: &[u8], whole: &Seen) {
    for stream in [true, false] {
        let mut call = call(wire, stream);
        let (told, next) = hear(
            &mut call,
            200,
            "text/event-stream",
            &bytes.chunks(7).collect::<Vec<_>>(),
        );
        let code = |next: &Step| match next {
            Step::Fail(error) => Some(error.code()),
            Step::Done => None,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(
            code(&next),
            whole.error.as_ref().map(Error::code),
            "{name}, stream: {stream}"
        );
        assert_eq!(
            told,
            if stream {
                whole.told.clone()
            } else {
                Told::default()
            },
            "{name}, stream: {stream}"
        );
        let completion: Value = serde_json::from_slice(&call.result()).unwrap();
        assert_eq!(completion, whole.completion(), "{name}, stream: {stream}");
    }
}

/// A whole answer: asked for, and come where a stream was asked for.
fn whole(name: &str, bytes: &[u8], entry: &Value) {
    let wire = wire_of(entry["wire"].as_str().unwrap());
    let status = entry["status"].as_u64().unwrap_or(200) as u16;
    let seen_in = |stream: bool, pieces: &[&[u8]]| {
        let mut call = call(wire, stream);
        let (told, next) = hear(&mut call, status, "application/json", pieces);
        let completion: Value = serde_json::from_slice(&call.result()).unwrap();
        let seen = match &next {
            Step::Done => answer_of(&completion),
            Step::Fail(error) => error_of(error),
            other => panic!("{name}: {other:?}"),
        };
        let error = if let Step::Fail(error) = next {
            Some(error)
        } else {
            None
        };
        (seen, error, told, completion)
    };
    let (seen, error, told, completion) = seen_in(false, &[bytes]);
    assert_eq!(Value::Object(seen.clone()), wanted(entry), "{name}");
    check_words(name, entry, error.as_ref());
    assert_eq!(told, Told::default(), "{name}: nobody asked for chunks");

    let mut random = Random(SEED);
    for round in 0..200 {
        let most = if round == 0 {
            1
        } else {
            *random.pick(&[3, 16, 64, 512])
        };
        let pieces = random.cut(bytes, most);
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(
            seen_in(false, &pieces).0,
            seen,
            "{name}, seed {SEED}, round {round}: pieces of {sizes:?} bytes"
        );
    }

    if bytes.iter().all(u8::is_ascii_whitespace) {
        // Of nothing nobody can say whether it is an empty stream or an empty answer, where a stream was asked for.
        return;
    }
    let (streamed, error, told, again) = seen_in(true, &[bytes]);
    assert_eq!(streamed, seen, "{name}, where a stream was asked for");
    assert_eq!(again, completion, "{name}");
    if error.is_none() {
        let chunks = told.chunks();
        assert_eq!(
            chunks.len(),
            2,
            "{name}: one chunk with everything, and the finish"
        );
        assert!(
            chunks[0]["oci"]["fallback"]
                .as_str()
                .is_some_and(|why| !why.is_empty()),
            "{name}: {}",
            chunks[0]
        );
        let finished = |chunk: &Value| {
            chunk["choices"]
                .as_array()
                .unwrap()
                .iter()
                .all(|choice| !choice["finish_reason"].is_null())
        };
        assert!(!finished(&chunks[0]) && finished(&chunks[1]), "{name}");
        assert_eq!(
            chunks[1]["oci"].get("finish_reason"),
            completion["oci"].get("finish_reason"),
            "{name}"
        );
        assert_eq!(
            told.add_up()["choices"],
            to_add_up_to(&completion)["choices"],
            "{name}: the chunks and the completion"
        );
    } else {
        assert_eq!(told, Told::default(), "{name}");
    }
}

// ---------------------------------------------------------------- all of them

fn files_in(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_in(&path, found);
        } else if path
            .extension()
            .is_some_and(|kind| kind == "sse" || kind == "json")
        {
            found.push(path);
        }
    }
}

/// Every recording in a folder has an expectation, every expectation a recording, and each meets the other.
fn check(folder: &Path, expectations: &str) -> (usize, usize) {
    let expectations: Map<String, Value> = serde_json::from_str(expectations).unwrap();
    let mut files = Vec::new();
    files_in(folder, &mut files);
    files.sort();
    let name_of = |path: &PathBuf| {
        path.strip_prefix(folder)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/")
    };
    let names: Vec<String> = files.iter().map(name_of).collect();
    for name in expectations.keys() {
        assert!(names.contains(name), "{name} is expected, and is not there");
    }
    let (mut streams, mut wholes) = (0, 0);
    // Each failure is told, not the first alone.
    let mut failed = Vec::new();
    for (name, path) in names.iter().zip(&files) {
        let entry = expectations
            .get(name)
            .unwrap_or_else(|| panic!("{name}: nothing says what is to be seen in it"));
        if entry.get("notAnAnswer").is_some() {
            continue;
        }
        let bytes = std::fs::read(path).unwrap();
        let is_stream = name.ends_with(".sse");
        let run = || {
            if is_stream {
                stream(name, &bytes, entry)
            } else {
                whole(name, &bytes, entry)
            }
        };
        if std::panic::catch_unwind(run).is_err() {
            failed.push(name.as_str());
        }
        *(if is_stream { &mut streams } else { &mut wholes }) += 1;
    }
    assert!(
        failed.is_empty(),
        "{} of {} failed: {failed:?}",
        failed.len(),
        streams + wholes
    );
    (streams, wholes)
}

#[test]
fn recordings() {
    let Some(folder) = shared("protocol/fixtures") else {
        return;
    };
    let (streams, wholes) = check(&folder, include_str!("../../expectations/recordings.json"));
    println!("{streams} recorded streams, each cut at every byte and {RANDOM_CUTS} times at random, and {wholes} whole answers");
}

#[test]
fn own_fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let (streams, wholes) = check(&folder, include_str!("../../expectations/fixtures.json"));
    assert!(
        streams > 90 && wholes > 30,
        "{streams} streams and {wholes} whole answers"
    );
}

// ---------------------------------------------------------------- the cases of OCI's level

#[test]
fn conformance() {
    let Some(path) = shared("conformance/sse-cases.json") else {
        return;
    };
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases: Vec<&Value> = all["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["level"] == "oci")
        .collect();
    assert_eq!(cases.len(), 23);
    for case in cases {
        let (id, expected) = (case["id"].as_str().unwrap(), &case["expected"]);
        let chunks = case["chunks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|chunk| chunk["text"].as_str().unwrap());
        let text: String = chunks.collect();
        // Only the request tells the format of a stream; these cases show theirs.
        let wire = if text.contains("\"apiFormat\":\"COHERE\"") {
            Wire::Cohere
        } else {
            Wire::Generic
        };
        let seen = decode(wire, [text.as_bytes()], false);
        conforms(id, expected, &seen);
        adds_up(id, &seen, false);
        recut(id, wire, text.as_bytes(), &seen);
        if text.starts_with('{') {
            // An error body beside status 200 is heard as one, whichever its content-type.
            for content_type in ["application/json", "text/event-stream", ""] {
                let (_, next) = hear(&mut call(wire, true), 200, content_type, &[text.as_bytes()]);
                assert!(
                    matches!(&next, Step::Fail(error) if error.code() == Code::ServiceError),
                    "{id}: {next:?}"
                );
            }
        }
    }
}

fn conforms(id: &str, expected: &Value, seen: &Seen) {
    let completion = seen.completion();
    let answer = answer_of(&completion);
    let reason = answer
        .get("ociFinishReason")
        .or_else(|| answer.get("finishReason"));
    let code = seen.error.as_ref().map(Error::code);
    for (what, wanted) in expected.as_object().unwrap() {
        match what.as_str() {
            "text" => assert_eq!(&answer["text"], wanted, "{id}"),
            "deltas" => assert_eq!(&json!(seen.told.texts()), wanted, "{id}"),
            "finishReason" => assert_eq!(reason, Some(wanted), "{id}"),
            "toolCalls" => assert_eq!(&answer["toolCalls"], wanted, "{id}"),
            "truncated" => assert_eq!(code, Some(Code::StreamTruncated), "{id}"),
            "error" => assert!(code.is_some(), "{id}"),
            "usage" => {
                for (name, oci) in [
                    ("prompt_tokens", "promptTokens"),
                    ("completion_tokens", "completionTokens"),
                    ("total_tokens", "totalTokens"),
                ] {
                    assert_eq!(answer["usage"][name], wanted[oci], "{id}");
                }
            }
            "choices" => {
                for choice in completion["choices"].as_array().unwrap() {
                    let seen = choice_of(choice);
                    let wanted = &wanted[choice["index"].to_string()];
                    assert_eq!(
                        (&seen["text"], &seen["finishReason"]),
                        (&wanted["text"], &wanted["finishReason"]),
                        "{id}"
                    );
                }
            }
            other => panic!("{id} expects {other}, which nobody checks"),
        }
    }
    if code.is_some() {
        assert!(
            expected
                .get("truncated")
                .or_else(|| expected.get("error"))
                .is_some(),
            "{id}: {code:?}"
        );
    }
    if id == "oci-json-lone-surrogate" {
        // The case leaves it open; ours is documented in chat/text.rs.
        assert_eq!(answer["text"], "x\u{FFFD}");
    }
}
