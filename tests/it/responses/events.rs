//! Generated streams of every wire as the events of a response: in order, the same however the
//! stream is cut, and with the content of the chat.

use oci_genai_edge::call::{Call, Step};
use oci_genai_edge::openai::Completion;
use oci_genai_edge::operation::{Chat, Operation};
use oci_genai_edge::options::Limits;
use oci_genai_edge::responses::{parse, EventWriter};
use serde_json::{json, Value};

use super::replay::replay;
use crate::streams::{failure, valid_stream, StreamWriter};
use crate::support::{for_each_seed, response_head, single_call, Random, Wire};

/// For each wire.
const STREAMS: u64 = 5_000;

#[test]
fn generic() {
    for_each_seed(STREAMS, |random| check(random, Wire::Generic));
}

#[test]
fn cohere() {
    for_each_seed(STREAMS, |random| check(random, Wire::Cohere));
}

#[test]
fn cohere_v2() {
    for_each_seed(STREAMS, |random| check(random, Wire::CohereV2));
}

#[test]
fn openai() {
    for_each_seed(STREAMS, |random| check(random, Wire::OpenAi));
}

/// A stream, of which one in four is cut off or has an event with an error.
fn check(random: &mut Random, wire: Wire) {
    let tool_text = random.chance(6);
    let mut items = valid_stream(random, wire, tool_text && wire != Wire::OpenAi).items;
    let writer = StreamWriter::new(random);
    let what = random.below(8);
    if what == 0 {
        let at = random.below(items.len());
        items.insert(at, failure(random, wire).0);
    }
    let mut bytes = writer.stream(&items, random).0;
    if what == 1 {
        bytes.truncate(random.below(bytes.len()));
    }
    let summary = random.chance(2);
    let streamed = answer(wire, &random.split(&bytes, 300), true, summary, tool_text);
    let other = answer(wire, &random.split(&bytes, 7), true, summary, tool_text);
    assert_eq!(streamed.bytes, other.bytes, "the cuts matter");
    if streamed.bytes.is_empty() {
        assert!(streamed.is_failed);
        return;
    }
    let replayed = replay(&streamed.bytes);
    let response = &replayed.response;
    check_content(response, &streamed.completion, streamed.is_failed);
    if streamed.is_failed {
        return;
    }
    // Only names of functions, annotations and log probabilities come without a delta.
    assert!(replayed.deltas > 0 || !content(response).has_text());

    // The same answer, requested whole.
    let whole = answer(wire, &[&bytes], false, summary, tool_text);
    let whole: Value = serde_json::from_str(&whole.bytes).unwrap();
    assert_eq!(content(&whole), content(response));
    for (name, value) in whole.as_object().unwrap() {
        if name != "output" {
            assert_eq!(response.get(name), Some(value), "{name}");
        }
    }
}

struct Answer {
    /// Of the events, or of the response.
    bytes: String,
    completion: Value,
    is_failed: bool,
}

/// What a caller of the Responses API receives.
fn answer(wire: Wire, pieces: &[&[u8]], stream: bool, summary: bool, tool_text: bool) -> Answer {
    let summary = if summary { json!("auto") } else { Value::Null };
    let request = json!({
        "model": "model",
        "input": "?",
        "stream": stream,
        "tools": [{"type": "function", "name": "f"}],
        "reasoning": {"summary": summary},
    });
    let (request, mut writer) = parse(&request.to_string()).unwrap();
    let limits = Limits::default();
    let mut call = single_call(wire.format(), request, stream, limits, tool_text);
    let mut bytes = Vec::new();
    assert!(matches!(call.next_step(0.0), Step::Send(_)));
    call.on_response(response_head(200, "text/event-stream"), 1.0);
    for piece in pieces {
        if call.needs_body() {
            call.on_body_chunk(piece, 2.0, &mut writer);
            take(&mut bytes, &mut writer);
        }
    }
    if call.needs_body() {
        call.on_body_end(3.0, &mut writer);
        take(&mut bytes, &mut writer);
    }
    let completion = chat(&call).answer().completion();
    let is_failed = matches!(call.next_step(3.0), Step::Fail(_));
    if is_failed {
        let events = writer.failure().unwrap_or_default();
        let events = String::from_utf8(events).unwrap();
        // The caller writes the error.
        let (before, after) = events.rsplit_once("null").unwrap_or_default();
        let error = if before.is_empty() {
            ""
        } else {
            "{\"code\":\"x\",\"message\":\"y\"}"
        };
        bytes.extend_from_slice(format!("{before}{error}{after}").as_bytes());
    } else {
        bytes.append(&mut end(&call, &mut writer, &completion, stream));
    }
    Answer {
        bytes: String::from_utf8(bytes).unwrap(),
        completion: serde_json::from_slice(&completion.to_json()).unwrap(),
        is_failed,
    }
}

