//! Answers that a model, or a service, may write to take quadratic time. There is no limit on the
//! time: where work is quadratic, these take minutes to hours.

use std::fmt::Write as _;

use oci_genai_edge::call::Call;
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::ChatRequest;
use oci_genai_edge::options::Limits;
use serde_json::{json, Value};

use crate::support::{receive, response_head, single_call, RecordingSink, SinkCall, Wire};

/// A stream in a call whose request has tools; the body arrives in chunks of 64 KiB.
fn run(wire: Wire, limits: Limits, stream: &str) -> (Call, RecordingSink, Option<Error>) {
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "?"}],
        "tools": [{"type": "function", "function": {"name": "f"}}]});
    let request = ChatRequest::from_json(&request.to_string()).unwrap();
    let mut call = single_call(wire.format(), request, true, limits, true);
    let mut sink = RecordingSink::default();
    let head = response_head(200, "text/event-stream");
    let pieces = stream.as_bytes().chunks(64 * 1024);
    let error = receive(&mut call, head, pieces, &mut sink);
    (call, sink, error)
}

fn message_of(call: &Call) -> Value {
    let completion: Value = serde_json::from_slice(&call.result()).unwrap();
    completion["choices"][0]["message"].clone()
}

fn generic_text<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
    let mut stream = String::new();
    for piece in pieces {
        let text = serde_json::to_string(piece).unwrap();
        writeln!(
            stream,
            r#"data: {{"message":{{"content":[{{"text":{text}}}]}}}}"#
        )
        .unwrap();
    }
    stream + "\ndata: {\"finishReason\":\"stop\"}\n\n"
}

fn large() -> Limits {
    Limits {
        max_tool_calls: usize::MAX,
        max_response_bytes: usize::MAX,
        ..Limits::default()
    }
}

/// The text of the sink's calls.
fn text_of(sink: &RecordingSink) -> String {
    let texts = sink.calls.iter().map(|call| match call {
        SinkCall::Text(text) => text.clone(),
        SinkCall::Chunk(json) | SinkCall::Verbatim(json) => {
            let chunk: Value = serde_json::from_str(json).unwrap();
            let content = &chunk["choices"][0]["delta"]["content"];
            content.as_str().unwrap_or_default().to_owned()
        }
    });
    texts.collect()
}

const MIB: usize = 1024 * 1024;

#[test]
fn text_that_looks_like_tool_calls() {
    let one_by_one = |start: &'static str, piece: &'static str, count: usize| {
        std::iter::once(start)
            .chain(std::iter::repeat_n(piece, count))
            .collect::<Vec<&str>>()
    };
    let in_one = |text: String| vec![&*text.leak()];
    for (name, pieces) in [
        (
            "blanks behind a tag",
            one_by_one("<tool_call>", " ", 900_000),
        ),
        (
            "blanks behind a call",
            one_by_one("<tool_call>{\"name\":\"f\"}</tool_call>", " ", 900_000),
        ),
        (
            "an endless string",
            one_by_one("<tool_call>{\"name\":\"", "x", 900_000),
        ),
        (
            "closing tags in a string",
            one_by_one("<tool_call>{\"name\":\"", "</tool_call>", 80_000),
        ),
        ("opening tags", one_by_one("", "<tool_call>", 400_000)),
        (
            "opening tags in one piece",
            in_one("<tool_call>".repeat(400_000)),
        ),
        ("opened objects", in_one("<tool_call>{\"".repeat(400_000))),
        (
            "broken strings",
            in_one("<tool_call>{!\"</tool_call>".repeat(150_000)),
        ),
        ("angle brackets", in_one("<".repeat(4 * MIB))),
        ("angle brackets one by one", one_by_one("", "<", 500_000)),
        (
            "tags and blanks",
            in_one(("<tool_call>".to_owned() + &" ".repeat(200)).repeat(20_000)),
        ),
        ("half of a tag", one_by_one("", "<tool_cal", 400_000)),
    ] {
        let written = pieces.concat();
        let stream = generic_text(pieces);
        let (call, sink, error) = run(Wire::Generic, large(), &stream);
        assert_eq!(error, None, "{name}");
        let expected = match written.strip_prefix("<tool_call>{\"name\":\"f\"}</tool_call>") {
            Some(_) => "",
            None => &written,
        };
        assert!(text_of(&sink) == expected, "{name}: not the text");
        let message = message_of(&call);
        assert!(
            message["content"].as_str().unwrap_or_default() == expected,
            "{name}"
        );
    }
}

