//! What a decoder returns for a recording, and how an expectation describes it.

use oci_genai_edge::decode::Decoder;
use oci_genai_edge::error::Error;
use oci_genai_edge::options::Limits;
use serde_json::{json, Map, Value};

use crate::support::{metadata, RecordingSink, Wire};

/// Everything that one decoding returns.
#[derive(Debug, PartialEq)]
pub struct Decoded {
    pub sink: RecordingSink,
    pub completion: Vec<u8>,
    pub error: Option<Error>,
}

impl Decoded {
    pub fn completion(&self) -> Value {
        serde_json::from_slice(&self.completion).unwrap()
    }
}

pub fn decode<'a>(
    wire: Wire,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    include_usage: bool,
) -> Decoded {
    let mut decoder = Decoder::new(wire.format(), metadata(), Limits::default(), include_usage);
    let mut sink = RecordingSink::default();
    let fed = pieces
        .into_iter()
        .try_for_each(|piece| decoder.feed(piece, &mut sink));
    let error = fed.and_then(|()| decoder.end(&mut sink)).err();
    assert_eq!(decoder.is_done(), error.is_none());
    Decoded {
        sink,
        completion: decoder.answer().completion().to_json(),
        error,
    }
}

pub fn wire_named(name: &str) -> Wire {
    Wire::ALL
        .into_iter()
        .find(|wire| wire.format().name == name)
        .unwrap_or_else(|| panic!("there is no wire format {name:?}"))
}

/// A choice of a completion, as an expectation describes it.
pub fn describe_choice(choice: &Value) -> Map<String, Value> {
    let mut description = Map::new();
    let message = &choice["message"];
    let text = message["content"].as_str().unwrap_or_default();
    description.insert("text".into(), text.into());
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let calls: Vec<Value> = calls
        .enumerate()
        .map(|(index, call)| {
            assert_eq!(call["type"], "function");
            let generated = format!("call_test_{}_{index}", choice["index"]);
            let id = match call["id"] == generated.as_str() {
                true => json!("made up"),
                false => call["id"].clone(),
            };
            let function = &call["function"];
            json!({"id": id, "name": function["name"], "arguments": function["arguments"]})
        })
        .collect();
    let filled = |list: &[Value]| (!list.is_empty()).then(|| Value::Array(list.to_vec()));
    let calls = filled(&calls).unwrap_or_default();
    let annotations = message["annotations"].as_array().map(Vec::as_slice);
    for (name, value) in [
        ("reasoning", message["reasoning_content"].clone()),
        ("refusal", message["refusal"].clone()),
        ("toolCalls", calls),
        (
            "annotations",
            annotations.and_then(filled).unwrap_or_default(),
        ),
        ("logprobs", choice["logprobs"].clone()),
        ("finishReason", choice["finish_reason"].clone()),
    ] {
        if !value.is_null() {
            description.insert(name.into(), value);
        }
    }
    description
}

/// A completion, as an expectation describes it.
pub fn describe_completion(completion: &Value) -> Map<String, Value> {
    assert_eq!(completion["object"], "chat.completion");
    let choices = completion["choices"].as_array().unwrap();
    let mut description = choices.first().map(describe_choice).unwrap_or_default();
    description.entry("text").or_insert(Value::Null);
    if choices.len() > 1 {
        let others = choices[1..].iter().map(|choice| {
            let index = choice["index"].to_string();
            (index, Value::Object(describe_choice(choice)))
        });
        description.insert("others".into(), Value::Object(others.collect()));
    }
    if let Some(reason) = completion["oci"].get("finish_reason") {
        description.insert("ociFinishReason".into(), reason.clone());
    }
    let mut extras = completion["oci"].as_object().cloned().unwrap_or_default();
    for own in ["finish_reason", "opc_request_id", "fallback"] {
        extras.shift_remove(own);
    }
    if !extras.is_empty() {
        description.insert("extras".into(), extras.into());
    }
    for (name, field) in [
        ("usage", "usage"),
        ("serviceTier", "service_tier"),
        ("created", "created"),
    ] {
        if let Some(value) = completion.get(field).filter(|value| *value != 0) {
            description.insert(name.into(), value.clone());
        }
    }
    description
}

/// An error, as an expectation describes it.
pub fn describe_error(error: &Error) -> Map<String, Value> {
    assert!(!error.message().is_empty());
    let mut description = Map::new();
    description.insert("error".into(), error.code().as_str().into());
    let mut insert = |name: &str, value: Option<Value>| {
        description.extend(value.map(|value| (name.to_owned(), value)));
    };
    insert("serviceCode", error.service_code().map(Value::from));
    insert("param", error.param_name().map(Value::from));
    insert("status", error.status().map(Value::from));
    description
}

/// What an entry expects to be decoded.
pub fn expected_of(entry: &Value) -> Value {
    let mut expected = entry.as_object().unwrap().clone();
    for instruction in ["wire", "ownFraming", "says"] {
        expected.shift_remove(instruction);
    }
    expected.into()
}

/// Checks what the service said, else the message of an error, where an entry gives a part of it.
pub fn check_message(name: &str, entry: &Value, error: Option<&Error>) {
    if let Some(part) = entry["says"].as_str() {
        let own = error.map(Error::message).unwrap_or_default();
        let message = error.and_then(Error::service_message).unwrap_or(own);
        assert!(
            message.contains(part),
            "{name}: {message:?} does not contain {part:?}"
        );
    }
}