/// As the shell takes the output of each step.
fn take(bytes: &mut Vec<u8>, writer: &mut EventWriter) {
    bytes.extend_from_slice(writer.bytes());
    writer.clear();
}

fn end(call: &Call, writer: &mut EventWriter, completion: &Completion, stream: bool) -> Vec<u8> {
    if stream {
        writer.done(completion, 99);
        return writer.take();
    }
    chat(call).emit(writer);
    writer.whole(completion, 99)
}

fn chat(call: &Call) -> &Chat {
    let Operation::Chat(chat) = call.operation() else {
        panic!("not a chat");
    };
    chat
}

/// The content of a response, whatever items it is in.
#[derive(Debug, Default, PartialEq)]
struct Content {
    text: String,
    refusal: String,
    reasoning: String,
    calls: Vec<Value>,
    annotations: Vec<Value>,
    logprobs: Vec<Value>,
}

impl Content {
    fn has_text(&self) -> bool {
        let has_arguments = |call: &Value| call["function"]["arguments"] != "";
        let texts = [&self.text, &self.refusal, &self.reasoning];
        texts.iter().any(|text| !text.is_empty()) || self.calls.iter().any(has_arguments)
    }
}

fn content(response: &Value) -> Content {
    let mut content = Content::default();
    for item in response["output"].as_array().unwrap() {
        let list = |member: &Value| member.as_array().cloned().unwrap_or_default();
        if item["type"] == "function_call" {
            content
                .calls
                .push(json!({"id": item["call_id"], "type": "function",
                "function": {"name": item["name"], "arguments": item["arguments"]}}));
        }
        for part in list(&item["content"]).iter().chain(&list(&item["summary"])) {
            let text = part["text"].as_str().unwrap_or_default();
            match part["type"].as_str().unwrap() {
                "output_text" => content.text.push_str(text),
                "refusal" => content.refusal.push_str(part["refusal"].as_str().unwrap()),
                _ => content.reasoning.push_str(text),
            }
            content.annotations.extend(list(&part["annotations"]));
            content.logprobs.extend(list(&part["logprobs"]));
        }
    }
    content
}

/// The response has the content of the chat's first choice, and its usage.
fn check_content(response: &Value, completion: &Value, is_failed: bool) {
    let choice = &completion["choices"][0];
    let message = &choice["message"];
    let text = |member: &str| message[member].as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let citation = |annotation: &Value| {
        let mut flat = json!({"type": "url_citation"});
        let members = annotation["url_citation"].as_object().unwrap().clone();
        flat.as_object_mut().unwrap().extend(members);
        flat
    };
    let mut calls = list(&message["tool_calls"]);
    if is_failed {
        // One whose name has not come was not announced.
        calls.truncate(content(response).calls.len());
    }
    let expected = Content {
        text: text("content"),
        refusal: text("refusal"),
        reasoning: text("reasoning_content"),
        calls,
        annotations: list(&message["annotations"]).iter().map(citation).collect(),
        logprobs: list(&choice["logprobs"]["content"]),
    };
    if choice["index"] == 0 {
        assert_eq!(content(response), expected);
    }
    if is_failed {
        assert_eq!(response["error"], json!({"code": "x", "message": "y"}));
        return;
    }
    let (status, details) = match choice["finish_reason"].as_str().unwrap() {
        "length" => ("incomplete", json!({"reason": "max_output_tokens"})),
        "content_filter" => ("incomplete", json!({"reason": "content_filter"})),
        _ => ("completed", Value::Null),
    };
    assert_eq!(response["status"], status);
    assert_eq!(response["incomplete_details"], details);
    let usage = &response["usage"];
    match completion.get("usage") {
        Some(known) => {
            assert_eq!(usage["input_tokens"], known["prompt_tokens"]);
            assert_eq!(usage["output_tokens"], known["completion_tokens"]);
            assert_eq!(usage["total_tokens"], known["total_tokens"]);
            let cached = known["prompt_tokens_details"]["cached_tokens"].as_u64();
            let cached = cached.unwrap_or_default();
            assert_eq!(
                usage["input_tokens_details"],
                json!({"cached_tokens": cached})
            );
            let reasoning = known["completion_tokens_details"]["reasoning_tokens"].as_u64();
            let reasoning = reasoning.unwrap_or_default();
            assert_eq!(
                usage["output_tokens_details"],
                json!({"reasoning_tokens": reasoning})
            );
        }
        None => assert!(usage.is_null()),
    }
    assert_eq!(response.get("oci"), completion.get("oci"));
}