#[test]
fn no_more_than_a_mebibyte_is_held_back() {
    let start = "<tool_call>{\"name\":\"f\",\"arguments\":\"";
    let longest = MIB - start.len() - "\"}</tool_call>".len();
    for (length, is_call) in [(longest, true), (longest + 1, false)] {
        let text = format!("{start}{}\"}}</tool_call>.", "x".repeat(length));
        for size in [text.len(), 1000, 7] {
            let pieces = text.as_bytes().chunks(size);
            let pieces = pieces.map(|piece| std::str::from_utf8(piece).unwrap());
            let (call, sink, error) = run(Wire::Generic, large(), &generic_text(pieces));
            assert_eq!(error, None);
            let message = message_of(&call);
            assert_eq!(
                message.get("tool_calls").is_some(),
                is_call,
                "{length}, {size}"
            );
            let expected = if is_call { "." } else { &text };
            assert!(text_of(&sink) == expected, "{length}, {size}");
        }
    }
    // The text goes on while the tag is open.
    let pieces = ["<tool_call>{\"", &"x".repeat(2 * MIB)];
    let stream = generic_text(pieces).replace("data: {\"finishReason\":\"stop\"}", "");
    let (_, sink, error) = run(Wire::Generic, large(), &stream);
    assert_eq!(error.map(|error| error.code()), Some(Code::StreamTruncated));
    assert_eq!(text_of(&sink).len(), 2 * MIB + "<tool_call>{\"".len());
}

#[test]
fn many_choices() {
    let choice = |index: u64| json!({"index": index, "message": {"content": "a"}});
    for order in [
        (0..16_000).collect::<Vec<u64>>(),
        (0..16_000).rev().collect(),
    ] {
        let events: String = order
            .iter()
            .map(|at| format!("data: {}\n", choice(*at)))
            .collect();
        let (_, _, error) = run(Wire::Generic, large(), &events);
        let error = error.unwrap();
        assert_eq!(error.code(), Code::LimitExceeded);
        assert!(error.hint().is_some());
    }
    // As many as OpenAI allows, with large extras: they are emitted once.
    let mut stream = String::new();
    let grounding = json!({"groundingMetadata": "x".repeat(4 * MIB)});
    writeln!(stream, "data: {grounding}").unwrap();
    for index in 0..128 {
        writeln!(stream, "data: {}", choice(index)).unwrap();
        writeln!(
            stream,
            "data: {}",
            json!({"index": index, "finishReason": "stop"})
        )
        .unwrap();
    }
    let (call, sink, error) = run(Wire::Generic, large(), &(stream + "data: [DONE]\n\n"));
    assert_eq!(error, None);
    let completion: Value = serde_json::from_slice(&call.result()).unwrap();
    assert_eq!(completion["choices"].as_array().unwrap().len(), 128);
    let length: usize = sink
        .calls
        .iter()
        .map(|call| match call {
            SinkCall::Text(text) | SinkCall::Chunk(text) | SinkCall::Verbatim(text) => text.len(),
        })
        .sum();
    assert!(length < 5 * MIB, "{length} bytes of chunks");
}

#[test]
fn many_tool_calls() {
    const COUNT: usize = 100_000;
    // Each call is opened, and continued when all are open.
    let mut generic = String::new();
    let mut openai = String::new();
    for round in 0..2 {
        for call in 0..COUNT {
            let name = if round == 0 { ",\"name\":\"f\"" } else { "" };
            writeln!(generic, r#"data: {{"message":{{"toolCalls":[{{"id":"c{call}"{name},"arguments":"{round}"}}]}}}}"#).unwrap();
            let id = if round == 0 {
                format!(",\"id\":\"c{call}\"")
            } else {
                String::new()
            };
            writeln!(openai, r#"data: {{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":{call}{id},"function":{{"arguments":"{round}"{name}}}}}]}}}}]}}"#).unwrap();
        }
    }
    generic += "data: {\"finishReason\":\"stop\"}\n\n";
    openai += "data: [DONE]\n\n";
    for (wire, stream) in [(Wire::Generic, generic), (Wire::OpenAi, openai)] {
        let (call, _, error) = run(wire, large(), &stream);
        assert_eq!(error, None, "{wire:?}");
        let calls = message_of(&call)["tool_calls"].as_array().unwrap().clone();
        assert_eq!(calls.len(), COUNT, "{wire:?}");
        for (index, call) in calls.iter().enumerate() {
            assert_eq!(call["id"], format!("c{index}"), "{wire:?}");
            assert_eq!(call["function"]["arguments"], "01", "{wire:?}");
        }
    }
}

#[test]
fn long_values_that_many_events_are_compared_with() {
    // COHERE's events restate the calls; the first has long arguments.
    let long = "x".repeat(8 * MIB);
    let first =
        json!({"apiFormat": "COHERE", "toolCalls": [{"name": "f", "parameters": {"a": long}}]});
    let mut stream = format!("data: {first}\n");
    for number in 0..20_000 {
        let call = json!({"name": "f", "parameters": {"b": number}});
        writeln!(
            stream,
            "data: {}",
            json!({"apiFormat": "COHERE", "toolCalls": [call]})
        )
        .unwrap();
    }
    stream += "data: {\"finishReason\":\"COMPLETE\"}\n\n";
    let (call, _, error) = run(Wire::Cohere, large(), &stream);
    assert_eq!(error, None);
    assert_eq!(
        message_of(&call)["tool_calls"].as_array().unwrap().len(),
        20_001
    );

    // The openai transport's first event has a long id, and no other one has any.
    let delta = json!({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": ""}}]});
    let first = json!({"id": long, "choices": [{"index": 0, "delta": {"content": "a"}}]});
    let mut stream = format!("data: {first}\n");
    for number in 0..20_000 {
        let choice = json!({"index": 0, "delta": delta, "logprobs": {"content": [number]}});
        writeln!(stream, "data: {}", json!({"choices": [choice]})).unwrap();
    }
    let (call, _, error) = run(Wire::OpenAi, large(), &(stream + "data: [DONE]\n\n"));
    assert_eq!(error, None);
    let calls = &message_of(&call)["tool_calls"];
    assert!(calls.to_string().len() < 40_000 * 200);
}

#[test]
fn data_lines_of_one_event() {
    let mut stream = String::from("data: {\"message\":{\"content\":[\n");
    for _ in 0..200_000 {
        stream += "data: {\"text\":\"a\"},\n";
    }
    stream += "data: {\"text\":\"a\"}]}}\n\ndata: {\"finishReason\":\"stop\"}\n\n";
    let (call, _, error) = run(Wire::Generic, large(), &stream);
    assert_eq!(error, None);
    assert_eq!(
        message_of(&call)["content"].as_str().unwrap().len(),
        200_001
    );
}

#[test]
fn texts_that_are_restated() {
    // Each event restates what was received, and adds a piece: as many bytes as the square root
    // of the body.
    let mut stream = String::new();
    let mut text = String::new();
    for _ in 0..3000 {
        text += "abcd";
        let event = json!({"apiFormat": "COHERE", "text": text, "toolCalls": [{"name": "f"}]});
        writeln!(stream, "data: {event}").unwrap();
    }
    stream += "data: {\"finishReason\":\"COMPLETE\"}\n\n";
    let (call, _, error) = run(Wire::Cohere, large(), &stream);
    assert_eq!(error, None);
    assert_eq!(message_of(&call)["content"], text);
}
